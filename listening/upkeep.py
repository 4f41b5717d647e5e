"""What an older version left to be found out about stored mentions (their stories, and who asks), and what a program
that was ended in the middle left to be done."""

from __future__ import annotations

from listening.asking import WhoAsks
from listening.store import Store, questioning, removing, stories


def catch_up(store: Store, who_asks: WhoAsks) -> None:
    """Find it out, a few hundred mentions at a time; one that is stopped goes on where it was. Mostly nothing is to do.

    Before new posts are saved, so that copies join the older ones' stories.
    """
    removing.finish(store)
    with store.reading() as connection:
        placed = stories.waiting(connection)
        judged = questioning.waiting(connection, who_asks.version)
    while placed is not None:
        with store.writing() as connection:
            placed = stories.place_waiting(connection, placed)
    while judged is not None:
        with store.writing() as connection:
            batch = questioning.next_after(connection, judged)
            found = [(number, who_asks(mention)) for number, mention in batch]
            judged = questioning.save(connection, found, who_asks.version)
