"""The mail catcher: an SMTP server that delivers nothing and keeps every mail as a file, with the desk to read them.

Runs as a process of its own: `python -m planwatch.local.mail --home FOLDER`. The desk's password comes from the
environment (`PLANWATCH_DESK_PASSWORD`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from planwatch.errors import EnvironmentFault
from planwatch.local.desk import Desk, serve
from planwatch.local.mailbox import Mailbox
from planwatch.local.ports import LOOPBACK

MAX_MAIL_BYTES = 20_000_000
PASSWORD_VARIABLE = "PLANWATCH_DESK_PASSWORD"  # noqa: S105 - the variable's name


class Catcher:
    """What aiosmtpd calls: accepts every recipient and keeps every mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the mail; a full disk is a temporary failure, so that the sender keeps it too."""
        try:
            self.mailbox.keep(envelope.original_content, envelope.mail_from or "", list(envelope.rcpt_tos))
        except OSError as error:
            sys.stderr.write(f"mail not kept: {error}\n")
            return "451 4.3.0 could not be kept, try again"
        return "250 2.0.0 kept"


async def catch(mailbox: Mailbox, host: str, port: int) -> asyncio.Server:
    """Return a running SMTP server that keeps mails in `mailbox`."""

    def connection() -> SMTP:
        return SMTP(Catcher(mailbox), data_size_limit=MAX_MAIL_BYTES, enable_SMTPUTF8=True, hostname="localhost", ident="planwatch mail catcher")  # fmt: skip

    return await asyncio.get_running_loop().create_server(connection, host, port)


async def run(home: Path, data_docs: Path, smtp: tuple[str, int], web: tuple[str, int], password: str) -> None:
    """Catch mails and serve the desk until SIGTERM or SIGINT."""
    mailbox = Mailbox(home / "mails")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    desk = serve(Desk(mailbox, data_docs), *web, password)
    threading.Thread(target=desk.serve_forever, args=(0.1,), name="desk", daemon=True).start()
    catcher = await catch(mailbox, *smtp)
    await stop.wait()
    catcher.close()
    await asyncio.to_thread(desk.shutdown)
    desk.server_close()


def main(argv: list[str] | None = None) -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="planwatch.local.mail", description="Catch mails and show them.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data-docs", type=Path)
    parser.add_argument("--host", default=LOOPBACK)
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--web-port", type=int, default=8025)
    given = parser.parse_args(argv)
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password:
        raise EnvironmentFault(f"no password for the desk; mend: set {PASSWORD_VARIABLE}")
    docs = given.data_docs or given.home / "data_docs"
    asyncio.run(run(given.home, docs, (given.host, given.smtp_port), (given.host, given.web_port), password))


if __name__ == "__main__":
    main()
