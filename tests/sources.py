"""Sources on loopback that tests fetch from: a web server that answers as told, an SFTP server, an S3 storage."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import paramiko

HOST = "127.0.0.1"


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Talk(BaseHTTPRequestHandler):
    """One connection: looks up the answer for the path and lets it write what it likes."""

    protocol_version = "HTTP/1.1"
    server: Web

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.asked = Asked(self.command, self.path, headers, self.rfile.read(length))
        self.server.asked.append(self.asked)
        answer = self.server.answers.get(self.path) or self.server.answers.get("*")
        answer(self) if answer else self.say(404)

    do_POST = do_HEAD = do_GET

    def say(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Answer whole: status, headers (underscores are dashes), body."""
        self.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def break_off(self, text: bytes = b"") -> None:
        """Write these bytes as they stand, and hang up."""
        self.wfile.write(text)
        self.close_connection = True

    def fall_silent(self, text: bytes = b"") -> None:
        """Write these bytes, then nothing until the test ends."""
        self.wfile.write(text)
        self.server.ended.wait()
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Web(ThreadingHTTPServer):
    """A web server that answers as told: path → what to do on the connection."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), Talk)
        self.answers: dict[str, Callable[[Talk], None]] = {}
        self.asked: list[Asked] = []
        self.ended = threading.Event()
        self.scheme = "http"
        self._open = 0
        self._changed = threading.Condition()

    @property
    def netloc(self) -> str:
        return f"{HOST}:{self.server_address[1]}"

    def url(self, path: str = "/{period}.html") -> str:
        return f"{self.scheme}://{self.netloc}{path}"

    def answer(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.answers[path] = lambda talk: talk.say(status, body, **headers)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        with self._changed:
            self._open += 1
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def settle(self) -> None:
        """Wait until this end of every connection is closed: its handles are in the test's own process."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, 30), "a client keeps its connection open"

    def handle_error(self, *args: object) -> None:
        """Say nothing of clients that hung up."""


@contextmanager
def web_server(certificate: tuple[Path, Path] | None = None) -> Iterator[Web]:
    """Serve until the block ends; with (certificate, key) over TLS."""
    server = Web()
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, certificate))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for loopback that nobody else vouches for; return (certificate, key)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    places = folder / "certificate.pem", folder / "key.pem"
    places[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    places[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return places


class _Guard(paramiko.ServerInterface):
    def __init__(self, server: Sftp) -> None:
        self.server = server

    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == (self.server.login, self.server.password)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key in self.server.admitted else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def __init__(self, path: Path, server: Sftp) -> None:
        super().__init__()
        self.path, self.readfile, self.server = path, path.open("rb"), server

    def read(self, offset: int, length: int) -> bytes | int:
        self.server.on_read()
        return super().read(offset, length)

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(self.path.stat())


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, guard: _Guard, *args: object, **options: object) -> None:
        super().__init__(guard, *args, **options)
        self.root, self.server = guard.server.root, guard.server

    def _real(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            return [paramiko.SFTPAttributes.from_stat(p.stat(), p.name) for p in self._real(path).iterdir()]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> _Handle | int:
        try:
            return _Handle(self._real(path), self.server)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)


@dataclass
class Sftp:
    """A running SFTP server: its files lie in `root`; `on_read` is called before every read."""

    root: Path
    key: paramiko.PKey
    port: int = 0
    login: str = "planwatch"
    password: str = "sesame-opens"
    admitted: list[paramiko.PKey] = field(default_factory=list)
    on_read: Callable[[], None] = lambda: None
    transports: list[paramiko.Transport] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"sftp://{HOST}:{self.port}{path}"

    @property
    def host_key(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def hang_up(self) -> None:
        for transport in self.transports:
            transport.close()


@contextmanager
def sftp_server(root: Path) -> Iterator[Sftp]:
    """Serve `root` over SFTP until the block ends."""
    server = Sftp(root, paramiko.ECDSAKey.generate())
    listener = socket.create_server((HOST, 0))
    server.port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transport.add_server_key(server.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files)
            server.transports.append(transport)
            try:
                transport.start_server(event=threading.Event(), server=_Guard(server))
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.hang_up()
        thread.join()


@contextmanager
def s3_server() -> Iterator[str]:
    """Run an S3-compatible storage until the block ends; yield its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
