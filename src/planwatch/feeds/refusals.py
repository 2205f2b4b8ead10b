"""The named errors of a fetch: what went wrong at the source, whether trying again helps, and the mend.

Final (`ReleaseError`): somebody has to mend the source, the declaration or the connection. Retriable (`RetriableError`): the same
fetch may succeed later. A release that is not published yet is neither: see `planwatch.feeds.remote`.
"""

from __future__ import annotations

from planwatch.errors import Fault, PlanwatchError, ReleaseError, RetriableError

_FINAL: dict[str, tuple[str, str]] = {
    "block_page": (
        "the source answered with a page that is not the release: it blocks us, or shows an error",
        "open the address in a browser on this network; ask the source to admit this machine, or correct the address",
    ),
    "access_denied": (
        "the source refuses the account",
        "correct login, password or key in the connection, or have the account admitted",
    ),
    "request_refused": (
        "the source calls the request wrong",
        "correct location.url or location.request in feeds.yaml",
    ),
    "redirected_elsewhere": (
        "the source sends us to a host that the feed does not declare",
        "correct location.url; if the new host is the source's own, add it to location.hosts",
    ),
    "too_many_redirects": (
        "the source sends us on and on",
        "correct location.url, or raise location.max_redirects",
    ),
    "scheme_not_declared": (
        "the source sends us to a scheme that the feed does not declare",
        "correct location.url, or add the scheme to location.schemes",
    ),
    "host_not_declared": (
        "the connection leads to a host that the feed does not declare",
        "correct the connection's host, or declare it in location.url or location.hosts",
    ),
    "too_large": (
        "the source sends more than a release may hold",
        "correct the address, or raise limits.max_bytes of the feed and PLANWATCH_MAX_RELEASE_BYTES",
    ),
    "unknown_encoding": ("the answer is packed in a way that is not understood", "ask the source for gzip or plain answers"),
    "unknown_host_key": (
        "the server's key is not the known one: it may not be the server that it claims to be",
        "compare the key with its owner, then put it into the connection's host_key or into known_hosts",
    ),
    "bad_key": ("the private key of the connection cannot be used", "correct key_file or private_key, and its passphrase"),
    "bad_header": ("a header of the connection cannot be sent", "correct `headers` in the connection's extra: plain names, one line a value"),
    "bad_ca_file": ("the certificates of the connection's ca_file cannot be read", "correct ca_file: a PEM file on this machine"),
    "no_such_bucket": ("the storage has no such bucket", "correct location.url"),
    "unknown_connection": (
        "the connection that the feed declares does not exist",
        "create it in Airflow, or as the variable AIRFLOW_CONN_<ID>; or correct location.connection",
    ),
    "empty_file": ("the release is empty", "ask the source for the whole file"),
    "not_a_file": ("the address is a folder", "correct location.url"),
}  # fmt: skip

_RETRIABLE: dict[str, str] = {
    "no_answer": "the source does not answer",
    "timeout": "the source was silent for too long",
    "too_slow": "the fetch took longer than it may",
    "server_error": "the source has an error of its own",
    "too_many_requests": "the source asks us to come less often",
    "cut_off": "the release broke off before its end",
    "tls_error": "the encrypted connection could not be made",
    "still_changing": "the file changed while it was read: it is still being written",
}


def refusal(code: str, place: str, found: str = "", expected: str = "") -> PlanwatchError:
    """Return the error of a code, ready to raise; its type says whether trying again helps.

    Args:
        code: one of the named errors.
        place: address or file as it may be shown, without secrets.
        found: what stood there, without secrets.
        expected: what should have.
    """
    kind: type[PlanwatchError] = ReleaseError if code in _FINAL else RetriableError
    message, mend = _FINAL.get(code) or (_RETRIABLE[code], "none needed at once: it is tried again")
    if code == "tls_error":
        mend = "it is tried again; if it stays, renew the source's certificate, or name its authority in the connection's ca_file"
    return kind.of(
        Fault(
            code=code, message=message, file=place, value=found[:200] or None, expected=expected or None, mend=mend
        )
    )  # fmt: skip


def codes() -> dict[str, bool]:
    """Return every named error, and whether trying again helps."""
    return dict.fromkeys(_FINAL, False) | dict.fromkeys(_RETRIABLE, True)


def code_of_os_error(error: Exception) -> str | None:
    """Return the named error of what the operating system, or a library in its place, says; None where it is none of its own."""
    if isinstance(error, PermissionError):
        return "access_denied"
    if isinstance(error, IsADirectoryError | NotADirectoryError):
        return "not_a_file"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "no_answer" if isinstance(error, OSError | EOFError) else None
