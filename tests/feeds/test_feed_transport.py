from __future__ import annotations

import hashlib
import threading

import fsspec
import pytest
from feedcases import feeds
from hypothesis import given, settings
from hypothesis import strategies as st

from planwatch.errors import ReleaseError, RetriableError
from planwatch.feeds import archive, fetch, no_month_in_name, period_in_name, read_archived, sniff

FINANCE = "finance"


def memory(data: bytes, path: str = "/drop/finance_2026-03.html"):
    fs = fsspec.filesystem("memory")
    with fs.open(path, "wb") as file:
        file.write(data)
    return fs, path


class Lying:
    """A filesystem that states one size and delivers another, as a share does while a file is being written."""

    def __init__(self, stated: int | None, data: bytes) -> None:
        self.stated, self.data = stated, data

    def info(self, path: str) -> dict[str, object]:
        return {"name": path, "size": self.stated, "type": "file"}

    def open(self, path: str, mode: str):
        import io

        return io.BytesIO(self.data)


def test_a_file_is_fetched_whole():
    data = bytes(range(256)) * 9000
    assert fetch(feeds()[FINANCE], *memory(data), 10_000_000) == data


def test_a_large_file_is_refused_before_it_is_read():
    with pytest.raises(ReleaseError) as raised:
        fetch(feeds()[FINANCE], *memory(b"x" * 101), 100)
    fault = raised.value.faults[0]
    assert (fault.code, fault.file, fault.value, fault.expected) == (
        "too_large",
        "finance_2026-03.html",
        "101 bytes",
        "at most 100 bytes",
    )


@pytest.mark.parametrize("stated", [None, 10])
def test_a_file_that_grows_beyond_the_limit_while_it_is_read(stated):
    with pytest.raises(ReleaseError) as raised:
        fetch(feeds()[FINANCE], Lying(stated, b"x" * 101), "/a", 100)
    assert raised.value.faults[0].code == "too_large"


def test_a_file_cut_short_may_be_tried_again():
    with pytest.raises(RetriableError):
        fetch(feeds()[FINANCE], Lying(10, b"x" * 9), "/a", 100)


def test_what_is_not_there_is_final_and_a_silent_server_is_not(tmp_path):
    local = fsspec.filesystem("file")
    for path in (tmp_path / "gone.html", tmp_path):
        with pytest.raises(ReleaseError) as raised:
            fetch(feeds()[FINANCE], local, str(path), 100)
        assert not raised.value.retriable and raised.value.faults[0].code == "not_there"
    (tmp_path / "empty.html").touch()
    with pytest.raises(ReleaseError) as raised:
        fetch(feeds()[FINANCE], local, str(tmp_path / "empty.html"), 100)
    assert raised.value.faults[0].code == "empty_file"

    class Silent(Lying):
        def info(self, path):
            raise TimeoutError("no answer in 30 s")

    with pytest.raises(RetriableError, match="no answer"):
        fetch(feeds()[FINANCE], Silent(None, b""), "/a", 100)


@given(st.binary(max_size=300))
@settings(max_examples=min(25, settings.default.max_examples), deadline=None)
def test_what_is_archived_comes_back(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "archive"
    digest = archive(data, folder)
    assert digest == hashlib.sha256(data).hexdigest()
    assert read_archived(folder, digest) == data


def test_the_same_bytes_again_change_nothing(tmp_path):
    digest = archive(b"release", tmp_path)
    place = tmp_path / digest[:2] / digest
    before = place.stat()
    assert archive(b"release", tmp_path) == digest
    after = place.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [place]


def test_a_torn_file_in_the_archive_is_replaced_and_a_damaged_one_is_noticed(tmp_path):
    digest = archive(b"release", tmp_path)
    place = tmp_path / digest[:2] / digest
    place.chmod(0o644)
    place.write_bytes(b"rel")
    with pytest.raises(ReleaseError) as raised:
        read_archived(tmp_path, digest)
    assert raised.value.faults[0].code == "archive_damaged"
    assert archive(b"release", tmp_path) == digest
    assert read_archived(tmp_path, digest) == b"release"
    with pytest.raises(ReleaseError):
        read_archived(tmp_path, "0" * 64)


def test_many_writers_of_the_same_bytes(tmp_path):
    data, seen = b"r" * 200_000, []
    threads = [threading.Thread(target=lambda: seen.append(archive(data, tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1 and read_archived(tmp_path, seen[0]) == data
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize(
    ("name", "feed", "period"),
    [
        ("stats_bureau_2026-03.xlsx", "stats_bureau", "2026-03"),
        ("stats_bureau_2026-06_r1.xlsx", "stats_bureau", "2026-06"),
        ("STATS_BUREAU_202603.XLSX", "stats_bureau", "2026-03"),
        ("drop/finance_2026-03.htm", "finance", "2026-03"),
        ("drop\\human_resources_2026-12.csv", "human_resources", "2026-12"),
        ("published_figures_2025-12.tsv", "published_figures", None),
        ("published_figures.tsv", "published_figures", None),
    ],
)
def test_a_file_is_recognised_by_its_name(name, feed, period):
    found = sniff(feeds(), name)
    assert found is not None and found.id == feed
    assert period_in_name(found, name) == period


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2026-13.xlsx", "2026-13"), ("drop/财政_2026年00月.xlsx", "2026年00月"), ("x_202613_r1.xlsx", "202613"), ("2026_99.xlsx", "2026_99"),
        ("x_2026-12.xlsx", None), ("x_2026年1—6月.xlsx", None), ("x_2026-04-13.xlsx", None), ("x_20260413.xlsx", None),
        ("x_2025-2026.xlsx", None), ("x_2026.xlsx", None), ("x.xlsx", None),
    ],
)  # fmt: skip
def test_what_stands_in_a_name_as_a_month_and_is_none(name, said):
    assert no_month_in_name(feeds()["finance"], name) == said
    assert no_month_in_name(feeds()["published_figures"], name) is None


@pytest.mark.parametrize(
    "name",
    [
        "stats_bureau_2026-13.xlsx",
        "stats_bureau.xlsx",
        "x_stats_bureau_2026-03.xlsx",
        "finance_2026-03.xlsx",
        "notes.txt",
        "",
    ],
)
def test_other_names_are_nobodys(name):
    assert sniff(feeds(), name) is None
