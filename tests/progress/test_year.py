"""A year measured at once says what the months say one by one."""

import numpy as np
import pytest
from judgecases import CALENDAR, frame, growth, obs, plan, ratio, target

from planwatch.progress import judge
from planwatch.progress.known import known_observations
from planwatch.progress.ready import Ready
from planwatch.progress.status import WORDS
from planwatch.progress.year import measure_year

TARGETS = (
    target("cumulative", 1000, unit="亿元", id="total", pace="seasonal"),
    target("cumulative", 240, unit="亿元", id="months"),
    target("cumulative", 100, "le", unit="万吨", id="cap"),
    target("reach", 400, unit="家", id="level", baseline={"value": 300}),
    target("growth", 6, "about", id="rate"),
    target("hold", 80, unit="%", id="air", pace="seasonal"),
    target("change_pp", 5, id="cover"),
    target("relative", comparator="gt", id="beside", reference={"indicator": "rate"}),
    target("rank", 3, "rank_le", id="place"),
    target("bottom_line", comparator="eq", id="zero"),
)
FIGURES = (
    "actual", "expected", "variance", "progress_pct", "schedule_pct", "gap_pp", "required_amount", "required_growth_pct", "projection",
)  # fmt: skip


def series():
    """Four years of every month, some missing, quarterly ones among them, totals in another unit and months alone."""
    dice = np.random.default_rng(3)
    rows = []
    for year in range(2023, 2027):
        for m in range(1, 13):
            period, noise = f"{year}-{m:02d}", dice.uniform(0.9, 1.1)
            rows += [
                obs(period, round(8.3e5 * m * noise), indicator="total", unit="万元", printed_unit="亿元", decimals=2)
            ]
            rows += (
                [obs(period, round(20 * noise, 1), indicator="months", unit="亿元", span="month")]
                if m != 4 or year < 2026
                else []
            )
            rows += [obs(period, round(9 * m * noise, 1), indicator="cap", unit="万吨")]
            rows += [
                obs(period, round(300 + 90 * (year - 2026) + 8 * m * noise), indicator="level", unit="家", span="point")
            ]
            rows += [growth(period, round(6 * noise, 1), indicator="rate")] if m % 3 == 0 else []
            rows += [ratio(period, round(70 + m * noise, 1), indicator="air", span="ytd")]
            rows += [ratio(period, round(50 + (year - 2023) * 5 + m / 3 * noise, 1), indicator="cover")]
            rows += [growth(period, round(6.2 * noise, 1), indicator="beside")]
            rows += [obs(period, int(2 + 3 * noise), indicator="place", measure="rank")]
            rows += [obs(period, int(noise > 1.09), indicator="zero", measure="report", span="month")]
    return frame(*rows)


@pytest.fixture(scope="module")
def both():
    rows, made = series(), plan(*TARGETS)
    measures = {t.id: t.read_measure for t in made.targets}
    made = made.model_copy(
        update={"targets": tuple(t.model_copy(update={"measure": measures[t.id]}) for t in made.targets)}
    )
    known = known_observations(rows, {t.indicator for t in made.targets}, "2026-12", None)
    months = [judge(made, rows, f"2026-{m:02d}", calendar=CALENDAR) for m in range(1, 13)]
    return measure_year(Ready.of(made, known)), months


@pytest.mark.parametrize("column", FIGURES)
def test_figures_are_the_same(both, column):
    year, months = both
    for m, verdicts in enumerate(months):
        shown = verdicts[column].to_numpy(dtype=float)
        np.testing.assert_array_equal(getattr(year, column)[:, m], shown, err_msg=f"{column} in {m + 1}")


def test_lamps_and_counts_are_the_same(both):
    year, months = both
    seen = set()
    for m, verdicts in enumerate(months):
        late = verdicts["status"].isin(["overdue", "not_assessable"]).to_numpy()
        assert (WORDS[year.status[:, m]][~late] == verdicts["status"].to_numpy()[~late]).all()
        for side in ("linear", "seasonal"):
            words, column = WORDS[getattr(year, f"{side}_status")[:, m]], verdicts[f"{side}_status"]
            there = (column.notna() & (column != "overdue")).to_numpy()
            assert (words[there] == column.to_numpy()[there]).all()
        counted = verdicts["make_up_n"].notna().to_numpy()
        assert (year.make_up_n[:, m] > 0).tolist() == counted.tolist()
        assert year.make_up_years[counted, m].tolist() == verdicts["make_up_years"][counted].tolist()
        seen |= set(verdicts["status"])
    assert {"on_track", "off_track", "at_risk", "achieved", "missed"} <= seen
