"""`python -m planwatch.local.reset`: forget the local system's data."""

from __future__ import annotations

import shutil
import sys

from planwatch.errors import EnvironmentFault
from planwatch.local.home import Home
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.local.process import stop_orphans
from planwatch.settings import settings


def reset(home: Home) -> None:
    """Stop what a crash left in this home, and delete the home.

    Raises:
        EnvironmentFault: a system runs in it.
    """
    if (holder := home.holder()) is not None:
        raise EnvironmentFault(f"{home.root} is in use by process {holder}; mend: stop that one first (Ctrl-C)")
    stop_orphans(home.run)
    server = EmbeddedPostgres(home.postgres, password="-")  # noqa: S106 - never used
    server.clear_leftovers()
    server.remove()
    shutil.rmtree(home.root, ignore_errors=True)


if __name__ == "__main__":
    try:
        reset(Home(settings().home))
    except EnvironmentFault as error:
        sys.exit(str(error))
