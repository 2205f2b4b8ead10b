"""The city's plan of 2025 against what was published: the verdicts a reader can check by hand."""

import pytest
from judgecases import growth, obs, target, verdicts

TARGETS = (
    target("growth", 8, "about", id="gdp"),
    target("growth", 14, id="industry"),
    target("growth", 18, id="investment"),
    target("growth", 5, id="retail"),
    target("growth", 5, "about", id="revenue"),
    target("cumulative", 3.5, id="jobs", unit="万人", base_unit="人"),
)
PUBLISHED = {
    "2025-03": {"gdp": 7.1, "industry": 13.0, "investment": 20.9, "retail": 7.4},
    "2025-06": {"gdp": 7.0, "industry": 12.3, "investment": 15.1, "retail": 8.1, "revenue": 1.0},
    "2025-12": {"gdp": 5.4, "industry": 11.1, "investment": 6.2, "retail": 5.4, "revenue": -11.9},
}
JOBS = obs("2025-12", 35_400, indicator="jobs", unit="人")
ROWS = [growth(p, v, indicator=i) for p, values in PUBLISHED.items() for i, v in values.items()] + [JOBS]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2025-03", {"gdp": "at_risk", "industry": "at_risk", "investment": "on_track", "retail": "on_track"}),
        (
            "2025-06",
            {"gdp": "at_risk", "industry": "off_track", "investment": "off_track", "retail": "on_track", "revenue": "off_track"},
        ),
        (
            "2025-12",
            {"gdp": "missed", "industry": "missed", "investment": "missed", "retail": "achieved", "revenue": "missed", "jobs": "achieved"},
        ),
    ],
)  # fmt: skip
def test_the_verdicts_of_2025(period, expected):
    out = verdicts(TARGETS, ROWS, period).set_index("id")
    assert {name: out.loc[name, "status"] for name in expected} == expected


def test_june_re_asked_in_december_is_unchanged():
    june = [row for row in ROWS if row["period"] <= "2025-06"]
    again, then = (verdicts(TARGETS, rows, "2025-06", sources={t.id for t in TARGETS}) for rows in (ROWS, june))
    assert again.equals(then)
