"""Observations packed: the vintages of a year once more, many rows in one Arrow block, for an edition reads whole years.

A block holds every vintage of a year whose number lies between its first and its last. Vintages are only ever added, with rising
numbers and by one load at a time, so a block stays true; what came after the last block is read from the rows. What a block does not
hold is what may still change: which feed a release is of, and which feed speaks first.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from sqlalchemy import Connection, text

from planwatch.model.observation import KEY_COLUMNS
from planwatch.warehouse.copy import arrow_array, copy_frame, copy_out, fetch_table

PACKED = (
    *KEY_COLUMNS,
    "value",
    "unit",
    "decimals",
    "quality",
    "published_at",
    "printed_unit",
    "origin",
    "flags",
    "observation_id",
    "release_no",
)
"""What a block holds of a vintage."""
_KINDS: Mapping[str, pa.DataType] = {
    "value": pa.float64(), "decimals": pa.int64(), "published_at": pa.date32(), "observation_id": pa.int64(), "release_no": pa.int64(),
}  # fmt: skip
"""Column → Arrow type of what is no text, as `fetch_table` reads it."""
LEAST_ROWS, MOST_ROWS = 20_000, 300_000
"""How many rows are worth a block, and how many one takes."""
_FIRST_YEAR = 1990

_YEARS = text("""
SELECT y AS year, coalesce((SELECT max(last_id) FROM core.observation_blocks b WHERE b.plan_year = y), 0) AS packed
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS y
WHERE (SELECT true FROM core.observations o WHERE o.plan_year = y LIMIT 1) ORDER BY y
""")
_ROWS = """
SELECT {columns} FROM core.observations WHERE plan_year = {year} AND observation_id > {packed}
"""
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('planwatch:blocks', 0))")
_BODIES = "COPY (SELECT body FROM core.observation_blocks WHERE plan_year <= {} ORDER BY plan_year, first_id) TO STDOUT (FORMAT binary)"
_HEADER, _END = 19, -1


def pack_observations(conn: Connection, up_to_year: int) -> int:
    """Pack what has been loaded since, of every year up to one that has much of it, and return how many blocks that made.

    Where somebody else is packing, nothing is done: the rows are read as they are.
    """
    if not conn.execute(_LOCK).scalar():
        return 0
    return sum(_pack(conn, year, packed) for year, packed in _years(conn, up_to_year).items())


def _pack(conn: Connection, year: int, packed: int) -> int:
    """Pack a year's rows after the last packed one, and return how many blocks that made."""
    made, last = 0, packed
    while (rows := _some(conn, year, last)).num_rows >= LEAST_ROWS:
        last, made = _keep(conn, year, last, rows), made + 1
    return made


def pack_frame(
    conn: Connection, rows: pd.DataFrame, own: Mapping[int, range], packed: Mapping[int, int]
) -> dict[int, int]:
    """Pack what is being loaded, from memory: many times sooner than reading it again.

    Args:
        conn: a connection in the transaction that loads the rows; no other can see them yet.
        rows: `PACKED`, with ascending numbers.
        own: year → its rows, of which nothing else lies between the last number packed and theirs.
        packed: year → the last number packed, of the years that may be packed.

    Returns:
        `packed` after it. A year with few rows is not in it: later rows of it must be packed behind these, by the next edition.
    """
    many = {year: there for year, there in own.items() if year in packed and len(there) >= LEAST_ROWS}
    table = pa.table({name: _encoded(rows[name], name) for name in PACKED}) if many else None
    parts = {year: table.slice(there.start, len(there)) for year, there in many.items()} if table else {}
    now = {year: _pack_table(conn, year, packed[year], part) for year, part in parts.items()}
    return {year: at for year, at in packed.items() if year not in own} | now


def _pack_table(conn: Connection, year: int, packed: int, rows: pa.Table) -> int:
    """Pack a year's rows, in as many blocks as it takes, and return the last number packed."""
    for start in range(0, rows.num_rows, MOST_ROWS):
        packed = _keep(conn, year, packed, rows.slice(start, MOST_ROWS))
    return packed


def _encoded(column: pd.Series[Any], name: str) -> Any:
    """Return a column as it will be read from the rows, not as it was given: days as days, text as Postgres keeps it."""
    wanted = _KINDS.get(name, pa.string())
    array = arrow_array(column, wanted)
    if isinstance(column.dtype, pd.CategoricalDtype) or pa.types.is_integer(wanted) or pa.types.is_floating(wanted):
        return array
    return array.dictionary_encode()


def packed_observations(conn: Connection, up_to_year: int) -> pa.Table:
    """Return all vintages of the years up to one, `PACKED`, text as dictionaries: from the blocks, and from the rows after them."""
    rest = fetch_table(
        conn, " UNION ALL ".join(_rows(y, p) for y, p in _years(conn, up_to_year).items()) or _rows(up_to_year, 0)
    )
    blocks = [_unpacked(body) for body in _bodies(conn, up_to_year)]
    tables = [*blocks, *([_narrow(rest)] if rest.num_rows or not blocks else [])]
    return pa.concat_tables(_alike(tables)).unify_dictionaries()


def _years(conn: Connection, last: int) -> dict[int, int]:
    """Return year → the last number packed, of the years that have observations."""
    return {int(y): int(p) for y, p in conn.execute(_YEARS, {"first": _FIRST_YEAR, "last": last})}


def _rows(year: int, packed: int) -> str:
    return _ROWS.format(columns=", ".join(PACKED), year=int(year), packed=int(packed))


def _some(conn: Connection, year: int, packed: int) -> pa.Table:
    return fetch_table(conn, f"{_rows(year, packed)} ORDER BY observation_id LIMIT {MOST_ROWS}")


def _keep(conn: Connection, year: int, packed: int, rows: pa.Table) -> int:
    """Write a block and return the last number in it."""
    last = int(pc.max(rows["observation_id"]).as_py())
    sink = pa.BufferOutputStream()
    narrow = _narrow(rows).combine_chunks()
    with pa.ipc.new_stream(sink, narrow.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(narrow)
    block = {"plan_year": [year], "first_id": [packed + 1], "last_id": [last], "body": [sink.getvalue().to_pybytes()]}
    copy_frame(conn, "core.observation_blocks", pd.DataFrame(block))
    return last


def _narrow(table: pa.Table) -> pa.Table:
    """Return the table with dates as a dictionary too, without what Postgres said of its types."""
    day = table["published_at"]
    encoded = day if pa.types.is_dictionary(day.type) else day.dictionary_encode()
    at = table.schema.get_field_index("published_at")
    return table.set_column(at, "published_at", encoded).replace_schema_metadata(None)


def _alike(tables: Sequence[pa.Table]) -> Iterator[pa.Table]:
    return (table.cast(tables[0].schema) for table in tables)


def _unpacked(body: memoryview) -> pa.Table:
    return pa.ipc.open_stream(pa.py_buffer(body)).read_all()


def _bodies(conn: Connection, up_to_year: int) -> Iterator[memoryview]:
    """Yield the blocks as the server has them, from its binary COPY: a header, then per row one field with its length."""
    buffer = io.BytesIO()
    copy_out(conn, sql.SQL(_BODIES).format(sql.Literal(up_to_year)), buffer)
    view, at = buffer.getbuffer(), _HEADER
    while struct.unpack_from(">h", view, at)[0] != _END:
        (length,) = struct.unpack_from(">i", view, at + 2)
        yield view[at + 6 : at + 6 + length]
        at += 6 + length


def precedences(conn: Connection) -> Mapping[int, int]:
    """Return the precedence of every release's feed by the release's number."""
    query = text(
        "SELECT r.release_no, coalesce(f.precedence, 0) FROM raw.releases r LEFT JOIN core.feeds f ON f.feed_id = r.feed"
    )
    return {int(n): int(p) for n, p in conn.execute(query)}
