"""The review page's list: which stories, in which order, and the one before the reader beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from listening import door
from listening.errors import QueryError
from listening.insights.sentences import TAG_LABELS, excerpt, spoken
from listening.models import STATUSES, TAGS, Tag
from listening.pages import ground, markup, review_card, review_markup, sitting
from listening.pages.ground import Ground
from listening.pages.sitting import Sitting
from listening.query import Query
from listening.review import STATUS_WORDS
from listening.store import Reader, View, queues, reviewing
from listening.store.queues import Card, Queue, Turn

SHOWN = ("To read", "Read", "Not about us", "Judged in two ways", "Second reading")
ORDERS: dict[str, Turn] = {
    "Least certain first": "least certain",
    "Newest first": "newest",
    "Most seen first": "most seen",
}
PER_SCREEN = 10
EVERY = "All"
FINER = ("in_topic", "place", "tagged", "asks", "for", "read_by", "status")
WORDS = 70
"""Characters of a story in the list."""


def filters(base: Ground, view: View) -> tuple[str, Turn, View, str, QueryError | None, DeltaGenerator]:
    """What is shown and in which order; the finer filters behind a click. All of it stands in the address."""
    with st.container(key="filters", horizontal=True, gap="small", vertical_alignment="bottom"):
        shown = st.selectbox("Show", SHOWN, key="show", bind="query-params", width=180, label_visibility="collapsed")
        order = st.selectbox(
            "Order", list(ORDERS), key="turn", bind="query-params", width=190, label_visibility="collapsed"
        )
        words = st.text_input(
            "Words",
            key="words",
            bind="query-params",
            max_chars=300,
            placeholder="Only with these words",
            width=210,
            label_visibility="collapsed",
        )
        settings = base.settings
        # Which of them narrow the list must be seen without opening it.
        on = sum(name in st.query_params for name in FINER)
        with st.popover(f"More filters ({on})" if on else "More filters", key="more_filters"):
            topics = [EVERY, *(topic.name for topic in settings.topics)]
            topic = st.selectbox("Topic", topics, key="in_topic", bind="query-params")
            places = [EVERY, *(feed.name for feed in settings.feeds)]
            place = st.selectbox("Place", places, key="place", bind="query-params")
            tags: dict[str, Tag | None] = {EVERY: None, **{TAG_LABELS[tag]: tag for tag in TAGS}}
            tag = st.selectbox("Tag", list(tags), key="tagged", bind="query-params")
            asks = st.checkbox("Only what asks for something", key="asks", bind="query-params")
            departments = [EVERY, *sitting.desk(base).routes.departments]
            department = st.selectbox("Department", departments, key="for", bind="query-params")
            with base.store.reading() as connection:
                known = [EVERY, *reviewing.reviewers(connection)]
            by = st.selectbox("Read by", known, key="read_by", bind="query-params")
            stands = {EVERY: None, **{STATUS_WORDS[status]: status for status in STATUSES}}
            status = st.selectbox("Status", list(stands), key="status", bind="query-params")
        beside = st.container(key="batch", horizontal=True, gap="small", vertical_alignment="center", width="content")
    query, trouble = _query(base, words)
    view = replace(
        view,
        topic="" if topic in (None, EVERY) else topic,
        feeds=None if place in (None, EVERY) else frozenset({place}),
        tag=tags.get(tag or EVERY),
        asking=bool(asks),
        query=query,
        status=stands.get(status or EVERY),
    )
    if department not in (None, EVERY):
        view = _for_department(base, view, department or "", unread=shown == SHOWN[0])
    return (
        shown or SHOWN[0],
        ORDERS[order or next(iter(ORDERS))],
        view,
        "" if by in (None, EVERY) else by,
        trouble,
        beside,
    )


def _for_department(base: Ground, view: View, department: str, *, unread: bool) -> View:
    """Those that a person gave a department; of what nobody has read yet, those that the rules propose to it."""
    if not unread:
        return replace(view, department=department)
    routes = sitting.desk(base).routes
    period = View(start=view.start, end=view.end)
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        run = reader.latest_run()

        def look() -> frozenset[str]:
            return frozenset(mention.id for mention in reader.stream(period) if routes.of(mention) == department)

        # Whoever has judged what meanwhile: the rules look at the words alone.
        key = (period, department, (run.no, run.new) if run else (0, 0))
        return replace(view, ids=ground.kept(base, "proposed", key, look))


def _query(base: Ground, words: str | None) -> tuple[Query | None, QueryError | None]:
    if not (words or "").strip():
        return None, None
    try:
        return door.query_of(base.settings, (words or "").strip()), None
    except QueryError as error:
        return None, error


# --- the list and the story before the reader -----------------------------------------------------------------------


def both(
    base: Ground,
    mine: Sitting,
    cards: list[Card],
    count: int,
    now: datetime,
    *,
    queue: Queue,
    next_on: bool,
    empty: str,
) -> None:
    """The list, and beside it the story before the reader, or what can be done to all that are selected."""
    if not cards:
        mine.order, mine.numbers, mine.story = (), {}, None
        st.html(f'<div class="empty">{markup.escape(empty)}</div>')
        if mine.acts:
            review_card.undo_button(base, mine)
        return
    if mine.everything is not None and mine.everything[0] != queue:
        mine.everything = None
    taken_away = _taken_away(base, mine, cards, queue)
    mine.order = tuple(card.story for card in cards)
    mine.numbers = {card.story: card.numbers for card in cards}
    mine.selected &= set(mine.order)
    if mine.story not in mine.order and taken_away is None:
        mine.story = mine.order[0]
    left, right = st.columns([5, 8], gap="medium")
    with left:
        _list(mine, cards, count, queue)
    with right:
        if mine.selected or mine.everything:
            here = next((card for card in cards if card.story == mine.story), cards[0])
            review_card.several(base, mine, count if mine.everything else len(mine.selected), here, now)
            return
        story = mine.story  # a key that is pressed meanwhile may change it
        before = taken_away or next((card for card in cards if card.story == story), cards[0])
        mine.before = (queue, before.story, before.numbers)
        with base.store.reading() as connection:
            log = reviewing.history(connection, before.numbers[0])
        if taken_away is not None and log:
            said = f"{log[-1].state.reviewer} has just judged this: {review_markup.said_words(log[-1])}."
            st.html(f'<p class="about others" role="status">{markup.escape(said)}</p>')
        review_card.card(base, mine, before, log, now, next_on=next_on)


KEYS_AFTER_A_TICK = """<script>
if (!window.listeningTicks) {
  window.listeningTicks = true;
  document.addEventListener("pointerup", event => {
    if (event.target.closest(".st-key-list [data-testid=stCheckbox]"))
      setTimeout(() => document.activeElement?.blur(), 50);
  }, true);
}
</script>"""
"""A box that was ticked with the mouse would keep the keys for itself; who ticks by keyboard keeps his place."""


def _taken_away(base: Ground, mine: Sitting, cards: list[Card], queue: Queue) -> Card | None:
    """The story before the reader, where somebody else has judged it meanwhile: it is not torn from under a finger."""
    if mine.before is None or mine.before[:2] != (queue, mine.story) or mine.story in {card.story for card in cards}:
        return None
    with base.store.reading() as connection:
        found = queues.cards_of(base.store, connection, mine.before[2])
    verdict = None if found is None else found.first.verdict
    if found is None or verdict is None or verdict.reviewer in (mine.reviewer, ""):
        return None
    return replace(found, story=mine.before[1])


def _list(mine: Sitting, cards: list[Card], count: int, queue: Queue) -> None:
    st.html(KEYS_AFTER_A_TICK, unsafe_allow_javascript=True)
    with st.container(key="list", gap=None):
        for card in cards:
            here = card.story == mine.story
            with st.container(
                key=f"row_{'here' if here else 'of'}_{card.story}",
                horizontal=True,
                gap="small",
                vertical_alignment="center",
                wrap=False,
            ):
                said = excerpt(spoken(card.first), WORDS) or "Taken back by its author"
                st.checkbox(
                    f"Select: {markup.not_markdown(excerpt(said, 40))}",
                    key=f"select_{card.story}",
                    label_visibility="collapsed",
                    on_change=sitting.select,
                    args=(card.story,),
                )
                tag = "" if mine.second else f"**{TAG_LABELS[card.first.tag]}** · "
                more = f" ×{card.count}" if card.count > 1 else ""
                asks = "asks · " if card.first.question else ""
                st.button(
                    f"{tag}{asks}{markup.not_markdown(said)}{more}",
                    key=f"go_{card.story}",
                    type="tertiary",
                    on_click=sitting.go,
                    args=(card.story,),
                )
    with st.container(key="below_list", horizontal=True, gap="small", vertical_alignment="center"):
        st.html(f'<p class="about">{len(cards):,} of {count:,} {"story" if count == 1 else "stories"}</p>')
        if count > len(cards):

            def more_of_them() -> None:
                st.session_state["review_most"] = len(cards) + 20

            st.button(
                f"Show {min(20, count - len(cards))} more", key="review_more", type="tertiary", on_click=more_of_them
            )
        if count > 1 and not mine.everything:

            def all_of_them() -> None:
                mine.everything = (queue, mine.seen)

            st.button(f"Select all {count:,}", key="select_all", type="tertiary", on_click=all_of_them)
