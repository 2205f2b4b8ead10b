"""Each kind of damage breaks the file as its name says, and in nothing else."""

from __future__ import annotations

import io
import zipfile

import pytest
from lxml import html
from openpyxl import load_workbook
from samplecells import raw_rows

from planwatch.errors import InputError
from planwatch.sample import CORRUPTIONS, Sample, available, generate, release_name
from planwatch.sample.damage import damage
from planwatch.sample.release import draft
from planwatch.sample.world import FEEDS, shipped_world

PERIOD = "2026-05"
REST = [k for k in CORRUPTIONS if k not in ("not-a-workbook", "password-protected", "other-month")]


def both(feed: str, kind: str) -> tuple[list[list[object]], list[list[object]]]:
    """Return the raw rows of the whole and of the broken file."""
    name = release_name(feed, PERIOD)
    return raw_rows(name, generate(feed, PERIOD)), raw_rows(name, generate(feed, PERIOD, corrupt=kind))


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_kind_changes_every_feed_and_is_deterministic(feed: str, kind: str) -> None:
    if kind in ("foreign-unit", "unit-changed") and feed == "regional_benchmark":
        with pytest.raises(InputError, match="no units"):
            generate(feed, PERIOD, corrupt=kind)
        return
    broken = generate(feed, PERIOD, corrupt=kind)
    assert broken != generate(feed, PERIOD)
    assert broken == generate(feed, PERIOD, corrupt=kind)


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


@pytest.mark.parametrize("feed", FEEDS)
def test_other_month_is_another_months_file_under_this_name(feed: str) -> None:
    assert generate(feed, PERIOD, corrupt="other-month") == generate(feed, "2026-04")


@pytest.mark.parametrize("feed", FEEDS)
def test_column_is_renamed_or_missing(feed: str) -> None:
    place = shipped_world().feeds.of(feed).damage
    for kind, there in (("renamed-column", True), ("missing-column", False)):
        whole, broken = both(feed, kind)
        assert any(place.header in r for r in whole) and not any(place.header in r for r in broken)
        assert any(place.renamed in r for r in broken) is there


@pytest.mark.parametrize("feed", FEEDS)
def test_one_number_is_text(feed: str) -> None:
    place = shipped_world().feeds.of(feed).damage
    whole, broken = both(feed, "text-in-number")
    differing = [(a, b) for a, b in zip(whole, broken, strict=True) if a != b]
    assert len(differing) == 1
    assert differing[0][1][place.number] == place.text


@pytest.mark.parametrize("feed", ["stats_bureau", "human_resources", "department_reports", "finance"])
def test_amount_scaled_enlarges_amounts_under_the_old_unit(feed: str) -> None:
    place = shipped_world().feeds.of(feed).damage
    whole, broken = both(feed, "amount-scaled")
    [(before, after)] = [(a, b) for a, b in zip(whole, broken, strict=True) if a != b]
    for n in place.amounts:
        assert float(str(after[n]).replace(",", "")) == pytest.approx(float(str(before[n]).replace(",", "")) * 10_000)
    assert [c for n, c in enumerate(before) if n not in place.amounts] == [
        c for n, c in enumerate(after) if n not in place.amounts
    ]


@pytest.mark.parametrize(
    ("feed", "unit"), [("stats_bureau", "万元"), ("human_resources", "万人"), ("department_reports", "万个")]
)
def test_unit_changed_prints_another_unit_over_the_same_digits(feed: str, unit: str) -> None:
    whole, broken = both(feed, "unit-changed")
    [(before, after)] = [(a, b) for a, b in zip(whole, broken, strict=True) if a != b]
    assert after == [before[0], unit, *before[2:]]
    caption = html.fromstring(generate("finance", PERIOD, corrupt="unit-changed").decode()).findtext(".//caption")
    assert caption == "单位：亿元"


def test_foreign_unit_stands_in_the_unit_cell_or_caption() -> None:
    whole, broken = both("stats_bureau", "foreign-unit")
    [(before, after)] = [(a, b) for a, b in zip(whole, broken, strict=True) if a != b]
    assert (before[1], after[1]) == ("亿元", "万人")
    caption = html.fromstring(generate("finance", PERIOD, corrupt="foreign-unit").decode()).findtext(".//caption")
    assert caption == "单位：万人"


@pytest.mark.parametrize("feed", FEEDS)
def test_unknown_row_is_added(feed: str) -> None:
    whole, broken = both(feed, "unknown-row")
    added = [r[0] for r in broken if r[0] not in {w[0] for w in whole}]
    assert added == [shipped_world().feeds.of(feed).damage.stranger]


def test_what_is_not_known_is_refused_with_what_is() -> None:
    for call, expected in (
        (lambda: generate("nope", PERIOD), "stats_bureau, finance"),
        (lambda: generate("finance", "2027-01"), "2026-01 to 2026-12"),
        (lambda: generate("finance", "May"), "2026-01 to 2026-12"),
        (lambda: generate("finance", PERIOD, corrupt="nope"), "not-a-workbook"),
        (lambda: generate("stats_bureau", PERIOD, revision=1), "0 to 0 in month 5"),
    ):
        with pytest.raises(InputError, match=expected):
            call()


@pytest.mark.parametrize("item", available(), ids=lambda s: s.name)
def test_every_month_can_be_broken_though_its_rows_are_renamed(item: Sample) -> None:
    world = shipped_world()
    place, month = world.feeds.of(item.feed).damage, int(item.period[5:])
    whole = draft(item.feed, month, item.revision, world)
    for kind in REST:
        if kind not in ("foreign-unit", "unit-changed") or place.foreign_unit:
            assert damage(whole, place, kind).sheets != whole.sheets, kind
