"""What the team asks of its leaders, as the settings say it."""

from __future__ import annotations

from collections.abc import Sequence

from listening.settings.shape import Ask
from listening.settings.table import Table

KEYS = ("what", "risk", "safeguard", "stop_rule", "will_not")
LONGEST = 300
"""Characters: what is longer is not read in a meeting."""


def check_asks(tables: Sequence[Table]) -> tuple[Ask, ...]:
    """The asks in the file's order; what is wrong with one is noted."""
    return tuple(ask for table in tables if (ask := _ask(table)) is not None)


def _ask(table: Table) -> Ask | None:
    table.only(KEYS, where="An ask")
    what = table.text(
        "what",
        required="Write what leadership is asked for, in a sentence: "
        'what = "An account on Mastodon, run by the press office".',
    )
    said = {key: table.text(key) for key in KEYS[1:]}
    for key, text in {"what": what, **said}.items():
        if len(text) > LONGEST:
            table.refuse(
                key,
                f"{table.name(key)} has {len(text)} characters.",
                f"Say it in {LONGEST} at most: it is to be read in a meeting.",
            )
    return Ask(what=what, **said) if what else None
