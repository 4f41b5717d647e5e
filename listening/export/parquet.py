"""Mentions as Parquet, for analysts: typed columns, the read-me in the file's own notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from listening.export.columns import COUNTS, FLAGS, HEADER, LISTS, LONE_SURROGATE, NUMBERS, TIMES, values
from listening.export.readme import ReadMe, as_text
from listening.models import Mention
from listening.privacy import Mask

AT_ONCE = 10_000
"""Mentions in memory, and in a row group."""

NOTE = b"listening.readme"
"""Under which key of the file's metadata the read-me stands."""


def write(
    mentions: Iterable[Mention], file: IO[bytes], *, timezone: ZoneInfo, mask: Mask | None, readme: ReadMe
) -> int:
    """Write mentions some thousands at a time, in flat memory, and return how many there were.

    Times are UTC to the second, lists are lists, what is missing is null. ``mask`` None leaves names as they are.
    """
    schema = pa.schema([(name, _type(name)) for name in HEADER], metadata={NOTE: as_text(readme).encode()})
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        held: list[list[Any]] = [[] for _ in HEADER]
        for mention in mentions:
            shown = mention if mask is None else mask.mention(mention)
            for column, value in zip(held, values(shown, timezone, named=mask is None), strict=True):
                column.append(_writable(value))
            rows += 1
            if rows % AT_ONCE == 0:
                writer.write_batch(_batch(held, schema))
                held = [[] for _ in HEADER]
        if held[0] or not rows:
            writer.write_batch(_batch(held, schema))
    return rows


def _batch(held: list[list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(column, type=field.type) for column, field in zip(held, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _type(name: str) -> pa.DataType:
    if name in TIMES:
        return pa.timestamp("s", tz="UTC")
    if name in COUNTS:
        return pa.int64()
    if name in NUMBERS:
        return pa.float64()
    if name in FLAGS:
        return pa.bool_()
    if name in LISTS:
        return pa.list_(pa.string())
    return pa.date32() if name == "day" else pa.string()


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return LONE_SURROGATE.sub("\ufffd", value)
    return [LONE_SURROGATE.sub("\ufffd", part) for part in value] if isinstance(value, list) else value
