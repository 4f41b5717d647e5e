"""A mention as a row of the store, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from listening.models import COLUMNS, Mention, Reason, Span, Verdict

TIMES = ("published_at", "edited_at", "collected_at", "withdrawn_at")
FLAGS = ("sensitive", "own", "question")
COUNTS = ("author_followers", "likes", "replies", "reposts", "views")

MOST = 2**53
"""A count beyond this is a mistake of the source, and no database or spreadsheet holds it exactly: it is unknown."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")

T = TypeVar("T")

_json = json.JSONEncoder(ensure_ascii=False).encode


def seconds(moment: datetime | None) -> int | None:
    """Whole UTC seconds of an aware time."""
    return None if moment is None else int(moment.timestamp())


def moment(at: int | None) -> datetime | None:
    """The aware UTC time of whole seconds."""
    return None if at is None else datetime.fromtimestamp(at, UTC)


def count(said: int | None) -> int | None:
    """A source's count as it is kept."""
    return said if said is None or abs(said) <= MOST else None


def writable(value: T) -> T:
    """A text without lone surrogates, which no file in UTF-8 can hold; its length stays. Other values stay as they are.

    Collectors drop them from titles and texts; names, keys and addresses may still bring them.
    """
    if isinstance(value, str) and not value.isascii():
        return LONE_SURROGATE.sub("\ufffd", value)  # type: ignore[return-value]
    return value


def topics_text(names: Sequence[str]) -> str:
    """How a mention's topics stand in its row."""
    return _json(list(names))


def row_of(mention: Mention) -> dict[str, Any]:
    """The columns of table ``mentions``, without its number."""
    row = {name: writable(getattr(mention, name)) for name in COLUMNS}
    for name in COUNTS:
        row[name] = count(row[name])
    for name in TIMES:
        row[name] = seconds(row[name])
    for name in FLAGS:
        row[name] = None if row[name] is None else int(row[name])
    row["topics"] = topics_text(mention.topics)
    row["matched"] = _json([[span.topic, span.field, span.start, span.end, span.words] for span in mention.matched])
    row["why"] = _json([[reason.words, reason.effect, reason.role] for reason in mention.why])
    row["matched"], row["why"] = writable(row["matched"]), writable(row["why"])
    return row


def mention_of(row: Mapping[Any, Any]) -> Mention:
    """The mention of a row; with people's verdict over it where the row comes from ``verdicts.shown``."""
    values = {name: row[name] for name in COLUMNS}
    for name in TIMES:
        values[name] = moment(values[name])
    for name in FLAGS:
        values[name] = None if values[name] is None else bool(values[name])
    values["topics"] = tuple(json.loads(values["topics"]))
    values["matched"] = tuple(
        Span(topic=topic, field=field, start=start, end=end, words=words)
        for topic, field, start, end, words in json.loads(values["matched"])
    )
    why = tuple(Reason(words=words, effect=effect, role=role) for words, effect, role in json.loads(row["why"]))
    verdict = None
    if row.get("verdict_entry") is not None:
        verdict = verdict_of({name.removeprefix("verdict_"): row[name] for name in row if name.startswith("verdict_")})
        verdict = replace(verdict, machine=values["tag"])
        values["tag"] = verdict.tag or values["tag"]
        values["question"] = values["question"] if verdict.asks is None else verdict.asks
    return Mention(**values, why=why, verdict=verdict)


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """The verdict of a row of ``verdicts`` (without the machine's tag, which stands with the mention)."""
    at = moment(row["at"])
    assert at is not None
    return Verdict(
        entry=row["entry"],
        reviewer=row["reviewer"],
        at=at,
        tag=row["tag"],
        relevant=None if row["relevant"] is None else bool(row["relevant"]),
        asks=None if row["asks"] is None else bool(row["asks"]),
        status=row["status"],
        department=row["department"],
        note=row["note"],
        answered_by=row["answered_by"],
        channel=row["channel"],
        minutes=row["minutes"],
        answered_at=moment(row["answered_at"]),
    )


def engagement(row: Mapping[str, Any]) -> int | None:
    """Likes, replies and reposts together; None where the source says none of them."""
    known = [row[name] for name in ("likes", "replies", "reposts") if row[name] is not None]
    return sum(known) if known else None


def day_number(day: date) -> int:
    """A day as the tables hold it: 20261122."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day of such a number."""
    return date(number // 10_000, number // 100 % 100, number % 100)
