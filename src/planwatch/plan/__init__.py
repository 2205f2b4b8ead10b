"""Plans: `targets.yaml` in, typed targets out; and the exchange files that other programs read and write."""

from planwatch.plan.exporting import EXPORT_COLUMNS, export_rows
from planwatch.plan.files import AreaFile, DepartmentFile, IndicatorFile, PlanFile
from planwatch.plan.importing import import_targets
from planwatch.plan.loader import fingerprint, load_plan
from planwatch.plan.references import with_references_named
from planwatch.plan.registers import load_areas, load_departments, load_indicators
from planwatch.plan.schemas import SCHEMAS, stale_schemas, write_schemas
from planwatch.plan.years import plan_of_year

__all__ = [
    "EXPORT_COLUMNS",
    "SCHEMAS",
    "AreaFile",
    "DepartmentFile",
    "IndicatorFile",
    "PlanFile",
    "export_rows",
    "fingerprint",
    "import_targets",
    "load_areas",
    "load_departments",
    "load_indicators",
    "load_plan",
    "plan_of_year",
    "stale_schemas",
    "with_references_named",
    "write_schemas",
]
