"""Walks back in time: from the newest post, page by page, to the newest one that is known already."""

from __future__ import annotations

from dataclasses import dataclass

from listening.models import Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """Where a walk stands; times are whole seconds since 1970.

    It goes back to ``since`` (None: a first visit, which goes back a few pages); ``before`` is where it began or began
    anew, ``pages`` how many were read since then, ``newest`` the time of the newest post it has met.
    """

    since: int | None = None
    before: int | None = None
    pages: int = 0
    newest: int = 0


def walk_of(answer: Answer) -> Walk:
    """The walk that an answer is a step of; a new one for a saved file."""
    carried = answer.request.carry if answer.request is not None else None
    return carried if isinstance(carried, Walk) else Walk()
