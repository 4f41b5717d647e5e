"""Step 3: where to listen. Each place with what last week would have given; the team ticks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from listening import door
from listening.errors import FeedInside
from listening.insights.periods import day_words
from listening.insights.sentences import excerpt
from listening.models import Feed, Post, Topic
from listening.pages import markup, setup_draft, setup_lists
from listening.pages.ground import SALT
from listening.pages.setup_draft import Draft, mark, say, tell
from listening.privacy import Mask
from listening.sentiment import with_title
from listening.setup.answers import named_apart
from listening.setup.place import Missed, Place
from listening.setup.trials import MOST_EXAMPLES, Gave, Judge, in_words, kind_of

_EXAMPLE = 140


def show(draft: Draft, topics: Sequence[Topic]) -> list[Feed]:
    """The places and what is ticked of them."""
    judge = Judge(topics, draft.own_accounts) if topics else None
    asked = [place for place in draft.places if place.ticked or place.asked]
    first = [place for place in draft.places if place.key not in draft.later]
    waiting = [place for place in first if place not in asked]
    st.html(markup.section("3. Where", f"<span>{markup.escape(_summary(asked, judge))} Nothing was stored.</span>"))
    mask = _mask(draft, asked)
    for place in first:
        if place not in waiting:
            row(place, judge, mask)
    if waiting:
        st.html(
            '<p class="tone">Not asked, and not ticked, for the reason given. Tick one and it is tried, or listened to '
            "from the start.</p>"
        )
        for place in waiting:
            row(place, judge, mask)
    tell_missed(draft.missed)
    chosen = [place for place in draft.places if is_ticked(place)]
    untried = [place for place in chosen if not place.asked]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if untried:
            words = "Try the one you ticked" if len(untried) == 1 else f"Try the {len(untried)} you ticked"
            if st.button(words, key="place_try"):
                found = setup_draft.tried([replace(each, ticked=True) for each in untried], draft.answers.contact, None)
                draft.take_in(found)
                st.rerun()
    if (listed := setup_lists.take("first")) is not None:
        places, missed = listed
        _take_in_later(draft, setup_draft.tried(places, draft.answers.contact, None), missed)
    if typed := more_box():
        looked = setup_draft.more_places(typed, draft.answers, None)
        _take_in_later(draft, looked.places, looked.missed)
    tell("later")
    for place in draft.places:
        if place.key in draft.later:
            row(place, judge, mask)
    tell_missed(draft.missed_later)
    return named_apart([as_ticked(place) for place in chosen])


def _take_in_later(draft: Draft, found: Sequence[Place], missed: Sequence[Missed]) -> None:
    if said := draft.take_in_later(found, missed):
        say("later", said)
    st.rerun()


def row(place: Place, judge: Judge | None, mask: Mask) -> None:
    """One place: a box to tick, what it is and why, what it gave, and what speaks against it."""
    key = f"place_{mark(place.key)}"
    gave = judge.of(place.given, door.now()) if judge is not None and place.given is not None else None
    barred = isinstance(place.refusal, FeedInside)
    if key not in st.session_state:
        st.session_state[key] = place.ticked and place.refusal is None
    with st.container(key=f"row_{key}"):
        st.checkbox(markup.not_markdown(place.feed.name), key=key, disabled=barred)
        st.html(_about(place, gave, mask))
        if can_be_outlet(place.feed) and not barred:
            names = f"place_names_{mark(place.key)}"
            if names not in st.session_state:
                st.session_state[names] = place.feed.outlet
            names_box(names, place.feed.name)


def names_box(key: str, name: str, **options: Any) -> None:
    """The box that says whose names may be shown at the place ``name``; ``options`` are those of a checkbox."""
    with st.container(key=f"names_{key}"):
        st.checkbox(
            markup.not_markdown(f"“{name}” is a paper, station or agency: its names may be shown"),
            key=key,
            help="Without this tick the names of those who write there are masked on the page and in exports. Never "
            "tick it for a forum, for comments or for a private person’s blog.",
            **options,
        )


def can_be_outlet(feed: Feed) -> bool:
    """Whether a place may be an outlet's: a feed that anybody can have, not a service on which everybody writes."""
    return feed.source == "rss"


def as_ticked(place: Place) -> Feed:
    """The place's feed, with its names shown or masked as its box stands now."""
    if not can_be_outlet(place.feed):
        return place.feed
    return replace(place.feed, outlet=bool(st.session_state.get(f"place_names_{mark(place.key)}", place.feed.outlet)))


def is_ticked(place: Place) -> bool:
    """Whether somebody wants this place, as its box stands now."""
    return bool(st.session_state.get(f"place_{mark(place.key)}", place.ticked and place.refusal is None))


def more_box() -> list[str]:
    """A box for more places; what was typed in it, once, when it was sent."""
    with st.form("more_places", border=False, clear_on_submit=True):
        text = st.text_area(
            "More places, one a line: a site, a feed, #tag@server, r/name, bluesky:words",
            height=80,
            placeholder="https://radio.example\n#quillhaven@harbor.example",
        )
        sent = st.form_submit_button("Look for them")
    return [line.strip() for line in text.splitlines() if line.strip()] if sent else []


def tell_missed(missed: Iterable[Missed]) -> None:
    """What led nowhere, and what to do."""
    lines = "".join(
        f"<p><strong><bdi>{markup.escape(each.typed)}</bdi>:</strong> {markup.escape(str(each.error))}</p>"
        for each in missed
    )
    if lines:
        st.html(f'<div class="trouble">{lines}<p>The other places are not touched by this.</p></div>')


def _mask(draft: Draft, places: Sequence[Place]) -> Mask:
    return Mask(feeds=[place.feed for place in places], listed=draft.own_accounts, salt=SALT, soften=True)


def _summary(asked: Sequence[Place], judge: Judge | None) -> str:
    answered = [place for place in asked if place.given is not None]
    if judge is None:
        return "What they gave is judged once the query can be read."
    gave = [judge.of(place.given, door.now()) for place in answered if place.given is not None]
    about = sum(len(each.about) for each in gave)
    return (
        f"{len(answered)} of {len(asked)} places answered, with {sum(each.posts for each in gave):,} posts, "
        f"{about:,} of them about you in the last week."
    )


def _about(place: Place, gave: Gave | None, mask: Mask) -> str:
    kind = markup.escape(f"{kind_of(place.feed)} · {_address(place.feed)}")
    lines = [f'<p class="about"><bdi>{kind}</bdi> · {markup.escape(place.why)}</p>']
    if place.sentence:
        lines.append(f'<p class="sentence">{markup.escape(place.sentence)}</p>')
    if place.refusal is not None:
        lines.append(f'<p class="result"><strong>Gave nothing.</strong> {markup.escape(str(place.refusal))}</p>')
    elif gave is not None:
        said = in_words(gave, _day)
        lines.append(f'<p class="result"><strong>{markup.escape(said[0].upper() + said[1:])}</strong></p>')
        lines += [_example(post, mask) for post in gave.about[:MOST_EXAMPLES]]
    return f'<div class="place-about">{"".join(lines)}</div>'


def _example(post: Post, mask: Mask) -> str:
    if post.sensitive:
        return '<p class="example">A post behind a content warning.</p>'
    words = mask.text(excerpt(with_title(post.text, post.title), _EXAMPLE))
    day = _day(post.published_at) if post.published_at else "no date"
    return f'<p class="example">“<bdi>{markup.escape(words)}</bdi>” · {markup.escape(day)}</p>'


def _day(moment: datetime) -> str:
    return day_words(moment.date())


def _address(feed: Feed) -> str:
    """Where a place is, shortly, as data: nobody is led there."""
    options = feed.options
    if "url" in options:
        parts = urlsplit(options["url"])
        return f"{parts.netloc}{parts.path}"[:80]
    return ", ".join(f"{value}" for name, value in options.items() if name not in ("terms", "service"))[:80]
