"""Make the environment: `.venv` from the hashed pins of requirements/, nothing newer, nothing unchecked.

Usage: environment.py run|dev. Needs only the standard library. The stamp `.venv/.run` or `.venv/.dev` is written last, so
that an interrupted set-up is begun again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "setup.log"
NEEDED = (3, 11)
TELL_EVERY = 40


def main() -> None:
    """Make or complete the environment."""
    kind = sys.argv[1] if sys.argv[1:] in (["run"], ["dev"]) else sys.exit("usage: environment.py run|dev")
    if sys.version_info < NEEDED:
        sys.exit(f"Python {sys.version.split()[0]} is too old; mend: make setup PYTHON=<Python 3.11 or newer>")
    began = time.monotonic()
    if kind == "run" and not usable():
        make_venv()
    pip("install", "--require-hashes", "-r", str(ROOT / "requirements" / "pip.txt"), total=0)
    pins = ROOT / "requirements" / f"{kind}.txt"
    pip("install", "--require-hashes", "-r", str(pins), total=count(pins))
    if kind == "run":
        pip("install", "--no-deps", "--no-build-isolation", "-e", str(ROOT), total=0)
    (VENV / f".{kind}").write_text(f"{sys.version}\n", encoding="utf-8")
    print(f"  environment ready in {time.monotonic() - began:.0f} s: {VENV}")


def usable() -> bool:
    """Return whether `.venv` is there, runs, and is new enough."""
    python = VENV / "bin" / "python"
    check = f"import pip, sys; sys.exit(sys.version_info < {NEEDED})"
    return python.exists() and subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    """Make an empty `.venv`, with pip."""
    print(f"  Python {sys.version.split()[0]}: making {VENV}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        said = (done.stdout + done.stderr).strip()
        sys.exit(f"{said}\n\nThe environment could not be made; mend on Debian or Ubuntu: apt install python3-venv")


def count(pins: Path) -> int:
    """Return how many packages a pins file names."""
    return len(re.findall(r"^[A-Za-z0-9][^\s=]*==", pins.read_text(encoding="utf-8"), re.MULTILINE))


def pip(*arguments: str, total: int) -> None:
    """Run pip with a short progress; its whole output goes to a log, whose end is shown where it fails."""
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV")
    }
    command = [VENV / "bin" / "python", "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    with LOG.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        seen = 0
        for line in process.stdout or ():
            log.write(line)
            seen += tell(line, seen, total)
    if process.wait():
        end = "".join(LOG.read_text(encoding="utf-8").splitlines(keepends=True)[-12:])
        sys.exit(f"\n{end}\npip failed; its whole output: {LOG}")


def tell(line: str, seen: int, total: int) -> int:
    """Show how far pip is; return 1 for a line that begins a package."""
    live = sys.stdout.isatty()
    if line.startswith("Installing collected packages") and total:
        print("\r  installing …".ljust(72) if live else "  installing …", flush=True)
    if not line.startswith(("Collecting ", "Requirement already satisfied: ")) or not total:
        return 0
    if live:
        name = re.split(
            r"[=\s]", line.split(": " if ": " in line else " ", 1)[1].replace("Collecting ", ""), maxsplit=1
        )[0]
        print(f"\r  {seen + 1}/{total} {name}".ljust(72), end="", flush=True)
    elif (seen + 1) % TELL_EVERY == 0:
        print(f"  {seen + 1} of {total} packages", flush=True)
    return 1


if __name__ == "__main__":
    main()
