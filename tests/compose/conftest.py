from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from composecases import NEW_ENV, compose


@pytest.fixture(scope="session")
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `.env` as `make env` writes it."""
    path = tmp_path_factory.mktemp("compose") / "env"
    subprocess.run([sys.executable, NEW_ENV, path], check=True, capture_output=True)
    return path


@pytest.fixture(scope="session")
def project(env_file: Path) -> dict[str, Any]:
    """The whole project, all profiles, as Compose resolves it with that `.env`."""
    out, err = compose(env_file, "--format", "json")
    assert not err
    return json.loads(out)


@pytest.fixture(scope="session")
def services(project: dict[str, Any]) -> dict[str, Any]:
    return project["services"]
