"""Units in English: every unit of the registry has words, and large amounts move their decimal point alone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from planwatch.model.unit_words import label, large_from, spoken, words
from planwatch.model.units import NAMES, exact_factor, is_known

PREFIXES = ("百", "千", "万", "十万", "百万", "千万", "亿", "十亿", "百亿", "千亿", "万亿")
WORDS = {"million": 10**6, "billion": 10**9, "trillion": 10**12}


def named(unit: str) -> str:
    """Return a unit as it is printed: two of the registry's names are not."""
    return {"萬分比": "‱", "拾万分比": "/10万"}.get(unit, unit)


def test_every_unit_of_the_registry_has_english_words() -> None:
    assert {name for name in NAMES if not label(named(name)).isascii()} == {
        "平方公里", "平方米", "立方米", "千分比",
    }  # fmt: skip
    assert {name for name in NAMES if not label(named(name))} == {"个", "指数"}


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("亿元", "100 million yuan"), ("万元", "10,000 yuan"), ("万人", "10,000 people"), ("万亿元", "trillion yuan"),
        ("千万元", "10 million yuan"), ("百万元", "million yuan"), ("万户", "10,000"), ("家", ""), ("", ""), ("%", "%"), ("名", "people"),
        ("μg/m3", "µg/m³"), ("元/平方米", "yuan per m²"), ("吨标准煤/万元", "tonnes of coal equivalent per 10,000 yuan"),
        ("张/千人", "per 1,000 people"), ("人/平方公里", "people per km²"), ("毫克", "mg"), ("亿千瓦时", "100 million kWh"), ("度", "kWh"),
        ("/万人", "per 10,000"), ("亩/人/天", "亩/人/天"), ("光年", "光年"),
    ],
)  # fmt: skip
def test_a_column_is_labelled_with_its_own_unit(unit: str, said: str) -> None:
    assert label(unit) == said


@pytest.mark.parametrize(
    ("unit", "large", "places", "many"),
    [
        ("亿元", True, -1, "billion yuan"), ("亿元", False, 2, "million yuan"), ("万元", True, -2, "million yuan"), ("万元", False, 4, "yuan"),
        ("万亿元", True, 0, "trillion yuan"), ("万亿元", False, 3, "billion yuan"), ("人", True, 0, "people"), ("家", False, 0, ""),
        ("万元/亩", False, 4, "yuan per mu"),
    ],
)  # fmt: skip
def test_the_size_of_the_target_chooses_between_two_words(unit: str, large: bool, places: int, many: str) -> None:
    assert (spoken(unit, large=large).places, spoken(unit, large=large).many) == (places, many)


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_an_amount_stays_what_it_is(prefix: str, large: bool) -> None:
    said = spoken(f"{prefix}元", large=large)
    word = said.many.removesuffix("yuan").strip()
    assert exact_factor(f"{prefix}元", "元") == Fraction(10) ** said.places * WORDS.get(word, 1)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_from_the_size_on_that_the_larger_word_has_amounts_are_one_of_it_or_more(prefix: str) -> None:
    unit = f"{prefix}人"
    assert is_known(unit)
    assert large_from(unit) * Fraction(10) ** spoken(unit, large=True).places == 1


def test_one_is_told_from_many_only_where_no_word_comes_between() -> None:
    assert words("万人")[:2] == ("person", "people")
    assert spoken("万人", large=False)[1:] == ("person", "people")
    assert spoken("万人", large=True)[1:] == ("million people", "million people")
