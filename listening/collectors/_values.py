"""Values out of JSON, whatever really stands there: what is not of the wanted kind is nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from listening.collectors import _jsonfeed
from listening.collectors._answers import not_a_feed, refuse
from listening.errors import FeedUnreadable
from listening.models import Answer

NOTHING: Mapping[str, Any] = MappingProxyType({})


def text(value: object) -> str:
    """A text, or ""."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int | None:
    """A count, also one written as a text ("12"); None for anything else. Below zero counts as none at all."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else NOTHING


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects in a list; nothing for anything that is no list."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def identity(value: object) -> str:
    """An id given as text or as number, as text; "" for anything else."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, int) else text(value).strip()


def answered(answer: Answer, wanted: str) -> Mapping[str, Any]:
    """The JSON object of a good answer; a FeedError for a refusal, a page, or anything else that is no object."""
    refuse(answer)
    data = _jsonfeed.load(answer.body)
    if data is None:
        raise cut_short() if answer.body.lstrip()[:1] in (b"{", b"[") else not_a_feed(answer, wanted)
    if not isinstance(data, dict):
        raise FeedUnreadable(f"The server answered, but not with {wanted}.", "Nothing to do: it is tried again later.")
    return data


def cut_short(instead: str = "no valid JSON") -> FeedUnreadable:
    """What is said of an answer that ends in its middle."""
    return FeedUnreadable(
        f"The answer was cut short on its way, or is {instead}.", "Nothing to do: it is tried again later."
    )
