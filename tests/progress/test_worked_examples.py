"""The eleven worked examples of DOMAIN §4: status and numbers of each."""

from datetime import UTC, datetime

import pytest
from judgecases import growth, obs, ratio, target, verdict, verdicts

JOBS = target("cumulative", 36_000, unit="人")
FIRMS = target("reach", 380, unit="家", baseline={"value": 340})


def test_1_jobs_on_schedule_in_june():
    row = verdict(JOBS, [obs("2026-06", 19_080, unit="人")], "2026-06")
    assert row.status == "on_track"
    assert (row.actual, row.expected, row.variance) == (19_080, 18_000, 1_080)
    assert (row.progress_pct, row.schedule_pct, row.gap_pp) == (53.0, 50.0, 3.0)
    assert row.on_schedule is True
    assert row.required_amount == 2_820


def test_2_industry_and_investment_of_2025():
    industry = target("growth", 14)
    row = verdict(industry, [growth("2025-06", 12.3)], "2025-06")
    assert (row.expected, row.variance, row.status) == (14, -1.7, "off_track")
    investment = target("growth", 18)
    row = verdict(investment, [growth("2025-03", 20.9)], "2025-03")
    assert (row.variance, row.status) == (2.9, "on_track")
    row = verdict(investment, [growth("2025-03", 20.9), growth("2025-06", 15.1)], "2025-06")
    assert (row.variance, row.status) == (-2.9, "off_track")


def test_3_high_tech_firms_on_the_way_from_340_to_380():
    row = verdict(FIRMS, [obs("2026-09", 365, span="point", unit="家")], "2026-09")
    assert (row.expected, row.variance, row.status) == (370, -5, "off_track")
    assert (row.progress_pct, row.schedule_pct, row.gap_pp) == (62.5, 75.0, -12.5)


def test_3_a_seasonal_share_of_three_quarters_projects_373():
    past = [("2024-12", 300), ("2025-09", 330), ("2025-12", 340)]
    rows = [obs(p, v, span="point", unit="家") for p, v in [*past, ("2026-09", 365)]]
    row = verdict(FIRMS, rows, "2026-09")
    assert row.projection == pytest.approx(373.333333, abs=1e-5)
    assert row.projection_low == row.projection_high == row.projection


def test_4_grassland_index_and_good_air():
    index = target("hold", 10, "le", unit="%")
    row = verdict(index, [ratio("2026-06", 9.2)], "2026-06")
    assert (row.variance, row.status) == (0.8, "on_track")
    air = target("hold", 80, unit="%")
    row = verdict(air, [ratio("2026-06", 78.9, span="ytd")], "2026-06")
    assert (row.variance, row.status) == (-1.1, "at_risk")


def test_5_incomes_in_step_with_growth():
    made = tuple(
        target("relative", comparator="about", id=name, reference={"indicator": "gdp"}) for name in ("urban", "rural")
    )
    rows = [growth("2025-06", v, indicator=i) for i, v in (("urban", 4.1), ("rural", 4.7), ("gdp", 7.0))]
    out = verdicts(made, rows, "2025-06")
    assert out["variance"].tolist() == [-2.9, -2.3]
    assert out["status"].tolist() == ["off_track", "off_track"]
    assert out["reference_actual"].tolist() == [7.0, 7.0]


def test_6_foreign_capital_ranked_fourth_of_a_top_three():
    row = verdict(target("rank", 3, "rank_le"), [obs("2026-06", 4, measure="rank")], "2026-06")
    assert (row.variance, row.status) == (-1, "at_risk")


@pytest.mark.parametrize(
    ("reading", "variance", "status"), [(5.4, -0.1, "on_track"), (5.2, -0.3, "at_risk"), (4.4, -1.1, "off_track")]
)
def test_7_gdp_about_five_and_a_half(reading, variance, status):
    row = verdict(target("growth", 5.5, "about"), [growth("2026-06", reading)], "2026-06")
    assert (row.variance, row.status, row.on_schedule) == (variance, status, False)


def test_8_a_cap_is_never_achieved_early_and_never_forgiven():
    cap = target("cumulative", 100, "le", unit="万吨")

    def judged(period, value):
        return verdict(cap, [obs(period, value, unit="万吨")], period)

    june = judged("2026-06", 70)
    assert (june.expected, june.variance, june.gap_pp, june.status) == (50, -20, -20, "off_track")
    assert judged("2026-01", 0.5).status == "on_track"
    assert judged("2026-08", 101).status == "off_track"
    assert judged("2026-12", 101).status == "missed"


def test_9_one_industrial_town():
    town = target("cumulative", 1, unit="个")
    october = verdict(town, [obs("2026-10", 0, unit="个")], "2026-10")
    assert october.expected == pytest.approx(0.83, abs=0.005)
    assert october.status == "on_track"
    assert verdict(town, [obs("2026-12", 0, unit="个")], "2026-12").status == "missed"


def test_10_capacity_held_after_a_better_year():
    rows = [obs("2025-12", 85, span="point", unit="万吨"), obs("2026-06", 82, span="point", unit="万吨")]
    row = verdict(target("hold", 80, unit="万吨"), rows, "2026-06")
    assert (row.variance, row.status) == (2, "on_track")


@pytest.mark.parametrize(("june", "status"), [(19_080, "overdue"), (9_000, "off_track")])
def test_11_the_september_report_never_came(june, status):
    jobs = target("cumulative", 36_000, unit="人", frequency="quarterly")
    after_grace = datetime(2026, 11, 30, tzinfo=UTC)
    row = verdict(jobs, [obs("2026-06", june, unit="人")], "2026-10", as_of=after_grace)
    assert (row.status, row.reading_state) == (status, "overdue")
    assert (row.reading_period, row.reading_age_months, row.schedule_pct) == ("2026-06", 4, 50.0)
