"""Observations as SDMX-CSV 2.0, in codes that `read_sdmx_csv` takes back."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from planwatch.feeds.sdmx import PREFIXES
from planwatch.model.vocabulary import Quality
from planwatch.textfile import disarmed

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "REF_AREA", "INDICATOR", "TRANSFORMATION", "TIME_PERIOD", "OBS_VALUE",
    "UNIT_MEASURE", "UNIT_MULT", "DECIMALS", "OBS_STATUS", "PUBLISHED", "COMMENT_OBS",
)  # fmt: skip
"""The columns of the file. TRANSFORMATION is measure and span (`growth_yoy.ytd`), TIME_PERIOD always the month."""
UNIT_CODES = {"元": "CNY", "美元": "USD", "人": "PS", "%": "PT"}
"""Units that SDMX has codes for; others stand as they are."""
STATUS_CODES = {Quality.FINAL: "A", Quality.PRELIMINARY: "P", Quality.ESTIMATE: "E"}
"""Quality → code of OBS_STATUS."""
_POWERS = {prefix: power for power, prefix in PREFIXES.items() if prefix}
_PREFIX = re.compile("|".join(sorted(_POWERS, key=len, reverse=True)))


def write_sdmx_csv(observations: pd.DataFrame, structure: str = "PLANWATCH:OBSERVATIONS(1.0)") -> str:
    """Return observations as an SDMX-CSV 2.0 file, in base units with the power of ten in UNIT_MULT.

    Args:
        observations: key columns, `value` and `unit`; `quality`, `decimals`, `published_at`, `source` where they are known.
        structure: id of the dataflow.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_line(row, structure) for row in observations.to_dict("records"))
    return text.getvalue()


def _line(row: dict[object, object], structure: str) -> list[str]:
    def said(name: str) -> str:
        value = row.get(name)
        return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN differs from itself

    unit, power = _unit(said("unit"))
    return [
        "dataflow", structure, "I", "M", said("area"), said("indicator"), f"{said('measure')}.{said('span')}", said("period"),
        said("value"), unit, power, said("decimals").removesuffix(".0"), STATUS_CODES[Quality(said("quality") or "final")],
        said("published_at"), disarmed(said("source")),
    ]  # fmt: skip


def _unit(unit: str) -> tuple[str, str]:
    """Return the code of a unit without its magnitude, and the power of ten: 亿元 → CNY, 8."""
    found = _PREFIX.match(unit)
    bare = unit[found.end() :] if found else unit
    if found and bare:
        return UNIT_CODES.get(bare, bare), str(_POWERS[found[0]])
    return UNIT_CODES.get(unit, unit), "0"
