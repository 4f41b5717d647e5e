"""Mentions as a frame, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from listening.models import COLUMNS, Mention
from listening.store.rows import COUNTS, TIMES


def frame(mentions: Iterable[Mention]) -> pd.DataFrame:
    """One row a mention, the columns of the data dictionary; missing counts are <NA>, times are aware UTC."""
    rows = [
        {
            **{name: getattr(mention, name) for name in COLUMNS},
            "topics": list(mention.topics),
            "matched": list(dict.fromkeys(span.words for span in mention.matched)),
        }
        for mention in mentions
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.astype(dict.fromkeys(COUNTS, "Int64"))
    for name in TIMES:
        table[name] = pd.to_datetime(table[name], utc=True)
    return table
