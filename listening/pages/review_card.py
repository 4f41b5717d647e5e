"""One story on the review page: what was said and why it has its tag, and everything one may decide of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from listening import door
from listening.insights.questions import asking
from listening.insights.sentences import TAG_LABELS
from listening.models import STATUSES, Mention, Verdict
from listening.pages import markup, review_markup, sitting, threads
from listening.pages.ground import Ground
from listening.pages.sitting import Sitting
from listening.review import LONGEST_NOTE, STATUS_WORDS
from listening.store import Reader, conversing
from listening.store.queues import Card
from listening.store.reviewing import Entry

TAGS = (("Good", "G", "good"), ("Neutral", "N", "neutral"), ("Bad", "B", "bad"))
"""What a key says of the tag."""

CHANNELS = ("In public, below the post", "Private message", "Mail", "Telephone", "In person")


def card(base: Ground, mine: Sitting, shown: Card, log: Sequence[Entry], now: datetime, *, next_on: bool) -> None:
    """The story before the reader."""
    mention, verdict = shown.first, shown.first.verdict
    scheme = "on-dark" if st.context.theme.type == "dark" else "on-light"
    who_asks = door.who_asks(base.settings)
    asked = asking(mention, who_asks) if mention.question and mention.withdrawn_at is None else None
    proposed = sitting.desk(base).routes.of(mention)
    with st.container(key="card", gap="small"):
        st.html(
            f'<div class="opened-box {scheme}">'
            + review_markup.card(mention, asked, now, count=shown.count, feeds=shown.feeds, blind=mine.second)
            + _around(base, mention, now)
            + (review_markup.dispute(log) if review_markup.disputed(log) and not mine.second else "")
            + "</div>"
        )
        if shown.count > 1:
            _copies(base, shown, now, scheme)
        _verdicts(base, mine, shown, next_on=next_on)
        if not mine.second:
            _answering(base, shown, mention, verdict, proposed, log_open=not next_on)
        if log and not mine.second:
            st.html(f'<div class="opened-box {scheme}">{review_markup.log(log, now)}</div>')


def _around(base: Ground, mention: Mention, now: datetime) -> str:
    """What was said around it, open: who judges a post reads what it answers."""
    with base.store.reading() as connection:
        found = conversing.around(connection, [mention])
    return threads.conversation(mention, found[mention.id], now, opened=True) if found else ""


def _copies(base: Ground, shown: Card, now: datetime, scheme: str) -> None:
    box = st.expander(f"Its {shown.count} posts", key=f"copies_{shown.story}", on_change="rerun")
    if box.open:
        with base.store.reading() as connection:
            whole = Reader(base.store, connection).numbered(shown.numbers)
        with box:
            listed = markup.opened([(whole[number], None) for number in shown.numbers if number in whole], now)
            st.html(f'<div class="opened-box {scheme}">{listed}</div>')


def _verdicts(base: Ground, mine: Sitting, shown: Card, *, next_on: bool) -> None:
    """One key a verdict."""
    mention, numbers = shown.first, shown.numbers
    current = "" if mine.second else mention.tag
    judged = mention.verdict is not None and mention.verdict.tag is not None and not mine.second
    with st.container(key="verdicts", horizontal=True, gap="small"):
        for label, key, tag in TAGS:
            _key(
                base,
                label,
                key,
                numbers,
                {"tag": tag},
                story=shown.story,
                next_on=next_on,
                primary=judged and tag == current,
            )
        if current in ("good", "neutral", "bad"):
            _key(
                base,
                f"Yes, {TAG_LABELS[mention.tag].lower()}",
                "Y",
                numbers,
                {"tag": current},
                story=shown.story,
                next_on=next_on,
            )
        if not mine.second:
            relevant = mention.verdict is None or mention.verdict.relevant is not False
            words = "Not about us" if relevant else "It is about us"
            _key(base, words, "X", numbers, {"relevant": not relevant}, story=shown.story, next_on=next_on and relevant)
    moving(base, mine, shown.story)


def moving(base: Ground, mine: Sitting, story: int) -> None:
    """To another story, and back from what was done."""
    with st.container(key="moving", horizontal=True, gap="small"):
        words = "Select no longer" if story in mine.selected else "Select"
        st.button(words, key="select_it", shortcut="S", type="tertiary", on_click=sitting.tick, args=(story,))
        st.button("Next", key="next", shortcut="J", type="tertiary", on_click=sitting.step, args=(1,))
        st.button("Back", key="back", shortcut="K", type="tertiary", on_click=sitting.step, args=(-1,))
        undo_button(base, mine)


def undo_button(base: Ground, mine: Sitting) -> None:
    """Take the last act back."""
    st.button(
        "Undo", key="undo", shortcut="U", type="tertiary", on_click=sitting.undo, args=(base,), disabled=not mine.acts
    )


def _key(
    base: Ground,
    label: str,
    key: str,
    numbers: Sequence[int],
    change: Mapping[str, Any],
    *,
    story: int,
    next_on: bool,
    primary: bool = False,
) -> None:
    # The story is in the key: what is pressed on a card that has just been exchanged never judges the new one.
    def press() -> None:
        sitting.judge(base, numbers, change, move_on=next_on, story=story)

    kind = "primary" if primary else "secondary"
    st.button(label, key=f"say_{key}_{story}", shortcut=key, type=kind, on_click=press)  # type: ignore[arg-type]


def _answering(
    base: Ground, shown: Card, mention: Mention, verdict: Verdict | None, proposed: str, *, log_open: bool
) -> None:
    """Who answers, how far that is, and a note; ``log_open``: with the line of the answer log before it is answered."""
    status = verdict.status if verdict else ""

    def say(name: str, key: str) -> None:
        value = st.session_state[key]
        sitting.judge(base, shown.numbers, {name: value or ""}, move_on=False)

    with st.container(key="answering", gap="small"):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="who_answers"):
            asks = bool(mention.question)
            words = "Needs no answer" if asks else "Needs an answer"

            def turn() -> None:
                sitting.judge(base, shown.numbers, {"asks": not asks}, move_on=False)

            st.button(words, key=f"say_A_{shown.story}", shortcut="A", on_click=turn)
            given = verdict.department if verdict else ""
            if proposed and not given:

                def send() -> None:
                    sitting.judge(base, shown.numbers, {"department": proposed}, move_on=False)

                st.button(
                    f"To {markup.not_markdown(proposed)}", key=f"say_D_{shown.story}", shortcut="D", on_click=send
                )
            departments = list(sitting.desk(base).routes.departments)
            options = ["", *dict.fromkeys([*departments, *([given] if given else [])])]
            key = _of("department", shown, given)
            st.selectbox(
                "Department",
                options,
                index=options.index(given),
                format_func=lambda name: name or (f"Proposed: {proposed}" if proposed else "None"),
                key=key,
                on_change=say,
                args=("department", key),
                width=235,
            )
            key = _of("status", shown, status)
            st.selectbox(
                "Status",
                STATUSES,
                index=STATUSES.index(status),
                format_func=STATUS_WORDS.__getitem__,
                key=key,
                on_change=say,
                args=("status", key),
                width=140,
            )
            if status in ("open", "pending"):

                def answered() -> None:
                    sitting.judge(base, shown.numbers, {"status": "answered"}, move_on=False)

                st.button("Answered", key=f"say_W_{shown.story}", shortcut="W", on_click=answered)
        if verdict is not None and (status == "answered" or (log_open and status in ("open", "pending"))):
            _answer(base, shown, verdict)
        note = verdict.note if verdict else ""
        key = _of("note", shown, note)
        st.text_input(
            "Note for the team",
            value=note,
            key=key,
            max_chars=LONGEST_NOTE,
            on_change=say,
            args=("note", key),
        )


def _of(name: str, shown: Card, value: object) -> str:
    """A field's key: it is made anew when its own value changes, so that what is being typed into another stays."""
    return f"{name}_{shown.story}_{value}"


def _answer(base: Ground, shown: Card, verdict: Verdict) -> None:
    """The line of the answer log: by whom, on which way, how many minutes it took."""

    def say(name: str, key: str) -> None:
        sitting.judge(base, shown.numbers, {name: st.session_state[key]}, move_on=False)

    with st.container(key="answer_log", horizontal=True, gap="small"):
        key = _of("answered_by", shown, verdict.answered_by)
        st.text_input(
            "Answered by",
            verdict.answered_by,
            key=key,
            max_chars=60,
            on_change=say,
            args=("answered_by", key),
            width=200,
        )
        key = _of("channel", shown, verdict.channel)
        options = ["", *dict.fromkeys([*CHANNELS, *([verdict.channel] if verdict.channel else [])])]
        st.selectbox(
            "How",
            options,
            index=options.index(verdict.channel),
            format_func=lambda name: name or "Not said",
            key=key,
            on_change=say,
            args=("channel", key),
            width=250,
        )
        if verdict.status == "answered" and verdict.answered_at is not None:
            zone = base.settings.agency.timezone
            on = verdict.answered_at.astimezone(zone).date()
            key = _of("answered_on", shown, on)

            def dated(key: str = key) -> None:
                if chosen := st.session_state[key]:
                    noon = datetime(chosen.year, chosen.month, chosen.day, 12, tzinfo=zone)
                    sitting.judge(base, shown.numbers, {"answered_at": min(noon, base.now())}, move_on=False)

            st.date_input(
                "Answered on", on, key=key, max_value=base.now().astimezone(zone).date(), on_change=dated, width=160
            )
        key = _of("minutes", shown, verdict.minutes)
        st.number_input(
            "Minutes of work",
            min_value=0,
            max_value=10_000,
            value=verdict.minutes,
            key=key,
            on_change=say,
            args=("minutes", key),
            width=160,
        )


def several(base: Ground, mine: Sitting, count: int, before: Card, now: datetime) -> None:
    """What can be done to everything that is selected; below it the story that the keys have come to."""
    keys = mine.everything is None  # all of a long list is not judged by one slip of a finger
    with st.container(key="card", gap="small"):
        words = "1 story is selected" if count == 1 else f"{count:,} stories are selected"
        st.html(
            f'<h2 class="section">{words}</h2><p class="under">What you choose is saved for all of them; '
            "Undo takes it back for all of them.</p>"
        )

        def press(change: Mapping[str, Any]) -> None:
            sitting.judge_selected(base, change)

        with st.container(key="verdicts", horizontal=True, gap="small"):
            for label, key, tag in TAGS:
                st.button(label, key=f"all_{key}", shortcut=key if keys else None, on_click=press, args=({"tag": tag},))
            if not mine.second:
                st.button(
                    "Not about us",
                    key="all_X",
                    shortcut="X" if keys else None,
                    on_click=press,
                    args=({"relevant": False},),
                )
        with st.container(key="who_answers", horizontal=True, gap="small", vertical_alignment="bottom"):
            if not mine.second:
                st.button(
                    "Needs an answer",
                    key="all_A",
                    shortcut="A" if keys else None,
                    on_click=press,
                    args=({"asks": True},),
                )
                st.button(
                    "Needs no answer",
                    key="all_no",
                    shortcut="O" if keys else None,
                    on_click=press,
                    args=({"asks": False},),
                )

                def route() -> None:
                    press({"department": st.session_state["all_department"] or ""})

                st.selectbox(
                    "Department",
                    sitting.desk(base).routes.departments,
                    index=None,
                    placeholder="Choose one",
                    key="all_department",
                    on_change=route,
                    width=200,
                )

                def stand() -> None:
                    press({"status": st.session_state["all_status"]})

                st.selectbox(
                    "Status",
                    STATUSES[1:],
                    index=None,
                    format_func=STATUS_WORDS.__getitem__,
                    placeholder="Choose one",
                    key="all_status",
                    on_change=stand,
                    width=165,
                )
        st.button("Select nothing", key="select_nothing", shortcut="Esc", on_click=sitting.clear, args=(mine,))
        moving(base, mine, before.story)
        scheme = "on-dark" if st.context.theme.type == "dark" else "on-light"
        text = review_markup.card(before.first, None, now, count=before.count, feeds=before.feeds, blind=mine.second)
        st.html(f'<div class="opened-box {scheme}">{text}</div>')
