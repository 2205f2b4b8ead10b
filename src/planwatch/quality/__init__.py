"""The three gates (DOMAIN §5): release, observations, publication, checked by Great Expectations.

The suites in `expectations/` say what is expected and how severe a failure is; the gates prepare frames with derived
columns, so that every result comes from one engine. Great Expectations is imported when a suite runs, never before.
"""

from planwatch.quality.engine import build_suite, run_suite
from planwatch.quality.observations import check_observations, indicators_concerned
from planwatch.quality.pages import build_data_docs, write_data_docs
from planwatch.quality.publication import check_publication
from planwatch.quality.release import check_release
from planwatch.quality.suites import Suite, load_suite, load_suites

__all__ = [
    "Suite",
    "build_data_docs",
    "build_suite",
    "check_observations",
    "check_publication",
    "check_release",
    "indicators_concerned",
    "load_suite",
    "load_suites",
    "run_suite",
    "write_data_docs",
]
