"""The desk: a small web server on loopback for what the system wrote to files: caught mails and the Data Docs.

Every page asks for the generated password (HTTP Basic). Mails are hostile: their text is escaped, their HTML shown in a
sandboxed frame that runs nothing and loads nothing.
"""

from __future__ import annotations

import base64
import hmac
import mimetypes
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from planwatch.local.address import DESK_USER
from planwatch.local.mailbox import Mailbox

PAGE_SIZE = 100
TEMPLATES = Path(__file__).with_name("templates")
STRICT = "default-src 'none'; style-src 'self'; frame-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
MAIL_BODY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
SITE = "default-src 'self' 'unsafe-inline' data:; form-action 'none'; frame-ancestors 'self'"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    policy: str = STRICT
    headers: dict[str, str] = field(default_factory=dict)


class Desk:
    """The pages, apart from the transport."""

    def __init__(self, mailbox: Mailbox, data_docs: Path) -> None:
        self.mailbox = mailbox
        self.data_docs = data_docs

    @cached_property
    def _templates(self) -> Environment:
        return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)

    def answer(self, target: str) -> Answer:
        """Return the answer to GET `target` (path and query)."""
        parts = urlsplit(target)
        path = [unquote(p) for p in parts.path.split("/") if p]
        if parts.path in ("/", "/mails", "/docs"):
            return _redirect("/docs/" if parts.path == "/docs" else "/mails/")
        if path[:1] == ["mails"]:
            return self._mails(path[1:], {k: v[-1] for k, v in parse_qs(parts.query).items()})
        if path[:1] == ["docs"]:
            return self._docs(path[1:], parts.path.endswith("/"))
        if path == ["desk.css"]:
            return Answer((TEMPLATES / "desk.css").read_bytes(), "text/css; charset=utf-8")
        return self._not_found()

    def _mails(self, path: list[str], query: dict[str, str]) -> Answer:
        match path:
            case []:
                return self._list(query)
            case [name]:
                return self._letter(name, query)
            case [name, what]:
                return self._part(name, what)
            case [name, "files", index]:
                return self._file(name, index)
        return self._not_found()

    def _page(self, template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Answer:
        return Answer(self._templates.get_template(template).render(**values).encode("utf-8", "replace"), status=status)

    def _not_found(self, what: str = "There is nothing here.") -> Answer:
        return self._page("nothing.html.j2", HTTPStatus.NOT_FOUND, what=what, place="")

    def _list(self, query: dict[str, str]) -> Answer:
        mails, wanted = self.mailbox.list(), query.get("to", "")
        shown = [m for m in mails if wanted in m.to]
        number = query.get("page", "1")
        page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 7 else 1
        first = (page - 1) * PAGE_SIZE
        return self._page(
            "mails.html.j2",
            place="mails",
            mails=shown[first : first + PAGE_SIZE],
            total=len(shown),
            page=page,
            pages=max(1, -(-len(shown) // PAGE_SIZE)),
            to=wanted,
        )

    def _letter(self, name: str, query: dict[str, str]) -> Answer:
        letter = self.mailbox.letter(name)
        if letter is None:
            return self._not_found("No such mail.")
        views = [v for v in ("html", "text") if getattr(letter, v) is not None]
        view = query.get("view", "")
        return self._page(
            "mail.html.j2",
            place="mails",
            letter=letter,
            views=views,
            view=view if view in views else (views or [""])[0],
        )

    def _part(self, name: str, what: str) -> Answer:
        if what == "source" and (raw := self.mailbox.raw(name)) is not None:
            return _download(f"{name}.eml", raw, "message/rfc822")
        letter = self.mailbox.letter(name) if what == "body" else None
        if letter is None or letter.html is None:
            return self._not_found("No such part.")
        return Answer(Markup(letter.html).encode("utf-8", "replace"), policy=MAIL_BODY)  # noqa: S704 - sandboxed by its policy

    def _file(self, name: str, index: str) -> Answer:
        number = int(index) if index.isascii() and index.isdigit() and len(index) < 5 else -1
        found = self.mailbox.attachment(name, number)
        return _download(found[0], found[1], "application/octet-stream") if found else self._not_found("No such file.")

    def _docs(self, rest: list[str], folder: bool) -> Answer:
        root = self.data_docs.resolve()
        path = root.joinpath(*rest, *(["index.html"] if folder or not rest else []))
        try:
            inside = path.resolve().is_relative_to(root) and path.is_file()
        except (OSError, ValueError):
            inside = False
        if not inside:
            known = (root / "index.html").is_file()
            return self._not_found(
                "No such page." if known else "No Data Docs yet: they are built with the first checks."
            )
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return Answer(path.read_bytes(), f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, policy=SITE)


def serve(desk: Desk, host: str, port: int, password: str) -> ThreadingHTTPServer:
    """Return a server of the desk, bound and not yet running, that lets in only who knows the password."""
    expected = base64.b64encode(f"{DESK_USER}:{password}".encode())

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        server_version = "planwatch"
        sys_version = ""
        timeout = 30

        def do_GET(self) -> None:
            """Answer a GET."""
            self._send(_healthy() if self.path == "/healthz" else self._checked())

        do_HEAD = do_GET

        def _checked(self) -> Answer:
            scheme, _, given = self.headers.get("Authorization", "").partition(" ")
            if scheme.lower() == "basic" and hmac.compare_digest(given.strip().encode(), expected):
                return desk.answer(self.path)
            return _who_are_you()

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            fixed = {
                "Content-Type": answer.content_type,
                "Content-Length": str(len(answer.body)),
                "Content-Security-Policy": answer.policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            }
            for name, value in (fixed | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing of single requests."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


def _redirect(to: str) -> Answer:
    return Answer(b"", status=HTTPStatus.FOUND, headers={"Location": to})


def _healthy() -> Answer:
    return Answer(b"ok\n", "text/plain")


def _who_are_you() -> Answer:
    return Answer(
        b"The user is planwatch; the password: planwatch url mail\n",
        "text/plain",
        HTTPStatus.UNAUTHORIZED,
        headers={"WWW-Authenticate": 'Basic realm="Planwatch", charset="UTF-8"'},
    )


def _download(name: str, data: bytes, kind: str) -> Answer:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Answer(data, kind, headers={"Content-Disposition": disposition}, policy="sandbox; default-src 'none'")
