"""What people decided, laid over what the machine said: for reading a mention, and for what is counted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, FromClause, Select, select, text
from sqlalchemy.sql.elements import ColumnElement

from listening.store.schema import mentions, verdicts

FIELDS = (
    "tag", "relevant", "asks", "status", "department", "note", "answered_by", "channel", "minutes", "answered_at"
)  # fmt: skip
"""What a person may say of a mention: fields of ``models.Verdict``, columns of ``reviews`` and ``verdicts``."""

EMPTY: Mapping[str, Any] = {
    name: "" if name in ("status", "department", "note", "answered_by", "channel") else None for name in FIELDS
}
"""Where nobody has said anything."""

READ: ColumnElement[bool] = verdicts.c.tag.is_not(None) | verdicts.c.relevant.is_not(None)
"""That somebody has judged the mention itself."""

PREFIX = "verdict_"


def shown(through: FromClause | None = None) -> Select[Any]:
    """Mentions with people's verdicts beside them; ``through`` is a table of their numbers to join."""
    start = mentions if through is None else through.join(mentions, mentions.c.n == through.c.n)
    columns = [verdicts.c[name].label(PREFIX + name) for name in ("entry", "reviewer", "at", *FIELDS)]
    return select(mentions, *columns).select_from(start.outerjoin(verdicts, verdicts.c.n == mentions.c.n))


def over(row: Mapping[Any, Any], verdict: Mapping[Any, Any] | None) -> dict[str, Any] | None:
    """A mention's row as it is counted: with a person's tag, and whether it asks; None where it is not about us."""
    if verdict is None:
        return dict(row)
    if verdict["relevant"] == 0:
        return None
    laid = dict(row)
    if verdict["tag"] is not None:
        laid["tag"] = verdict["tag"]
    if verdict["asks"] is not None:
        laid["question"] = verdict["asks"]
    return laid


def of(connection: Connection, numbers: Sequence[int]) -> dict[int, Mapping[Any, Any]]:
    """The verdicts on these mentions, where there are any."""
    asked = text("SELECT value FROM json_each(:numbers)").bindparams(numbers=json.dumps(list(numbers)))
    query = select(verdicts).where(verdicts.c.n.in_(asked.columns(verdicts.c.n)))
    return {row["n"]: row for row in connection.execute(query).mappings()}
