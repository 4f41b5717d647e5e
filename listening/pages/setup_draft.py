"""What one person has typed and found on the Set up page so far; it lives in the browser's session alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from listening import settings as settings_files
from listening.errors import ListeningError
from listening.pages import markup
from listening.settings import Settings
from listening.setup import together
from listening.setup.answers import Answers
from listening.setup.looking import Looked
from listening.setup.place import Missed, Place
from listening.setup.together import Progress
from listening.setup.topic import Proposal, propose


@dataclass(kw_only=True, slots=True)
class Draft:
    """The answers, the topic proposed for them, the places found, and what led nowhere."""

    answers: Answers
    proposal: Proposal
    places: list[Place] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    own_accounts: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    """The keys of places that were looked for later: they stand below the box in which they were typed."""
    missed_later: list[Missed] = field(default_factory=list)
    topics: int = 0
    """How many topics were added by hand."""

    def take_in_later(self, found: Sequence[Place], missed: Sequence[Missed]) -> str:
        """Put in what was looked for later, beside what is there; in words what came of it, "" where nothing did."""
        there = {place.key for place in self.places}
        new = [place for place in found if place.key not in there]
        known = [place.feed.name for place in found if place.key in there]
        self.take_in(new)
        self.later += [place.key for place in new]
        self.missed_later = list({each.typed: each for each in (*self.missed_later, *missed)}.values())
        stands = "It stands below." if len(new) == 1 else "They stand below."
        said = [f"Found for what you typed: {', '.join(place.feed.name for place in new)}. {stands}"] if new else []
        said += [f"Among the places already: {', '.join(known)}."] if known else []
        return " ".join(said)

    def take_in(self, found: Sequence[Place]) -> None:
        """Put found places in, in place of what stands there under the same key."""
        new = {place.key: place for place in found}
        self.places = [new.pop(place.key, place) for place in self.places] + list(new.values())


def mark(key: str) -> str:
    """A short name for a widget that stands for a place or a term."""
    return hashlib.blake2b(key.encode(errors="replace"), digest_size=6).hexdigest()


def begin(answers: Answers) -> Draft:
    """Look up what was typed, and try what is proposed, before the eyes of whoever waits."""
    with _waiting() as progress:
        looked = together.propose_places(answers, _secrets(), progress)
    return Draft(
        answers=answers,
        proposal=propose(answers),
        places=looked.places,
        missed=looked.missed,
        own_accounts=looked.own_accounts,
    )


def more_places(typed: Sequence[str], answers: Answers, settings: Settings | None) -> Looked:
    """Places for what was typed or came in a list, tried."""
    with _waiting() as progress:
        return together.more_places(typed, answers, _secrets(), settings, progress)


def tried(places: Sequence[Place], contact: str, settings: Settings | None) -> list[Place]:
    """The places, each asked that is ticked and was not."""
    with _waiting() as progress:
        return together.try_now(places, contact, _secrets(), settings, progress)


@contextmanager
def _waiting() -> Iterator[Progress]:
    """A bar that says how far it is, and goes."""
    bar = st.progress(0.0, "Looking at what you typed …")

    def progress(done: int, of: int) -> None:
        bar.progress(done / max(1, of), f"Trying {of} places: {done} have answered or given up …")

    try:
        yield progress
    finally:
        bar.empty()


def _secrets() -> dict[str, str]:
    return dict(settings_files.secrets(os.environ))


def say(where: str, said: ListeningError | str) -> None:
    """Remember what came of a click, to be said in the part of the page where it was made."""
    st.session_state["setup_said"] = (where, said)


def tell(where: str) -> None:
    """Say it there, once."""
    kept = st.session_state.get("setup_said")
    if kept is None or kept[0] != where:
        return
    del st.session_state["setup_said"]
    said = kept[1]
    failed = isinstance(said, ListeningError)
    words = f"{said.problem} {said.advice}" if isinstance(said, ListeningError) else said
    look, role = ("trouble", "alert") if failed else ("done", "status")
    st.html(f'<div class="{look}" role="{role}"><p>{markup.escape(words)}</p></div>')
