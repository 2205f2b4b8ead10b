"""Compare with what others would write: pandas row by row with `to_sql`, pandas by column with CSV COPY, a dbt project with its tests.

`python bench/compare/run.py [--case S|tenth]` makes an environment of its own (`bench/compare/.venv`) from the hashed
`requirements/compare.txt` at the first run, starts an embedded Postgres, and writes a JSON line a way. They judge totals by the season only, a small part of what Planwatch does;
all three must come to the same verdicts, or it stops.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = HERE.parent.parent / "requirements"
sys.path.insert(0, str(HERE.parent))

import pandas as pd  # noqa: E402
from sqlalchemy import text  # noqa: E402
from world import a_frame, a_plan, an_array  # noqa: E402

from planwatch import warehouse  # noqa: E402
from planwatch.local.postgres import SUPERUSER, EmbeddedPostgres  # noqa: E402

CASES = {"S": (150, 10), "tenth": (150, 30)}
COUNTS = (
    "SELECT status, count(*), round(sum(variance)::numeric, 3) FROM compare.verdicts GROUP BY status ORDER BY status"
)


def main() -> None:
    """Run the three ways on one case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=tuple(CASES), default="S")
    case = parser.parse_args().case
    programs = environment()
    with (
        tempfile.TemporaryDirectory(prefix="planwatch-compare-") as home,
        EmbeddedPostgres(Path(home) / "db") as server,
    ):
        file = Path(home) / "observations.csv"
        frame(*CASES[case]).to_csv(file, index=False)
        found = {}
        for way in ("to_sql", "csv_copy", "dbt"):
            sys.stderr.write(f"{way}\n")
            seconds = dbt(programs, server, file) if way == "dbt" else pandas(programs, server, way, file)
            found[way] = counts(server)
            line = {
                "case": case,
                "step": way,
                "rows": CASES[case][0] * CASES[case][1] * 48,
                "seconds": round(seconds, 2),
            }
            sys.stdout.write(json.dumps(line) + "\n")
    if len({str(f) for f in found.values()}) != 1:
        raise SystemExit(f"the ways do not agree: {found}")


def environment() -> Path:
    """Return the programs of the comparison's own environment, made where it is not there."""
    home = HERE / ".venv"
    if not (home / "bin" / "dbt").exists():
        sys.stderr.write("making bench/compare/.venv\n")
        venv.create(home, with_pip=True, clear=True)
        for pins in ("pip", "compare"):  # an older pip leaves the pins of packages that are asked for with extras
            install = ["-m", "pip", "install", "-q", "--require-hashes", "-r", PINS / f"{pins}.txt"]
            subprocess.run([home / "bin" / "python", *install], check=True)  # noqa: S603 - fixed programs of our own environment
    return home / "bin"


def frame(indicators: int, areas: int) -> pd.DataFrame:
    """Return the observations of the case."""
    made = a_frame(a_plan(indicators, areas), an_array(indicators, areas))
    return made[["indicator", "area", "period", "value"]]


def pandas(programs: Path, server: EmbeddedPostgres, way: str, file: Path) -> float:
    """Return the seconds of a way with pandas, the start of Python left out."""
    command = [programs / "python", HERE / "pandas_ways.py", way, server.admin_url, file]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - fixed programs of our own environment
    return float(json.loads(said)["seconds"])


def dbt(programs: Path, server: EmbeddedPostgres, file: Path) -> float:
    """Return the seconds of loading by CSV COPY and of `dbt build`: the models and their tests."""
    loading = pandas(programs, server, "load", file)
    given = {
        "BENCH_PORT": str(server.port),
        "BENCH_USER": SUPERUSER,
        "BENCH_PASSWORD": server.password,
        "BENCH_DATABASE": "postgres",
    }
    project = ["--project-dir", HERE / "dbt", "--profiles-dir", HERE / "dbt", "--target-path", file.parent / "target"]
    options = [*project, "--log-path", file.parent / "logs"]
    start = time.perf_counter()
    env = {**os.environ, **given, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    done = subprocess.run([programs / "dbt", "build", *options], env=env, capture_output=True, text=True, check=False)  # noqa: S603 - fixed programs of our own environment
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return loading + time.perf_counter() - start


def counts(server: EmbeddedPostgres) -> list[tuple[object, ...]]:
    """Return how many verdicts there are of each status, and the sum of their variances."""
    engine = warehouse.make_engine(server.admin_url)
    with engine.connect() as conn:
        found = [tuple(row) for row in conn.execute(text(COUNTS))]
    engine.dispose()
    return found


if __name__ == "__main__":
    main()
