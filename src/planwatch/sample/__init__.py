"""Simulated releases: the feeds of 2026 as they would be published, from a seeded model, marked as simulated.

Nothing has been published for 2026 yet. `include/sample/model.yaml` and the folder beside it say what the year looks like and how
the files lie to their reader (DOMAIN §3); this package turns it into files, the same bytes for the same seed.
"""

from planwatch.sample.release import CORRUPTIONS, Sample, available, can_break, generate, release_name, samples
from planwatch.sample.scale import ScaledFile, scaled

__all__ = [
    "CORRUPTIONS",
    "Sample",
    "ScaledFile",
    "available",
    "can_break",
    "generate",
    "release_name",
    "samples",
    "scaled",
]
