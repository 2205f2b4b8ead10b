"""Units: the Chinese ones convert, and what measures different things does not."""

import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planwatch.errors import InputError
from planwatch.model.units import conversion_factor, convert, convert_all, is_count, is_known, is_percent, whole_step

CONVERSIONS = [
    ("万元", "亿元", 1e-4), ("万亿元", "亿元", 1e4), ("万人", "人", 1e4), ("万人次", "人次", 1e4), ("公顷", "亩", 15),
    ("平方公里", "万亩", 0.15), ("亿斤", "万吨", 5), ("度", "千瓦时", 1), ("亿千瓦时", "万千瓦时", 1e4), ("亿千瓦", "万千瓦", 1e4),
    ("千美元", "万美元", 0.1), ("％", "%", 1), ("万吨标煤", "吨标煤", 1e4), ("吨标煤/万元", "公斤标煤/元", 0.1),
    ("微克/立方米", "μg/m³", 1), ("千米", "公里", 1), ("万立方米", "立方米", 1e4), ("家", "户", 1), ("名", "人", 1), (" 亿 元", "亿元", 1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "factor"), CONVERSIONS)
def test_converts(source, target, factor):
    assert conversion_factor(source, target) == factor
    assert conversion_factor(target, source) == pytest.approx(1 / factor, rel=1e-15)


@pytest.mark.parametrize(
    ("value", "source", "target", "wanted"),
    [
        (3.6, "万人", "人", 36000), (1.1, "万元", "元", 11000), (0.07, "亿元", "万元", 700), (19082, "人", "万人", 1.9082),
        (147482.3, "万元", "亿元", 14.74823), (0.1 + 0.2, "亿斤", "万吨", 1.5), (45, "亩", "公顷", 3), (90, "分钟", "小时", 1.5),
        (-2.5, "万亿元", "亿元", -25000), (1.005, "亿千瓦时", "万千瓦时", 10050), (81, "微克/立方米", "μg/m³", 81),
    ],
)  # fmt: skip
def test_values_convert_to_the_last_digit(value, source, target, wanted):
    assert convert(value, source, target) == wanted


@given(
    st.decimals(-(10**9), 10**9, places=4), st.sampled_from([("万元", "元", 4), ("亿元", "万元", 4), ("万人", "人", 4)])
)
def test_a_converted_value_is_the_decimal_one_shifted(value, pair):
    source, target, shift = pair
    assert convert(float(value), source, target) == float(value * Decimal(10) ** shift)
    assert convert(convert(float(value), source, target), target, source) == float(value)


PRINTED = st.decimals(-(10**12), 10**12, places=3).map(float) | st.floats(-1e16, 1e16) | st.floats(-1e-6, 1e-6)
PAIRS = [("万元", "亿元"), ("亿元", "元"), ("元", "亿元"), ("亩", "公顷"), ("亿元", "亿元"), ("亿斤", "万吨")]


@given(st.lists(PRINTED, max_size=8), st.sampled_from(PAIRS))
def test_values_converted_together_are_those_converted_one_by_one(values, pair):
    together = convert_all(np.array(values, dtype="float64"), *pair)
    assert together.tolist() == [convert(value, *pair) for value in values]


@pytest.mark.parametrize(
    "unit",
    ["个", "家", "户", "项", "条", "座", "处", "场", "名", "套", "张", "件", "辆", "次", "人", "人次", "万户", "万人"],
)
def test_counts(unit):
    assert is_count(unit)


@pytest.mark.parametrize("unit", ["元", "亿元", "%", "万吨", "亩", "", "nonsense"])
def test_is_no_count(unit):
    assert not is_count(unit)


def test_one_whole_thing_in_a_count_unit():
    assert whole_step("家") == 1
    assert whole_step("万人") == 1e-4


@pytest.mark.parametrize(
    ("source", "target"), [("元", "美元"), ("%", "百分点"), ("人", "家"), ("人", "人次"), ("千瓦", "千瓦时")]
)
def test_different_things_do_not_convert(source, target):
    with pytest.raises(InputError) as caught:
        conversion_factor(source, target)
    assert caught.value.faults[0].code == "unit_incompatible"


@pytest.mark.parametrize("unit", ["", "10万吨", "__import__('os')", "元" * 1000, "foo", "元/", "人=家", "元\n元 x"])
def test_an_unknown_unit_is_refused(unit):
    assert not is_known(unit)
    with pytest.raises(InputError) as caught:
        conversion_factor(unit, "元")
    fault = caught.value.faults[0]
    assert fault.code == "unit_unknown"
    assert fault.mend


def test_no_unit_can_be_read_in_two_ways(caplog):
    from planwatch.model import units

    for _ in range(2):  # what is read once becomes a unit of its own
        units._unit.cache_clear()
        units.exact_factor.cache_clear()
        factors = [
            conversion_factor(f"{prefix}元", "元")
            for prefix in ["万", "亿", "十万", "百万", "千万", "十亿", "百亿", "千亿", "万亿"]
        ]
        assert factors == [1e4, 1e8, 1e5, 1e6, 1e7, 1e9, 1e10, 1e11, 1e12]
        assert conversion_factor("吨标煤/百万元", "吨标煤/亿元") == pytest.approx(100)
    assert not [record for record in caplog.records if "multiple results" in record.getMessage()]


def test_a_unit_of_our_own_is_no_printed_one():
    assert not is_known("_E12_元")


def test_percent():
    assert is_percent("%")
    assert is_percent("％")
    assert is_percent("百分点")
    assert not is_percent("元")


def test_the_module_loads_without_pint():
    code = "import sys, planwatch.model.units; sys.exit('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
