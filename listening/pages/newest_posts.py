"""The newest posts on the leaders' page; where somebody switches it on, those of this very moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import streamlit as st

from listening.models import Mention
from listening.pages import collecting, ground, markup
from listening.pages.ground import Ground
from listening.store import Reader, View

NEWEST = 6
LIVE_EVERY = "5s"


def show(base: Ground, view: View, now: datetime) -> None:
    """The newest posts; where somebody switches it on, those of this very moment, a few seconds old at most."""
    live = base.frozen is None and bool(st.session_state.get("live"))
    st.fragment(_latest, run_every=LIVE_EVERY if live else None)(base, view, now, live=live)
    if base.frozen is None:
        st.toggle("Keep updating", key="live", help="Asks the places every five minutes; what is new appears here")


@ground.told
def _latest(base: Ground, view: View, now: datetime, *, live: bool) -> None:
    moment = max(base.now().astimezone(now.tzinfo), now) if live else now
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        found = reader.mentions(replace(view, end=moment) if live else view, limit=4 * NEWEST)
        more = reader.total(replace(view, start=view.end, end=moment)) if live else 0
        run = reader.latest_run() if live else None
    if live:
        collecting.begin_if_due(base, run)
    by_story: dict[str | None, Mention] = {}
    for mention in found:
        by_story.setdefault(mention.story, mention)  # of copies the newest
    latest = list(by_story.values())[:NEWEST]
    if not latest:
        return
    mask = base.mask
    st.html(markup.section("Happening right now" if live else "Newest"))
    st.html(markup.newest([mask.mention(mention) for mention in latest], moment))
    if more:
        new = "1 post is" if more == 1 else f"{more:,} posts are"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<p class="about">{new} newer than the numbers above, which are of {now:%H:%M}.</p>')
            if st.button("Count them in", key="open_count_in", type="tertiary"):
                ground.move_on()
                st.rerun()
