"""From a release as printed to observations: names, units and months made one (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planwatch.errors import Fault, InputError
from planwatch.model.feed import CellState, Feed
from planwatch.model.observation import KEY_COLUMNS, OBSERVATION_COLUMNS
from planwatch.model.place import Area
from planwatch.model.release import UNCOMPUTED, ReleaseTable
from planwatch.model.target import Indicator
from planwatch.model.units import conversion_factor, convert, convert_all, is_percent
from planwatch.model.vocabulary import Measure
from planwatch.reconcile.bulk import MANY, observed_in_bulk
from planwatch.reconcile.findings import Cell, UnknownRow, cell_fault, due_series, missing_series, records, unknown_rows
from planwatch.reconcile.names import area_index, nearest
from planwatch.reconcile.text import squash

if TYPE_CHECKING:
    import pandas as pd

_PROBLEMS = {
    "no_period": ("the row's month cannot be read", "write the month as 2026年3月 or 2026-03"),
    "later_period": ("the row speaks of a month after the release's", "correct the month"),
    "unknown_word": ("the row's measure is not known", "write one of the words, or add the word to feeds.yaml"),
}
"""Problem of a row → what is said of it, and how it is mended."""
_UNCOMPUTED = ("a formula whose result is not stored in the file", "open the file in a spreadsheet and save it again")
"""The same of a cell whose program never worked out what stands there, whatever the cell is for."""
UNIT_OF = {Measure.GROWTH_YOY: "%", Measure.RATIO: "%", Measure.RANK: "位", Measure.DONE: "", Measure.REPORT: ""}
"""The unit of every measure but `level`, whose unit is the indicator's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What a release yields.

    `observations` has OBSERVATION_COLUMNS, values in base units. `rejects` are cells that hold something that is no value, `code` being
    the reason; `unmatched` rows that no series of the feed names (their cells are not lost: they stand here, and in the release);
    `missing` series that were expected and did not come, of the indicators that were `due`. `counts`: cells read, matched, converted, rejected, and by state; `rows_read`
    and `rows_matched`; `unit_conversions`, observations that were printed in another unit than their indicator's.
    """

    observations: pd.DataFrame = field(repr=False, compare=False)
    rejects: tuple[Fault, ...] = ()
    unmatched: tuple[UnknownRow, ...] = ()
    missing: tuple[Fault, ...] = ()
    due: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Fault, ...]:
        """Return everything that a person should look at before the release is trusted."""
        return (*self.rejects, *self.unmatched, *self.missing)


def reconcile(
    feed: Feed, table: ReleaseTable, indicators: Mapping[str, Indicator], areas: Mapping[str, Area]
) -> Reconciliation:
    """Return the observations of a release in base units, and everything in it that did not become one.

    Args:
        feed: the feed that declares the release's series.
        table: the release as printed.
        indicators: the registry, whose base units levels are converted to.
        areas: the registry of areas, by whose names and aliases the printed ones are found.
    """
    import pandas as pd

    work = _Work(feed, table, indicators, area_index(areas))
    if len(table.cells) > MANY:
        frame, conflicts = observed_in_bulk(
            table.cells, work.row, work.observation, work.converted, lambda rows: _one_per_key(rows, table.file)
        )
    else:
        rows = [row for cell in records(table.cells) if (row := work.row(cell)) is not None]
        kept, conflicts = _one_per_key(rows, table.file)
        frame = pd.DataFrame(kept, columns=list(OBSERVATION_COLUMNS))
    frame = frame.assign(
        value=frame["value"].astype("float64"),
        decimals=frame["decimals"].astype("int64"),
        row=frame["row"].astype("int64"),
    )
    rejects, unmatched, due = (*work.rejects, *conflicts), unknown_rows(feed, table), due_series(feed, table)
    return Reconciliation(
        observations=frame,
        rejects=rejects,
        unmatched=unmatched,
        missing=missing_series(due, table, set(frame["indicator"]), unmatched),
        due=tuple(dict.fromkeys(series.indicator for series in due)),
        counts=_counts(table.cells, frame) | {"rejected": len(rejects)},
    )


def _counts(cells: pd.DataFrame, frame: pd.DataFrame) -> dict[str, int]:
    matched = cells["indicator"].notna()
    rows = cells[["table", "sheet", "row"]]
    pairs: Any = frame.groupby(["printed_unit", "unit"], observed=True).size()
    converted = [count for (shown, own), count in pairs.items() if squash(shown) != own and not is_percent(shown)]
    return {
        "read": len(cells),
        "matched": int(matched.sum()),
        "converted": len(frame),
        "rows_read": int((~rows.duplicated()).sum()),
        "rows_matched": int((~rows[matched].duplicated()).sum()),
        "unit_conversions": int(sum(converted)),
        **{str(state): int(count) for state, count in cells["state"].value_counts().items() if count},
    }


@dataclass(slots=True)
class _Work:
    """Converts the cells of one release, collecting what it has to refuse."""

    feed: Feed
    table: ReleaseTable
    indicators: Mapping[str, Indicator]
    areas: Mapping[str, str]
    rejects: list[Fault] = field(default_factory=list)

    def row(self, cell: Cell) -> dict[str, Any] | None:
        """Return the cell's observation, None where it holds none."""
        if not isinstance(cell["indicator"], str):
            return None
        fault = self._unreadable(cell)
        if fault is None and cell["state"] == CellState.NUMBER:
            try:
                return self.observation(cell)
            except InputError as error:
                fault = error.faults[0]
        if fault is not None:
            self.rejects.append(fault)
        return None

    def _unreadable(self, cell: Cell) -> Fault | None:
        if cell["state"] == CellState.QUALITATIVE:
            return self._fault(
                cell,
                "qualitative",
                "words, not a number",
                "a number",
                "ask for the figure; the words are kept with the release",
            )
        if cell["problem"] and cell["state"] in (CellState.NUMBER, CellState.TEXT):
            place = {**cell, "column": cell["problem_column"], "text": cell["problem_text"]}
            return self._fault(
                place, cell["problem"], *_PROBLEMS[cell["problem"]][:1], cell["expected"], _PROBLEMS[cell["problem"]][1]
            )
        if cell["state"] == CellState.TEXT:
            return self._fault(
                cell,
                "not_a_number",
                "a word the feed does not know" if cell["expected"] else "text in a number cell",
                cell["expected"] or "a number",
                "write one of the words, remarks elsewhere"
                if cell["expected"]
                else "write the number alone, remarks in the notes below",
            )
        return None

    def observation(self, cell: Cell) -> dict[str, Any]:
        """Return the observation of a cell that holds a number.

        Raises:
            InputError: its indicator, area or unit is not known.
        """
        measure = Measure(cell["measure"])
        indicator = self.indicators.get(cell["indicator"])
        if indicator is None:
            raise InputError.of(
                self._fault(
                    cell,
                    "unknown_indicator",
                    "the indicator is not in the registry",
                    "an id of indicators.yaml",
                    "add it there",
                )
            )
        unit = UNIT_OF.get(measure, indicator.base_unit)
        return {
            "indicator": cell["indicator"],
            "area": self._area(cell),
            "period": cell["period"],
            "span": cell["span"],
            "measure": measure.value,
            "value": self._converted(cell, measure, unit),
            "unit": unit,
            "text": cell["text"],
            "decimals": cell["decimals"],
            "quality": cell["quality"],
            "published_at": cell["published_at"] or self.table.published_at,
            "source": self.table.file,
            "sheet": cell["sheet"],
            "row": cell["row"],
            "column": cell["column"],
            "printed_unit": cell["unit"] or unit,
            "origin": self.table.origin.value,
            "flags": cell["flags"],
        }

    def converted(self, cell: Cell, numbers: Any) -> Any:
        """Return an array of numbers in the base unit, as if each stood in a cell that `observation` could read."""
        measure = Measure(cell["measure"])
        unit = UNIT_OF.get(measure) if measure in UNIT_OF else self.indicators[cell["indicator"]].base_unit
        printed = cell["unit"]
        return numbers if _stays(measure, printed) else convert_all(numbers, printed, unit or "")

    def _area(self, cell: Cell) -> str:
        found = self.areas.get(squash(cell["area"])) if cell["area"] else self.feed.area
        if found is None:
            like = ", ".join(nearest(squash(cell["area"]), self.areas)) or "a name of areas.yaml"
            raise InputError.of(
                self._fault(
                    cell,
                    "unknown_area",
                    f"no area is called {cell['area']}",
                    like,
                    "correct the name, or add it to areas.yaml as an alias",
                )
            )
        return found

    def _converted(self, cell: Cell, measure: Measure, unit: str) -> float:
        printed, number = cell["unit"], float(cell["number"])
        if _stays(measure, printed):
            return number
        try:
            return convert(number, printed, unit)
        except InputError as error:
            raise InputError.of(
                self._fault(cell, error.faults[0].code, f"{printed} cannot be turned into {unit}", f"a unit that turns into {unit}",
                            "ask the source for the unit, and correct the file")
            ) from error  # fmt: skip

    def _fault(self, cell: Cell, code: str, message: str, expected: str, mend: str) -> Fault:
        if cell["text"] == UNCOMPUTED:
            message, mend = _UNCOMPUTED
        said = f"{cell['label']}: {message}"
        return cell_fault(self.table.file, cell, code, message=said, expected=expected, mend=mend)


def _stays(measure: Measure, printed: str) -> bool:
    """Return whether a number counts as printed: it has no unit, or is a growth in per cent."""
    bare = measure in (Measure.RANK, Measure.DONE, Measure.REPORT) or not printed
    return bare or (measure is Measure.GROWTH_YOY and is_percent(printed))


def _one_per_key(rows: Iterable[dict[str, Any]], file: str) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return one row a key and day of publication, and a fault for each key whose values contradict.

    Values that agree within the rounding of the coarser one are one value, kept as printed with more digits, of several such the
    topmost. A value marked revised replaces an unmarked one of the same day. The order of the rows makes no difference.
    """
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((*(row[k] for k in KEY_COLUMNS), row["published_at"]), []).append(row)
    kept, conflicts = [], []
    for unordered in groups.values():
        group = sorted(unordered, key=lambda r: (r["sheet"], r["row"], r["column"]))
        revised = [r for r in group if "revised" in r["flags"].split()]
        finest = max(revised or group, key=_fineness)
        differing = [r for r in revised or group if not _agree(r, finest)]
        if differing:
            conflicts += [_conflict(file, finest, other) for other in differing]
        else:
            kept.append(finest)
    return kept, conflicts


def _step(row: Mapping[str, Any]) -> float:
    """Return half of the last printed digit, in the base unit."""
    shown, own = row["printed_unit"], row["unit"]
    same = shown == own or not shown or not own or is_percent(shown)
    return float(0.5 * 10.0 ** -row["decimals"] * (1 if same else conversion_factor(shown, own)))


def _fineness(row: Mapping[str, Any]) -> float:
    return -_step(row)


def _agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(abs(one["value"] - other["value"]) <= max(_step(one), _step(other)) * (1 + 1e-9))


def _conflict(file: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Fault:
    key = " ".join(str(one[k]) for k in KEY_COLUMNS)
    return Fault(
        code="conflict",
        message=f"two values for {key}; neither is taken",
        file=file,
        sheet=other["sheet"] or None,
        row=int(other["row"]),
        column=other["column"],
        value=other["text"],
        expected=f"{one['text']}, as in row {one['row']} column {one['column']}",
        mend="ask the source which is right and correct the file",
    )
