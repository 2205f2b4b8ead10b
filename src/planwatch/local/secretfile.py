"""Secrets of one home: generated once, kept in a file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from planwatch.errors import EnvironmentFault


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody but its owner can read, at no moment of its making; replaces an older one whole."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


class SecretFile:
    """Named secrets in a JSON file (mode 0600): read if there, generated and written if not."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, name: str, n_bytes: int = 24) -> str:
        """Return the secret of this name: URL-safe text of `n_bytes` random bytes, made at the first call.

        Raises:
            EnvironmentFault: the file is there, but is not ours to read or not JSON.
        """
        known = self._read()
        if name not in known:
            known[name] = secrets.token_urlsafe(n_bytes)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_private(self.path, json.dumps(known, indent=2) + "\n")
        return known[name]

    def _read(self) -> dict[str, str]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise EnvironmentFault(
                f"{self.path}: the secrets cannot be read ({error}); mend: give the file back to this user, or remove "
                "the folder it stands in to start afresh"
            ) from error
        return {str(k): str(v) for k, v in dict(data).items()}
