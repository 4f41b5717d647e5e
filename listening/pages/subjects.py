"""What it is about, on the leaders' page: days that stand out, stories, questions, themes, reach. Each is left out
where there is nothing to say, and counted once for a view and a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from listening import door
from listening import settings as settings_files
from listening.insights import sentences
from listening.insights.drivers import Driver, day_view, driver
from listening.insights.numbers import Numbers
from listening.insights.periods import Period, day_words
from listening.insights.questions import asking as asking_words
from listening.insights.questions import questions as questions_of
from listening.insights.reach import Reached
from listening.insights.reach import reached as reached_by
from listening.insights.spikes import Spike, spike_words
from listening.insights.spikes import spikes as spikes_of
from listening.insights.themes import both as themes_and_sides
from listening.models import Mention
from listening.pages import ground, markup
from listening.pages.ground import Ground
from listening.pages.opened import open_view
from listening.store import Reader, View

MOST_STORIES = 3
MOST_SPIKES = 3
MOST_THEMES = 5
MOST_SIDES = 4


class Afterwards:
    """Small parts that are put where they belong when the browser has drawn what is seen first."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], object]] = []
        self._begun = False

    def add(self, part: Callable[[], object]) -> None:
        """Put it there with the others, or at once where these are there already."""
        if self._begun:
            part()
        else:
            self._waiting.append(part)

    def show(self) -> None:
        """Put all of them there; what is added from now on follows at once."""
        self._begun = True
        while self._waiting:
            self._waiting.pop(0)()


class Later:
    """A spot on the page that is filled when what it needs has been counted; until then it shows what stood there."""

    def __init__(self) -> None:
        self._spot: DeltaGenerator | None = None
        self._part: Callable[[], None] | None = None

    def place(self, key: str) -> None:
        """Here it stands."""
        self._spot = st.container(key=key, gap=None)
        self._fill()

    def show(self, part: Callable[[], None]) -> None:
        """Fill it; where it has its place further down, when that is reached."""
        self._part = part
        self._fill()

    def _fill(self) -> None:
        if self._spot is not None and self._part is not None:
            with self._spot:
                self._part()


def reached(base: Ground, reader: Reader, view: View, chosen: Period, found: Numbers) -> Reached:
    """How many people the posts may have reached, and those of the period before."""
    return ground.kept(
        base,
        "reach",
        _key(view, found),
        lambda: reached_by(reader, view, chosen, found, settings_files.audiences(base.settings)),
    )


def reach(reached: Reached, found: Numbers) -> None:
    """How the range is made, where anything is known, and of what the shares are."""
    said = [] if reached.now is None else [sentences.reach_words(reached.now)]
    if shares := sentences.shares_of(found.now):
        said.append(shares)
    if said:
        st.html(f'<p class="about">{markup.escape(" ".join(said))}</p>')


def stood_out(
    base: Ground, reader: Reader, view: View, chosen: Period, found: Numbers, now: datetime
) -> list[tuple[Spike, Driver | None]]:
    """The days of the period that stand out, newest first, each with what drove it."""
    zone = base.settings.agency.timezone

    def look() -> list[tuple[Spike, Driver | None]]:
        days = spikes_of(reader, view, chosen, now, zone)[:MOST_SPIKES]
        return [
            (spike, _masked(base, driver(reader, view, spike, zone, own=settings_files.no_themes(base.settings))))
            for spike in days
        ]

    return ground.kept(base, "spikes", _key(view, found), look)


def spikes(view: View, stood_out: Sequence[tuple[Spike, Driver | None]], zone: ZoneInfo) -> None:
    """The days that stand out in words, each with its posts behind it."""
    for rank, (spike, drove) in enumerate(stood_out):
        inside = day_view(view, spike, zone)
        said = " ".join([spike_words(spike), *([] if drove is None else [sentences.driver_words(drove)])])
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"spike_{rank}"):
            st.html(f'<p class="about spike"><bdi>{markup.escape(said)}</bdi></p>')
            day = day_words(spike.day)
            _open(f"See the {spike.count:,} posts", f"open_spike_{rank}", f"Public posts, {day}", inside, spike.count)
            if drove is not None:
                what = drove.words if drove.first is None else sentences.story_name(drove.first)
                title = f"Public posts, {day}, “{what}”"
                _open(f"The {drove.count:,} of them", f"open_driver_{rank}", title, drove.view, drove.count)


def _masked(base: Ground, drove: Driver | None) -> Driver | None:
    if drove is None:
        return None
    first = None if drove.first is None else base.mask.mention(drove.first)
    return replace(drove, first=first, words=base.mask.words(drove.words))


def _open(label: str, key: str, title: str, view: View, count: int) -> None:
    """A way to the mentions behind a number."""
    st.button(
        label,
        key=key,
        type="tertiary",
        on_click=open_view,
        args=(title, view, count),
    )


# --- stories --------------------------------------------------------------------------------------------------------


def stories(base: Ground, reader: Reader, view: View, found: Numbers, now: datetime) -> bool:
    """The texts that came up more than once; left out, and False, where none did."""
    count = found.now.mentions
    told, stories = ground.kept(
        base, "stories", _key(view, found), lambda: (reader.stories(view, limit=MOST_STORIES), reader.story_count(view))
    )
    if not told:
        return False
    under = sentences.stories_words(count, stories)
    st.html(markup.section(sentences.stories_title(count, told), f"<span>{markup.escape(under)}</span>"))
    mask = base.mask
    with st.container(key="stories", gap=None):
        for rank, story in enumerate(replace(each, first=mask.mention(each.first)) for each in told):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"story_{rank}"):
                st.html(markup.story(story, now))
                title = f"Story: {sentences.story_name(story.first)}"
                inside = replace(view, story=story.no)
                _open(f"See the {story.count:,} posts", f"open_story_{rank}", title, inside, story.count)
    return True


# --- questions ------------------------------------------------------------------------------------------------------


def questions(base: Ground, reader: Reader, view: View, found: Numbers, now: datetime) -> bool:
    """Who asks for something, those first that ask us by our name; left out, and False, where nobody does.

    Where it is known what was answered, those that wait are shown, and the way to the others stands below them.
    """
    asking, answered, waiting = found.now.asking, found.now.answered or 0, found.now.waiting
    count = asking if waiting is None else waiting
    asked = replace(view, asking=True, answered=None if waiting is None else False)
    who_asks = door.who_asks(base.settings)
    shown = questions_of(reader, asked, who_asks) if count else []
    if not shown and not answered:
        return False
    mask = base.mask
    under = "Questions and requests, with or without a question mark; the words that ask are in bold"
    said = [sentences.answers_words(found), under if shown else ""]
    under = " ".join(part for part in said if part)
    st.html(markup.section(sentences.questions_title(asking, found.now.answered), f"<span>{under}</span>"))
    lines = [markup.question(masked, asking_words(masked, who_asks), now) for masked in map(mask.mention, shown)]
    with st.container(key="questions", gap="small"):
        if lines:
            st.html(f'<ul class="questions">{"".join(lines)}</ul>')
        if waiting is None:
            words = "See this post" if count == 1 else f"See the {count:,} posts that ask"
            _open(words, "open_questions", "Posts that ask for something", asked, count)
            return True
        with st.container(key="questions_ways", horizontal=True, gap="medium"):
            if count:
                words = "See the one that waits" if count == 1 else f"See the {count:,} that wait"
                _open(words, "open_questions", "Questions that wait for an answer", asked, count)
            if answered:
                words = f"See the {'one that was' if answered == 1 else f'{answered:,} that were'} answered"
                theirs = replace(view, asking=True, answered=True)
                _open(words, "open_answered", "Questions that were answered", theirs, answered)
    return True


# --- themes ---------------------------------------------------------------------------------------------------------


def themes(base: Ground, reader: Reader, view: View, chosen: Period, found: Numbers, *, quoted: bool = True) -> bool:
    """What people talk about, what of it is new, and what good and bad posts speak of; False where it is nothing.

    ``quoted``: each with a post that shows it.
    """
    own = settings_files.no_themes(base.settings)
    key = _key(view, found)
    said, both = ground.kept(
        base,
        "themes",
        key,
        lambda: themes_and_sides(reader, view, chosen, own=own, most=MOST_THEMES, most_sides=MOST_SIDES),
    )
    if not said:
        return False
    mask = base.mask
    said = [replace(theme, words=mask.words(theme.words)) for theme in said]
    compared = chosen.compared if found.same_feeds and found.same_before is not None else ""
    under = "Words and phrases of at least three posts by different people; what is said more than before comes first"
    st.html(markup.section(sentences.themes_title(said), f"<span>{under}</span>"))
    with st.container(key="themes", gap=None):
        before: set[str] = set()
        for rank, theme in enumerate(said):
            inside = replace(view, query=theme.query)
            found_ones = reader.mentions(inside, order="engagement", limit=2 * MOST_THEMES)
            shown = [each for each in found_ones if quoted and _quotable(each) and each.id not in before][:1]
            before |= {each.id for each in shown}
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"theme_{rank}"):
                st.html(markup.theme(theme, mask.mention(shown[0]) if shown else None, compared=compared))
                title = f"Public posts, “{theme.words}”"
                _open(f"See the {theme.count:,} posts", f"open_theme_{rank}", title, inside, theme.count)
    if not (both.good and both.bad):
        return True  # one side alone would be no fair picture
    for title, side, of_side in (("Good posts speak of", "good", both.good), ("Bad posts speak of", "bad", both.bad)):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"side_{side}"):
            st.html(f'<p class="tone {side}">{title}</p>')
            for rank, theme in enumerate(replace(each, words=mask.words(each.words)) for each in of_side):
                label = f"{markup.not_markdown(theme.words)} ({theme.count:,})"
                said_of = f"Public posts, “{theme.words}”"
                _open(label, f"open_{side}_{rank}", said_of, replace(view, query=theme.query), theme.count)
    return True


# --- asks -----------------------------------------------------------------------------------------------------------


def asks(base: Ground) -> None:
    """What would help, as the settings say it; left out where they say nothing."""
    if base.settings.asks:
        st.html(markup.section("What would help") + markup.asks(base.settings.asks))


# --- what they share ------------------------------------------------------------------------------------------------


def _key(view: View, found: Numbers) -> tuple[object, ...]:
    """What an answer that is kept depends on: the state of the store as far as it can be seen, and the view."""
    words = "" if view.query is None else view.query.text
    return (*sorted(found.now.tags.items()), view.start, view.end, view.topic, words)


def _quotable(mention: Mention) -> bool:
    return mention.withdrawn_at is None and not mention.sensitive
