"""The review page: read what was said, set it right, hand it to who can answer, learn from it, close the week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from listening.insights.periods import midnight, span_words
from listening.insights.sentences import excerpt, spoken
from listening.pages import answering, closing, ground, learning, markup, review_list, review_markup, sitting
from listening.pages.ground import Ground
from listening.pages.sitting import Sitting
from listening.review import clean_name, pace, progress_words
from listening.store import Reader, View, queues, reviewing
from listening.store.queues import Asked, Card, Queue, Show

STEPS = ("Read", "Answer", "Learn", "Close the week")
"""Monday morning, in order."""
TIMES = ("Last full week", "Last and this week", "This week so far", "Last 30 days")
BATCH = 10
LATELY = 200
"""Entries of the log in which something that somebody else did just now must stand."""
WATCH_EVERY = "4s"


@ground.told
def show() -> None:
    """The whole page."""
    ground.dress(room="review")
    base = ground.stand()
    now = base.now().astimezone(base.settings.agency.timezone)
    mine = sitting.sitting()
    with st.container(key="top", horizontal=True, vertical_alignment="bottom", gap="small"):
        top = st.container(width="stretch")
        if mine.reviewer and base.frozen is None:
            asked = st.segmented_control(
                "Step",
                STEPS,
                default="Read",
                required=True,
                key="step",
                bind="query-params",
                label_visibility="collapsed",
            )
            when = TIMES[0]
            if asked not in STEPS[2:]:  # learning is from all times, and a week is chosen by itself
                when = st.selectbox(
                    "Time", TIMES, key="time", bind="query-params", label_visibility="collapsed", width=190
                )
    agency = base.settings.agency
    if base.frozen is not None:
        _masthead(top, base, "Review", "")
        st.html('<h1 class="headline">Nothing is reviewed in a snapshot</h1>')
        st.html('<p class="deck">It shows what was decided when it was taken. Review in your own store.</p>')
        return
    if not mine.reviewer:
        _masthead(top, base, "Review", "")
        _who(base)
        return
    sitting.remember(base, mine)
    start, end, words = times(when or TIMES[0], now, agency.timezone)
    _masthead(
        top, base, {STEPS[2]: "Everything that was read", STEPS[3]: "Weeks"}.get(asked or "", words), mine.reviewer
    )
    view = View(start=start, end=end)
    if mine.trouble is not None:
        ground.trouble("That was not saved", mine.trouble)
        mine.trouble = None
    steps: dict[str, Callable[[], None]] = {
        "Read": lambda: _read(base, mine, view, now),
        "Answer": lambda: answering.show(base, mine, view, now),
        "Learn": lambda: learning.show(base, mine),
        "Close the week": lambda: closing.show(base, mine, now),
    }
    with st.container(key="step_body", gap="small"):
        steps.get(asked or "Read", steps["Read"])()
    if asked not in STEPS[2:]:  # what is counted there is not for every click of somebody else
        _watch(base, mine)


def times(words: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime, str]:
    """From when to when the words mean, and which days that is."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    tomorrow = today + timedelta(days=1)
    first, last = {
        TIMES[1]: (monday - timedelta(days=7), tomorrow),
        TIMES[2]: (monday, tomorrow),
        TIMES[3]: (today - timedelta(days=29), tomorrow),
    }.get(words, (monday - timedelta(days=7), monday))
    return midnight(first, zone), midnight(last, zone), span_words(first, last - timedelta(days=1))


def _masthead(top: st.delta_generator.DeltaGenerator, base: Ground, words: str, reviewer: str) -> None:
    made_up = '<span class="made-up">Made-up data</span>' if base.settings.agency.made_up else ""
    who = (
        f'<span>Read by <b>{markup.escape(reviewer)}</b> · <a href="?" target="_self">not you?</a></span>'
        if reviewer
        else ""
    )
    with top:
        st.html(
            f'<div class="masthead"><b>{markup.escape(base.settings.agency.name)}</b>'
            f"<span>{markup.escape(words)}</span>{who}{made_up}</div>"
        )


def _who(base: Ground) -> None:
    """Ask for a name, once: it is kept in the address."""
    st.html('<h1 class="headline">Who is reading?</h1>')
    st.html(
        '<p class="deck">Your name stands beside what you decide, for the team only. It is kept in this page’s '
        "address: bookmark it, and nobody asks you again.</p>"
    )
    with base.store.reading() as connection:
        known = reviewing.reviewers(connection)

    def enter(name: str | None = None) -> None:
        chosen = clean_name(name or st.session_state.get("new_name", ""))
        if chosen:
            st.query_params["by"] = chosen

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="names"):
        st.text_input("Your name", key="new_name", max_chars=60, width=280, on_change=enter)
        st.button("Begin", type="primary", key="begin", on_click=enter)
        for name in known[:8]:
            st.button(markup.not_markdown(name), key=f"name_{name}", on_click=enter, args=(name,))


# --- read -----------------------------------------------------------------------------------------------------------


def _read(base: Ground, mine: Sitting, view: View, now: datetime) -> None:
    head = st.container(key="head", gap="small")
    shown, turn, view, by, trouble, beside = review_list.filters(base, view)
    kinds: dict[str, Show] = {
        review_list.SHOWN[1]: "read",
        review_list.SHOWN[2]: "not about us",
        review_list.SHOWN[3]: "disputed",
        review_list.SHOWN[4]: "second",
    }
    kind: Show = kinds.get(shown, "unread")
    mine.second = kind == "second"
    with base.store.reading() as connection:
        taken = queues.taken(connection, now)
        queue = Queue(view=view, show=kind, turn=turn, me=mine.reviewer, by=by)
        whole = Asked(base.store, connection, replace(queue, view=_only_time(view)), now)
        progress = whole.progress()
        batch = kind == "unread" and mine.reviewer in taken
        if batch and Asked(base.store, connection, replace(queue, mine=True), now).count():
            queue = replace(queue, mine=True)
        else:
            batch = False
        asked = Asked(base.store, connection, queue, now)
        most = st.session_state.get("review_most", review_list.PER_SCREEN)
        count, cards = asked.count(), asked.cards(limit=most)
        seconds_each = pace(reviewing.paces(connection, mine.reviewer))
        mine.seen = reviewing.latest_entry(connection)
        disputes = Asked(base.store, connection, Queue(view=_only_time(view), show="disputed"), now).count()
    with head:
        _progress(progress, seconds_each)
        _others(base, mine, taken, now, disputes=disputes if kind != "disputed" else 0)
    with beside:
        _batch(base, mine, cards, count, taken, batch=batch, unread=kind == "unread")
    if trouble is not None:
        st.html(markup.search_trouble(trouble))
    review_list.both(
        base, mine, cards, count, now, queue=queue, next_on=True, empty=_nothing(kind, progress.waiting, count)
    )


def _only_time(view: View) -> View:
    return View(start=view.start, end=view.end)


def _progress(progress: queues.Progress, seconds_each: float) -> None:
    words = progress_words(progress.read, progress.stories, seconds_each)
    share = 100 * progress.read / progress.stories if progress.stories else 0
    st.html(
        f'<h1 class="headline">{markup.escape(words)}</h1>'
        f'<div class="progress" aria-hidden="true"><div style="width:{share:.1f}%"></div></div>'
    )


def _others(
    base: Ground, mine: Sitting, taken: dict[str, tuple[int, datetime]], now: datetime, *, disputes: int
) -> None:
    """What the others do, and where two said different things."""
    zone = base.settings.agency.timezone
    said = [
        f"{name} has taken {count} until {until.astimezone(zone):%H:%M}."
        for name, (count, until) in taken.items()
        if name != mine.reviewer
    ]
    with base.store.reading() as connection:
        for entry in reviewing.since(connection, max(0, mine.seen - LATELY), without=mine.reviewer, most=1):
            if now - entry.state.at < timedelta(minutes=30):
                minutes = int((now - entry.state.at).total_seconds() // 60)
                when = "just now" if minutes < 2 else f"{minutes} minutes ago"
                said.append(f"{entry.state.reviewer}, {when}: {review_markup.said_words(entry)}.")
    if mine.acts and not mine.against:
        said.insert(0, _last_said(base, mine.acts[-1][0]))
    if disputes:
        some = "1 story was" if disputes == 1 else f"{disputes} stories were"
        said.append(f"{some} judged in two ways at the same time: choose “Judged in two ways” to decide.")
    if mine.against:
        entry = mine.against[-1]
        said.append(
            f"{entry.state.reviewer} said {review_markup.said_words(entry)} of what you just judged, at the same time. "
            "Both are kept."
        )
    if said:
        st.html(f'<p class="about others" role="status">{markup.escape(" ".join(filter(None, said)))}</p>')


def _last_said(base: Ground, act: int) -> str:
    """What was saved last, so that a slip is seen while Undo is one key away."""
    with base.store.reading() as connection:
        numbers = reviewing.entries_of(connection, act)
        entry = next(iter(reviewing.entries(connection, numbers[:1])), None)
        whole = {} if entry is None else Reader(base.store, connection).numbered([entry.n])
    if entry is None or entry.n not in whole:
        return ""
    some = f"{len(numbers):,} posts" if len(numbers) > 1 else f"“{excerpt(spoken(whole[entry.n]), 60)}”"
    return f"Saved last: {review_markup.said_words(entry)}, of {some}."


def _batch(
    base: Ground,
    mine: Sitting,
    cards: list[Card],
    count: int,
    taken: dict[str, tuple[int, datetime]],
    *,
    batch: bool,
    unread: bool,
) -> None:
    """Ten for me alone, so that two people never read the same."""
    if not unread:
        return
    if batch:
        until = taken[mine.reviewer][1].astimezone(base.settings.agency.timezone)
        left = "The last one" if count == 1 else f"{count} stories"
        st.html(f'<p class="about">{left} of your batch, until {until:%H:%M}.</p>')
        st.button("Give back", key="give_back", on_click=sitting.give_back, args=(base,), type="tertiary")
    elif count:
        first = [card.story for card in cards][:BATCH]
        words = f"Take {len(first)} for me alone"
        st.button(words, key="take", shortcut="T", on_click=sitting.take, args=(base, first), type="tertiary")


def _nothing(kind: str, waiting: int, count: int) -> str:
    if count:
        return ""
    match kind:
        case "unread" if waiting:
            return "Nothing here is left to read: what waits is taken by somebody else, or the filters leave it out."
        case "unread":
            return (
                "Everything is read. Next: “Answer” shows what is open, “Learn” what your corrections could teach, and "
                "“Close the week” makes its numbers final."
            )
        case "disputed":
            return "Nobody judged the same story at the same time in two ways."
        case "second":
            return "There is nothing that somebody else has read and you have not."
        case _:
            return "There is nothing here."


# --- what others do -------------------------------------------------------------------------------------------------


def _watch(base: Ground, mine: Sitting) -> None:
    """Look every few seconds whether somebody else has decided or collected anything, and show it."""

    def look() -> None:
        with base.store.reading() as connection:
            entry = reviewing.latest_entry(connection)
            run = Reader(base.store, connection).latest_run()
            held = tuple(sorted(queues.taken(connection, base.now()).items()))
        state = (entry, run.no if run else 0, run.new if run else 0, held)
        before = st.session_state.get("watched")
        st.session_state["watched"] = state
        if before is not None and before != state and entry > mine.seen:
            st.rerun()
        if before is not None and before[1:] != state[1:]:
            st.rerun()

    st.fragment(ground.told(look), run_every=WATCH_EVERY)()
