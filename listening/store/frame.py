"""Mentions as a frame, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from listening.models import COLUMNS, REVIEW_COLUMNS, Mention
from listening.store.rows import COUNTS, TIMES

TEXTS = ("status", "department", "note", "answered_by", "channel")


def frame(mentions: Iterable[Mention]) -> pd.DataFrame:
    """One row a mention: the columns of the data dictionary, then those of its review.

    Missing counts are <NA>, times are aware UTC; where nobody reviewed, texts are empty and all else is missing.
    """
    rows = [
        {
            **{name: getattr(mention, name) for name in COLUMNS},
            "topics": list(mention.topics),
            "matched": list(dict.fromkeys(span.words for span in mention.matched)),
            **_review(mention),
        }
        for mention in mentions
    ]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *REVIEW_COLUMNS])
    table = table.astype(dict.fromkeys((*COUNTS, "minutes"), "Int64"))
    for name in (*TIMES, "reviewed_at", "answered_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table


def _review(mention: Mention) -> dict[str, Any]:
    if mention.verdict is None:
        return {name: "" if name in TEXTS else None for name in REVIEW_COLUMNS}
    return {name: getattr(mention.verdict, said) for name, said in REVIEW_COLUMNS.items()}
