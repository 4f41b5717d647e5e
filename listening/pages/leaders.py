"""The leaders' page: it's already happening. One screen, two minutes, every number open to its mentions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

import streamlit as st

from listening import door, weeks
from listening import settings as settings_files
from listening import store as stores
from listening.errors import QueryError
from listening.insights import metrics, sentences
from listening.insights.feeds import health, not_answering
from listening.insights.method import how_we_count
from listening.insights.metrics import Metric
from listening.insights.numbers import Numbers, numbers
from listening.insights.periods import CHOICES, DEFAULT, Period, period
from listening.insights.picks import picks
from listening.insights.presence import without_account
from listening.insights.quotes import quotes
from listening.insights.reach import Reached
from listening.insights.tables import bars, places
from listening.overview import about as about_of
from listening.pages import (
    audiences,
    choosing_quotes,
    ground,
    markup,
    newest_posts,
    replay,
    rooms,
    subjects,
    taking_away,
    trend,
)
from listening.pages.audiences import AUDIENCES, Section
from listening.pages.ground import Ground
from listening.pages.opened import open_view, show_opened
from listening.pages.rooms import Room
from listening.pages.subjects import Afterwards, Later
from listening.query import Query
from listening.store import Reader, View

SEEN_FIRST = frozenset({"numbers", "trend", "reach"})
"""Sections that wait for nothing."""


@ground.told
def show() -> None:
    """The whole page."""
    room = rooms.of(st.query_params.get("view"))
    ground.dress(room=room.mark)
    base = ground.stand()
    zone = base.settings.agency.timezone
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        run = reader.latest_run()
        version = (run.no, run.done, int(run.finished_at is not None)) if run else (0, 0, 0)
        now = ground.as_of(version, base.now().astimezone(zone))
        show_opened(base, now)  # at once: what lies under it stays as it is
        with st.container(key="top", horizontal=True, vertical_alignment="bottom", gap="small"):
            top = st.container(width="stretch")
            chosen, topic, query = _controls(base)
        chosen_period = period(chosen, now, zone)
        view = View(start=chosen_period.start, end=chosen_period.end, topic=topic, query=query)
        with top:
            _masthead(base, chosen_period)
        if reader.newest_at() is None:
            _empty(base, asked=run is not None)
            return
        _page(base, reader, view, chosen_period, now, room=room)


def _controls(base: Ground) -> tuple[str, str, Query | None]:
    """Period, topic and words, kept in the address."""
    with st.container(key="controls", horizontal=True, gap="small", width="content"):
        asked = st.query_params.get("period", DEFAULT)
        chosen = st.selectbox(
            "Period",
            list(CHOICES),
            index=list(CHOICES).index(asked if asked in CHOICES else DEFAULT),
            format_func=CHOICES.__getitem__,
            key="chosen_period",
            on_change=_note_period,
            label_visibility="collapsed",
        )
        names = [topic.name for topic in base.settings.topics]
        topic = st.selectbox(
            "Topic",
            ["", *names],
            format_func=lambda name: name or "All topics",
            key="topic",
            bind="query-params",
            label_visibility="collapsed",
        )
        words = st.text_input(
            "Ask about a word",
            key="q",
            bind="query-params",
            placeholder="Ask about a word",
            max_chars=300,
            label_visibility="collapsed",
            help='Try bridge, "town hall", bridge AND (closed OR detour), #quillhaven',
        )
    return chosen or DEFAULT, topic or "", _asked(base, (words or "").strip())


def _note_period() -> None:
    # Not bound to the address by Streamlit, which would write the words there instead of the key.
    chosen = st.session_state["chosen_period"]
    if chosen == DEFAULT:
        st.query_params.pop("period", None)
    else:
        st.query_params["period"] = chosen


def _asked(base: Ground, words: str) -> Query | None:
    """The query in the box; where it cannot be read, the page says where and goes on without it."""
    if not words:
        return None
    try:
        query = door.query_of(base.settings, words)
    except QueryError as error:
        st.session_state["query_trouble"] = error
        return None
    if st.session_state.get("logged") != words:
        st.session_state["logged"] = words
        taking_away.log(base, "search", words)
    return query


def _masthead(base: Ground, chosen: Period) -> None:
    zone = base.settings.agency.timezone
    when = chosen.words(zone)
    agency = base.settings.agency
    frozen = None if base.frozen is None else base.frozen.taken_at.astimezone(zone)
    audience = audiences.of(st.query_params.get("audience")).mark
    st.html(
        markup.masthead(agency.name, when, chosen.compared, made_up=agency.made_up, frozen=frozen, audience=audience)
    )


def _page(base: Ground, reader: Reader, view: View, chosen: Period, now: datetime, *, room: Room) -> None:
    zone = base.settings.agency.timezone
    table = bars(reader, view, chosen, zone)
    found = numbers(reader, view, chosen, reader.listening_since())
    about = about_of(view)
    last = reader.newest_at()
    newest = None if last is None or view.query is not None or view.topic else last.astimezone(zone).date()
    if room.replaying:
        st.html(_headline(sentences.replay_title(chosen)))
        replay.show(base, view, table, zone)
        return
    closed = ""
    if chosen.key == "week" and view.query is None and not view.topic:
        closed = weeks.closed_words(base.store, weeks.key_of(chosen.start.astimezone(zone).date()))
    st.html(_headline(sentences.headline(found.now, chosen, about), closed))
    deck, reach_cell = st.container(key="deck"), subjects.Later()
    spikes_below = subjects.Later()
    judged = reader.judged()
    audience = audiences.of(st.query_params.get("audience"))

    def days_and_places() -> None:
        left, right = st.columns([8, 5], gap="medium")
        with left:
            trend.days(view, table, about, room=room.large)
        if not what_takes_longer.cache_info().currsize:  # else something slow stands above it already
            ground.let_the_browser_draw((view, room, audience), meanwhile=what_takes_longer)
        ways.show()
        with left:
            trend.days_as_table(view, table)
            spikes_below.place("spikes")
            if found.now.mentions and not room.turning:
                words = f"Play the {chosen.name} in sixty seconds"
                st.button(words, key="open_play", type="tertiary", on_click=rooms.go_to, args=("replay",))
        without_us = without_account(base.settings.feeds, base.settings.agency.own_accounts)
        with base.store.reading() as connection:
            silent = not_answering(health(base.settings.feeds, stores.feed_states(connection), now))
        with right:
            trend.where(view, places(reader, view), without_us, silent)

    @cache
    def what_takes_longer() -> None:
        """What stands above and must not keep headline, numbers and chart waiting; shown once a run."""
        stood_out = subjects.stood_out(base, reader, view, chosen, found, now)
        said = sentences.deck(found, table, chosen, newest, stood_out[0] if stood_out else None)
        if view.query is not None and found.now.mentions:
            key = (view.topic, view.query.text, found.now.mentions)
            first = ground.kept(base, "since", key, lambda: reader.first_at(view))
            said = f"{sentences.since(first.astimezone(zone).date(), now.date())} {said}" if first else said
        deck.html(f'<p class="deck">{markup.escape(said)}</p>')
        # Of a busy year this takes half a second: the line of why does not wait for it.
        reached = subjects.reached(base, reader, view, chosen, found)
        reach_cell.show(lambda: _reach_or_places(base, view, found, reached, ways))
        reach_line.show(lambda: subjects.reach(reached, found))
        spikes_below.show(lambda: subjects.spikes(view, stood_out, zone))

    reach_line = subjects.Later()
    ways = subjects.Afterwards()
    quoted = not (audience.behind_a_click or room.turning)
    sections: dict[Section, Callable[[], bool | None]] = {
        "numbers": lambda: _metrics(view, found, reach_cell, ways, judged=judged),
        "reach": lambda: reach_line.place("reach_line"),
        "trend": days_and_places,
        "stories": lambda: subjects.stories(base, reader, view, found, now),
        "questions": lambda: subjects.questions(base, reader, view, found, now),
        "themes": lambda: subjects.themes(base, reader, view, chosen, found, quoted=quoted),
        "quotes": lambda: _quotes(base, reader, view, found, now, choosing=not room.mark and base.frozen is None),
        "newest": lambda: newest_posts.show(base, view, now),
        "asks": lambda: subjects.asks(base),
    }
    if room.turning:
        rooms.show_scene(sections)
        what_takes_longer()
        ways.show()
        rooms.keep_turning()
        _actions(base, view, chosen, found)
        return
    for name in audience.order:
        if name not in SEEN_FIRST:
            what_takes_longer()
            ways.show()
        if name not in audience.behind_a_click:
            with st.container(key=f"part_{name}"):
                sections[name]()
    if audience.behind_a_click and found.now.mentions:
        with st.expander("What people wrote, in their own words"):
            for name in audience.order:
                if name in audience.behind_a_click:
                    sections[name]()
    _actions(base, view, chosen, found)
    own = reader.own_count(chosen.start, chosen.end)
    checked = sentences.checked(stores.noted(base.store, stores.CHECKED))
    st.html(
        markup.how_we_count(
            how_we_count(
                found.now,
                own,
                checked=checked,
                made_up=base.settings.agency.made_up,
                judged=judged,
                softened=not base.settings.privacy.strong_language,
            )
        )
    )


def _headline(words: str, closed: str = "") -> str:
    """The headline, with what is wrong with the search above it and that the week is ``closed`` below.

    One part of the page, whatever of it there is: with a part more or less all below would be made anew.
    """
    error = st.session_state.pop("query_trouble", None)
    above = "" if error is None else markup.search_trouble(error)
    below = f'<p class="about">{markup.escape(closed)}</p>' if closed else ""
    return above + markup.headline(words) + below


# --- numbers --------------------------------------------------------------------------------------------------------


def _metrics(view: View, found: Numbers, reach_cell: Later, ways: Afterwards, *, judged: bool) -> None:
    with st.grid(4 + judged, min_column_width=145, gap="medium", key="metrics"):
        _metric(metrics.posts(found), view, ways)
        reach_cell.place("reach_cell")
        _metric(metrics.tone(found, "good"), replace(view, tag="good"), ways)
        _metric(metrics.tone(found, "bad"), replace(view, tag="bad"), ways)
        if judged:
            answered = None if found.now.waiting is None else False
            _metric(metrics.questions(found), replace(view, asking=True, answered=answered), ways)


def _reach_or_places(base: Ground, view: View, found: Numbers, reached: Reached, ways: Afterwards) -> None:
    """The second number."""
    known = frozenset(settings_files.audiences(base.settings)) if reached.now is not None else None
    _metric(metrics.audience(found, reached), replace(view, audience_known=known), ways)


def _metric(metric: Metric, view: View, ways: Afterwards) -> None:
    """A number, how it changed, and the way to the mentions behind it, which waits until the number is drawn.

    As HTML: five of Streamlit's own metrics keep a browser busy for a tenth of a second more when the page is opened.
    """
    key = "plain" if metric.name == "posts" else metric.name
    cell = st.container(key=f"metric_{key}", horizontal=True, vertical_alignment="bottom", gap="small")
    cell.html(markup.metric(metric), width="content")
    if metric.count:
        ways.add(
            lambda: cell.button(
                "See the post" if metric.count == 1 else f"See the {metric.count:,} posts",
                key=f"open_{key}",
                type="tertiary",
                on_click=open_view,
                args=(metric.title, view, metric.count),
            )
        )


# --- voices ---------------------------------------------------------------------------------------------------------


def _quotes(base: Ground, reader: Reader, view: View, found: Numbers, now: datetime, *, choosing: bool) -> None:
    chosen = quotes(reader, view, picks(base.store))
    mask = base.mask
    left, right = st.columns(2, gap="medium")
    for column, title, tag, said in (
        (left, "What people like", "good", chosen.good),
        (right, "What people are upset about", "bad", chosen.bad),
    ):
        with column:
            st.html(markup.section(title))
            if said:
                for rank, mention in enumerate(said):
                    with st.container(key=f"quote_{tag}_{rank}", gap=None):
                        st.html(markup.quote(mask.mention(mention), now))
                        st.button(
                            "See the post and why",
                            key=f"open_quote_{tag}_{rank}",
                            type="tertiary",
                            on_click=open_view,
                            args=(f"Quoted from {mention.feed}", replace(view, ids=frozenset({mention.id})), 1),
                        )
            elif found.now.tags.get(tag, 0):  # type: ignore[call-overload]
                st.html('<p class="under">None of them is short enough to quote; open the number above.</p>')
            else:
                st.html(f'<p class="under">No {tag} posts in this period.</p>')
    with st.container(key="picked"):  # always there: else what follows would be a new element, and fold itself up
        if words := sentences.picked(chosen.pinned, chosen.hidden):
            st.html(f'<p class="about">{words}</p>')
    if choosing and (chosen.good or chosen.bad):
        choosing_quotes.show(base, reader, view, chosen)


def _actions(base: Ground, view: View, chosen: Period, found: Numbers) -> None:
    """What the page counted, as files; where the page is shown, and for whom it is."""
    count = found.now.mentions
    with st.container(key="actions", horizontal=True, vertical_alignment="bottom"):
        name = f"mentions-{view.start:%Y-%m-%d}-{view.end:%Y-%m-%d}"
        taking_away.offer(base, view, count, name=name, period=chosen)
        _choose("Where this page is shown", "view", {word: room.label for word, room in rooms.ROOMS.items()})
        _choose("For whom this page is", "audience", {word: each.label for word, each in AUDIENCES.items()})


def _choose(label: str, name: str, labels: Mapping[str, str]) -> None:
    """A choice that is kept in the address under ``name``, by its word there; the first is the usual one."""

    def note() -> None:
        if chosen := st.session_state[f"chosen_{name}"]:
            st.query_params[name] = chosen
        else:
            st.query_params.pop(name, None)

    asked = st.query_params.get(name, "")
    st.selectbox(
        label,
        list(labels),
        index=list(labels).index(asked if asked in labels else ""),
        format_func=labels.__getitem__,
        key=f"chosen_{name}",
        on_change=note,
    )


def _empty(base: Ground, *, asked: bool) -> None:
    st.html('<h1 class="headline">Nothing heard yet</h1>')
    if not base.settings.feeds:
        words = 'No place is listened to yet. Add some under <a href="setup">Set up</a>.'
    elif asked:
        words = (
            "The places were asked, and no post there matched a topic. How each did stands under "
            '<a href="sources">Sources</a>; make the queries wider under <a href="setup">Set up</a>.'
        )
    else:
        words = (
            'Go to <a href="sources">Sources</a> and press “Collect now”, or type <code>listening collect</code> in a '
            "terminal. It takes about a minute."
        )
    st.html(f'<div class="empty">{words}</div>')
