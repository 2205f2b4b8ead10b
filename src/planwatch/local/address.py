"""Where the parts of the system answer."""

from __future__ import annotations

from planwatch.errors import EnvironmentFault
from planwatch.local.home import DATABASE, Home, Ports
from planwatch.local.ports import LOOPBACK, answers

AIRFLOW_USER = "admin"
DESK_USER = "planwatch"
ROLES = {"bi": "bi_reader", "etl": "planwatch_etl"}
PAGES = {"mail": "mails", "docs": "docs"}


def address(home: Home, ports: Ports, what: str) -> str:
    """Return the URL of `bi`, `etl`, `airflow`, `mail` or `docs`, user and password included."""
    if role := ROLES.get(what):
        return f"postgresql://{role}:{home.secrets.get(f'role_{role}')}@{LOOPBACK}:{ports.postgres}/{DATABASE}"
    if what == "airflow":
        return f"http://{AIRFLOW_USER}:{airflow_password(home)}@{LOOPBACK}:{ports.airflow}/"
    return f"http://{DESK_USER}:{desk_password(home)}@{LOOPBACK}:{ports.desk}/{PAGES[what]}/"


def running_address(home: Home, what: str) -> str:
    """Return the URL of a part that answers now.

    Raises:
        EnvironmentFault: nothing runs in this home, or the part does not answer yet.
    """
    ports = home.remembered_ports()
    if home.holder() is None or ports is None:
        raise EnvironmentFault(f"nothing runs in {home.root}; mend: make run (or planwatch up), or set PLANWATCH_HOME")
    port = {"airflow": ports.airflow, "mail": ports.desk, "docs": ports.desk}.get(what, ports.postgres)
    if not answers(port):
        raise EnvironmentFault(f"{what} does not answer on port {port} yet; mend: wait for the start to finish")
    return address(home, ports, what)


def airflow_password(home: Home) -> str:
    """Return the password of Airflow's user `admin`."""
    return home.secrets.get("airflow_admin", 12)


def desk_password(home: Home) -> str:
    """Return the password of the desk, where mails and Data Docs are read."""
    return home.secrets.get("desk", 12)
