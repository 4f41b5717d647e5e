"""A fault in one collector costs its own places, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

from listening.errors import FeedUnreadable, ListeningError

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


def guarded(function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
    """What a collector says; FeedUnreadable where a fault in it keeps it from saying anything.

    It is not silent: the place fails, with the fault's name, on the terminal and on the sources page.
    """
    try:
        return function(*arguments)
    except ListeningError:
        raise
    except Exception as fault:
        raise FeedUnreadable(
            f"It could not be read because of a fault in this program ({type(fault).__name__}: {fault}).",
            "The other places are not affected. Please report this with the place's address.",
        ) from fault
