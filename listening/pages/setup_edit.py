"""Settings that are there, changed on the page: only the characters that must change, remarks and order stay."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from listening import demo
from listening import settings as settings_files
from listening.errors import ListeningError
from listening.models import Feed
from listening.pages import ground, markup, setup_begin, setup_draft, setup_lists, setup_queries
from listening.pages.ground import Ground
from listening.pages.setup_draft import mark, say, tell
from listening.pages.setup_places import as_ticked, can_be_outlet, is_ticked, more_box, names_box, row, tell_missed
from listening.privacy import Mask
from listening.setup.answers import Answers, named_apart
from listening.setup.place import Missed, Place
from listening.setup.trials import Judge, kind_of


def show(base: Ground) -> None:
    """Topics with their queries, places to pause, places to add."""
    agency = base.settings.agency
    mark_made_up = '<span class="made-up">Made-up data</span>' if agency.made_up else ""
    with st.container(key="top"):
        st.html(
            f'<div class="masthead"><b>{markup.escape(agency.name)}</b><span>Set up</span>'
            f"<span>{markup.escape(str(base.settings.path))}</span>{mark_made_up}</div>"
        )
    if setup_begin.show(base):
        return
    st.html('<h1 class="headline">What we listen for, and where</h1>')
    if why := closed(base):
        st.html(f'<p class="deck">{why}</p>')
        return
    st.html(
        '<p class="deck">A tick is written into the settings at once, a query once you press its button; remarks in '
        "the file stay as they are.</p>"
    )
    setup_queries.show(base)
    _places(base)
    _more(base)
    setup_lists.give(base)


def closed(base: Ground) -> str:
    """Why nothing can be changed here, as HTML; "" where it can."""
    if base.frozen is not None:
        return "This is a snapshot: it stays as it was, and nothing is changed in it."
    if demo.is_saved(base.settings):
        return (
            "This is the invented town: everything in it is made up, and its settings stay as they are. For your own "
            "agency end this page (Ctrl+C where you started it) and start <code>listening serve</code> in a folder of "
            "your own: it leads through set-up, and no file has to be edited."
        )
    return ""


# --- places that are there ------------------------------------------------------------------------------------------


def _places(base: Ground) -> None:
    heard, paused = base.settings.feeds, base.settings.paused
    under = f"{len(heard)} listened to, {len(paused)} paused. Untick one to pause it: what it gave stays."
    st.html(markup.section("Where", f"<span>{markup.escape(under)}</span>"))
    tell("places")
    with st.container(key="terms"):
        for feed in (*heard, *paused):
            _place(base, feed, listened=feed in heard)


def _place(base: Ground, feed: Feed, *, listened: bool) -> None:
    key = f"feed_{mark(feed.name)}"
    st.session_state[key] = listened  # the file has the say: somebody else may have changed it
    with st.container(key=f"row_{key}"):
        st.checkbox(markup.not_markdown(feed.name), key=key, on_change=_pause, args=(base, feed, key))
        st.html(f'<div class="place-about"><p class="about">{markup.escape(kind_of(feed))}</p></div>')
        if can_be_outlet(feed):
            names = f"outlet_{mark(feed.name)}"
            st.session_state[names] = feed.outlet
            names_box(names, feed.name, on_change=_name, args=(base, feed, names))


def _pause(base: Ground, feed: Feed, key: str) -> None:
    assert base.settings.path is not None
    paused = not st.session_state[key]
    try:
        settings_files.set_named(base.settings.path, "feeds", feed.name, "paused", paused)
    except ListeningError as error:
        say("places", error)
    else:
        words = "is paused: it is not asked any more" if paused else "is listened to again, from the next collection on"
        say("places", f"“{feed.name}” {words}.")


def _name(base: Ground, feed: Feed, key: str) -> None:
    """Show the names at a place from now on, or mask them."""
    assert base.settings.path is not None
    shown = bool(st.session_state[key])
    try:
        settings_files.set_named(base.settings.path, "feeds", feed.name, "outlet", shown)
    except ListeningError as error:
        say("places", error)
    else:
        words = "are shown" if shown else "are masked on the page and in exports, also in what is stored"
        say("places", f"The names at “{feed.name}” {words}.")


# --- places to add --------------------------------------------------------------------------------------------------


def _more(base: Ground) -> None:
    st.html(markup.section("More places", "<span>Each is tried before you tick it; nothing of that is stored.</span>"))
    tell("more")
    settings = base.settings
    answers = Answers(
        name=settings.agency.name, contact=settings.agency.contact, accounts=settings_files.listed_authors(settings)
    )
    if typed := more_box():
        looked = setup_draft.more_places(typed, answers, settings)
        _take_in(looked.places, looked.missed)
    if (listed := setup_lists.take("edit")) is not None:
        places, missed = listed
        _take_in(setup_draft.tried(places, settings.agency.contact, settings), missed)
    there = {Place(feed=feed, why="").key for feed in (*settings.feeds, *settings.paused)}
    looked_up: list[Place] = st.session_state.get("edit_places", [])
    found = [place for place in looked_up if place.key not in there]
    if known := [place.feed.name for place in looked_up if place.key in there]:
        st.html(f'<p class="about">Among your places already: {markup.escape(", ".join(known))}.</p>')
    tell_missed(st.session_state.get("edit_missed", []))
    if not found:
        return
    judge = Judge(settings.topics, settings.agency.own_accounts, settings_files.listed_authors(settings))
    mask = Mask(
        feeds=[place.feed for place in found],
        listed=(*settings.agency.own_accounts, *settings.privacy.listed_accounts),
        salt=ground.SALT,
        soften=not settings.privacy.strong_language,
    )
    for place in found:
        row(place, judge, mask)
    chosen = [place for place in found if is_ticked(place)]
    if not chosen:
        st.html('<p class="about">Tick a place to add it.</p>')
        return
    label = "Add the place you ticked" if len(chosen) == 1 else f"Add the {len(chosen)} places you ticked"
    st.button(
        label,
        key="edit_add",
        type="primary",
        on_click=_add,
        args=(base, found),
    )


def _take_in(places: Sequence[Place], missed: Sequence[Missed]) -> None:
    kept: list[Place] = st.session_state.get("edit_places", [])
    new = {place.key: place for place in places}
    st.session_state["edit_places"] = [new.pop(place.key, place) for place in kept] + list(new.values())
    st.session_state["edit_missed"] = list(missed)


def _add(base: Ground, found: Sequence[Place]) -> None:
    """Write what is ticked of the places found; one that the settings refuse does not keep the others out.

    The boxes are read here: one that was ticked a moment before the click has not been drawn as ticked yet.
    """
    path = base.settings.path
    assert path is not None
    chosen = [as_ticked(place) for place in found if is_ticked(place)]
    if not chosen:
        return
    now = settings_files.load(path)
    added, refused = [], []
    for feed in named_apart(chosen, (*now.feeds, *now.paused)):
        try:
            settings_files.add_feed(path, feed)
            added.append(feed.name)
        except ListeningError as error:
            refused.append(f"{feed.name}: {error.problem} {error.advice}")
    st.session_state["edit_places"] = []
    st.session_state["edit_missed"] = []
    said = (
        f"Added: {', '.join(added)}. The next collection asks them; “Collect now” on the page Sources begins one."
        if added
        else "They are all there already."
    )
    say("more", " ".join([said, *refused]))
