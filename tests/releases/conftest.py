"""The corpus, its makers and the fuzz stand beside their tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
