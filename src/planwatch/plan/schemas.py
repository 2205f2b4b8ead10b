"""JSON Schemas of the files of `include/`, generated from the typed models, so that an editor completes and explains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from planwatch.plan.files import AreaFile, DepartmentFile, IndicatorFile, PlanFile
from planwatch.plan.nottargets import NotTargetFile

SCHEMAS: dict[str, type[BaseModel]] = {
    "targets.schema.json": PlanFile,
    "not_targets.schema.json": NotTargetFile,
    "indicators.schema.json": IndicatorFile,
    "areas.schema.json": AreaFile,
    "departments.schema.json": DepartmentFile,
}
"""File name in `include/schemas/` → model, for the files of this layer; the command line adds those of the feeds."""


def schema_text(model: type[BaseModel]) -> str:
    """Return the model's JSON Schema (draft 2020-12) as the text of its file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model.model_json_schema()
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def write_schemas(folder: Path, models: Mapping[str, type[BaseModel]] = SCHEMAS) -> list[str]:
    """Write the schemas that are stale or missing; return their file names."""
    stale = stale_schemas(folder, models)
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).write_text(schema_text(models[name]), encoding="utf-8")
    return stale


def stale_schemas(folder: Path, models: Mapping[str, type[BaseModel]] = SCHEMAS) -> list[str]:
    """Return the file names whose schema is missing or no longer the model's."""
    return [name for name, model in models.items() if _read(folder / name) != schema_text(model)]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
