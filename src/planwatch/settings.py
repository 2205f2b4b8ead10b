"""All settings, in one place: environment variables `PLANWATCH_*`, else these defaults."""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: the package is installed editable, in the image and on a newcomer's machine alike."""


class Settings(BaseSettings):
    """Where things stand and what is in force."""

    model_config = SettingsConfigDict(env_prefix="PLANWATCH_", frozen=True, env_ignore_empty=True)

    include: Path = Field(ROOT / "include", description="Data that a planner edits.")
    expectations: Path = Field(ROOT / "expectations", description="Great Expectations suites.")
    home: Path = Field(ROOT / "var", description="Everything the running system writes: ignored by git.")
    drop: Path | None = Field(None, description="Drop folder, one sub-folder a feed; default <home>/drop.")
    archive: Path | None = Field(None, description="Release archive; default <home>/archive.")
    data_docs: Path | None = Field(None, description="Data Docs site; default <home>/data_docs.")
    plan: int = Field(2026, description="Year of the plan that `up` and `once` load.")
    as_of: datetime | None = Field(
        None, description="Stand-in for now, with zone: the demonstration stands at the close of its last month."
    )
    deciders: str = Field(
        "",
        description="Who may decide over quarantined releases: Airflow user ids, comma-separated, each alone or as id:name; "
        "empty: whoever Airflow lets answer.",
    )
    max_release_bytes: int = 50_000_000
    mail_from: str = "planwatch@planwatch.example"

    @property
    def drop_dir(self) -> Path:
        """Return the drop folder."""
        return self.drop or self.home / "drop"

    @property
    def archive_dir(self) -> Path:
        """Return the release archive."""
        return self.archive or self.home / "archive"

    @property
    def data_docs_dir(self) -> Path:
        """Return the Data Docs folder."""
        return self.data_docs or self.home / "data_docs"

    @property
    def quarantine_deciders(self) -> list[tuple[str, str]]:
        """Return (id, name) of the users who may decide over quarantined releases; none named: whoever Airflow lets answer."""
        named = [one.strip().partition(":") for one in self.deciders.split(",") if one.strip()]
        return [(user.strip(), name.strip() or user.strip()) for user, _, name in named]

    def plan_file(self, year: int) -> Path:
        """Return the file of a year's plan: `targets.yaml` for the current one, `plans/<year>.yaml` for another."""
        other = self.include / "plans" / f"{year}.yaml"
        return other if other.exists() else self.include / "targets.yaml"


def connection_text(name: str) -> str | None:
    """Return the variable by which Airflow reads the connection of this id too, None where it is not set."""
    return os.environ.get(f"AIRFLOW_CONN_{name.upper()}")


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
