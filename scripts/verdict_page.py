"""Write the tables of docs/verdicts.md: the back-test from the command's own code, the cases from the files that are tests."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from planwatch.progress.backtest import SUMMARY_COLUMNS, summary, thin
from planwatch.settings import settings
from planwatch.steps.backtest import run

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "verdicts.md"
CASES = ROOT / "tests" / "progress" / "cases"


def main() -> None:
    """Write the page; with --check only say whether it is stale, by exit code 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where the page is stale")
    check = parser.parse_args().check
    old, new = PAGE.read_text("utf-8"), rendered()
    if check:
        sys.exit(int(old != new))
    PAGE.write_text(new, "utf-8")


def rendered() -> str:
    """Return the page with its tables made anew."""
    tables = {
        "backtest": _backtest(),
        "worked": _cases("worked"),
        "byhand": _cases("byhand"),
        "published": _published(),
    }
    text = PAGE.read_text("utf-8")
    for name, table in tables.items():
        mark = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        text = re.sub(mark, lambda m, t=table: f"{m[1]}{t}\n{m[2]}", text, count=1, flags=re.S)
    return text


def _backtest() -> str:
    counted = summary(run(settings().include))
    rows = [[str(value) for value in row] for row in counted.itertuples(index=False)]
    return "\n".join([_table(SUMMARY_COLUMNS, rows), "", *(f"- {line}" for line in thin(counted))])


def _cases(name: str) -> str:
    rows = [
        [case["says"], _listed(case["rows"]), case["by_hand"], _pairs(case["expect"])]
        for case in yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    ]
    return _table(("case", "readings", "by hand", "verdict"), rows)


def _published() -> str:
    facts = yaml.safe_load((CASES / "published.yaml").read_text("utf-8"))
    rows = [
        [f["place"], f["says"], f"{f['source']} ({f['date']})", _pairs(f["published"]), _pairs(f.get("differs", {}))]
        for f in facts
    ]
    return _table(("place", "published", "source", "compared", "differs"), rows)


def _pairs(values: dict[str, Any]) -> str:
    return "; ".join(
        f"`{key}` {str(value).lower() if isinstance(value, bool) else value}" for key, value in values.items()
    )


def _listed(rows: list[str]) -> str:
    return "; ".join(rows) or "none"


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    main()
