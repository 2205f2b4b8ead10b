"""The deployment as the real Compose sees it, and how to run one of its services on this machine, without containers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planwatch.settings import ROOT

FILE = ROOT / "docker-compose.yaml"
EXAMPLE = ROOT / ".env.example"
NEW_ENV = ROOT / "scripts" / "new_env.py"
COMPOSE = Path(sys.executable).with_name("docker-compose")
SECRETS = re.findall(r"^(PLANWATCH_\w+)=$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
SECRETS = [name for name in SECRETS if name.endswith(("PASSWORD", "SECRET", "KEY"))]


def compose(env_file: Path, *arguments: str, files: tuple[Path, ...] = (FILE,)) -> tuple[str, str]:
    """Run `docker-compose … config` with all profiles and return stdout and stderr.

    The packaged program always ends with 0: what it refuses stands in stderr.
    """
    chosen = [part for file in files for part in ("-f", str(file))]
    done = subprocess.run(
        [COMPOSE, *chosen, "--env-file", env_file, "--profile", "*", "config", *arguments],
        capture_output=True, text=True, check=False, cwd=env_file.parent,
        env={"PATH": os.environ["PATH"], "HOME": str(env_file.parent)},
    )  # fmt: skip
    return done.stdout, done.stderr


def variables(env_file: Path) -> dict[str, str]:
    """Return the lines of a `.env` file, quotes removed."""
    lines = re.findall(r"^([A-Z_]+)=(.*)$", env_file.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: value.strip("'") for name, value in lines}


def with_value(env_file: Path, target: Path, name: str, value: str) -> Path:
    """Write a copy of a `.env` file with one value changed."""
    text, count = re.subn(rf"^{name}=.*$", lambda _: f"{name}={value}", env_file.read_text(encoding="utf-8"), flags=re.MULTILINE)  # fmt: skip
    assert count == 1, name
    target.write_text(text, encoding="utf-8")
    return target


@dataclass(frozen=True)
class Here:
    """This machine in place of the containers' network: where the servers answer, and the home."""

    postgres_port: int
    airflow_port: int
    home: Path
    smtp_port: int = 1

    def environment(self, service: dict[str, Any]) -> dict[str, str]:
        """Return a service's environment with its addresses and folders turned to this machine's, and nothing of ours."""
        text = self._turned(json.dumps(service["environment"]))
        given = {k: v for k, v in json.loads(text).items() if v is not None}
        image = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self.home), "PYTHONUTF8": "1",
            "AIRFLOW_HOME": str(self.home / "airflow"), "PLANWATCH_HOME": str(self.home), "SCARF_ANALYTICS": "false",
            "PYTHONPATH": str(ROOT / "compose" / "config"), "DO_NOT_TRACK": "1",
            "PLANWATCH_POSTGRES_HOST": "127.0.0.1", "PLANWATCH_POSTGRES_PORT": str(self.postgres_port),
            "PLANWATCH_AIRFLOW_URL": f"http://127.0.0.1:{self.airflow_port}",
        }  # fmt: skip
        return {**image, **given}

    def command(self, service: dict[str, Any]) -> tuple[str, ...]:
        """Return a service's command as it runs here."""
        program, *rest = service["command"]
        run = (sys.executable, "-m", "airflow") if program == "airflow" else (sys.executable,)
        return (*run, *(self._turned(part) for part in rest))

    def health(self, service: dict[str, Any]) -> tuple[str, ...]:
        """Return a service's health check as it runs here."""
        kind, _, script, asked = service["healthcheck"]["test"]
        assert kind == "CMD"
        return sys.executable, str(ROOT / script), self._turned(asked)

    def _turned(self, text: str) -> str:
        for container, here in (
            ("@postgres:5432", f"@127.0.0.1:{self.postgres_port}"),
            (
                '\\"host\\":\\"postgres\\",\\"port\\":5432',
                f'\\"host\\":\\"127.0.0.1\\",\\"port\\":{self.postgres_port}',
            ),
            ('\\"host\\":\\"mail\\",\\"port\\":1025', f'\\"host\\":\\"127.0.0.1\\",\\"port\\":{self.smtp_port}'),
            ("api-server:8080", f"127.0.0.1:{self.airflow_port}"),
            ("127.0.0.1:8080", f"127.0.0.1:{self.airflow_port}"),
            ("localhost:8080", f"127.0.0.1:{self.airflow_port}"),
            ("/opt/planwatch", str(ROOT)),
            ("/var/lib/planwatch", str(self.home)),
        ):
            text = text.replace(container, here)
        return {"8080": str(self.airflow_port), "0.0.0.0": "127.0.0.1"}.get(text, text)
