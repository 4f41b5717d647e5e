"""How much is said when, and where: the days as a chart and as a table, and the places."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from listening import charts
from listening.insights import sentences
from listening.insights.periods import day_words, span_words
from listening.insights.tables import TAG_WORDS, Bar, Bars, Place
from listening.models import TAGS, Tag
from listening.pages import markup
from listening.pages.opened import open_view
from listening.store import View

MOST_PLACES = 8


def days(view: View, table: Bars, about: str, *, room: bool) -> None:
    unit = "week" if table.by_week else "day"
    present = [tag for tag in TAGS if any(bar.tags[tag] for bar in table.bars)]
    days = f"Public posts a {unit}, {span_words(table.bars[0].first, table.bars[-1].last)}"
    # The numbers are said here and not by the chart's own words: with other words the browser makes it anew, which
    # takes it twice as long as to exchange its data.
    told = f'<span class="unseen">{markup.escape(sentences.chart_words(table))}</span>'
    st.html(markup.section(sentences.chart_title(table, about), f"<span>{days}</span>{markup.key(present)}{told}"))
    turn = st.session_state.setdefault("chart_turn", 0)
    with st.container(key="days_chart"):
        picked = st.vega_lite_chart(
            spec=charts.mentions_by_day(table, room=room),
            key=f"days_{turn}",
            alt="Bars: how many public posts when, by tag. The line above tells them.",
            on_select="rerun",
            selection_mode="bar",
            height="stretch",
        )
    _open_picked(view, table, picked)


def days_as_table(view: View, table: Bars) -> None:
    unit = "week" if table.by_week else "day"
    box = st.expander(f"These numbers as a table, and each {unit}’s posts", key="days_table", on_change="rerun")
    if not box.open:
        return
    with box:
        heard = {bar.first: bar for bar in table.bars if bar.count}
        if heard:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                # By its day alone: a browser knows what was picked by its words, and a count differs by topic.
                st.selectbox(
                    f"Open a {unit}",
                    list(heard),
                    index=len(heard) - 1,
                    format_func=day_words,
                    key="day_to_open",
                    width=320,
                )
                st.button(
                    "Show its posts",
                    key="show_day",
                    on_click=_open_day,
                    args=(view, heard, table.by_week),
                )
        st.html(markup.bars_table(table))


def _open_day(view: View, heard: Mapping[date, Bar], by_week: bool) -> None:
    """Open the posts of the day that stands in the box now: it may have been picked right before the click."""
    day = st.session_state["day_to_open"]
    open_view(*_bar_view(view, heard[day if day in heard else max(heard)], None, by_week=by_week))


def _bar_view(view: View, bar: Bar, tag: Tag | None, *, by_week: bool) -> tuple[str, View, int]:
    count = bar.count if tag is None else bar.tags[tag]
    when = ("week of " if by_week else "") + day_words(bar.first)
    title = f"{'Public' if tag is None else sentences.TAG_LABELS[tag]} posts, {when}"
    return title, replace(view, start=bar.start, end=bar.end, tag=tag), count


def _open_picked(view: View, table: Bars, picked: object) -> None:
    """A click on a part of a bar opens just its mentions; the chart is then drawn anew, with nothing picked."""
    points = picked.get("selection", {}).get("bar", []) if isinstance(picked, dict) else []
    if not points:
        return
    words = {word: tag for tag, word in TAG_WORDS.items()}
    for bar in table.bars:
        if bar.first.isoformat() == points[0].get("start"):
            open_view(*_bar_view(view, bar, words.get(points[0].get("tag")), by_week=table.by_week))
            st.session_state["chart_turn"] += 1
            st.rerun()


def where(view: View, here: Sequence[Place], without_us: Collection[str], silent: Mapping[str, str]) -> None:
    """``silent``: the feeds that do not answer now, and when they were last heard."""
    st.html(markup.section(sentences.places_title(list(here)), "<span>Public posts by place</span>"))
    shown = {place.feed for place in here[:MOST_PLACES]}
    if here:
        _place_list(view, here, without_us, silent)
    if others := [f"{feed} ({heard})" for feed, heard in silent.items() if feed not in shown]:
        with st.container(key="silent"):
            st.html(f'<p class="about">{markup.escape(sentences.silent(others))}</p>')


def _place_list(view: View, here: Sequence[Place], without_us: Collection[str], silent: Mapping[str, str]) -> None:
    most = max(place.count for place in here)
    with st.container(key="places", gap=None):
        for rank, place in enumerate(here[:MOST_PLACES]):
            # No container a row: the style sheet makes a grid of them. A page with fewer parts is drawn sooner.
            without = place.feed in without_us
            st.html(markup.place(place.feed, place.count / most, without_us=without, heard=silent.get(place.feed, "")))
            st.button(
                "1 post" if place.count == 1 else f"{place.count:,} posts",
                key=f"open_place_{rank}",
                type="tertiary",
                on_click=open_view,
                args=(f"Public posts, {place.feed}", replace(view, feeds=frozenset({place.feed})), place.count),
            )
    if len(here) > MOST_PLACES:
        rest = here[MOST_PLACES:]
        count = sum(place.count for place in rest)
        more = "1 more place" if len(rest) == 1 else f"{len(rest)} more places"
        st.button(
            f"{more}: {'1 post' if count == 1 else f'{count:,} posts'}",
            key="open_place_rest",
            type="tertiary",
            on_click=open_view,
            args=(
                f"Public posts, {more}",
                replace(view, feeds=frozenset(place.feed for place in rest)),
                count,
            ),
        )
