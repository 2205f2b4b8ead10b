"""Cases in YAML: what a case says, and how it is judged."""

from datetime import datetime
from pathlib import Path

import yaml
from judgecases import obs, target, verdict

from planwatch.model.calendar import SHANGHAI

FOLDER = Path(__file__).with_name("cases")


def load(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))


def row(text):
    """Return the observation of `period span measure value [unit] [key=value …]`."""
    words = str(text).split()
    extra = dict(word.split("=") for word in words if "=" in word)
    period, span, measure, value, *unit = [word for word in words if "=" not in word]
    return obs(period, float(value), span=span, measure=measure, unit=unit[0] if unit else "", text=value, **extra)


def judged(case):
    """Return the verdict of a case."""
    rest = {}
    if "as_of" in case:
        rest["as_of"] = datetime.combine(case["as_of"], datetime.max.time(), SHANGHAI)
    return verdict(target(**case["target"]), [row(text) for text in case["rows"]], str(case["period"]), **rest)
