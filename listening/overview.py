"""What the leaders' page says of a view at a moment, as data: for files and reports, whose numbers equal the page's.

Nothing is counted or worded here a second time: numbers, sentences and choices are those of ``insights``. Posts in it
are masked as on the page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from listening.asking import WhoAsks
from listening.collectors import kind_of
from listening.insights import metrics as metric_rules
from listening.insights import sentences
from listening.insights.drivers import Driver, driver
from listening.insights.frameworks import Framework, frameworks, known_of
from listening.insights.method import how_we_count
from listening.insights.metrics import Metric
from listening.insights.numbers import Numbers, numbers
from listening.insights.over_time import OverTime, over_time
from listening.insights.periods import Period, day_words
from listening.insights.picks import picks
from listening.insights.presence import without_account
from listening.insights.questions import Asking, asking
from listening.insights.questions import questions as questions_of
from listening.insights.quotes import Quotes
from listening.insights.quotes import quotes as quotes_of
from listening.insights.reach import Reached, reached
from listening.insights.spikes import Spike, spikes
from listening.insights.tables import Bars, Place, bars, places
from listening.insights.themes import Theme
from listening.insights.themes import themes as themes_of
from listening.insights.told import beyond_its_name, what_we_do, why_it_matters
from listening.models import Mention
from listening.privacy import Mask
from listening.settings import Ask, Settings, audiences, no_themes
from listening.store import CHECKED, Reader, Store, Story, View, noted

MOST_STORIES, MOST_THEMES, MOST_SPIKES = 3, 5, 3
MOST_WORDS = 80
"""Characters of a search that stand in a sentence."""
STORY_READ = 200
"""Of a story's mentions so many are looked at for what the team decided of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A story: its name, what was said, where and how often, why it matters, what we do ("" where nobody has said)."""

    story: Story
    name: str
    said: str
    about: str
    why: str
    done: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A post that asks: its words, where and when it was said, and what the team does ("" where nobody has said)."""

    mention: Mention
    words: Asking
    about: str
    done: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """The page in data.

    ``closed`` says that the week was closed and what moved since; "" for any other time. ``limits`` are what the view
    leaves out; ``heard`` whether any place was listened to then, or any post is there; ``written_method`` is
    ``method`` where no number opens anything. ``questions`` are those that
    wait where it is known what was answered, else all; ``answers`` are those that were answered.
    """

    agency: str
    made_up: bool
    taken_at: datetime
    zone: ZoneInfo
    view: View
    period: Period
    headline: str
    deck: str
    closed: str
    numbers: Numbers
    reached: Reached
    judged: bool
    metrics: tuple[Metric, ...]
    reach_words: str
    bars: Bars
    bars_title: str
    bars_words: str
    spikes: tuple[tuple[Spike, Driver | None], ...]
    places: tuple[Place, ...]
    places_title: str
    without_us: frozenset[str]
    story_count: int
    stories_title: str
    stories: tuple[Told, ...]
    themes: tuple[Theme, ...]
    questions_title: str
    questions_words: str
    questions: tuple[Asked, ...]
    answers: tuple[Asked, ...]
    quotes: Quotes
    picked: str
    asks: tuple[Ask, ...]
    over_time: OverTime
    frameworks: tuple[Framework, ...]
    method: tuple[str, ...]
    written_method: tuple[str, ...]
    limits: tuple[tuple[str, str], ...]
    heard: bool

    def more_questions(self, most: int) -> int:
        """How many posts ask for something beside those that ``asked`` gives."""
        return self.numbers.now.asking - len(self.asked(most)) if self.judged else 0

    def asked(self, most: int) -> tuple[Asked, ...]:
        """So many questions at most, those that wait first, and one that was answered where there is one."""
        waiting = self.questions[: most - bool(self.answers)]
        return (*waiting, *self.answers[: most - len(waiting)])

    @property
    def filtered(self) -> str:
        """What the view leaves out, in a line; "" where it shows all."""
        return ", ".join(f"{name.lower()}: {value}" for name, value in self.limits)

    @property
    def compared(self) -> str:
        """What changes are against; "" where nothing is compared."""
        return f"Changes against {self.period.compared}." if self.numbers.same_before is not None else ""

    @property
    def when(self) -> str:
        """Which days these are."""
        return self.period.words(self.zone)


def mask_of(settings: Settings, *, rows: bool = False) -> Mask:
    """Masks private people for one file: the next has other marks for the same people.

    Strong language is masked as on the page; in ``rows`` for other programs words stay as they were written.
    """
    return Mask(
        feeds=(*settings.feeds, *settings.paused),
        listed=(*settings.agency.own_accounts, *settings.privacy.listed_accounts),
        soften=not (rows or settings.privacy.strong_language),
    )


def who_asks(settings: Settings) -> WhoAsks:
    """Judges mentions by the settings' accounts: whether they ask us for something, and in which words."""
    return WhoAsks(kind_of, settings.agency.own_accounts)


def about(view: View, mask: Mask | None = None) -> str:
    """Whom or what the posts are about: us, or the searched words; under which topic, and what else is left out.

    With a ``mask`` for what leaves the house: private people's handles are masked in the words too.
    """
    words = "us" if view.query is None else f"“{sentences.excerpt(_searched(view, mask), MOST_WORDS)}”"
    others = [f"{name.lower()}: {value}" for name, value in filters(view) if name not in ("Topic", "Search")]
    under = f" under “{view.topic}”" if view.topic else ""
    only = f" ({', '.join(others)})" if others else ""
    return f"{words}{under}{only}"


def _searched(view: View, mask: Mask | None) -> str:
    assert view.query is not None
    return view.query.text if mask is None else mask.text(view.query.text)


def filters(view: View, mask: Mask | None = None) -> list[tuple[str, str]]:
    """What a view leaves out, as names and values; nothing where it shows all. ``mask`` as in ``about``."""
    yes = {True: "only", False: "left out", None: ""}
    limits = (
        ("Topic", view.topic),
        ("Tag", view.tag or ""),
        ("Kind of place", view.source or ""),
        ("Search", "" if view.query is None else _searched(view, mask)),
        ("Posts that ask for something", "only" if view.asking else ""),
        ("Read by a person", yes[view.reviewed]),
        ("Answered", yes[view.answered]),
        ("Status", view.status or ""),
        ("Department", view.department or ""),
    )
    return [(name, value) for name, value in limits if value]


def overview(
    settings: Settings,
    store: Store,
    reader: Reader,
    view: View,
    chosen: Period,
    *,
    now: datetime,
    mask: Mask,
    closed: str = "",
) -> Overview:
    """The page of a view over a period, as it is at ``now`` (in the agency's time zone)."""
    zone = settings.agency.timezone
    now = now.astimezone(zone)
    view = replace(view, start=chosen.start, end=chosen.end)
    table = bars(reader, view, chosen, zone)
    found = numbers(reader, view, chosen, reader.listening_since())
    judged = reader.judged()
    known = reached(reader, view, chosen, found, audiences(settings))
    stood_out = _stood_out(settings, reader, view, chosen, now, mask)
    here = tuple(places(reader, view))
    told = _stories(reader, view, found, now, mask)
    themes = tuple(
        replace(theme, words=mask.words(theme.words))
        for theme in themes_of(reader, view, chosen, own=no_themes(settings), most=MOST_THEMES)
    )
    judge = who_asks(settings)
    newest = reader.newest_at()
    # Of a search or a topic the newest post of all says nothing.
    last = None if newest is None or view.query or view.topic else newest.astimezone(zone).date()
    checked = sentences.checked(noted(store, CHECKED))
    own = reader.own_count(chosen.start, chosen.end)
    method, written_method = (
        tuple(
            how_we_count(
                found.now,
                own,
                checked=checked,
                made_up=settings.agency.made_up,
                judged=judged,
                softened=not settings.privacy.strong_language,
                opens=opens,
            )
        )
        for opens in (True, False)
    )
    compared = over_time(reader, view, chosen, found, zone, judged=judged)
    quoted = quotes_of(reader, view, picks(store))
    whole = View(start=chosen.start, end=chosen.end)
    heard = bool(found.now.mentions or reader.heard_feeds(chosen.start, chosen.end) or reader.total(whole))
    words = about(view, mask)
    headline, deck = sentences.headline(found.now, chosen, words), ""
    if not heard:
        headline = f"Nothing is known of the {chosen.name}: we did not listen then, or what we heard was removed"
    elif view.tag is None:
        deck = sentences.deck(found, table, chosen, last, stood_out[0] if stood_out else None)
        if view.query is not None and found.now.mentions and (first := reader.first_at(view)) is not None:
            deck = f"{sentences.since(first.astimezone(zone).date(), now.date())} {deck}"
    return Overview(
        agency=settings.agency.name,
        made_up=settings.agency.made_up,
        taken_at=now,
        zone=zone,
        view=view,
        period=chosen,
        headline=headline,
        deck=deck,
        closed=closed if not filters(view) else "",
        numbers=found,
        reached=known,
        judged=judged,
        metrics=metric_rules.metrics(found, known, judged=judged) if heard else (),
        reach_words=_reach_words(known, found),
        bars=table,
        bars_title=sentences.chart_title(table, words),
        bars_words=sentences.chart_words(table),
        spikes=stood_out,
        places=here,
        places_title=sentences.places_title(list(here)),
        without_us=without_account(settings.feeds, settings.agency.own_accounts),
        story_count=reader.story_count(view),
        stories_title=sentences.stories_title(found.now.mentions, [each.story for each in told]) if told else "",
        stories=told,
        themes=themes,
        questions_title=_questions_title(found, judged=judged),
        questions_words=sentences.answers_words(found),
        questions=_questions(
            reader, replace(view, answered=None if found.now.waiting is None else False), judge, now, mask
        ),
        answers=_questions(reader, replace(view, answered=True), judge, now, mask) if found.now.answered else (),
        quotes=replace(quoted, good=tuple(map(mask.mention, quoted.good)), bad=tuple(map(mask.mention, quoted.bad))),
        picked=sentences.picked(quoted.pinned, quoted.hidden),
        asks=settings.asks,
        over_time=compared,
        frameworks=frameworks(
            known_of(reader, view, found, known, compared, themes, own=own, checked=checked, judged=judged, words=words)
        ),
        method=method,
        written_method=written_method,
        limits=tuple(filters(view, mask)),
        heard=heard,
    )


def _reach_words(known: Reached, found: Numbers) -> str:
    said = [] if known.now is None else [sentences.reach_words(known.now)]
    return " ".join([*said, *([shares] if (shares := sentences.shares_of(found.now)) else [])])


def _stood_out(
    settings: Settings, reader: Reader, view: View, chosen: Period, now: datetime, mask: Mask
) -> tuple[tuple[Spike, Driver | None], ...]:
    zone, own = settings.agency.timezone, no_themes(settings)
    found = []
    for spike in spikes(reader, view, chosen, now, zone)[:MOST_SPIKES]:
        drove = driver(reader, view, spike, zone, own=own)
        if drove is not None:
            first = None if drove.first is None else mask.mention(drove.first)
            drove = replace(drove, first=first, words=mask.words(drove.words))
        found.append((spike, drove))
    return tuple(found)


# --- stories --------------------------------------------------------------------------------------------------------


def _stories(reader: Reader, view: View, found: Numbers, now: datetime, mask: Mask) -> tuple[Told, ...]:
    told = []
    for story in reader.stories(view, limit=MOST_STORIES):
        inside = replace(view, story=story.no)
        asking_ = reader.total(replace(inside, asking=True))
        shown = replace(story, first=mask.mention(story.first))
        told.append(
            Told(
                story=shown,
                name=sentences.story_name(shown.first),
                said=beyond_its_name(shown.first),
                about=sentences.story_about(shown, now),
                why=why_it_matters(story, found, asking_),
                done=what_we_do(reader.mentions(inside, limit=STORY_READ), now),
            )
        )
    return tuple(told)


# --- questions ------------------------------------------------------------------------------------------------------


def _questions(reader: Reader, view: View, judge: WhoAsks, now: datetime, mask: Mask) -> tuple[Asked, ...]:
    """Those of a view that ask us for something, and the newest that ask whoever reads them."""
    shown = []
    for mention in questions_of(reader, view, judge):
        masked = mask.mention(mention)
        words = asking(masked, judge)
        if words is None:
            words = Asking(before="", words=sentences.excerpt(sentences.spoken(masked), 140), after="")
        assert masked.published_at is not None
        where = f"{masked.feed}, {day_words(masked.published_at.astimezone(now.tzinfo).date())}"
        shown.append(Asked(mention=masked, words=words, about=where, done=what_we_do([mention], now)))
    return tuple(shown)


def _questions_title(found: Numbers, *, judged: bool) -> str:
    """How many ask, or that nobody does; "" where that is not known."""
    if found.now.asking:
        return sentences.questions_title(found.now.asking, found.now.answered)
    if not judged or not found.now.mentions:
        return ""
    if found.now.tags.get("unscored"):
        return "Nobody asks for anything in the posts in English"
    return "Nobody asks for anything"
