"""SFTP: fsspec's filesystem over paramiko, which by itself trusts any host; this one connects to known hosts alone."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from planwatch.feeds.access import Access
from planwatch.feeds.refusals import code_of_os_error, refusal
from planwatch.model.location import PORTS


class KnownHostError(paramiko.SSHException):
    """The server's key is not the known one, or none is known."""


class _Refuse(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise KnownHostError(f"{hostname} shows {key.get_name()} {key.fingerprint}, and no key of it is known")


class KnownHostFileSystem(SFTPFileSystem):  # type: ignore[misc] # fsspec has no types
    """fsspec's SFTP filesystem on a client that was given the known keys; never kept for a later call."""

    cachable = False

    def __init__(self, client: paramiko.SSHClient, timeout_s: float, **connect: Any) -> None:
        self._ready, self._timeout_s = client, timeout_s
        super().__init__(**connect)

    def _connect(self) -> None:
        self.client = self._ready
        self.client.connect(self.host, **self.ssh_kwargs)
        self.ftp = self.client.open_sftp()
        if channel := self.ftp.get_channel():
            channel.settimeout(self._timeout_s)


def open_sftp(host: str, port: int, access: Access, place: str, timeout_s: float) -> KnownHostFileSystem:
    """Connect to an SFTP server whose key is known from the connection's `host_key`, its `known_hosts` file, or the account's own.

    Raises:
        ReleaseError: `bad_key`, where the connection's private key cannot be used.
        paramiko.SSHException, OSError: see `code_of`.
    """
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_Refuse())
    _load_known(client, host, port, access, place)
    password = access.password or None
    try:
        return KnownHostFileSystem(
            client, timeout_s, host=host, port=port, username=access.login or None, password=password,
            pkey=_private_key(access, place), timeout=timeout_s, banner_timeout=timeout_s, auth_timeout=timeout_s,
            channel_timeout=timeout_s, allow_agent=False, look_for_keys=False,
        )  # fmt: skip
    except BaseException:
        client.close()
        raise


def _load_known(client: paramiko.SSHClient, host: str, port: int, access: Access, place: str) -> None:
    if line := access.text("host_key").strip():
        name = host if port == PORTS["sftp"] else f"[{host}]:{port}"
        key = _public_key(line)
        if key is None:
            raise refusal("unknown_host_key", place, "host_key is no public key", "ssh-ed25519 AAAA…")
        client.get_host_keys().add(name, key.get_name(), key)
    elif path := access.text("known_hosts"):
        client.load_host_keys(str(Path(path).expanduser()))
    else:
        client.load_system_host_keys()


def _public_key(line: str) -> paramiko.PKey | None:
    """Return the key of a line as in a known_hosts file without its host; without a kind it is ssh-rsa, as Airflow has it."""
    words = line.split() if " " in line else ["ssh-rsa", line]
    try:
        entry = paramiko.hostkeys.HostKeyEntry.from_line(" ".join(["host", *words[:2]]))
    except (paramiko.hostkeys.InvalidHostKey, paramiko.SSHException, ValueError):
        return None
    return entry.key if entry else None


def _private_key(access: Access, place: str) -> paramiko.PKey | None:
    passphrase = access.text("private_key_passphrase") or None
    try:
        if text := access.text("private_key"):
            return _parsed(text, passphrase)
        if path := access.text("key_file"):
            return _parsed(Path(path).expanduser().read_text(encoding="utf-8"), passphrase)
    except (paramiko.SSHException, ValueError, OSError) as error:
        raise refusal("bad_key", place, access.redact(str(error))) from error
    return None


def _parsed(text: str, passphrase: str | None) -> paramiko.PKey:
    kinds: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
    for kind in kinds:
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except paramiko.PasswordRequiredException:
            raise
        except (paramiko.SSHException, ValueError):
            continue
    raise paramiko.SSHException("no private key of a kind that is known: ed25519, ecdsa, rsa")


def code_of(error: Exception) -> str | None:
    """Return the named error of an exception of paramiko or of the operating system, None where it is none."""
    if isinstance(error, KnownHostError | paramiko.BadHostKeyException):
        return "unknown_host_key"
    if isinstance(error, paramiko.AuthenticationException):
        return "access_denied"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "no_answer" if isinstance(error, paramiko.SSHException) else code_of_os_error(error)
