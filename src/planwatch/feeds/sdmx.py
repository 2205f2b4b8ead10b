"""SDMX-CSV 1.0 and 2.0: codes are made words that the feed's table describes; a deletion is no observation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.cell import Cell
from planwatch.feeds.coded import CodedRows
from planwatch.feeds.grid import Grid
from planwatch.feeds.plaintext import decode, read_text_table
from planwatch.model.feed import Limits, SdmxRule
from planwatch.reconcile.text import squash

PREFIXES = {
    0: "",
    2: "百",
    3: "千",
    4: "万",
    5: "十万",
    6: "百万",
    7: "千万",
    8: "亿",
    9: "十亿",
    10: "百亿",
    11: "千亿",
    12: "万亿",
}
"""UNIT_MULT → what stands before the unit."""
_DELETED = "D"
_DIGITS = 3
_HEAD = 4096


def read_sdmx_csv(data: bytes, filename: str, limits: Limits, rule: SdmxRule) -> list[Grid]:
    """Return an SDMX-CSV file as one grid: dimensions by their ids, UNIT_MEASURE as a unit, SERIES where the feed names dimensions.

    Raises:
        ReleaseError: not SDMX-CSV, a deletion or a multiplier that cannot be taken, or not a text table at all.
    """
    head = decode(data[:_HEAD].rsplit(b"\n", 1)[0], filename).split("\n", 1)[0]
    grid = read_text_table(data, filename, limits, _delimiter(head))[0]
    rows = grid.rows
    if not isinstance(rows, CodedRows) or not rows or not _is_sdmx(rows[0]):
        raise _refusal(
            "not_sdmx", "the first line is not the header of an SDMX-CSV file", filename, row=1, value=head[:120],
            expected="DATAFLOW (1.0) or STRUCTURE, STRUCTURE_ID, ACTION (2.0), and OBS_VALUE",
            mend="export the data as SDMX-CSV, with a header",
        )  # fmt: skip
    file = _File(rows, [_id(cell.text) for cell in rows[0]], grid.numbers, filename)
    for column, cell in enumerate(rows[0]):
        if ": " in cell.text:
            rows.texts[column] = [_id(text) for text in rows.texts[column]]
    file.check_actions()
    file.put_units(rule)
    file.put_series(rule)
    return [grid]


def _delimiter(head: str) -> str:
    """Return what parts the cells: the standard lets it be read from what follows the first name."""
    return next((mark for mark in (",", ";", "\t") if mark in re.sub(r"\[.\]", "", head)), ",")


def _is_sdmx(header: list[Cell]) -> bool:
    names = [_id(cell.text) for cell in header]
    return names[0].partition("[")[0] in ("DATAFLOW", "STRUCTURE") and "OBS_VALUE" in names


def _id(text: str) -> str:
    """Return the id of `FREQ: Frequency`, as files with labels have it."""
    return text.partition(": ")[0].strip()


@dataclass(frozen=True, slots=True)
class _File:
    """The rows of a file, and the ids of its columns."""

    rows: CodedRows
    named: list[str]
    numbers: Sequence[int]
    filename: str

    def check_actions(self) -> None:
        """Refuse deletions: an observation is never taken back, it is corrected by a new one."""
        if "ACTION" not in self.named:
            return
        column = self.named.index("ACTION")
        deleted = [n for n, text in enumerate(self.rows.texts[column]) if text.strip() == _DELETED]
        places = [n for n, code in enumerate(self.rows.codes(column)) if code in deleted] if deleted else []
        if places:
            raise _refusal(
                "deletion", f"{len(places)} rows delete observations (ACTION D)", self.filename, row=self.numbers[places[0]],
                column="ACTION", value=_DELETED, expected="I, A, R or M",
                mend="deliver the corrected values; what is withdrawn is said in OBS_STATUS",
            )  # fmt: skip

    def put_units(self, rule: SdmxRule) -> None:
        """Write the unit that UNIT_MEASURE and UNIT_MULT give together into UNIT_MEASURE."""
        if "UNIT_MEASURE" not in self.named:
            return
        columns = [self.named.index(name) for name in ("UNIT_MEASURE", "UNIT_MULT") if name in self.named]
        codes, pairs = self.rows.together(columns)
        units = []
        for n, pair in enumerate(pairs):
            code, power = pair[0].strip(), pair[1].strip() if len(pair) > 1 else ""
            first = int((codes == n).argmax())
            units.append(code if first == 0 else _unit(code, power, rule, self.filename, self.numbers[first]))
        self.rows.put(columns[0], codes, units)

    def put_series(self, rule: SdmxRule) -> None:
        """Write the codes of the dimensions that name a series into a column of their own, behind all others."""
        if not rule.series:
            return
        missing = [name for name in rule.series if name not in self.named]
        if missing:
            raise _refusal(
                "missing_column", f"the dimension {missing[0]} is missing", self.filename, row=1, column=missing[0],
                value="; ".join(self.named)[:200], expected=f"the dimensions {', '.join(rule.series)}",
                mend="restore the dimension, or describe the new ones in feeds.yaml",
            )  # fmt: skip
        codes, found = self.rows.together([self.named.index(name) for name in rule.series])
        names = [".".join(squash(code) for code in codes_) for codes_ in found]
        self.rows.put(len(self.named), codes, ["SERIES" if n == codes[0] else name for n, name in enumerate(names)])


def _unit(code: str, power: str, rule: SdmxRule, filename: str, row: int) -> str:
    unit = rule.units.get(code, code)
    if not unit or power in ("", "0"):
        return unit
    digits = power.removeprefix("+")
    prefix = PREFIXES.get(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < _DIGITS else None
    if prefix is None or unit == "%":
        raise _refusal(
            "unit_multiplier", f"{code} by ten to the {power[:20]} is no unit that is known", filename, row=row, column="UNIT_MULT",
            value=power[:40], expected=", ".join(map(str, PREFIXES)), mend="ask the source for the multiplier",
        )  # fmt: skip
    return prefix + unit


def _refusal(code: str, message: str, filename: str, **places: object) -> ReleaseError:
    fault = Fault(code=code, message=message, file=filename, **places)  # type: ignore[arg-type]
    return ReleaseError(str(fault), (fault,))
