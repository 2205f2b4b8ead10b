"""Text files: what cannot be read is refused, and no more of a file is read than it may hold."""

import pytest

from planwatch.errors import ConfigError, InputError
from planwatch.textfile import csv_records, read_text


def test_the_byte_order_mark_is_left_out(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("文".encode("utf-8-sig"))
    assert read_text(path, 6) == "文"


@pytest.mark.parametrize(
    ("content", "code"), [(b"12345678", "too_large"), ("文".encode("gb18030"), "not_utf8"), (None, "not_there")]
)
def test_what_cannot_be_read_is_refused(tmp_path, content, code):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_text(path, 7, ConfigError)
    assert [(f.code, f.file) for f in refused.value.faults] == [(code, str(path))]


def test_a_folder_and_a_file_without_end_are_refused(tmp_path):
    from pathlib import Path

    for path, code in ((tmp_path, "not_there"), (Path("/dev/zero"), "too_large")):
        with pytest.raises(InputError) as refused:
            read_text(path, 10)
        assert [f.code for f in refused.value.faults] == [code]


def test_records_know_the_line_they_begin_on(tmp_path):
    header, records = csv_records(tmp_path, 'a,b\n1,"x\ny"\n\n2\n')
    assert header == ["a", "b"]
    assert [(r.line, r.cells) for r in records] == [(2, {"a": "1", "b": "x\ny"}), (5, {"a": "2", "b": None})]
