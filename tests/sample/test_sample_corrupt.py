"""Each kind of damage breaks the file as its name says, and in nothing else."""

from __future__ import annotations

import io
import zipfile

import pytest
from lxml import html
from openpyxl import load_workbook
from samplecells import one_of_each, raw_rows

from planwatch.errors import InputError
from planwatch.sample import CORRUPTIONS, Sample, available, broken, can_break, generate, release_name
from planwatch.sample.damage import damage
from planwatch.sample.release import draft
from planwatch.sample.world import Damage, shipped_world

PERIOD, QUARTER = "2026-05", "2026-06"
LARGE = ("empty-rows", "zip-bomb")
EACH = [(feed, kind) for kind in CORRUPTIONS for feed in one_of_each(lambda feed, kind=kind: can_break(feed, kind))]


def period_of(feed: str) -> str:
    months = shipped_world().feeds[feed].months
    return next(p for p in (PERIOD, QUARTER, "2026-04") if int(p[5:]) in months)


def place_of(feed: str) -> Damage:
    return shipped_world().feeds[feed].damage


def both(feed: str, kind: str) -> tuple[list[list[object]], list[list[object]]]:
    """Return the raw rows of the whole and of the broken file."""
    period = period_of(feed)
    name = release_name(feed, period)
    return raw_rows(name, generate(feed, period)), raw_rows(name, generate(feed, period, corrupt=kind))


def differing(feed: str, kind: str) -> list[tuple[list[object], list[object]]]:
    whole, torn = both(feed, kind)
    return [(a, b) for a, b in zip(whole, torn, strict=True) if a != b]


def number(cell: object) -> float:
    return float(str(cell).replace(",", ""))


@pytest.mark.parametrize(("feed", "kind"), [p for p in EACH if p[1] not in LARGE])
def test_every_kind_changes_every_sort_of_file_and_is_deterministic(feed: str, kind: str) -> None:
    period = period_of(feed)
    torn = generate(feed, period, corrupt=kind)
    assert torn != generate(feed, period)
    assert torn == generate(feed, period, corrupt=kind)


def test_every_kind_fits_some_feed_and_every_feed_some_kinds() -> None:
    assert {kind for _feed, kind in EACH} == set(CORRUPTIONS)
    for feed in shipped_world().feeds:
        assert sum(can_break(feed, kind) for kind in CORRUPTIONS) > 8, feed


def test_not_a_workbook_is_a_block_page() -> None:
    data = generate("stats_bureau", PERIOD, corrupt="not-a-workbook")
    assert b"403 Forbidden" in data
    assert not zipfile.is_zipfile(io.BytesIO(data))
    assert not list(html.fromstring(data.decode()).iter("table"))


def test_password_protected_is_an_encrypted_container() -> None:
    data = generate("stats_bureau", PERIOD, corrupt="password-protected")
    assert data.startswith(bytes.fromhex("d0cf11e0a1b11ae1")) and len(data) % 512 == 0
    assert streams(data) == {"EncryptionInfo", "EncryptedPackage"}
    with pytest.raises(zipfile.BadZipFile):
        load_workbook(io.BytesIO(data))


def streams(data: bytes) -> set[str]:
    """Return the names of a compound file's streams, found by walking its directory tree (MS-CFB)."""
    directory = (int.from_bytes(data[48:52], "little") + 1) * 512

    def entry(n: int) -> bytes:
        return data[directory + 128 * n : directory + 128 * (n + 1)]

    def walk(n: int) -> set[str]:
        if n == 0xFFFFFFFF:
            return set()
        e = entry(n)
        name = e[: int.from_bytes(e[64:66], "little") - 2].decode("utf-16-le")
        return {name} | walk(int.from_bytes(e[68:72], "little")) | walk(int.from_bytes(e[72:76], "little"))

    return walk(int.from_bytes(entry(0)[76:80], "little"))


@pytest.mark.parametrize("feed", one_of_each())
def test_an_empty_file_holds_nothing_and_a_cut_off_one_the_beginning(feed: str) -> None:
    period = period_of(feed)
    assert generate(feed, period, corrupt="empty-file") == b""
    whole, torn = generate(feed, period), generate(feed, period, corrupt="cut-off")
    assert whole.startswith(torn) and 0 < len(torn) < len(whole)


@pytest.mark.parametrize("feed", one_of_each(lambda feed: can_break(feed, "wrong-encoding")))
def test_a_text_of_two_encodings_is_read_whole_in_neither(feed: str) -> None:
    data = generate(feed, period_of(feed), corrupt="wrong-encoding")
    for encoding in ("utf-8", "gb18030"):
        with pytest.raises(UnicodeDecodeError):
            data.decode(encoding)


def test_a_bomb_is_small_and_opens_to_more_than_a_release_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert broken.BOMB_BYTES > 200_000_000
    monkeypatch.setattr(broken, "BOMB_BYTES", 10_000_000)
    data = generate("industry_it", PERIOD, corrupt="zip-bomb")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sizes = [(part.compress_size, part.file_size) for part in parts.infolist()]
    assert len(data) < 100_000 and max(size / max(packed, 1) for packed, size in sizes) > 200


@pytest.mark.parametrize("feed", one_of_each(lambda feed: can_break(feed, "empty-rows")))
def test_empty_rows_stand_below_the_table(feed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert broken.EMPTY_ROWS == 1_000_000
    monkeypatch.setattr(broken, "EMPTY_ROWS", 5_000)
    data = generate(feed, period_of(feed), corrupt="empty-rows")
    name = release_name(feed, period_of(feed))
    if name.endswith("ods"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            assert b'rows-repeated="5000"' in parts.read("content.xml")
        return
    if name.endswith("xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            assert parts.read("xl/worksheets/sheet1.xml").count(b"<row ") > 5_000
        return
    rows = raw_rows(name, data)
    assert len(rows) > 5_000 and sum(any(str(c or "").strip() for c in row) for row in rows) < 60


@pytest.mark.parametrize("feed", one_of_each(lambda feed: can_break(feed, "other-month")))
def test_other_month_is_another_months_file_under_this_name(feed: str) -> None:
    months = shipped_world().feeds[feed].months
    other = max(m for m in months if m < int(period_of(feed)[5:]))
    assert generate(feed, period_of(feed), corrupt="other-month") == generate(feed, f"2026-{other:02}")


@pytest.mark.parametrize("feed", one_of_each(lambda feed: not feed.startswith("national")))
def test_column_is_renamed_or_missing(feed: str) -> None:
    place = place_of(feed)
    for kind, there in (("renamed-column", True), ("missing-column", False)):
        whole, torn = both(feed, kind)
        assert any(place.header in r for r in whole) and not any(place.header in r for r in torn)
        assert any(place.renamed in r for r in torn) is there


@pytest.mark.parametrize("feed", one_of_each())
@pytest.mark.parametrize("kind", ["text-in-number", "formula-error"])
def test_one_number_is_text(feed: str, kind: str) -> None:
    [(_before, after)] = differing(feed, kind)
    place = place_of(feed)
    said = place.text if kind == "text-in-number" else "#REF!"
    assert said in after and (feed == "national_benchmark" or after[place.number] == said)


@pytest.mark.parametrize("feed", ["stats_bureau", "human_resources", "commerce", "finance", "agriculture"])
@pytest.mark.parametrize(("kind", "factor"), [("amount-scaled", 10_000), ("negative-count", -1)])
def test_amounts_change_under_the_old_unit(feed: str, kind: str, factor: int) -> None:
    [(before, after)] = differing(feed, kind)
    place = place_of(feed)
    for n in place.amounts:
        assert number(after[n]) == pytest.approx(number(before[n]) * factor)
    assert [c for n, c in enumerate(before) if n not in place.amounts] == [
        c for n, c in enumerate(after) if n not in place.amounts
    ]


@pytest.mark.parametrize("feed", ["stats_bureau", "finance", "housing"])
def test_a_running_total_falls(feed: str) -> None:
    [(before, after)] = differing(feed, "falling-total")
    total = place_of(feed).total
    assert total is not None and number(after[total]) < number(before[total]) / 2


def test_a_part_outgrows_its_whole() -> None:
    [(before, after)] = differing("finance", "part-exceeds-whole")
    whole = next(r for r in both("finance", "part-exceeds-whole")[1] if r[0] == "一般公共预算收入")
    assert before[0] == after[0] == "#税收收入"
    assert number(after[2]) > number(whole[2]) > number(before[2])


@pytest.mark.parametrize("feed", ["stats_bureau", "housing", "customs"])
def test_a_row_is_lost_doubled_or_misspelt(feed: str) -> None:
    place = place_of(feed)
    whole, lost = both(feed, "missing-row")
    assert len(lost) == len(whole) - 1
    _, doubled = both(feed, "duplicated-row")
    assert doubled[: len(whole)] == whole or len(doubled) == len(whole) + 1
    [(before, after)] = differing(feed, "misspelt-row")
    assert before[place.label] != after[place.label] and sorted(str(before[place.label])) == sorted(
        str(after[place.label])
    )


@pytest.mark.parametrize("feed", ["customs", "energy", "stats_bureau"])
def test_a_row_speaks_of_next_year(feed: str) -> None:
    [(_before, after)] = differing(feed, "future-period")
    assert any("2027" in str(c) for c in after)


def test_two_columns_are_confused() -> None:
    whole, torn = both("human_resources", "swapped-columns")
    rows = [(a, b) for a, b in zip(whole, torn, strict=True) if a != b]
    assert rows and all(b == [*a[:2], a[3], a[2], *a[4:]] for a, b in rows)


@pytest.mark.parametrize(
    ("feed", "unit"), [("stats_bureau", "万元"), ("human_resources", "万人"), ("commerce", "万场")]
)
def test_unit_changed_prints_another_unit_over_the_same_digits(feed: str, unit: str) -> None:
    [(before, after)] = differing(feed, "unit-changed")
    n = place_of(feed).unit
    assert n is not None and after == [*before[:n], unit, *before[n + 1 :]]
    caption = html.fromstring(generate("finance", PERIOD, corrupt="unit-changed").decode()).findtext(".//caption")
    assert caption == "单位：亿元"


def test_foreign_unit_stands_in_the_unit_cell_or_caption() -> None:
    [(before, after)] = differing("stats_bureau", "foreign-unit")
    assert (before[1], after[1]) == ("亿元", "万人")
    caption = html.fromstring(generate("finance", PERIOD, corrupt="foreign-unit").decode()).findtext(".//caption")
    assert caption == "单位：万人"


@pytest.mark.parametrize("feed", one_of_each(lambda feed: not feed.startswith("national")))
def test_unknown_row_is_added(feed: str) -> None:
    whole, torn = both(feed, "unknown-row")
    label = place_of(feed).label
    added = [r[label] for r in torn if len(r) > label and r not in whole]
    assert added[-1:] == [place_of(feed).stranger]


def test_what_is_not_known_is_refused_with_what_is() -> None:
    for call, expected in (
        (lambda: generate("nope", PERIOD), "regional_benchmark, science_tech"),
        (lambda: generate("finance", "2027-01"), "2026-01 to 2026-12"),
        (lambda: generate("finance", "May"), "2026-01 to 2026-12"),
        (lambda: generate("housing", PERIOD), "2026-03, 2026-06"),
        (lambda: generate("finance", PERIOD, corrupt="nope"), "not-a-workbook"),
        (lambda: generate("finance", PERIOD, corrupt="zip-bomb"), "wrong-encoding"),
        (lambda: generate("regional_benchmark", PERIOD, corrupt="unit-changed"), "no units"),
        (lambda: generate("stats_bureau", PERIOD, revision=1), "0 to 0 in month 5"),
    ):
        with pytest.raises(InputError, match=expected):
            call()


@pytest.mark.parametrize("item", available(), ids=lambda s: s.name)
def test_every_month_can_be_broken_though_its_rows_are_renamed(item: Sample) -> None:
    world = shipped_world()
    place, month = world.feeds[item.feed].damage, int(item.period[5:])
    whole = draft(item.feed, month, item.revision, world)
    for kind in ("renamed-column", "text-in-number", "falling-total", "part-exceeds-whole"):
        if can_break(item.feed, kind):
            assert damage(whole, place, kind).sheets != whole.sheets, kind
