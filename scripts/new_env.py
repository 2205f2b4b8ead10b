"""Write `.env` for docker compose: `.env.example` with a fresh secret on every empty secret's line. An existing one is kept.

Usage: new_env.py [FILE]. Needs only the standard library.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EMPTY = re.compile(r"^(PLANWATCH_[A-Z_]*(?:PASSWORD|SECRET|KEY))=$", re.MULTILINE)


def main() -> None:
    """Write the file, readable by its owner alone."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".env"
    text = EMPTY.sub(lambda m: f"{m[1]}={secret(m[1])}", (ROOT / ".env.example").read_text(encoding="utf-8"))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.exit(f"{path} is there already and is kept; mend: remove it first if its secrets are not in use")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"  {path} written, with fresh secrets")


def secret(name: str) -> str:
    """Return a fresh secret: 48 random bytes for keys, 24 for passwords; a Fernet key is padded base64 of 32."""
    if name.endswith("FERNET_KEY"):
        return secrets.token_urlsafe(32) + "="
    return secrets.token_urlsafe(24 if name.endswith("PASSWORD") else 48)


if __name__ == "__main__":
    main()
