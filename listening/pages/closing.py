"""The review's last step: the week's numbers are made final, and what changes afterwards is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import streamlit as st

from listening import weeks
from listening.insights.periods import day_words, span_words
from listening.pages import markup, sitting
from listening.pages.ground import Ground
from listening.pages.sitting import Sitting
from listening.settings import Settings
from listening.store import Store, reviewing
from listening.store.queues import Asked, Queue
from listening.store.views import View
from listening.weeks import LABELS, State

MOST_WEEKS = 8


def show(base: Ground, mine: Sitting, now: datetime) -> None:
    """A week, its numbers when it was closed and now, and who did what with it."""
    zone = base.settings.agency.timezone
    newest = weeks.monday_of(weeks.last_ended(now, zone))
    keys = [weeks.key_of(newest - timedelta(days=7 * back)) for back in range(MOST_WEEKS)]
    head = st.container(key="head", gap="small")
    with st.container(key="which_week", horizontal=True, gap="small", vertical_alignment="bottom"):
        week = st.selectbox("Week", keys, key="week", bind="query-params", width=190) or keys[0]
        beside = st.container(width="content")
    state = weeks.state(base.store, week)
    with base.store.reading() as connection:
        mine.seen = reviewing.latest_entry(connection)
        view = View(start=state.period.start, end=state.period.end)
        left = Asked(base.store, connection, Queue(view=view), now).progress().waiting
    days = span_words(state.period.start.date(), (state.period.end - timedelta(hours=1)).astimezone(zone).date())
    with head:
        st.html(f'<h1 class="headline">{markup.escape(_headline(state, days, now))}</h1>')
        st.html(f'<p class="deck">{markup.escape(_deck(state, left))}</p>')
    with beside:
        _button(base, state, left)
    st.html(_table(state))
    if state.log:
        lines = []
        for entry in reversed(state.log):
            at = entry.at.astimezone(zone)
            who = markup.escape(entry.who or "somebody")
            when = f"{day_words(at.date(), year=True)}, {at:%H:%M}"
            lines.append(f"<li>{markup.escape(when)} · {weeks.entry_words(entry)} by {who}</li>")
        st.html(markup.section("What was done with this week") + f'<ul class="log">{"".join(lines)}</ul>')


def _headline(state: State, days: str, now: datetime) -> str:
    if not state.closed:
        return f"The week of {days} is open"
    assert state.at is not None
    at = state.at.astimezone(now.tzinfo)
    by = f" by {state.who}" if state.who else ""
    return f"The week of {days} was closed{by} on {day_words(at.date())}"


def _deck(state: State, left: int) -> str:
    if state.closed:
        mentions = next((each for each in state.differences if each.name == "mentions"), None)
        if mentions is not None:
            return f"Public posts: {mentions.words}."
        if state.differences:
            return "What you reported stands. Some of its numbers would be others today: see below."
        return "Its numbers are final."
    if left:
        stories = "1 story is" if left == 1 else f"{left:,} stories are"
        return f"{stories} not read yet. You can close the week all the same: it keeps the numbers as they are now."
    return "Everything is read. Close it, and late posts no longer move its numbers."


def _table(state: State) -> str:
    """The numbers, frozen and now."""
    heads = ["Number", *(["When it was closed"] if state.frozen else []), "Now", *(["Since"] if state.frozen else [])]
    rows = []
    for name, label in LABELS.items():
        value = getattr(state.now, name)
        cells = [weeks.value_words(name, value)]
        if state.frozen is not None:
            then = getattr(state.frozen, name)
            cells = [weeks.value_words(name, then), *cells, weeks.difference_words(name, then, value) or "–"]
        rows.append(
            f'<tr><th scope="row">{label}</th>' + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"
        )
    head = "".join(f'<th scope="col"{" class=n" if place else ""}>{each}</th>' for place, each in enumerate(heads))
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="week"><table class="plain">{body}</table></div>'


def _button(base: Ground, state: State, left: int) -> None:
    """Close it, or open it again."""

    def close() -> None:
        # Somebody else may have been quicker: the page shows it as it is now in either case.
        sitting.told(base, lambda mine: _do(weeks.close, base, state.week, mine.reviewer))

    def reopen() -> None:
        sitting.told(base, lambda mine: _do(weeks.reopen, base, state.week, mine.reviewer))

    if state.closed:
        st.button("Open it again", key="reopen_week", on_click=reopen)
    else:
        kind = "secondary" if left else "primary"
        st.button("Close the week", key="close_week", on_click=close, type=kind)  # type: ignore[arg-type]


def _do(what: Callable[[Store, Settings, str, str, datetime], bool], base: Ground, week: str, who: str) -> None:
    what(base.store, base.settings, week, who, base.now())
