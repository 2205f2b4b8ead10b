"""What stands in a plan with a number and is yet no target: names, slogans, existing stock; with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from planwatch.model.base import Frozen
from planwatch.yamlfile import load_model


class NotTarget(Frozen):
    """A phrase whose figures are no targets."""

    section: str = Field(
        "",
        description="Section of the plan, with all below it; left out, wherever the phrase stands.",
        examples=["1.1"],
    )
    phrase: str = Field("", description="As printed; left out, the whole section.", examples=["564个重大项目"])
    reason: Annotated[
        str, Field(min_length=3, description="Why it is no target, for people.", examples=["existing stock"])
    ]


class NotTargetFile(Frozen):
    """`not_targets.yaml`, `plans/<year>-not-targets.yaml`: the figures of a plan that nobody monitors, and why."""

    not_targets: Annotated[tuple[NotTarget, ...], Field(description="In the plan's order.")]


def not_targets_path(targets: Path) -> Path:
    """Return where the list beside a file of targets stands: `not_targets.yaml` beside `targets.yaml`, else `<stem>-not-targets.yaml`."""
    return targets.with_name(
        "not_targets.yaml" if targets.name == "targets.yaml" else f"{targets.stem}-not-targets.yaml"
    )


def load_not_targets(path: Path) -> tuple[NotTarget, ...]:
    """Return the entries of a list of what is no target.

    Raises:
        ConfigError: one fault for every place that breaks the schema.
    """
    return load_model(path, NotTargetFile).not_targets
