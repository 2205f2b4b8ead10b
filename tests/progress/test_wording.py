"""Figures in words: rounded once, then only their decimal point moves."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planwatch.progress.wording import in_digits, moved_by, points_of


def by_hand(figure: Decimal) -> str:
    text = f"{figure:,f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


@given(
    digits=st.integers(-(10**15) + 1, 10**15 - 1), decimals=st.integers(0, 6), places=st.sampled_from([-2, -1, 0, 2, 3, 4, 6]),
)  # fmt: skip
def test_the_point_moves_and_the_digits_stay(digits, decimals, places):
    assume(abs(digits) * 10 ** max(places - decimals, 0) < 10**15)
    rounded = Decimal(digits).scaleb(-decimals)
    said = in_digits(np.array([moved_by(float(rounded), places)]), decimals - places)
    assert said == [by_hand(rounded.scaleb(places))]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_figures_are_said_alike_together_and_alone(digits):
    figures = np.array(digits) / 1000
    assert in_digits(figures, 3) == [in_digits(np.array([figure]), 3)[0] for figure in figures]


@pytest.mark.parametrize(
    ("gap", "said"), [(0.0, "+0.00"), (0.04, "+0.04"), (-0.05, "−0.1"), (-0.049, "−0.05"), (12.25, "+12.3"), (-1234.0, "−1234.0")]
)  # fmt: skip
def test_a_gap_has_its_sign_and_two_decimals_where_one_shows_nothing(gap, said):
    assert points_of(np.array([gap])) == [said]
