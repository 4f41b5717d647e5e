"""What an older version left to be found out about stored mentions (their stories, and who asks), and what a program
that was ended in the middle left to be done."""

from __future__ import annotations

from collections.abc import Callable

from listening import language, questions
from listening.conclude import asks
from listening.models import Mention, TextKind
from listening.store import Store, questioning, removing, stories


def catch_up(store: Store, kind_of: Callable[[str], TextKind]) -> None:
    """Find it out, a few hundred mentions at a time; one that is stopped goes on where it was. Mostly nothing is to do.

    ``kind_of`` gives a source's kind of text. Before new posts are saved, so that copies join the older ones' stories.
    """
    removing.finish(store)
    with store.reading() as connection:
        placed = stories.waiting(connection)
        judged = questioning.waiting(connection, questions.VERSION)
    while placed is not None:
        with store.writing() as connection:
            placed = stories.place_waiting(connection, placed)
    while judged is not None:
        with store.writing() as connection:
            batch = questioning.next_after(connection, judged)
            found = [(number, _asks(mention, kind_of(mention.source))) for number, mention in batch]
            judged = questioning.save(connection, found, questions.VERSION)


def _asks(mention: Mention, kind: TextKind) -> bool | None:
    _, understood = language.gate(f"{mention.title}\n{mention.text}", mention.language)
    return asks(mention, kind=kind, understood=understood)
