"""`python -m planwatch.local.provision [check]`: bring a Postgres server that stands to what the product needs.

`check` only says whether `.env` is accepted. Without it: roles, databases, tables and views of the warehouse, then Airflow's
own tables and its administrator. Running it again changes nothing, apart from passwords that were changed in `.env`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

from planwatch.errors import EnvironmentFault, PlanwatchError
from planwatch.local.deployment import Deployment, read_deployment
from planwatch.local.home import DATABASE
from planwatch.settings import Settings, settings
from planwatch.warehouse import apply_views, bootstrap, migrate

AIRFLOW_TIMEOUT_S = 600
TAIL_LINES = 15


def provision_warehouse(deployment: Deployment) -> None:
    """Make roles, databases, tables and views, or bring them up to date.

    Raises:
        RetriableError: the server is not there.
    """
    bootstrap(deployment.superuser_url, DATABASE, deployment.role_passwords)
    migrate(deployment.owner_url)
    apply_views(deployment.owner_url)


def provision_airflow(deployment: Deployment) -> None:
    """Migrate Airflow's database, and give its administrator the password of `.env`.

    Raises:
        EnvironmentFault: Airflow refused; the message has the last lines of what it said.
    """
    airflow("db", "migrate")
    user = ("--username", deployment.admin_user)
    about = (
        "--firstname",
        "Planwatch",
        "--lastname",
        "Administrator",
        "--email",
        deployment.admin_email,
        "--role",
        "Admin",
    )
    password = deployment.secret("admin_password")
    said = airflow("users", "create", *user, *about, answers=(password, password))
    if "already exist" in said:
        airflow("users", "reset-password", *user, answers=(password, password))


def require_folders(chosen: Settings) -> None:
    """Make the shared folders where they are not there, and see that this account may write them.

    Raises:
        EnvironmentFault: it may not; a folder of the host must belong to it.
    """
    for folder in (chosen.drop_dir, chosen.archive_dir, chosen.data_docs_dir, chosen.home / "logs"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable-"):
                pass
        except OSError as error:
            raise EnvironmentFault(
                f"{folder} cannot be written ({error.strerror}); mend: give the folder behind it to uid {os.geteuid()}"
            ) from error


def airflow(*arguments: str, answers: tuple[str, ...] = ()) -> str:
    """Run an `airflow` command and return what it said. `answers` go to its questions: passwords stand in no argument list.

    Raises:
        EnvironmentFault: it failed; the message has the last lines of what it said.
    """
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "airflow", *arguments], input="".join(f"{a}\n" for a in answers), text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=AIRFLOW_TIMEOUT_S,
        start_new_session=True,  # without a terminal, so that passwords are read from here
    )  # fmt: skip
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-TAIL_LINES:])
        raise EnvironmentFault(f"airflow {' '.join(arguments[:2])} failed ({done.returncode}):\n{tail}")
    return done.stdout


def main(argv: list[str] | None = None) -> None:
    """Check, or provision; errors are one message and exit code 2."""
    parser = argparse.ArgumentParser(prog="planwatch.local.provision", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("check", "all"), default="all")
    given = parser.parse_args(argv)
    try:
        deployment = read_deployment()
        _say(".env is accepted")
        if given.what == "all":
            require_folders(settings())
            provision_warehouse(deployment)
            _say("roles, databases, tables and views are up to date")
            provision_airflow(deployment)
            _say(f"Airflow's database is up to date, its administrator is {deployment.admin_user}")
    except PlanwatchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
