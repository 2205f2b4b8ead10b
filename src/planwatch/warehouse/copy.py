"""Bulk ways in and out: Arrow-encoded binary COPY in, CSV COPY out into Arrow.

Binary COPY of Arrow batches is several times faster than any INSERT or CSV; reading through Arrow spares one Python
object a cell. Both run on the caller's connection, inside the caller's transaction.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray
from pgpq import ArrowToPostgresBinaryEncoder
from pgpq.encoders import StringEncoderBuilder
from pgpq.schema import Jsonb
from psycopg2 import sql
from sqlalchemy import Connection, text

from planwatch.errors import InputError, RetriableError
from planwatch.warehouse.engine import retriable, storable

BATCH_ROWS = 8_000
_UTC = pa.timestamp("us", tz="UTC")
_ARROW: dict[int, pa.DataType] = {
    16: pa.bool_(), 17: pa.binary(), 20: pa.int64(), 21: pa.int64(), 23: pa.int64(), 25: pa.string(), 701: pa.float64(),
    1043: pa.string(), 1082: pa.date32(), 1184: _UTC, 3802: pa.string(),
}  # fmt: skip
"""Postgres type (OID) → Arrow type, as read."""
_JSONB = 3802
_WRITTEN: dict[int, pa.DataType] = _ARROW | {21: pa.int16(), 23: pa.int32()}
"""Postgres type (OID) → Arrow type, as written: binary COPY wants the exact width."""


def copy_frame(conn: Connection, table: str, frame: pd.DataFrame) -> int:
    """Append `frame` to `table` (`schema.name`, or the name of a temporary table) and return its number of rows.

    Columns are matched by name; those the frame lacks get their defaults. NaN and None become NULL; jsonb columns take
    JSON text; characters that Postgres cannot keep become U+FFFD.

    Raises:
        InputError: the table has no such column, or a value does not fit the column's type.
        RetriableError: the server went away or a lock or time ran out.
    """
    return copy_parts(conn, frame, {table: range(len(frame))})


def copy_parts(conn: Connection, frame: pd.DataFrame, parts: Mapping[str, range]) -> int:
    """Append rows of `frame` to tables of the same columns, to each a stretch of them, and return how many went in.

    As `copy_frame`, of which it spares all but one conversion.
    """
    if not parts:
        return 0
    first = next(iter(parts))
    oids = _column_types(conn, first)
    if unknown := [c for c in frame.columns if c not in oids]:
        raise InputError(f"table {first} has no column {', '.join(map(str, unknown))}")
    if frame.empty:
        return 0
    arrow = _to_arrow(first, frame, oids)
    return sum(_copy_arrow(conn, t, arrow.slice(own.start, len(own)), oids) for t, own in parts.items())


def _copy_arrow(conn: Connection, table: str, arrow: pa.Table, oids: Mapping[str, int]) -> int:
    encoders = {
        c: StringEncoderBuilder.new_with_output(pa.field(c, pa.string()), Jsonb())
        for c in arrow.column_names
        if oids[c] == _JSONB
    }
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, arrow.column_names))
    )
    _copy_expert(conn, statement, io.BufferedReader(_Chunks(_encoded(arrow, encoders)), 1 << 20))
    return int(arrow.num_rows)


def fetch_frame(conn: Connection, query: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return the rows of `query` (with `%(name)s` parameters) as a DataFrame.

    Text is `str`, dates are `datetime.date`, instants UTC timestamps, integers int64 (Int64 where some are missing),
    jsonb Python objects. Missing is None or NaN.
    """
    return frame_of(fetch_table(conn, query, parameters))


def fetch_table(conn: Connection, query: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
    """Return the rows of `query` as an Arrow table, text as dictionaries: what is the same word in most rows stands in it once."""
    cursor = _cursor(conn)
    bound = cursor.mogrify(query, dict(parameters or {})).decode()
    oids = _result_types(conn, bound)
    buffer = io.BytesIO()
    _copy_expert(conn, sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(sql.SQL(bound)), buffer)
    buffer.seek(0)
    table = pacsv.read_csv(
        buffer,
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types={name: _read_as(oid) for name, oid in oids.items()},
            strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""], true_values=["t"], false_values=["f"],
        ),
    )  # fmt: skip
    documents = {name: b"jsonb" for name, oid in oids.items() if oid == _JSONB}
    return table.unify_dictionaries().replace_schema_metadata(documents)


def copy_out(conn: Connection, statement: sql.Composable, stream: Any) -> None:
    """Write what a COPY … TO STDOUT says into a binary stream."""
    _copy_expert(conn, statement, stream)


def _read_as(oid: int) -> pa.DataType:
    return pa.dictionary(pa.int32(), pa.string()) if pa.types.is_string(_ARROW[oid]) else _ARROW[oid]


def codes_of(column: pa.ChunkedArray[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the code of every cell of a text column of `fetch_table` without missing cells, and the words."""
    whole: Any = column.combine_chunks() if column.num_chunks else None
    if whole is None:
        return np.zeros(0, dtype=np.int64), []
    return whole.indices.to_numpy().astype(np.int64), whole.dictionary.to_pylist()


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Return a table of `fetch_table` as a DataFrame, as `fetch_frame` does."""
    plain = [pc.cast(c, pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    counted = {f.name for f in table.schema if pa.types.is_integer(f.type)}
    frame = pa.table(plain, names=table.column_names).to_pandas(
        types_mapper=lambda t: pd.Int64Dtype() if pa.types.is_integer(t) else None
    )
    for name in counted:
        if not frame[name].isna().any():
            frame[name] = frame[name].astype("int64")
    for name in (n.decode() for n in table.schema.metadata or {} if n.decode() in frame):
        frame[name] = pd.Series([None if pd.isna(v) else json.loads(v) for v in frame[name]], dtype=object)
    return frame


def _column_types(conn: Connection, table: str) -> dict[str, int]:
    """Return column name → type OID of a table, domains by the type beneath."""
    rows = conn.execute(
        text(
            "SELECT a.attname, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END::int "
            "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
            "WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        ),
        {"table": table},
    )
    return {name: oid for name, oid in rows}


def _result_types(conn: Connection, query: str) -> dict[str, int]:
    cursor = _cursor(conn)
    try:
        cursor.execute(sql.SQL("SELECT * FROM ({}) AS q LIMIT 0").format(sql.SQL(query)))
    except psycopg2.Error as error:
        _raise(error)
    return {column.name: column.type_code for column in cursor.description}


def _to_arrow(table: str, frame: pd.DataFrame, oids: Mapping[str, int]) -> pa.Table:
    columns: dict[str, Any] = {}
    for name in frame.columns:
        wanted = _WRITTEN[oids[name]]
        try:
            columns[str(name)] = arrow_array(frame[name], wanted)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise InputError(f"{table}.{name} takes {wanted}, and a value is something else: {error}") from error
    return pa.table(columns)


def arrow_array(column: pd.Series, wanted: pa.DataType) -> Any:
    """Return the column in Arrow, text as Postgres can keep it: cell by cell only where something has to be mended.

    Categories stay codes and words until they are sent.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _coded_array(column, arrow_array(column.cat.categories.to_series(), wanted))
    if not pa.types.is_string(wanted):
        return pa.Array.from_pandas(column, type=wanted)
    try:
        array = pa.Array.from_pandas(column, type=wanted)
    except UnicodeEncodeError:
        mended = column.map(lambda v: storable(v) if isinstance(v, str) else v)
        array = pa.Array.from_pandas(mended, type=wanted)
    return pc.replace_substring(array, "\x00", "\ufffd") if _has_nul(array) else array


def _coded_array(column: pd.Series[Any], words: Any) -> Any:
    """Return a column of categories in Arrow, codes of 32 bits with the words given for its categories."""
    codes = column.cat.codes.to_numpy().astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, type=pa.int32(), mask=codes < 0), words)


def _has_nul(array: Any) -> bool:
    """Return whether a text array may hold the character that Postgres cannot keep: its bytes looked through at once."""
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    written = (chunk.buffers()[-1] for chunk in chunks)
    return any(
        np.count_nonzero(np.frombuffer(memoryview(b), dtype=np.uint8)) < b.size
        for b in written
        if b is not None and b.size
    )


def _encoded(table: pa.Table, encoders: Mapping[str, Any]) -> Iterator[bytes]:
    schema = pa.schema([(f.name, f.type.value_type if _is_coded(f.type) else f.type) for f in table.schema])
    encoder = (
        ArrowToPostgresBinaryEncoder.new_with_encoders(schema, _all_encoders(schema, encoders))
        if encoders
        else ArrowToPostgresBinaryEncoder(schema)
    )
    yield encoder.write_header()
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        plain = [c.dictionary_decode() if isinstance(c, pa.DictionaryArray) else c for c in batch.columns]
        yield encoder.write_batch(pa.record_batch(plain, schema=schema))
    yield encoder.finish()


def _is_coded(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind))


def _all_encoders(schema: pa.Schema, special: Mapping[str, Any]) -> dict[str, Any]:
    inferred = {f.name: ArrowToPostgresBinaryEncoder.infer_encoder(f) for f in schema}
    return {**inferred, **special}


class _Chunks(io.RawIOBase):
    """A readable file over an iterator of byte strings, so that no more than one batch stands encoded in memory."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the next chunks; 0 at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _cursor(conn: Connection) -> Any:
    if not conn.in_transaction():
        conn.begin()
    return conn.connection.cursor()


def _copy_expert(conn: Connection, statement: sql.Composable, stream: Any) -> None:
    try:
        _cursor(conn).copy_expert(statement, stream)
    except psycopg2.Error as error:
        _raise(error)


def _raise(error: psycopg2.Error) -> NoReturn:
    if retriable(error):
        raise RetriableError(f"Postgres: {str(error).strip()}") from error
    raise error
