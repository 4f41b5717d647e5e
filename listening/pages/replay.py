"""A period in sixty seconds: its posts come in again as they came, with the days growing and the newest words below."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from listening.insights import sentences
from listening.insights.periods import day_words
from listening.insights.tables import Bar, Bars
from listening.models import TAGS, Mention, Tag
from listening.pages import ground, markup, rooms
from listening.pages.ground import Ground
from listening.pages.opened import open_view
from listening.store import Reader, View

SECONDS = 60
STEP = timedelta(minutes=5)
"""The clock of the replay goes in such steps: it is read, not watched."""

NEWEST = 3

TO_THE_TOP = "<script>document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0)</script>"
"""Who starts it has scrolled down to the chart."""


def show(base: Ground, view: View, table: Bars, zone: ZoneInfo) -> None:
    """The replay and what one does with it: hold it, go on, begin again."""
    _begin_if_new(view)
    st.html(TO_THE_TOP, unsafe_allow_javascript=True)
    going = _going()
    with st.container(key="replay"):
        st.fragment(_moment, run_every="1s" if going else None)(base, view, table, zone)
    with st.container(key="replay_controls", horizontal=True, vertical_alignment="center", gap="small"):
        if going:
            st.button("Hold", key="replay_hold", on_click=_hold)
        elif _played() < SECONDS:
            st.button("Go on", key="replay_on", on_click=_go_on)
        st.button("Once more", key="replay_again", on_click=_again)
        st.button("Back to the page", key="open_back", type="tertiary", on_click=rooms.go_to, args=("",))
        if not going:
            _so_far(base, view, zone)  # last, so that nothing moves under the mouse when it comes and goes


def _so_far(base: Ground, view: View, zone: ZoneInfo) -> None:
    """The way to the posts behind the number, once it stands still."""
    moment = moment_of(view, _played()).astimezone(zone)
    seen = replace(view, end=max(moment, view.start))
    with base.store.reading() as connection:
        count = Reader(base.store, connection).total(seen)
    if count:
        words = "See the post" if count == 1 else f"See the {count:,} posts"
        title = f"Public posts, up to {day_words(moment.date())}, {moment:%H:%M}"
        st.button(words, key="open_so_far", type="tertiary", on_click=open_view, args=(title, seen, count))


def moment_of(view: View, played: float) -> datetime:
    """The moment of the period that is on after so many seconds: its end after sixty, and never later."""
    if played >= SECONDS:
        return view.end
    since = (view.end - view.start) * (played / SECONDS)
    return min(view.start + since // STEP * STEP, view.end)


def until(bars: Sequence[Bar], reader: Reader, view: View, moment: datetime) -> list[Bar]:
    """The period's bars, each with the posts up to the moment."""
    return [
        replace(bar, tags=_tags(reader, replace(view, start=max(bar.start, view.start), end=min(bar.end, moment))))
        for bar in bars
        if bar.end > view.start
    ]


def _tags(reader: Reader, view: View) -> dict[Tag, int]:
    found: Counter[Tag] = Counter(dict.fromkeys(TAGS, 0))
    if view.start < view.end:
        for count in reader.counts(view):
            found[count.tag] += count.count
    return dict(found)


@ground.told
def _moment(base: Ground, view: View, table: Bars, zone: ZoneInfo) -> None:
    """What there was to see at the moment that is on."""
    played = _played()
    if played >= SECONDS and _going():
        _hold()
        st.rerun()
    moment = moment_of(view, played).astimezone(zone)
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        whole = until(table.bars, reader, view, view.end)
        bars = until(table.bars, reader, view, moment)
        latest = _latest(reader, replace(view, end=moment)) if view.start < moment else []
    tags: Counter[Tag] = Counter()
    for bar in bars:
        tags.update(bar.tags)
    present = [tag for tag in TAGS if any(bar.tags[tag] for bar in whole)]
    st.html(
        f'<div class="replay"><h2 class="section">{markup.escape(sentences.replayed(moment, tags))}</h2>'
        f'<p class="under">{markup.key(present)}</p>'
        f'<div class="gone"><div style="width:{100 * min(played / SECONDS, 1):.1f}%"></div></div>'
        + markup.columns(bars, highest=max((bar.count for bar in whole), default=0), by_week=table.by_week)
        + "</div>"
    )
    mask = base.mask
    newest = markup.newest([mask.mention(mention) for mention in latest], moment)
    st.html(f'<div class="replay-newest">{newest}</div>')


def _latest(reader: Reader, view: View) -> list[Mention]:
    by_story: dict[str | None, Mention] = {}
    for mention in reader.mentions(view, limit=4 * NEWEST):
        by_story.setdefault(mention.story, mention)
    return list(by_story.values())[:NEWEST]


# --- where it stands ------------------------------------------------------------------------------------------------


def _begin_if_new(view: View) -> None:
    words = "" if view.query is None else view.query.text
    about = (view.start, view.end, view.topic, words)
    if st.session_state.get("replay_of") != about:
        st.session_state["replay_of"] = about
        _again()


def _going() -> bool:
    return st.session_state["replay_since"] is not None


def _played() -> float:
    since = st.session_state["replay_since"]
    before: float = st.session_state["replay_before"]
    return before if since is None else before + time.monotonic() - since


def _again() -> None:
    st.session_state["replay_before"] = 0.0
    st.session_state["replay_since"] = time.monotonic()


def _hold() -> None:
    st.session_state["replay_before"] = min(_played(), float(SECONDS))
    st.session_state["replay_since"] = None


def _go_on() -> None:
    st.session_state["replay_since"] = time.monotonic()
