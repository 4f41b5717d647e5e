"""Where the page is shown: at a desk, on a projector, or on a screen in the corridor that goes through it by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from listening.pages.audiences import Section


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How it is named in the menu, and which style sheet (``mark``.css) makes it larger.

    ``turning``: one part after the other; ``replaying``: the period comes in again.
    """

    label: str
    mark: str = ""
    turning: bool = False
    replaying: bool = False

    @property
    def large(self) -> bool:
        """Whether the chart's letters are for who sits far away."""
        return bool(self.mark)


ROOMS: dict[str, Room] = {
    "": Room(label="At a desk"),
    "room": Room(label="On a projector: everything larger", mark="room"),
    "wall": Room(label="In the corridor: goes through the page by itself", mark="wall", turning=True),
    "replay": Room(label="As a replay: the period in sixty seconds", mark="room", replaying=True),
}
"""By the word that stands in the address."""

SCENES: tuple[Section, ...] = ("numbers", "trend", "quotes", "stories", "questions", "themes", "newest")
"""What the corridor's screen shows, one after the other, under the headline: each fits without scrolling."""

SECONDS = 15
"""For a scene: enough to read it slowly."""


def of(word: str | None) -> Room:
    """The room that an address names; one that means nothing is the desk."""
    return ROOMS.get(word or "", ROOMS[""])


def go_to(word: str) -> None:
    """Show the page there from the next run on; the menu, if it is shown there, follows the address."""
    if word:
        st.query_params["view"] = word
    else:
        st.query_params.pop("view", None)


def show_scene(sections: Mapping[Section, Callable[[], bool | None]]) -> None:
    """Show the part that is on; one that says that it has nothing is passed over."""
    for _ in SCENES:
        if sections[SCENES[_place()]]() is not False:
            return
        st.session_state["scene"] = _place() + 1


def keep_turning() -> None:
    """Go on to the next part after a while, until somebody stops it; at the end of the page."""
    stopped = bool(st.session_state.get("stopped"))
    st.session_state.setdefault("turned_at", time.monotonic())
    st.fragment(_turn, run_every=None if stopped else "1s")()
    with st.container(key="turning", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<p class="about">Part {_place() + 1} of {len(SCENES)}</p>')
        st.button("Next", key="next_scene", type="tertiary", on_click=_go_on)
        st.toggle("Stay here", key="stopped", help="Stops going through the page")


def stay() -> None:
    """Somebody reads: a part has all its time from now on."""
    if "turned_at" in st.session_state:
        st.session_state["turned_at"] = time.monotonic()


def _turn() -> None:
    if not st.session_state.get("stopped") and time.monotonic() - st.session_state["turned_at"] >= SECONDS:
        _go_on()
        st.rerun()


def _go_on() -> None:
    st.session_state["scene"] = _place() + 1
    st.session_state["turned_at"] = time.monotonic()


def _place() -> int:
    place: int = st.session_state.get("scene", 0)
    return place % len(SCENES)
