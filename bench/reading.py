"""How long reading takes beside the bare library on the same file: JSON lines, one a step.

`python bench/reading.py [--rows 2000000] [--only csv]`. Every measurement runs in a process of its own, so that its peak memory is its own;
the floor is measured in the same run. `ratio` is seconds by floor_seconds.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "include"
sys.path.insert(0, str(ROOT / "src"))

INDICATORS = 25
MONTHS = 100
WORKBOOK_ROWS, PAGE_ROWS, CSV_ROWS = 10_000, 5_000, 2_000_000


def main() -> None:
    """Make the files, measure, write a line a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=CSV_ROWS, help="rows of the text file")
    parser.add_argument("--only", choices=("workbook", "page", "csv"), help="one case alone")
    options = parser.parse_args()
    cases: dict[str, tuple[int, Callable[[Path, int], Path], list[Callable[..., None]]]] = {
        "workbook": (WORKBOOK_ROWS, workbook, [bare_calamine, bare_openpyxl]),
        "page": (PAGE_ROWS, page, [bare_lxml]),
        "csv": (options.rows, text, [bare_csv, bare_pandas]),
    }
    with tempfile.TemporaryDirectory(prefix="planwatch-bench-") as folder:
        for name, (rows, make, floors) in cases.items():
            if options.only in (None, name):
                run(name, rows, make(Path(folder), rows), floors)


def run(case: str, rows: int, file: Path, floors: list[Callable[..., None]]) -> None:
    """Measure one file: the floors, the reading, the reconciling. The first floor is the one that ours is compared with."""
    bare = [(floor.__name__.removeprefix("bare_"), apart(floor, file)) for floor in floors]
    for name, found in bare:
        say(
            case,
            f"floor {name}",
            rows=rows,
            seconds=found["seconds"],
            floor=(name, found["seconds"]),
            peak=found["peak_rss_mb"],
        )
    steps = apart(ours, file, case)
    floor = bare[0][0], bare[0][1]["seconds"]
    for step in ("read", "reconcile"):
        say(case, step, rows=rows, seconds=steps[step], floor=floor, peak=steps["peak_rss_mb"])


def say(case: str, step: str, *, rows: int, seconds: float, floor: tuple[str, float], peak: float) -> None:
    """Write one line."""
    line = {
        "case": case, "step": step, "rows": rows, "seconds": round(seconds, 3), "floor": floor[0], "floor_seconds": round(floor[1], 3),
        "ratio": round(seconds / floor[1], 2), "peak_rss_mb": round(peak),
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def apart(work: Callable[..., dict[str, float] | None], *given: Any) -> dict[str, Any]:
    """Return what some work says in a fresh process, with its seconds and the process's peak memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (work, *given))


def measured(work: Callable[..., dict[str, float] | None], *given: Any) -> dict[str, Any]:
    """Do some work and say how long it took."""
    start, used = time.perf_counter(), time.process_time()
    said = work(*given) or {}
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **said,
    }


def ours(file: Path, case: str) -> dict[str, float]:
    """Read and reconcile a file as a feed's release; imports and registries are there before the clock starts."""
    from planwatch.feeds import load_feeds, read_release
    from planwatch.model.feed import Layout
    from planwatch.plan import load_indicators
    from planwatch.reconcile import reconcile

    feed = load_feeds(INCLUDE / "feeds.yaml")["finance" if case == "page" else "published_figures"]
    feed = feed.model_copy(update={"layout": {"workbook": Layout.SHEET, "page": Layout.HTML, "csv": Layout.TIDY}[case]})
    limits = feed.limits.model_copy(update={"max_rows": 3_000_000, "max_cells": 60_000_000, "max_bytes": 1_000_000_000})
    feed = feed.model_copy(update={"limits": limits})
    known, places, data = load_indicators(INCLUDE / "indicators.yaml"), areas(), file.read_bytes()
    start = time.perf_counter()
    table = read_release(feed, data, file.name, period="2026-06" if case == "page" else None)
    half = time.perf_counter()
    found = reconcile(feed, table, known, places)
    done = time.perf_counter()
    if found.rejects or len(found.observations) == 0:
        raise RuntimeError(f"{len(found.observations)} observations; {[str(f) for f in found.findings[:3]]}")
    return {"read": half - start, "reconcile": done - half}


def areas() -> dict[str, Any]:
    """Return as many areas as the text file names."""
    from planwatch.plan import load_areas

    shipped = dict(load_areas(INCLUDE / "areas.yaml"))
    one = next(iter(shipped.values()))
    more = [
        one.model_copy(update={"id": f"area_{n}", "name_zh": f"第{n}区", "aliases": ()})
        for n in range(CSV_ROWS // INDICATORS // MONTHS + 1)
    ]
    return {**shipped, **{area.id: area for area in more}}


def workbook(folder: Path, rows: int) -> Path:
    """Make a workbook with a long table: indicators by areas by months, as the text file."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet("published")
    for n, line in enumerate(lines(rows)):
        page.append(line if n == 0 else [*line[:4], float(line[4]), *line[5:]])
    path = folder / "published_figures.xlsx"
    book.save(path)
    return path


def page(folder: Path, rows: int) -> Path:
    """Make a page with one long table."""
    lines = "".join(
        f"<tr><td>分科目{n}</td><td>{n:,}</td><td>{n * 7:,}</td><td>{n % 89 / 10}</td></tr>" for n in range(rows - 1)
    )
    head = "<tr><th>项目</th><th>本月金额</th><th>1—6月累计金额</th><th>1—6月累计同比±%</th></tr>"
    first = "<tr><td>一般公共预算收入</td><td>169,092</td><td>476,562</td><td>-3.2</td></tr>"
    path = folder / "finance_2026-06.html"
    path.write_text(
        f'<html><head><meta charset="utf-8"><title>2026年1—6月财政</title></head><body><p>单位：万元</p><table>{head}{first}{lines}</table></body></html>',
        encoding="utf-8",
    )
    return path


def text(folder: Path, rows: int) -> Path:
    """Make a long tab-separated file."""
    path = folder / "published_figures.tsv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(line) + "\n" for line in lines(rows))
    return path


def lines(rows: int) -> Iterator[list[str]]:
    """Yield the header and the rows of a long table: indicators by months by areas."""
    from planwatch.feeds import load_feeds

    series = [
        s
        for s in load_feeds(INCLUDE / "feeds.yaml")["published_figures"].series
        if s.value_is == "level" and "level" in s.measures
    ]
    named = [(s.labels[0].text, unit_of(s.indicator)) for s in series[:INDICATORS]]
    months = [f"{2015 + n // 12}-{n % 12 + 1:02}" for n in range(MONTHS)]
    yield ["indicator", "area", "period", "measure", "value", "unit", "confidence", "published_at", "source_title"]
    for n in range(rows):
        label, unit = named[n % len(named)]
        area, month = n // len(named) // MONTHS, months[n // len(named) % MONTHS]
        yield [
            label,
            f"第{area}区",
            month,
            "level",
            str(n * 7919 % 1_000_003 / 10),
            unit,
            "A",
            "2026-01-15",
            f"统计公报{area}",
        ]


def unit_of(indicator: str) -> str:
    """Return an indicator's base unit."""
    from planwatch.plan import load_indicators

    return load_indicators(INCLUDE / "indicators.yaml")[indicator].base_unit


def bare_calamine(file: Path) -> None:
    """Read all sheets with python-calamine."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_filelike(io.BytesIO(file.read_bytes())) as book:
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()


def bare_openpyxl(file: Path) -> None:
    """Read all sheets with openpyxl, formats included, as we need them."""
    from openpyxl import load_workbook

    for sheet in load_workbook(file, read_only=True):
        for row in sheet.iter_rows():
            [(cell.value, cell.number_format) for cell in row if cell.value is not None]


def bare_lxml(file: Path) -> None:
    """Parse the page with lxml and take the text of every cell."""
    from lxml import html

    root = html.document_fromstring(file.read_text(encoding="utf-8"))
    for row in root.iter("tr"):
        [cell.text_content() for cell in row]


def bare_csv(file: Path) -> None:
    """Read the rows with the standard library's csv, keeping none."""
    import csv

    with file.open(encoding="utf-8", newline="") as lines:
        for _row in csv.reader(lines, delimiter="\t"):
            pass


def bare_pandas(file: Path) -> None:
    """Read the file into a frame of texts with pandas."""
    import pandas as pd

    pd.read_csv(file, sep="\t", dtype="str", keep_default_na=False)


if __name__ == "__main__":
    main()
