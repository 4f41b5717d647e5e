"""The leaders' page as one file: it opens where no Python is, loads nothing from elsewhere, and holds its own proof.

What stands in it are the page's own sentences, numbers and pieces; the posts behind each number stand at the end, and
the number leads there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from pathlib import Path

from listening.insights import sentences
from listening.insights.periods import period, span_words
from listening.insights.questions import Asking, asking
from listening.models import TAGS, Mention
from listening.overview import Overview, mask_of, overview, who_asks
from listening.pages import markup
from listening.privacy import Mask
from listening.settings import Settings, audiences
from listening.store import Reader, Store, View

STYLE = Path(markup.__file__).with_name("style.css")
MOST_POSTS = 1_000
"""Of more posts the file would be slow to open: then it holds the newest so many, and says so."""

WARNED = "The words of this post are not in this file."
MOST_PLACES, MOST_NEWEST = 8, 6

OWN_STYLE = Path(__file__).with_name("leaflet.css")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaflet:
    """The file's text, the number of posts that the page counts, and of those that stand in it."""

    html: str
    counted: int
    held: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proof:
    """A number's posts: what it is called, and which they are."""

    name: str
    title: str
    count: int
    ids: tuple[str, ...]


def leaflet(settings: Settings, store: Store, *, now: datetime, key: str = "7d", topic: str = "") -> Leaflet:
    """The page of a period (and a topic) at a moment, with private people and strong language masked as on the page."""
    zone = settings.agency.timezone
    chosen = period(key, now.astimezone(zone), zone)
    view = View(start=chosen.start, end=chosen.end, topic=topic)
    mask = mask_of(settings)
    with store.reading() as connection:
        reader = Reader(store, connection)
        page = overview(settings, store, reader, view, chosen, now=now, mask=mask)
        return _Writer(settings, reader, page, mask).written()


class _Writer:
    """Writes one leaflet; collects on the way which posts each number stands for."""

    def __init__(self, settings: Settings, reader: Reader, page: Overview, mask: Mask) -> None:
        self._settings, self._reader, self._page, self._mask = settings, reader, page, mask
        self._who_asks = who_asks(settings)
        self._chosen, self._view, self._now = page.period, page.view, page.taken_at
        self._proofs: list[_Proof] = []
        self._posts = [_fit_to_send(mask.mention(mention)) for mention in reader.mentions(page.view, limit=MOST_POSTS)]
        self._at = {mention.id: f"p{place}" for place, mention in enumerate(self._posts)}

    def written(self) -> Leaflet:
        """The whole file."""
        page, zone = self._page, self._settings.agency.timezone
        top = markup.masthead(
            page.agency, self._chosen.words(zone), self._chosen.compared, made_up=page.made_up, frozen=self._now
        )
        parts = [
            f'<div class="bar-top">{top}</div><h1 class="headline">{escape(page.headline)}</h1>',
            f'<p class="deck">{escape(page.deck)}</p>',
            self._metrics(),
            f'<p class="about">{escape(page.reach_words)}</p>' if page.reach_words else "",
            '<div class="two"><section>',
            self._days(),
            "</section><section>",
            self._places(),
            "</section></div>",
            self._stories(),
            self._questions(),
            self._themes(),
            self._quotes(),
            self._newest(),
            self._asks(),
            markup.how_we_count(page.method),
            self._behind(),
        ]
        html = _DOCUMENT.format(
            title=escape(f"{page.agency}: {page.headline}"),
            style=STYLE.read_text(encoding="utf-8") + OWN_STYLE.read_text(encoding="utf-8"),
            body="\n".join(part for part in parts if part),
        )
        return Leaflet(html=html, counted=page.numbers.now.mentions, held=len(self._posts))

    # --- numbers and their proof --------------------------------------------------------------------------------

    @property
    def _whole(self) -> bool:
        return len(self._posts) < MOST_POSTS

    def _proof(self, name: str, title: str, count: int, belongs: Callable[[Mention], bool]) -> str:
        """Note which posts a number stands for; the way to them, where all posts are in the file."""
        words = "See the post" if count == 1 else f"See the {count:,} posts"
        if not count or not self._whole:
            return ""
        ids = tuple(mention.id for mention in self._posts if belongs(mention))
        if len(ids) != count:  # posts of other periods, as in the bars before it
            return ""
        self._proofs.append(_Proof(name=name, title=title, count=count, ids=ids))
        return f'<a href="#{name}">{words}</a>'

    def _metrics(self) -> str:
        outlets = frozenset(audiences(self._settings))
        belongs: Mapping[str, Callable[[Mention], bool]] = {
            "posts": lambda _: True,
            "reach": lambda mention: mention.feed in outlets or mention.author_followers is not None,
            "good": lambda mention: mention.tag == "good",
            "bad": lambda mention: mention.tag == "bad",
            "waiting": _waits,
            "asking": lambda mention: mention.question is True,
        }
        cells = []
        for metric in self._page.metrics:
            proof = ""
            if metric.name in belongs:
                proof = self._proof(metric.name, metric.title, metric.count, belongs[metric.name])
            cells.append(
                f"<div>{metric.label}<strong>{metric.value}</strong>"
                f"<span>{escape(metric.change.words)}</span>{proof}</div>"
            )
        return f'<div class="metrics">{"".join(cells)}</div>'

    # --- days and places ----------------------------------------------------------------------------------------

    def _days(self) -> str:
        table = self._page.bars
        unit = "week" if table.by_week else "day"
        present = [tag for tag in TAGS if any(bar.tags[tag] for bar in table.bars)]
        days = f"Public posts a {unit}, {span_words(table.bars[0].first, table.bars[-1].last)}"
        highest = max((bar.count for bar in table.bars), default=0)
        columns = markup.columns(table.bars, highest=highest, by_week=table.by_week)
        return (
            markup.section(self._page.bars_title, f"<span>{days}</span>{markup.key(present)}")
            + columns
            + f'<details class="why"><summary>These numbers as a table</summary>{markup.bars_table(table)}</details>'
        )

    def _places(self) -> str:
        here, without_us = self._page.places, self._page.without_us
        if not here:
            return ""
        lines = []
        for rank, place in enumerate(here[:MOST_PLACES]):
            name = markup.place_name(place.feed, without_us=place.feed in without_us)
            proof = self._proof(
                f"place-{rank}",
                f"Public posts, {place.feed}",
                place.count,
                lambda mention, feed=place.feed: mention.feed == feed,  # type: ignore[misc]
            )
            lines.append(f"<li>{name}{proof or f'<span>{place.count:,}</span>'}</li>")
        more = len(here) - MOST_PLACES
        rest = f'<p class="about">And {more} more {"place" if more == 1 else "places"}.</p>' if more > 0 else ""
        return (
            markup.section(self._page.places_title, "<span>Public posts by place</span>")
            + f'<ul class="list">{"".join(lines)}</ul>{rest}'
        )

    # --- what it is about ---------------------------------------------------------------------------------------

    def _stories(self) -> str:
        page = self._page
        if not page.stories:
            return ""
        under = sentences.stories_words(page.numbers.now.mentions, page.story_count)
        lines = []
        for rank, story in enumerate(told.story for told in page.stories):
            # A story is known by its first mention, which may lie before the period.
            name = story.first.story or story.first.id
            proof = self._proof(
                f"story-{rank}",
                f"Story: {sentences.story_name(story.first)}",
                story.count,
                lambda mention, name=name: (mention.story or mention.id) == name,  # type: ignore[misc]
            )
            lines.append(f"<li>{markup.story(story, self._now)}{proof}</li>")
        return (
            markup.section(page.stories_title, f"<span>{escape(under)}</span>")
            + f'<ul class="list">{"".join(lines)}</ul>'
        )

    def _questions(self) -> str:
        page = self._page
        answered = page.numbers.now.answered or 0
        if not page.questions and not answered:
            return ""
        lines = [
            markup.question(mention, asking(mention, self._who_asks), self._now)
            for mention in (asked.mention for asked in page.questions)
        ]
        said = page.questions_words
        proof = self._proof("answered", "Questions that were answered", answered, _answered)
        return (
            markup.section(page.questions_title, f"<span>{said}</span>" if said else "")
            + (f'<ul class="questions">{"".join(lines)}</ul>' if lines else "")
            + (f'<p class="about">Answered: {proof}</p>' if proof else "")
        )

    def _themes(self) -> str:
        said, found = self._page.themes, self._page.numbers
        if not said:
            return ""
        compared = self._chosen.compared if found.same_feeds and found.same_before is not None else ""
        lines = []
        for rank, theme in enumerate(said):
            held = {each.id for each in self._reader.mentions(replace(self._view, query=theme.query), limit=MOST_POSTS)}
            proof = self._proof(
                f"theme-{rank}",
                f"Public posts, “{theme.words}”",
                theme.count,
                lambda mention, held=held: mention.id in held,  # type: ignore[misc]
            )
            lines.append(f"<li>{markup.theme(theme, None, compared=compared)}{proof}</li>")
        under = (
            "Words and phrases of at least three posts by different people; what is said more than before comes first"
        )
        return (
            markup.section(sentences.themes_title(said), f"<span>{under}</span>")
            + f'<ul class="list">{"".join(lines)}</ul>'
        )

    def _quotes(self) -> str:
        chosen, found = self._page.quotes, self._page.numbers
        columns = []
        for title, tag, said in (
            ("What people like", "good", chosen.good),
            ("What people are upset about", "bad", chosen.bad),
        ):
            if said:
                body = f'<ul class="quotes">{"".join(self._quote(mention) for mention in said)}</ul>'
            elif found.now.tags.get(tag, 0):  # type: ignore[call-overload]
                body = '<p class="under">None of them is short enough to quote; see the number above.</p>'
            else:
                body = f'<p class="under">No {tag} posts in this period.</p>'
            columns.append(f"<section>{markup.section(title)}{body}</section>")
        under = f'<p class="about">{self._page.picked}</p>' if self._page.picked else ""
        return f'<div class="two">{"".join(columns)}</div>{under}'

    def _quote(self, mention: Mention) -> str:
        place = self._at.get(mention.id)
        proof = "" if place is None else f'<a href="#{place}">With its reasons</a>'
        return f'<li class="{mention.tag}">{markup.quote(mention, self._now)}{proof}</li>'

    def _newest(self) -> str:
        by_story: dict[str | None, Mention] = {}
        for mention in self._posts[: 4 * MOST_NEWEST]:
            by_story.setdefault(mention.story, mention)
        latest = list(by_story.values())[:MOST_NEWEST]
        return markup.section("Newest") + markup.newest(latest, self._now) if latest else ""

    def _asks(self) -> str:
        asks = self._page.asks
        return markup.section("What would help") + markup.asks(asks) if asks else ""

    # --- the posts ----------------------------------------------------------------------------------------------

    def _behind(self) -> str:
        """The posts themselves, and for each number which of them it stands for."""
        if not self._posts:
            return ""
        shown = [(mention, self._asks_what(mention)) for mention in self._posts]
        lists = "".join(self._references(proof) for proof in self._proofs)
        under = "<span>Matched words are marked, words that moved the score underlined</span>"
        if not self._whole:
            counted = self._page.numbers.now.mentions
            under = f"<span>The newest {len(self._posts):,} of {counted:,}; the rest stands on the page</span>"
        posts = markup.opened(shown, self._now)
        places_ = iter(self._at.values())  # in the order in which the posts stand; a stranger's text holds no tag
        posts = re.sub("<li>", lambda _: f'<li id="{next(places_)}">', posts)
        return (
            f'<div class="proof opened-box">{markup.section("The posts behind the numbers", under)}{lists}{posts}</div>'
        )

    def _asks_what(self, mention: Mention) -> Asking | None:
        hidden = mention.withdrawn_at is not None or mention.sensitive
        return asking(mention, self._who_asks) if mention.question and not hidden else None

    def _references(self, proof: _Proof) -> str:
        by_id = {mention.id: mention for mention in self._posts}
        links = "".join(
            f'<li><a href="#{self._at[id_]}">{escape(sentences.excerpt(sentences.spoken(by_id[id_]), 100))}</a></li>'
            for id_ in proof.ids
        )
        return (
            f'<details id="{proof.name}"><summary>{escape(proof.title)}: {proof.count:,}</summary>'
            f'<ol class="refs">{links}</ol></details>'
        )


def _answered(mention: Mention) -> bool:
    """Whether it asks for something and somebody noted when it was answered."""
    return mention.question is True and mention.verdict is not None and mention.verdict.answered_at is not None


def _waits(mention: Mention) -> bool:
    """Whether it asks for something and nobody noted an answer."""
    return mention.question is True and not _answered(mention)


def _fit_to_send(mention: Mention) -> Mention:
    """What stands behind a content warning is not sent along: whoever gets the file has not chosen to read it."""
    if not mention.sensitive:
        return mention
    return replace(mention, title="", text=WARNED, matched=(), why=())


_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="stApp">
<main>
{body}
</main>
</body>
</html>
"""
