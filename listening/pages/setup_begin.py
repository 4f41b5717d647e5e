"""Step 4: the settings are written and the first collection begins; it says when the first mention is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import streamlit as st

from listening import door
from listening.models import Feed, Topic
from listening.pages import ground, markup
from listening.pages.collecting import begin
from listening.pages.ground import Ground
from listening.pages.setup_draft import Draft
from listening.setup.writing import write_first
from listening.store import Reader, View
from listening.unattended import BY_ITSELF

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
KEEP_AT_IT = (
    f"Nobody collects by itself from here on. <code>{BY_ITSELF}</code> in a terminal, left running, "
    'does. By hand: “Collect now” under <a href="sources">Sources</a> collects once; “Keep updating” under the newest '
    "posts goes on as long as that page is open."
)
_PERIODS = (("7d", timedelta(days=7)), ("30d", timedelta(days=30)), ("90d", timedelta(days=90)))


def write(draft: Draft, topics: Sequence[Topic], feeds: Sequence[Feed], path: Path) -> None:
    """The button, and what it does: writes ``path``, and begins to collect."""
    st.html(markup.section("4. Begin", f"<span>It writes {markup.escape(str(path))}, a text file with remarks.</span>"))
    if not topics:
        st.html('<p class="about">First the query has to be one that can be read.</p>')
    elif not feeds:
        st.html('<p class="about">Tick at least one place: without places nothing is collected.</p>')
    places = "1 place" if len(feeds) == 1 else f"{len(feeds)} places"
    if not st.button(
        f"Write the settings and collect from {places} now",
        type="primary",
        key="begin",
        disabled=not (topics and feeds),
    ):
        return
    write_first(path, draft.answers, topics, feeds, draft.own_accounts)
    st.session_state.pop("draft", None)
    st.session_state.pop(ground.INVENTED, None)
    base = ground.stand()
    st.session_state["first_collection"] = begin(base)
    st.rerun()


def show(base: Ground) -> bool:
    """How far the first collection is, for whoever began it, and the way to its first mention; whether that is all.

    Right after the last step nothing else stands on the page: whoever pressed its button, far below, sees the result.
    """
    if "first_collection" not in st.session_state:
        return False
    alone = not st.session_state.get("first_seen")
    if alone:
        st.html('<h1 class="headline">Your first collection</h1>')
    running = not st.session_state["first_collection"].over
    st.fragment(_progress, run_every="1s" if running else None)(base)
    if alone:
        st.button("See what was written, and change it", key="first_go_on", on_click=_go_on)
    return alone


def _go_on() -> None:
    st.session_state["first_seen"] = True


def found_words(counted: int, own: int) -> str:
    """How much is there, as the leaders' page counts it: without the agency's own posts, which are named apart."""
    said = "The first mention is there." if counted == 1 else f"{counted:,} mentions are there."
    if own:
        posts = "1 post of your own is" if own == 1 else f"{own:,} posts of your own are"
        said += f" {posts} stored too and not counted: the page shows what others say."
    return said


@ground.told
def _progress(base: Ground) -> None:
    collecting = st.session_state["first_collection"]
    ended = collecting.over
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        run = reader.latest_run()
        all_along = View(start=LONG_AGO, end=door.now() + timedelta(minutes=15))
        newest = reader.mentions(all_along, limit=1)
        there = found_words(reader.total(all_along), reader.own_count(all_along.start, all_along.end))
    done, of = (run.done, run.feeds) if run is not None else (0, len(base.settings.feeds))
    # The bar keeps its place when it goes: what stands below it would be drawn twice for a moment.
    with st.container():
        if not ended:
            st.progress(done / max(1, of), f"Settings written. Collecting: {done} of {of} places have answered …")
    if newest:
        age = door.now() - (newest[0].published_at or door.now())
        period = next((key for key, length in _PERIODS if age < length), "365d")
        st.html(
            f'<div class="done" role="status"><p><strong>{there}</strong> '
            f'<a href="./?period={period}">See what people are saying</a></p>'
            f'<p class="about">{KEEP_AT_IT}</p></div>'
        )
    elif ended:
        st.html(
            '<div class="trouble" role="status"><p><strong>The collection has ended, and found nothing about you yet.'
            "</strong> More places find more, and so do more ways to write your name: both can be added on this page. "
            'What each place answered stands under <a href="sources">Sources</a>.</p>'
            f'<p class="about">{KEEP_AT_IT}</p></div>'
        )
    if ended and (said := collecting.complained.strip()):
        st.text(said)
