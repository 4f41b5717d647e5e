"""The mentions behind a number: opened by a click or a key, closed with Escape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from listening import door
from listening.asking import WhoAsks
from listening.insights.questions import Asking, asking
from listening.models import Mention
from listening.pages import ground, markup, rooms, threads
from listening.pages.ground import Ground
from listening.store import Reader, View, conversing
from listening.store.access import log_when_free, view_words

PER_SCREEN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What was clicked: its words, its mentions, and the number that stood there."""

    title: str
    view: View
    count: int


def open_view(title: str, view: View, count: int) -> None:
    """Remember what to open, for ``show_opened``; where the page goes on by itself, it gives time to read."""
    rooms.stay()
    st.session_state["opened"] = Opened(title=title, view=view, count=count)
    st.session_state["opened_screens"] = 1


def show_opened(base: Ground, now: datetime) -> None:
    """Open what was clicked, if anything was, and note in the access log that it was opened."""
    opened = st.session_state.pop("opened", None)
    if opened is not None:
        zone = base.settings.agency.timezone
        said = view_words(opened.view, opened.count, zone, base.mask.text(opened.title))
        log_when_free(base.store, at=door.now(), who=door.who(), what="open", detail=said)
        words = markup.not_markdown(f"{opened.title}: {opened.count:,}")
        st.dialog(words, width="large")(ground.told(_list))(base, opened, now)


def _list(base: Ground, opened: Opened, now: datetime) -> None:
    """The newest screenful of mentions, and one more below it each time that somebody asks for more."""
    most = PER_SCREEN * st.session_state.get("opened_screens", 1)
    with base.store.reading() as connection:
        shown = Reader(base.store, connection).mentions(opened.view, limit=most)
        talks = conversing.around(connection, shown)
    legend = (
        '<p class="about"><mark class="hit">matched words</mark> · '
        '<span class="moved good">moved the score up</span> · '
        '<span class="moved bad">moved it down</span></p>'
    )
    if opened.count > PER_SCREEN:
        legend = f'<p class="about">The newest {len(shown):,} of {opened.count:,}.</p>' + legend
    scheme = "on-dark" if st.context.theme.type == "dark" else "on-light"
    st.html(f'<div class="opened-box {scheme}">{legend}</div>')
    who_asks = door.who_asks(base.settings)
    # A piece for each screenful: those that are read already stay untouched, so nothing jumps.
    for start in range(0, len(shown), PER_SCREEN):
        part = shown[start : start + PER_SCREEN]
        masked = [_with_what_it_asks(base.mask.mention(mention), who_asks) for mention in part]
        around = threads.of(talks, part, now, base.mask)
        st.html(f'<div class="opened-box {scheme}">{markup.opened(masked, now, around)}</div>')
    if len(shown) < opened.count:
        st.button(f"Show {min(PER_SCREEN, opened.count - len(shown))} more", key="opened_more", on_click=_show_more)


def _with_what_it_asks(mention: Mention, who_asks: WhoAsks) -> tuple[Mention, Asking | None]:
    hidden = mention.withdrawn_at is not None or mention.sensitive
    return mention, asking(mention, who_asks) if mention.question and not hidden else None


def _show_more() -> None:
    st.session_state["opened_screens"] = st.session_state.get("opened_screens", 1) + 1
