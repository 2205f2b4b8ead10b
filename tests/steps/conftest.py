"""A running house without Airflow: a warehouse, folders of its own, the shipped data, and a driver for the steps."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from planwatch.settings import ROOT, Settings
from planwatch.steps.arrivals import take_arrivals
from planwatch.steps.edition import Report, publish_due
from planwatch.steps.ingest import Ingested, ingest_release
from planwatch.steps.plan import load_plan

SAMPLE, HISTORY = ROOT / "include" / "sample" / "2026", ROOT / "include" / "history"


@dataclass
class House:
    """What a test drives: drop files, run what has come, publish."""

    warehouse: object
    settings: Settings

    @property
    def engine(self):
        return self.warehouse.engine

    def drop(self, feed: str, source: Path | bytes, name: str | None = None) -> Path:
        """Put a whole file into the feed's folder, old enough to be taken."""
        folder = self.settings.drop_dir / feed
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (name or source.name)
        path.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
        os.utime(path, (time.time() - 60,) * 2)
        return path

    def drop_month(self, period: str) -> None:
        for path in sorted(SAMPLE.glob(f"*{period}*")):
            self.drop(path.name.split(f"_{period}")[0], path)

    def read_all(self) -> dict[str, Ingested]:
        """Run every waiting release through its feed; by file name's sha."""
        return {
            a.sha256: ingest_release(self.engine, self.settings, a.sha256)
            for a in take_arrivals(self.engine, self.settings)
        }

    def publish(self, period: str) -> Report:
        return publish_due(self.engine, self.settings, period, trigger="test")

    def query(self, sql: str, **parameters):
        from sqlalchemy import text

        with self.engine.connect() as conn:
            return [dict(row._mapping) for row in conn.execute(text(sql), parameters)]


@pytest.fixture
def make_house(make_warehouse, tmp_path):
    def make(year: int = 2026, as_of: str = "2026-11-25T23:59:59+08:00", include: Path | None = None) -> House:
        home = tmp_path / f"home{len(list(tmp_path.iterdir()))}"
        settings = Settings(
            home=home, plan=year, as_of=datetime.fromisoformat(as_of), include=include or ROOT / "include"
        )
        settings.drop_dir.mkdir(parents=True)
        house = House(make_warehouse(), settings)
        load_plan(house.engine, settings, year)
        return house

    return make


@pytest.fixture
def house(make_house) -> House:
    return make_house()


@pytest.fixture
def own_include(tmp_path) -> Path:
    """A copy of the data that a test may change."""
    return Path(shutil.copytree(ROOT / "include", tmp_path / "include"))
