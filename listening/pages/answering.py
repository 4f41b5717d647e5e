"""The review's second step: what waits for an answer, by department, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from urllib.parse import urlencode

import streamlit as st

from listening.insights.numbers import FEW_ANSWERS
from listening.insights.sentences import within
from listening.models import Status
from listening.pages import markup, review_list, sitting, taking_away
from listening.pages.ground import Ground
from listening.pages.sitting import Sitting
from listening.store import Reader, View, reviewing
from listening.store.queues import Asked, Queue

SHOWN: dict[str, Status] = {"Open": "open", "Pending": "pending", "Answered": "answered", "Closed": "closed"}
WAITING: frozenset[Status] = frozenset({"open", "pending"})
EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
EMPTY = {
    "open": "Nothing is open. What asks for something is opened here when it is read.",
    "pending": "Nothing is pending.",
    "answered": "Nothing was answered yet. Mark a story as answered, and its time is kept.",
    "closed": "Nothing was closed.",
}


def show(base: Ground, mine: Sitting, view: View, now: datetime) -> None:
    """The lists, each with its own address, and the answers in numbers."""
    mine.second = False
    head = st.container(key="head", gap="small")
    departments = sitting.desk(base).routes.departments
    with st.container(key="filters", horizontal=True, gap="small", vertical_alignment="bottom"):
        status = st.segmented_control(
            "Status", list(SHOWN), default="Open", required=True, key="is", bind="query-params"
        )
        department = st.selectbox("Department", ["All", *departments], key="for", bind="query-params", width=240)
    wanted = SHOWN[status or "Open"]
    chosen = replace(view, department=None if department in (None, "All") else department)
    # What waits, waits from whatever day: the time chosen above is that of the answers.
    always = replace(chosen, start=EVER[0], end=EVER[1])
    listed = always if wanted in WAITING else chosen
    with base.store.reading() as connection:
        queue = Queue(view=replace(listed, status=wanted), show="all", turn="longest waiting", me=mine.reviewer)
        asked = Asked(base.store, connection, queue, now)
        count, cards = asked.count(), asked.cards(limit=st.session_state.get("review_most", review_list.PER_SCREEN))
        reader = Reader(base.store, connection)
        counts = {
            each: reader.total(replace(always if each in WAITING else chosen, status=each)) for each in SHOWN.values()
        }
        asking, waited = reader.total(replace(chosen, asking=True)), reader.waited(chosen)
        unread = reader.total(replace(chosen, asking=True, reviewed=False)) if chosen.department is None else 0
        mine.seen = reviewing.latest_entry(connection)
    with head:
        st.html(f'<h1 class="headline">{markup.escape(_headline(counts, department, unread))}</h1>')
        each_of = " · ".join(f"{words} {counts[each]:,}" for words, each in SHOWN.items())
        still = unread_words(unread, waiting=counts["open"] + counts["pending"])
        st.html(f'<p class="deck">{markup.escape(answered_words(asking, waited) + still)} {each_of}</p>')
    review_list.both(base, mine, cards, count, now, queue=queue, next_on=False, empty=EMPTY[wanted])
    _take_away(base, replace(listed, status=wanted), department, status or "Open", counts[wanted], mine, now)


def _headline(counts: dict[Status, int], department: str | None, unread: int) -> str:
    whose = "" if department in (None, "All") else f" for {department}"
    waiting = counts["open"] + counts["pending"]
    if not waiting and unread:
        return "One question was not read yet" if unread == 1 else f"{unread:,} questions were not read yet"
    if not waiting:
        return f"Nothing waits for an answer{whose}"
    some = "1 post waits" if waiting == 1 else f"{waiting:,} posts wait"
    pending = f", {counts['pending']:,} of them pending" if counts["pending"] else ""
    if counts["pending"] == waiting:
        pending = ", and is pending" if waiting == 1 else ", all of them pending"
    return f"{some} for an answer{whose}{pending}"


def unread_words(unread: int, *, waiting: int) -> str:
    """How many questions nobody has read, behind the other numbers; nothing where no post waits: the headline says it
    then."""
    return f" {unread:,} {'is' if unread == 1 else 'are'} not read yet." if unread and waiting else ""


def answered_words(asking: int, waited: Sequence[int] | None) -> str:
    """9 of 23 questions were answered, half of them within 3 hours; ``waited``: how long each answered one had, None
    where nobody knows."""
    if asking and waited is None:
        return (
            "Whether the one question was answered is not known yet."
            if asking == 1
            else (f"How many of {asking:,} questions were answered is not known yet.")
        )
    waited = waited or ()
    answered = len(waited)
    if not asking:
        return "Nobody asked anything in this time."
    if asking == 1:
        return f"The one question {'was answered' if answered else 'is not answered yet'}."
    if not answered:
        return f"None of {asking:,} questions is answered yet."
    said = f"{answered:,} of {asking:,} questions {'was' if answered == 1 else 'were'} answered"
    return f"{said}, half of them within {within(median(waited))}." if answered >= FEW_ANSWERS else f"{said}."


def _take_away(
    base: Ground, view: View, department: str | None, status: str, count: int, mine: Sitting, now: datetime
) -> None:
    """The list's own address, and the list as a file."""
    one = department not in (None, "All")
    kept = {name: st.query_params[name] for name in ("by", "time") if name in st.query_params}
    address = urlencode({"step": "Answer", "is": status, **({"for": department} if one else {}), **kept})
    name = "-".join(["answers", status, *([department or ""] if one else []), f"{now:%Y-%m-%d}"])
    with st.container(key="take_away", horizontal=True, gap="medium", vertical_alignment="center"):
        st.html(
            f'<p class="about"><a href="?{markup.escape(address)}" target="_self">The address of this list</a> can be '
            "bookmarked.</p>"
        )
        clean = "".join(sign if sign.isalnum() else "-" for sign in name.casefold())
        detail = f"the list {status} of {department or 'all'}"
        taking_away.offer(base, view, count, name=clean, who=mine.reviewer, detail=detail)
