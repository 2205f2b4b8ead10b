"""Large text tables without quotes, in which every row has as many cells: parted and numbered by Arrow, many times faster.

Whatever is not so plain (a quote, a short or long row, an empty line, a line's end of its own) is left to the standard library's reader, which says
what is wrong with it; both give the same rows.
"""

from __future__ import annotations

import io
from array import array
from typing import Any

from planwatch.feeds.cell import cleaned
from planwatch.feeds.coded import CodedRows
from planwatch.feeds.grid import Grid
from planwatch.model.feed import Limits

LARGE = 1_000_000
"""Bytes from which it is worth while."""
_ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
"""Those in which a line's end, a delimiter and a quote are bytes that stand for nothing else."""
_LONGEST = 131_072
"""Characters from which the standard library refuses a cell."""
_BLOCK_BYTES = 1 << 22
_UNSEEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"


def read_plain_table(data: bytes, encoding: str, limits: Limits, delimiter: str) -> Grid | None:
    """Return the table of a large plain file, whose text is in the encoding; None of any other file."""
    if len(data) < LARGE or encoding not in _ENCODINGS or b'"' in data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    width = data.count(delimiter.encode(), 0, max(data.find(b"\n"), 0)) + 1
    if lines > limits.max_rows or width > limits.max_columns or lines * width > limits.max_cells:
        return None
    columns = _columns(data, encoding, delimiter, width)
    if columns is None or len(columns[0]) != lines:
        return None
    coded = [_numbered(column, limits) for column in columns]
    return None if any(one is None for one in coded) else _grid([one for one in coded if one], limits, lines)


def _columns(data: bytes, encoding: str, delimiter: str, width: int) -> list[Any] | None:
    """Return the columns, each with its different texts; None where some row is shorter or longer than the first."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    names = [str(n) for n in range(width)]
    options: dict[str, Any] = {
        "read_options": pacsv.ReadOptions(
            column_names=names, encoding=encoding.removesuffix("-sig"), block_size=_BLOCK_BYTES
        ),
        "parse_options": pacsv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
        "convert_options": pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
            strings_can_be_null=False,
            null_values=[],
        ),
    }
    try:
        table = pacsv.read_csv(io.BytesIO(data), **options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return list(table.unify_dictionaries().columns)


def _numbered(column: Any, limits: Limits) -> tuple[Any, list[str]] | None:
    """Return the number of each row's text, and the texts, the empty one first; None where a text is longer than a cell may ever be."""
    import numpy as np
    import pyarrow.compute as pc

    words = column.chunk(0).dictionary
    longest = pc.max(pc.utf8_length(words)).as_py() or 0
    if longest > _LONGEST:
        return None
    texts = words.to_pylist()
    if longest > limits.max_text or pc.any(pc.match_substring_regex(words, _UNSEEN)).as_py():
        texts = [cleaned(text, limits) for text in texts]
    empty = pc.index(words, "").as_py()
    places = np.arange(1, len(texts) + 1, dtype=np.int32) - ((np.arange(len(texts)) > empty) if empty >= 0 else 0)
    if empty >= 0:
        places[empty] = 0
        del texts[empty]
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
    return places.astype(np.int32)[codes], ["", *texts]


def _grid(columns: list[tuple[Any, list[str]]], limits: Limits, lines: int) -> Grid:
    """Return the rows that hold something, numbered as the file's lines are."""
    import numpy as np

    filled = np.zeros(lines, dtype=bool)
    for codes, texts in columns:
        filled |= np.array([bool(text.strip()) for text in texts], dtype=bool)[codes]
    numbers = np.flatnonzero(filled) + 1
    if len(numbers) < lines:
        columns = [(codes[filled], texts) for codes, texts in columns]
    return Grid(
        "", CodedRows.of(limits, columns, len(numbers)), array("L", numbers.astype("uint64").tobytes()), "header"
    )
