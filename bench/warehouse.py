"""How long loading, judging and publishing take on the embedded Postgres, beside their floors: JSON lines, one a step.

`python bench/warehouse.py [--case S|M|L|tenth]`: S is 150 indicators × 10 areas × 48 months, M × 300 areas, L 150 × 2,900 × 24, loaded and
measured in blocks of areas. The floor of a step, measured in the same run on the same server, is the binary COPY of the same rows into a
bare table of plain types, its key added after. A ratio says more than its seconds: both sides had the same machine.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from measure import one_pass
from sqlalchemy import Connection, Engine, text
from world import YEAR, a_frame, a_plan, an_array, released

from planwatch import progress, quality, warehouse
from planwatch.local.postgres import EmbeddedPostgres
from planwatch.model.calendar import SHANGHAI, ReleaseCalendar
from planwatch.model.conditions import Conditions
from planwatch.model.observation import KEY_COLUMNS
from planwatch.model.target import Plan
from planwatch.model.units import whole_step
from planwatch.plan import fingerprint
from planwatch.progress.known import known_observations
from planwatch.progress.ready import Ready
from planwatch.progress.year import measure_year
from planwatch.settings import Settings
from planwatch.steps.edition import publish_month
from planwatch.steps.include import load_include
from planwatch.steps.inputs import Ground
from planwatch.warehouse import ETL, OWNER, ROLES

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "bench"
WORDS = dict.fromkeys(ROLES, "bench")
CASES = {"S": (150, 10, 4), "tenth": (150, 30, 4), "M": (150, 300, 4), "L": (150, 2900, 2)}
"""Indicators, areas, years."""
BLOCK_AREAS = 100
AS_OF = datetime(YEAR + 1, 1, 31, tzinfo=SHANGHAI)
MONTH = f"{YEAR}-12"
OBSERVATION_KEY = "indicator, area, period, span, measure, published_at, release_no, observation_id"
NOTHING = pd.DataFrame(columns=["observation_id", *KEY_COLUMNS, "value"])
"""The bench publishes without the vintages judged, whose numbers an edition keeps besides."""
VERDICT_KEY = "plan_year, edition_id, target_id, area"


@dataclass
class Took:
    """How long something took: on the clock, and of the processors, ours and the server's (which a busy machine does not lengthen)."""

    seconds: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Took) -> Took:
        """Return both together."""
        return Took(self.seconds + other.seconds, self.cpu + other.cpu)


@dataclass
class Bench:
    """One case on one fresh database."""

    name: str
    engine: Engine
    owner: Engine
    postmaster: psutil.Process
    upkeep: set[int]
    """The server's processes that are nobody's session."""
    whole: Took = field(default_factory=Took)
    floors: Took = field(default_factory=Took)

    def clocked(self, work: Callable[[], Any]) -> Took:
        """Return how long some work takes, whose connections are closed when it returns."""
        start, before = time.perf_counter(), self._cpu()
        work()
        return Took(time.perf_counter() - start, self._cpu() - before)

    def _cpu(self) -> float:
        """Return the processor seconds of this process and of the server's sessions, all of which have ended."""
        while {p.pid for p in self.postmaster.children()} - self.upkeep:
            time.sleep(0.01)
        server = self.postmaster.cpu_times()
        return time.process_time() + server.children_user + server.children_system

    def tell(self, step: str, rows: int, took: Took, floor: Took | None = None, *, part: bool = True) -> None:
        """Write a line; a `part` counts to the whole."""
        if part:
            self.whole, self.floors = self.whole + took, self.floors + (floor or Took())
        line: dict[str, Any] = {"case": self.name, "step": step, "rows": rows, "seconds": round(took.seconds, 3)}
        line |= {
            "floor_seconds": floor and round(floor.seconds, 3),
            "ratio": floor and round(took.seconds / floor.seconds, 2),
        }
        line |= {"cpu_seconds": round(took.cpu, 3), "cpu_ratio": floor and round(took.cpu / floor.cpu, 2)}
        sys.stdout.write(json.dumps(line | {"peak_rss_mb": peak_mb()}) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=tuple(CASES), action="append", help="by default S")
    logging.disable(logging.WARNING)
    imported()
    for case in parser.parse_args().case or ["S"]:
        with server(case) as bench:
            (in_blocks if case == "L" else at_once)(bench, *CASES[case])
        for years in () if case == "L" else (2, 4):
            one_month_of(case, *CASES[case][:2], years)


def imported() -> None:
    """Import what a program imports once, however many steps it takes, and say what that costs."""
    start, before = time.perf_counter(), time.process_time()
    importlib.import_module("great_expectations")
    whole_step("元")
    line = {
        "step": "import Great Expectations and the registry of units, once a program",
        "seconds": round(time.perf_counter() - start, 3),
    }
    sys.stdout.write(
        json.dumps(line | {"cpu_seconds": round(time.process_time() - before, 3), "peak_rss_mb": peak_mb()}) + "\n"
    )


@contextmanager
def server(case: str) -> Iterator[Bench]:
    """Start a server as the product does, with a fresh warehouse, and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="planwatch-bench-") as home:
        postgres = EmbeddedPostgres(Path(home) / "postgres")
        postgres.start()
        try:
            warehouse.bootstrap(postgres.admin_url, DATABASE, WORDS)
            owner = postgres.url(OWNER, WORDS[OWNER], DATABASE)
            warehouse.migrate(owner)
            warehouse.apply_views(owner)
            master = psutil.Process(int((postgres.data / "postmaster.pid").read_text().split()[0]))
            quiet(postgres.admin_url)
            etl = postgres.url(ETL, WORDS[ETL], DATABASE)
            yield Bench(case, warehouse.make_engine(etl), warehouse.make_engine(owner), master, upkeep_of(master))
        finally:
            postgres.remove()


def quiet(admin_url: str) -> None:
    """Switch the server's own upkeep off, which would fall into one step or another."""
    admin = warehouse.make_engine(admin_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text("ALTER SYSTEM SET autovacuum = off"))
        conn.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


def upkeep_of(postmaster: psutil.Process) -> set[int]:
    """Return the server's children when no session is open any more: the same twice in a row."""
    before: set[int] = set()
    while (now := {p.pid for p in postmaster.children()}) != before:
        before = now
        time.sleep(0.5)
    return now


def at_once(bench: Bench, indicators: int, areas: int, years: int) -> None:
    """Load, check, measure and publish the case as a whole."""
    say("making the world")
    plan, values = a_plan(indicators, areas), an_array(indicators, areas, years)
    frame = released(a_frame(plan, values))
    rows = len(frame)
    floor = bare_load(bench, "core.observations", OBSERVATION_KEY, as_stored(frame))
    bench.tell("load observations", rows, bench.clocked(lambda: load(bench, [(record(bench, "all"), frame)])), floor)
    known = known_observations(frame, {t.indicator for t in plan.targets}, MONTH, None)
    ready = Ready.of(plan, known)
    floor = bench.clocked(lambda: one_pass(values))
    bench.tell("measure all months", rows, bench.clocked(lambda: measure_year(ready)), floor)

    publish(bench, plan, judged(bench, plan, frame))
    say("gate 2")
    bench.tell("gate 2", rows, bench.clocked(lambda: gate_2(frame)))
    bench.tell("the whole", rows, bench.whole, bench.floors, part=False)


def publish(bench: Bench, plan: Plan, verdicts: pd.DataFrame) -> None:
    """Publish twelve editions of the same verdicts, each of its month, and gate 3 before each."""
    say("publishing")
    with bench.engine.begin() as conn:
        warehouse.save_plan(conn, plan, version="v")
    suite = quality.load_suites(ROOT / "expectations")["publication"]
    bench.tell(
        "gate 3, one month",
        len(verdicts),
        bench.clocked(lambda: quality.check_publication(suite, verdicts, plan, None)),
    )
    took = bench.clocked(lambda: [edition(bench, plan, verdicts, month) for month in range(1, 13)])
    with bench.engine.connect() as conn:
        stored = warehouse.fetch_frame(conn, "SELECT * FROM mart.verdicts")
    bench.tell("publish verdicts", len(stored), took, bare_load(bench, "mart.verdicts", VERDICT_KEY, stored))


def edition(bench: Bench, plan: Plan, verdicts: pd.DataFrame, month: int, fingerprint: str = "first") -> None:
    """Publish one month."""
    period = f"{YEAR}-{month:02d}"
    with bench.engine.begin() as conn:
        warehouse.publish_edition(
            conn, plan=plan, targets_version="v", period=period, as_of=AS_OF, trigger="bench", fingerprint=fingerprint,
            verdicts=verdicts.assign(period=period), code_version="bench", observations=NOTHING,
            conditions=Conditions.of(ReleaseCalendar(), {}, ()),
        )  # fmt: skip


def judged(bench: Bench, plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    """Return one month's verdicts with their sentences."""
    kept: list[pd.DataFrame] = []
    took = bench.clocked(lambda: kept.append(progress.judge(plan, frame, MONTH, calendar=ReleaseCalendar())))
    bench.tell("verdicts of one month, with sentences", len(kept[0]), took, part=False)
    return kept[0]


def one_month_of(case: str, indicators: int, areas: int, years: int) -> None:
    """Time one month's edition as the product makes it, with so many years stored: gather, judge, gate 3, publish.

    The first edition after a load packs what was loaded, the second finds it packed.
    """
    with server(f"{case}, {years} years") as bench:
        say(f"{years} years")
        plan = a_plan(indicators, areas)
        load(bench, [(record(bench, "all"), released(a_frame(plan, an_array(indicators, areas, years))))])
        with bench.engine.begin() as conn:
            warehouse.save_plan(conn, plan, version=fingerprint(plan, plan))
        with tempfile.TemporaryDirectory(prefix="planwatch-bench-") as home:
            settings = Settings(home=Path(home), as_of=AS_OF)
            ground = Ground(settings=settings, include=load_include(settings.include), plan=plan)
            for period, when in ((f"{YEAR}-11", "the first after a load"), (MONTH, "the next")):
                took = bench.clocked(partial(publish_month, bench.engine, ground, period, trigger="bench"))
                bench.engine.dispose()
                bench.tell(f"one month's edition, {when}", len(plan.targets), took, part=False)


def in_blocks(bench: Bench, indicators: int, areas: int, years: int) -> None:
    """Load and measure block by block: no more than one stands in memory."""

    def blocks() -> Iterator[tuple[str, pd.DataFrame]]:
        for first in range(0, areas, BLOCK_AREAS):
            say(f"areas from {first} of {areas}")
            count = min(BLOCK_AREAS, areas - first)
            plan = a_plan(indicators, count, first)
            yield record(bench, f"block {first}"), released(a_frame(plan, an_array(indicators, count, years, first)))

    rows = indicators * areas * years * 12
    bench.tell("load observations, with making them", rows, bench.clocked(lambda: load(bench, blocks())))
    measured = Took()
    for _, frame in blocks():
        first = int(str(frame["area"].iloc[0])[1:])
        plan = a_plan(indicators, frame["area"].nunique(), first)
        measured += bench.clocked(partial(measured_block, plan, frame))
    bench.tell("make ready and measure all months", rows, measured)


def measured_block(plan: Plan, frame: pd.DataFrame) -> None:
    """Measure all months of a block of areas."""
    measure_year(Ready.of(plan, known_observations(frame, set(frame["indicator"]), MONTH, None)))


def gate_2(frame: pd.DataFrame) -> None:
    """Check a release's observations."""
    suite = quality.load_suites(ROOT / "expectations")["observations"]
    quality.check_observations(suite, frame, frame)


def record(bench: Bench, name: str) -> str:
    """Record a release and return its sha256."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    with bench.engine.begin() as conn:
        warehouse.record_release(
            conn,
            sha256=sha256,
            feed="bench",
            period=None,
            filename=f"{name}.csv",
            size=1,
            published_at=date(YEAR + 1, 1, 20),
        )
    return sha256


def load(bench: Bench, blocks: Any) -> None:
    """Load as the product does, in one transaction."""
    with bench.engine.begin() as conn:
        warehouse.load_blocks(conn, blocks)


def as_stored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the observations with every column the table keeps."""
    return frame.assign(
        observation_id=np.arange(1, len(frame) + 1), plan_year=frame["period"].str[:4].astype("int64"), release_no=1,
        recorded_at=datetime.now(UTC), admitted_at=datetime.now(UTC),
    )  # fmt: skip


def bare_load(bench: Bench, table: str, key: str, frame: pd.DataFrame) -> Took:
    """Return what it takes to do a binary COPY into a bare table of the same columns in plain types, and of its key added after."""
    say(f"the floor of {table}")
    with bench.owner.begin() as conn:
        conn.execute(text("CREATE SCHEMA IF NOT EXISTS bench"))
        conn.execute(text(f"CREATE TABLE bench.bare ({plain_columns(conn, table)})"))

    def work() -> None:
        with bench.owner.begin() as conn:
            warehouse.copy_frame(conn, "bench.bare", frame)
            conn.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            conn.execute(text(f"ALTER TABLE bench.bare ADD PRIMARY KEY ({key})"))

    took = bench.clocked(work)
    with bench.owner.begin() as conn:
        conn.execute(text("DROP TABLE bench.bare"))
    return took


def plain_columns(conn: Connection, table: str) -> str:
    """Return the columns of a table for a bare one: domains as the types beneath, no checks, no defaults."""
    query = (
        "SELECT string_agg(format('%I %s', a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL)), ', ' "
        "ORDER BY a.attnum) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
        "WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped"
    )
    return str(conn.execute(text(query), {"table": table}).scalar_one())


def peak_mb() -> int:
    """Return this process's peak memory."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20))


def say(what: str) -> None:
    """Say on stderr what takes its time."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


if __name__ == "__main__":
    main()
