"""Lists of places from and for other feed readers (OPML), on the page."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from listening import door
from listening.errors import InputError, ListeningError
from listening.pages import markup
from listening.pages.ground import Ground
from listening.setup.answers import trial
from listening.setup.outline import read_outline, write_outline
from listening.setup.place import Missed, Place, sentence_of

MOST_TRIED = 40
"""So many places of one list are tried at once; the others can be ticked as they are."""


def take(page: str) -> tuple[list[Place], list[Missed]] | None:
    """The places of a list that was just handed in, not tried yet, and what of it cannot be used; else None."""
    with st.expander("From another feed reader (OPML)"):
        file = st.file_uploader(
            "An OPML file, as other feed readers export it", type=["opml", "xml"], key=f"opml_{page}"
        )
    done = f"opml_done_{page}"
    if file is None or st.session_state.get(done) == file.file_id:
        return None
    st.session_state[done] = file.file_id
    try:
        outline = read_outline(file.getvalue(), file.name)
    except InputError as error:
        return [], [Missed(typed=file.name, error=error)]
    missed = [
        Missed(typed=file.name, error=InputError(f"Left out: {note}.", "The rest is below."))
        for note in outline.skipped
    ]
    places = []
    for feed in outline.feeds:
        if (refused := trial(feed=feed)) is not None:
            missed.append(Missed(typed=feed.name, error=ListeningError(refused.problem, refused.advice)))
            continue
        sentence = sentence_of(feed)
        # Its addresses were written by another program: they may not lie inside this network.
        places.append(Place(feed=feed, why=f"From {file.name}.", ticked=not sentence, sentence=sentence, named=False))
    beyond = [replace(place, ticked=False) for place in places[MOST_TRIED:]]
    return places[:MOST_TRIED] + beyond, missed


def give(base: Ground) -> None:
    """The places as a list for other feed readers."""
    settings = base.settings
    text, without = write_outline(settings.agency.name, settings.feeds, settings.paused, door.now())
    st.html(markup.section("For other feed readers"))
    st.download_button("Download the places as OPML", text, "places.opml", "text/x-opml", key="opml_out")
    if without:
        st.html(
            f'<p class="about">Not in it, because no feed reader can ask it: {markup.escape(", ".join(without))}.</p>'
        )
