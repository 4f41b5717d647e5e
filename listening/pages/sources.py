"""The sources page: which feeds answered when, what failed, what to do; and "Collect now"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

import streamlit as st

from listening import door, unattended
from listening import store as stores
from listening.collectors import collector
from listening.collectors.protocols import Budgeted
from listening.insights.feeds import Health, clock, health, sentence
from listening.insights.periods import period
from listening.insights.rhythm import Rhythm, rhythm
from listening.pages import ground, markup
from listening.pages.collecting import begin
from listening.pages.ground import Ground
from listening.pages.opened import open_view, show_opened
from listening.store import Reader, Run, View, spending

CLICKED = "mentions"
"""In the address: the place whose number was clicked. A table's cell holds a link, not a button."""


@ground.told
def show() -> None:
    """The whole page."""
    ground.dress()
    base = ground.stand()
    zone = base.settings.agency.timezone
    now = base.now().astimezone(zone)
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        states = stores.feed_states(connection)
        last = period("7d", now, zone)
        week = View(start=last.start, end=last.end)
        spent = _spent(base, connection, now)
        mentions = {name: sum(count.count for count in counts) for name, counts in _by_feed(reader, week).items()}
    found = health(base.settings.feeds, states, now)
    asked = _asked(base, states, now)
    missed = {feed.name: rhythm(states.get(feed.name), now).missed for feed in base.settings.feeds}
    agency = base.settings.agency
    made_up = '<span class="made-up">Made-up data</span>' if agency.made_up else ""
    with st.container(key="top"):
        st.html(f'<div class="masthead"><b>{markup.escape(agency.name)}</b><span>Where we listen</span>{made_up}</div>')
    st.html(f'<h1 class="headline">{markup.escape(sentence(found))}</h1>')
    _collecting(base, now)
    if found:
        st.html(_table(found, mentions, spent, asked, missed))
    if base.settings.paused:
        st.html(_paused(base))
    if found:
        st.html(_blind_spots(base))
    elif not base.settings.paused:
        st.html('<div class="empty">Add places to listen to under <a href="setup">Set up</a>.</div>')
    clicked = st.query_params.pop(CLICKED, "")
    if mentions.get(clicked):
        open_view(f"Mentions of 7 days, {clicked}", replace(week, feeds=frozenset({clicked})), mentions[clicked])
    show_opened(base, now)


def _paused(base: Ground) -> str:
    """The places that are not asked, by name."""
    names = ", ".join(f"<bdi>{markup.escape(feed.name)}</bdi>" for feed in base.settings.paused)
    again = "" if base.frozen is not None else ' Tick them on <a href="setup">Set up</a> and they are asked again.'
    return f'<p class="about"><strong>Paused, and not asked:</strong> {names}. What they gave stays.{again}</p>'


def _by_feed(reader: Reader, view: View) -> dict[str, list[stores.Count]]:
    found: dict[str, list[stores.Count]] = {}
    for count in reader.counts(view):
        found.setdefault(count.feed, []).append(count)
    return found


# --- collecting -----------------------------------------------------------------------------------------------------


def _collecting(base: Ground, now: datetime) -> None:
    """The button, or how far the collection is; it runs in a process of its own, so the pages stay free to read."""
    with base.store.reading() as connection:
        reader = Reader(base.store, connection)
        run, before = reader.latest_run(), reader.latest_run(before=1)
    if base.frozen is not None:
        st.html('<p class="deck">This is a snapshot: it stays as it was, and nothing is collected.</p>')
        return
    if (run is not None and run.running(door.now())) or _starting(run):
        st.fragment(_progress, run_every="1s")(base)
        return
    st.html(f'<p class="deck">{markup.escape(_last_run(run, now, before))}</p>')
    if base.settings.feeds and (words := _by_itself(base, run, now)):
        st.html(f'<p class="deck">{markup.with_command(words, unattended.BY_ITSELF)}</p>')
    if failure := st.session_state.pop("collect_failure", ""):
        st.error("The collection stopped.")
        st.text(failure)
    # Without a place there is nobody to ask.
    if base.settings.feeds and st.button("Collect now", type="primary", key="collect_now"):
        st.session_state["collecting"] = (begin(base, "--retry"), run.no if run else 0, door.now())
        st.rerun()


def _starting(run: Run | None) -> bool:
    """Whether our process has been started and has not written its first line yet, or has just ended."""
    started = st.session_state.get("collecting")
    if started is None:
        return False
    collecting, before, _ = started
    if not collecting.over:
        return True
    st.session_state.pop("collecting")
    if (run.no if run else 0) == before:
        # It ended without beginning a run: settings or store could not be used.
        said = collecting.complained.strip()
        st.session_state["collect_failure"] = said or "It gave no reason. Try the command listening collect."
    return False


@ground.told
def _progress(base: Ground) -> None:
    with base.store.reading() as connection:
        run = Reader(base.store, connection).latest_run()
    now = door.now()
    if not _starting(run) and not (run is not None and run.running(now)):
        st.rerun()
    if run is None or run.finished_at is not None:
        started = st.session_state.get("collecting")
        if run is not None and started is not None and run.no > started[1]:
            st.progress(1.0, "Collecting: done, one moment …")
        else:
            st.progress(0.0, "Collecting: starting …")
        return
    words = f"Collecting: {run.done} of {run.feeds} places, {run.new:,} new mentions so far. You can go on reading."
    st.progress(run.done / max(1, run.feeds), words)


def _last_run(run: Run | None, now: datetime, before: Run | None) -> str:
    if run is None:
        return "Nothing has been collected yet."
    when = clock(run.started_at, now)
    if run.finished_at is None:
        if run.running(now):
            return f"A collection began {when}."
        return (
            f"The collection of {when} was stopped before its end; what it had read is stored, and the next one brings "
            "the rest."
        )
    new = "1 new mention" if run.new == 1 else f"{run.new:,} new mentions"
    failed = (
        f", {run.failed} of {run.feeds} {'place' if run.feeds == 1 else 'places'} could not be read"
        if run.failed
        else ""
    )
    if not run.posts and before is not None and run.failed < run.feeds:
        since = f"Nothing has changed since {clock(before.started_at, now)}"
        return f"Last collected {when}. {since}{failed}. {run.note}".strip()
    return f"Last collected {when}: {new} in {run.posts:,} posts read{failed}. {run.note}".strip()


def _by_itself(base: Ground, run: Run | None, now: datetime) -> str:
    """Whether a collector runs by itself, and what keeps it from getting on; where none does, what to do."""
    if base.settings.agency.made_up:
        return ""
    who = unattended.collector_of(base.store)
    if said := unattended.sentence(who, now, lambda moment: clock(moment, now)):
        return said
    last = f" Last by hand {clock(run.started_at, now)}." if run is not None else ""
    return (
        f"Nobody collects by itself.{last} “Collect now” collects once; {unattended.BY_ITSELF} in a terminal, left "
        "running, goes on."
    )


# --- the table ------------------------------------------------------------------------------------------------------


def _spent(base: Ground, connection: stores.Connection, now: datetime) -> dict[str, str]:
    """What each counted place has used up so far, in words: 43 of 100 searches today."""
    said = {}
    for feed in base.settings.feeds:
        module = collector(feed.source)
        if isinstance(module, Budgeted):
            parts = [
                f"{spending.in_words(budget, spending.used(connection, budget, now))} "
                f"{'today' if budget.period == 'day' else 'this month'}"
                for budget in module.budgets(feed)
            ]
            said[feed.name] = ", ".join(parts)
    return said


def _asked(base: Ground, states: dict[str, stores.FeedState], now: datetime) -> dict[str, str]:
    """How often each place is asked when nobody looks on, why, and when it is due; as markup. Empty where nobody is."""
    if base.frozen is not None or base.settings.agency.made_up:
        return {}
    said = {}
    runs = unattended.collector_of(base.store).running
    for feed in base.settings.feeds:
        state = states.get(feed.name)
        how = rhythm(state, now)
        if how.every and state is not None and state.state != "gone":
            # Of one that fails it is said beside what to do.
            small = f"{_first_up(how.why)}." + (f" {_due(how, now)}" if runs and not state.failures else "")
            every = how.every if runs else f"not by itself; it would be {how.every}"
            said[feed.name] = f'{markup.escape(_first_up(every))}<br><span class="advice">{markup.escape(small)}</span>'
    return said


def _due(how: Rhythm, now: datetime) -> str:
    return "Due now." if how.next is None or how.next <= now else f"Due {clock(how.next, now)}."


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(
    found: list[Health], week: dict[str, int], spent: dict[str, str], asked: dict[str, str], missed: dict[str, str]
) -> str:
    rows = "".join(
        _row(
            one,
            week.get(one.feed.name, 0),
            spent.get(one.feed.name, ""),
            asked.get(one.feed.name, "") if asked else None,
            missed.get(one.feed.name, ""),
        )
        for one in found
    )
    often = '<th scope="col">Asked</th>' if asked else ""
    return (
        '<table class="plain stack"><thead><tr><th scope="col">Place</th><th scope="col">State</th>'
        f'<th scope="col">Last answer</th>{often}<th scope="col" class="n">Mentions, 7 days</th>'
        f'<th scope="col">What happened, what to do</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(one: Health, mentions: int, spent: str, asked: str | None, missed: str) -> str:
    count = f"{mentions:,}"
    if mentions:
        name = markup.escape(one.feed.name)
        count = f'<a href="?{urlencode({CLICKED: one.feed.name})}" aria-label="{count}: see them, {name}">{count}</a>'
    kind = markup.escape(collector(one.feed.source).LABEL + (f"; used {spent}" if spent else ""))
    trouble = " trouble" if one.trouble else ""
    often = "" if asked is None else f'<td data-label="Asked">{asked}</td>'
    said = markup.escape(missed)
    if one.problem:
        said = (
            f"{markup.escape(one.problem)} "
            f'<span class="advice">{markup.escape(one.advice)} {markup.escape(one.next_try)}</span>'
        )
    return (
        f'<tr><th scope="row">{markup.escape(one.feed.name)}<br><span class="advice">{kind}</span></th>'
        f'<td data-label="State"><span class="state{trouble}">{"! " if one.trouble else ""}{markup.escape(one.words)}'
        f'</span></td><td data-label="Last answer">{markup.escape(one.last_answer)}</td>'
        f"{often}"
        f'<td data-label="Mentions, 7 days" class="n">{count}</td><td>{said}</td></tr>'
    )


def _blind_spots(base: Ground) -> str:
    """What the sources we use cannot see, said plainly."""
    used = dict.fromkeys(feed.source for feed in base.settings.feeds)
    modules = [collector(source) for source in used]
    lines = "".join(
        f"<p><strong>{markup.escape(module.LABEL)}:</strong> {markup.escape(module.CANNOT_SEE)}</p>"
        for module in modules
    )
    return f'<div class="foot"><p><strong>What these places cannot show.</strong></p>{lines}</div>'
