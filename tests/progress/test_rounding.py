"""The one rounding."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judgecases import obs, target, verdict

from planwatch.progress.rounding import (
    difference,
    printed_decimals,
    round_half_away,
    round_one,
    running_sum,
    shortest_decimals,
    significant,
)


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [(2.675, 2, 2.68), (-2.675, 2, -2.68), (0.5, 0, 1), (-0.5, 0, -1), (1.005, 2, 1.01), (0.1 + 0.2, 1, 0.3), (1.2344, 3, 1.234)],
)  # fmt: skip
def test_halves_go_away_from_zero(value, places, rounded):
    assert round_half_away(value, places) == rounded


def test_zero_has_no_sign():
    assert str(round_half_away(-0.001, 2)) == "0.0"


def test_the_order_of_adding_does_not_matter():
    parts = [0.1] * 10 + [1e6, 0.0005]
    assert round_half_away(sum(parts), 3) == round_half_away(sum(reversed(parts)), 3)


def test_missing_stays_missing():
    assert np.isnan(round_half_away([np.nan], 2)).all()
    assert np.isnan(significant([np.nan])).all()


@pytest.mark.parametrize(
    ("value", "text", "decimals"),
    [(12.3, "", 1), (12.0, "", 0), (12.0, "12.00", 2), (5.0, "５．０％", 1), (1234.5, "1,234.50①", 2), (0, "持平", 0),
     (0.1 + 0.2, "", 1), (1e-7, "", 7), (19080, "1.908万人", 3)],
)  # fmt: skip
def test_printed_decimals(value, text, decimals):
    assert printed_decimals(value, text) == decimals


def test_variance_is_rounded_where_the_reading_was_printed():
    task = target("cumulative", 1, unit="万人", base_unit="人")
    row = verdict(task, [obs("2026-07", 5_800, unit="人", printed_unit="万人", decimals=2)], "2026-07")
    assert row.expected == pytest.approx(5833.333333, abs=1e-5)
    assert row.variance == -33


def test_schedule_of_eleven_months_is_91_67():
    row = verdict(target("cumulative", 300, unit="亿元"), [obs("2026-11", 275, unit="亿元")], "2026-11")
    assert (row.schedule_pct, row.variance, row.gap_pp, row.on_schedule) == (91.67, 0, 0, True)


@given(st.floats(-1e12, 1e12), st.integers(0, 8))
def test_one_number_is_rounded_as_many_are(value, places):
    assert round_one(value, places) == round_half_away(value, places)
    assert str(round_one(value, places)) == str(float(round_half_away(value, places)))


@given(st.integers(-(10**11), 10**11), st.integers(0, 9))
def test_the_shortest_form_is_found_as_it_is_printed(digits, places):
    value = digits / 10**places
    assert shortest_decimals(np.array([value]))[0] == printed_decimals(value)


@pytest.mark.parametrize(
    ("one", "other", "left"),
    [(65.3, 62.8, 2.5), (1234567890123.45, 1234567890123.4, 0.05), (0.1, 0.3, -0.2), (5, 5, 0), (1e15 + 1, 1e15, 1)],
)
def test_a_difference_is_free_of_the_noise_of_both(one, other, left):
    assert difference(one, other) == left


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=12))
def test_running_sums_are_those_of_the_printed_figures(cents):
    sums = significant(running_sum(np.array(cents) / 100))
    assert sums.tolist() == [float(Decimal(sum(cents[: n + 1])) / 100) for n in range(len(cents))]


def test_blocks_leave_no_seam():
    values = np.arange(20_000).reshape(2, -1) / 7
    assert np.array_equal(significant(values), [[significant(v) for v in row] for row in values])
