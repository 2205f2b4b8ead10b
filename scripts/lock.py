"""Compile requirements/*.in into hashed pins that hold for every platform and Python from 3.11 on, without addresses.

Runs uv from an environment of its own, thrown away afterwards, so that the project's needs no uv. The dev pins are compiled
against the run pins; pip's own pin is what installs them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--upgrade", "-q")  # fmt: skip


def main() -> None:
    """Compile all files."""
    with tempfile.TemporaryDirectory(prefix="planwatch-lock-") as scratch:
        venv.create(scratch, with_pip=True)
        programs = Path(scratch) / "bin"
        run(programs / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv")
        for name in ("pip", "run", "dev", "compare"):
            run(programs / "uv", "pip", "compile", *OPTIONS, f"{name}.in", "-o", f"{name}.txt")
            print(f"  requirements/{name}.txt")


def run(*command: Path | str) -> None:
    """Run a command in requirements/; end with its exit code where it fails."""
    code = subprocess.run(command, cwd=REQUIREMENTS, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
