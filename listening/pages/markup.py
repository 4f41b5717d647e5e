"""Pieces of the page as HTML. Whatever a stranger wrote is escaped here, and nowhere is it read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape as escape
from itertools import pairwise
from unicodedata import east_asian_width
from urllib.parse import urlsplit

from listening.errors import QueryError
from listening.insights.metrics import Metric
from listening.insights.periods import day_words
from listening.insights.questions import Asking
from listening.insights.sentences import TAG_LABELS, ago, excerpt, number, spoken, story_about, story_name, theme_about
from listening.insights.tables import TAG_WORDS, Bar, Bars
from listening.insights.themes import Theme
from listening.models import TAGS, Mention, Reason, Tag
from listening.sentiment import reasons_text, with_title
from listening.settings import Ask
from listening.store import Story

QUOTE_LENGTH = 280
LINE_LENGTH = 140
OPENED_LENGTH = 1_500


def masthead(
    agency: str, when: str, compared: str, *, made_up: bool, frozen: datetime | None = None, audience: str = ""
) -> str:
    """Whose page, which days, what changes are against; for whom; that the town is invented; of when a snapshot is."""
    mark = '<span class="made-up">Made-up data</span>' if made_up else ""
    if audience:
        mark += f'<span class="made-up">{escape(audience)}</span>'
    if frozen is not None:
        mark += f'<span class="made-up">Snapshot of {escape(day_words(frozen.date()))}, {frozen:%H:%M}</span>'
    return (
        f'<div class="masthead"><b>{escape(agency)}</b><span>{escape(when)}</span>'
        f"<span>Changes against {escape(compared)}</span>{mark}</div>"
    )


def not_markdown(text: str) -> str:
    """The text for a place that reads markdown, where a stranger's or a feed's name must not be read as any."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)  # others need no backslash, and would show it


def with_command(text: str, command: str) -> str:
    """A sentence as HTML, with what is to be typed in it set apart."""
    return escape(text).replace(escape(command), f"<code>{escape(command)}</code>")


def section(title: str, under: str = "") -> str:
    """A section's finding and the line under it (already HTML)."""
    line = f'<p class="under">{under}</p>' if under else ""
    return f'<h2 class="section">{escape(title)}</h2>{line}'


def headline(words: str) -> str:
    """The headline; how long it is stands beside it, so that the rooms' style can keep it to two lines."""
    letters = sum(2 if east_asian_width(letter) in "FW" else 1 for letter in words)
    return f'<h1 class="headline" style="--letters: {letters}">{escape(words)}</h1>'


def metric(said: Metric) -> str:
    """A number under its name, and how it changed: with an arrow, and in colour where that is good or bad news."""
    direction = said.change.direction or 0
    arrow = {1: '<span aria-hidden="true">↑</span>', -1: '<span aria-hidden="true">↓</span>'}.get(direction, "")
    welcome = {"good": 1, "bad": -1}.get(said.name, 0) * direction
    news = {1: "change better", -1: "change worse"}.get(welcome, "change")
    return (
        f'<dl class="metric"><dt>{escape(said.label)}</dt><dd class="value">{escape(said.value)}</dd>'
        f'<dd class="{news}">{arrow}{escape(said.change.words)}</dd></dl>'
    )


def search_trouble(error: QueryError) -> str:
    """What is wrong with a search, and where."""
    return (
        '<div class="trouble" role="alert"><p><strong>That search cannot be read; the page shows everything instead.'
        f"</strong></p><pre>{escape(error.picture())}</pre><p>{escape(str(error))}</p></div>"
    )


def key(tags: Iterable[Tag]) -> str:
    """The chart's key: words with swatches."""
    return "".join(f'<b><span class="swatch {tag}"></span>{TAG_LABELS[tag]}</b>' for tag in tags)


def place_name(name: str, *, without_us: bool, heard: str = "") -> str:
    """A place, whether we have no account there, and when it was ``heard`` last if it does not answer now."""
    said = [*(["no account of ours"] if without_us else []), *([heard] if heard else [])]
    mark = f'<span class="no-account">{escape(" · ".join(said))}</span>' if said else ""
    return f'<div class="place-name"><bdi>{escape(name)}</bdi>{mark}</div>'


def place(name: str, share: float, *, without_us: bool, heard: str = "") -> str:
    """A place beside a bar, as long as its ``share`` of the largest one's."""
    bar = f'<div class="place-bar" style="width:{100 * share:.1f}%"></div>'
    return f'<div class="place-row">{place_name(name, without_us=without_us, heard=heard)}{bar}</div>'


def quote(mention: Mention, now: datetime) -> str:
    """One quote: the words, the tag in a word, place and day, and why it has its tag."""
    assert mention.published_at is not None
    day = day_words(mention.published_at.astimezone(now.tzinfo).date())
    words = excerpt(with_title(mention.text, mention.title), QUOTE_LENGTH)
    return (
        f'<div class="quote"><blockquote>“<bdi>{escape(words)}</bdi>”</blockquote>'
        f'<p class="about"><span class="tone {mention.tag}">{TAG_LABELS[mention.tag]}</span> · '
        f"<bdi>{escape(mention.feed)}</bdi> · {escape(day)}{engaged(mention)}</p></div>"
    )


def story(told: Story, now: datetime) -> str:
    """A story: what it says, and where and when it was told."""
    return (
        f'<div class="story"><p class="said"><bdi>{escape(story_name(told.first))}</bdi></p>'
        f'<p class="about">{escape(story_about(told, now))}</p></div>'
    )


def theme(told: Theme, said: Mention | None, *, compared: str) -> str:
    """A theme: its words, whether they are new, how often, and a post that shows it."""
    mark = "more than before" if told.before else "new"
    new = f' <span class="new">{mark}</span>' if told.new else ""
    quoted = ""
    if said is not None:
        words = excerpt(with_title(said.text, said.title), LINE_LENGTH)
        quoted = f'<p class="about">“<bdi>{escape(words)}</bdi>” <bdi>{escape(said.feed)}</bdi></p>'
    return (
        f'<div class="story"><p class="said"><bdi>{escape(told.words)}</bdi>{new}</p>'
        f'<p class="about">{escape(theme_about(told, compared=compared))}</p>{quoted}</div>'
    )


def question(mention: Mention, said: Asking | None, now: datetime) -> str:
    """A post that asks: the words that ask in bold, and where, when and with which tag it was said."""
    if said is None:
        words = escape(excerpt(with_title(mention.text, mention.title), LINE_LENGTH))
    else:
        words = f"{escape(said.before)}<b>{escape(said.words)}</b>{escape(said.after)}"
    return (
        f'<li><span class="said"><bdi>{words}</bdi></span><p class="about"><bdi>{escape(mention.feed)}</bdi> · '
        f"{escape(ago(mention, now))}{engaged(mention)}{link(mention)}</p></li>"
    )


def engaged(mention: Mention) -> str:
    """How many liked, shared or answered, where the source says so."""
    known = [count for count in (mention.likes, mention.replies, mention.reposts) if count is not None]
    if not known or not sum(known):
        return ""
    total = sum(known)
    return f" · {number(total)} {'reaction' if total == 1 else 'reactions'}"


def newest(mentions: Sequence[Mention], now: datetime) -> str:
    """The newest mentions, a line each."""
    lines = []
    for mention in mentions:
        words = excerpt(spoken(mention), LINE_LENGTH)
        lines.append(
            f"<li><span>{escape('no date given' if mention.date_from == 'fetched' else ago(mention, now))}</span>"
            f'<span class="tone {mention.tag}">{TAG_LABELS[mention.tag]}</span>'
            f'<span class="said"><bdi>{escape(words)}</bdi> '
            f'<span class="place"><bdi>{escape(mention.feed)}</bdi></span></span></li>'
        )
    return f'<ul class="newest">{"".join(lines)}</ul>'


def opened(
    mentions: Sequence[tuple[Mention, Asking | None]], now: datetime, around: Mapping[str, str] | None = None
) -> str:
    """The mentions behind a number, with what matched, what asks, and what moved the score.

    ``around`` are conversations as HTML, by the mentions' ids.
    """
    known = around or {}
    lines = (_opened(mention, said, now, known.get(mention.id, "")) for mention, said in mentions)
    return f'<ul class="opened">{"".join(lines)}</ul>'


def _opened(mention: Mention, said: Asking | None, now: datetime, around: str) -> str:
    assert mention.published_at is not None
    local = mention.published_at.astimezone(now.tzinfo)
    when = f"{day_words(local.date(), year=True)}, {local:%H:%M}"
    if mention.withdrawn_at is not None:
        body = '<p class="text">Taken back by its author. It still counts; its words are not shown.</p>'
    else:
        title = f"<h3><bdi>{marked(mention, 'title')}</bdi></h3>" if mention.title else ""
        text = f'<p class="text"><bdi>{marked(mention, "text")}</bdi></p>' if mention.text != mention.title else ""
        if mention.sensitive:
            text = f'<details class="why"><summary>Behind a content warning: show it</summary>{title}{text}</details>'
            title = ""
        body = title + text
    dated = {"fetched": " (no date given: when we first saw it)", "clamped": " (its date lay in the future)"}
    asks = "" if said is None else f" <bdi>Asks: “{escape(said.words)}”.</bdi>"
    return (
        f"<li>{body}"
        f'<p class="about"><span class="tone {mention.tag}">{TAG_LABELS[mention.tag]}</span> · '
        f"<bdi>{escape(mention.feed)}</bdi>{_also(mention)} · {escape(when)}{dated.get(mention.date_from, '')}"
        f"{engaged(mention)}{link(mention)}</p>"
        f'<p class="why-line"><bdi>{escape(matched_sentence(mention))}</bdi>{asks} '
        f"<bdi>{escape(why_sentence(mention))}</bdi></p>{around}</li>"
    )


def _also(mention: Mention) -> str:
    """The other places in which it was met: it is one post, and counted once."""
    return f", also in <bdi>{escape(', '.join(mention.also_in))}</bdi>" if mention.also_in else ""


def link(mention: Mention) -> str:
    """A link to the original, opened beside the page; only to the web, and only where it may be named."""
    if urlsplit(mention.url).scheme not in ("http", "https"):
        return ""
    return (
        f' · <a href="{escape(mention.url)}" target="_blank" rel="noopener noreferrer nofollow">Open the original</a>'
    )


def matched_sentence(mention: Mention) -> str:
    """Which words brought the mention in, and under which topics."""
    by_topic: dict[str, list[str]] = {}
    for span in mention.matched:
        words = by_topic.setdefault(span.topic, [])
        if span.words.casefold() not in (word.casefold() for word in words):
            words.append(excerpt(span.words, 60))
    said = [f"{topic} ({', '.join(f'“{word}”' for word in words[:5])})" for topic, words in by_topic.items()]
    said += [topic for topic in mention.topics if topic not in by_topic]
    return f"Matched {'; '.join(said)}." if said else ""


def why_sentence(mention: Mention) -> str:
    """The words that made the tag, with how much each moved the score; who said otherwise comes first."""
    if mention.verdict is not None and mention.verdict.tag is not None:
        machine = replace(mention, tag=mention.verdict.machine, verdict=None)
        agreed = "agreed" if mention.tag == machine.tag else f"said {TAG_LABELS[mention.tag].lower()}"
        return f"Somebody of the team read it and {agreed}. The machine: {_lower_first(why_sentence(machine))}"
    if mention.tag == "unscored":
        return "Not tagged: there are no English words to read."
    score = "" if mention.score is None else f" Score {mention.score:+.2f}, from −1 to +1.".replace("-", "−")
    reasons = re.sub(r"(?<= )-(?=\d)", "−", reasons_text(mention.why))
    return f"{TAG_LABELS[mention.tag]}: {reasons}.{score}"


def _lower_first(said: str) -> str:
    return said[:1].lower() + said[1:]


def marked(mention: Mention, field: str, *, moved: bool = True) -> str:
    """A title or text as HTML: matched words marked, words that moved the score underlined, all else escaped."""
    text: str = getattr(mention, field)
    shown = text[:OPENED_LENGTH]
    layers: list[tuple[int, int, str]] = [
        (span.start, min(span.end, len(shown)), "hit")
        for span in mention.matched
        if span.field == field and span.start < len(shown)
    ]
    for reason in mention.why if moved else ():
        if reason.role == "moved":
            layers += [(start, end, "good" if reason.effect > 0 else "bad") for start, end in _places(reason, shown)]
    cuts = sorted({0, len(shown), *(start for start, _, _ in layers), *(end for _, end, _ in layers)})
    pieces = []
    for start, end in pairwise(cuts):
        piece = escape(shown[start:end])
        kinds = {kind for first, last, kind in layers if first <= start and end <= last}
        for kind in ("good", "bad"):
            if kind in kinds:
                piece = f'<span class="moved {kind}">{piece}</span>'
        pieces.append(f'<mark class="hit">{piece}</mark>' if "hit" in kinds else piece)
    return "".join(pieces) + ("…" if len(text) > len(shown) else "")


def _places(reason: Reason, text: str) -> list[tuple[int, int]]:
    pattern = rf"(?<!\w){re.escape(reason.words)}(?!\w)"
    return [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)]


ASK_PARTS = (
    ("risk", "The risk"),
    ("safeguard", "The safeguard"),
    ("stop_rule", "We stop"),
    ("will_not", "We will not"),
)


def asks(wanted: Sequence[Ask]) -> str:
    """What leadership is asked for, each with its risk and what stands against it."""
    items = []
    for ask in wanted:
        parts = "".join(
            f"<div><dt>{label}</dt><dd>{escape(text)}</dd></div>"
            for name, label in ASK_PARTS
            if (text := getattr(ask, name))
        )
        items.append(f"<li><p>{escape(ask.what)}</p>{f'<dl>{parts}</dl>' if parts else ''}</li>")
    return f'<ul class="asks">{"".join(items)}</ul>'


MOST_LABELS = 10
"""Under the columns: more of them would run into each other on a telephone."""


def columns(shown: Sequence[Bar], *, highest: int, by_week: bool) -> str:
    """Stacked columns without a script; ``highest`` is the count that fills the height. The highest has its number."""
    most = max((bar.count for bar in shown), default=0)
    step = -(-len(shown) // MOST_LABELS)
    labels = "".join(f"<span>{'' if place % step else bar.first.day}</span>" for place, bar in enumerate(shown))
    parts = "".join(_column(bar, highest or 1, numbered=bar.count == most > 0) for bar in shown)
    said = ", ".join(f"{day_words(bar.first)}: {bar.count:,}" for bar in shown)
    unit = "week" if by_week else "day"
    return (
        f'<div class="days" role="img" aria-label="Bars: public posts a {unit}. {escape(said)}">{parts}</div>'
        f'<div class="labels" aria-hidden="true">{labels}</div>'
    )


def _column(bar: Bar, highest: int, *, numbered: bool) -> str:
    parts = "".join(
        f'<i class="{tag}" style="height:{90 * bar.tags[tag] / highest:.2f}%" title="{word}: {bar.tags[tag]:,}"></i>'
        for tag, word in reversed(TAG_WORDS.items())
        if bar.tags[tag]
    )
    count = f"<b>{bar.count:,}</b>" if numbered else ""
    return f'<div title="{escape(day_words(bar.first))}: {bar.count:,}">{count}{parts}</div>'


def bars_table(table: Bars) -> str:
    """The chart as a table."""
    unit = "Week from" if table.by_week else "Day"
    rows = "".join(
        f'<tr><th scope="row">{escape(day_words(bar.first))}{"" if bar.whole else " (so far)"}</th>'
        + "".join(f'<td class="n">{number(bar.tags[tag])}</td>' for tag in TAGS)
        + f'<td class="n">{number(bar.count)}</td></tr>'
        for bar in table.bars
    )
    heads = "".join(f'<th scope="col" class="n">{TAG_LABELS[tag]}</th>' for tag in TAGS)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Mentions as a table"><table class="plain">'
        f'<thead><tr><th scope="col">{unit}</th>{heads}<th scope="col" class="n">All</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def how_we_count(said: Sequence[str]) -> str:
    """What the numbers mean, in a few sentences (``method.how_we_count``)."""
    return f'<div class="foot"><p><strong>How we count.</strong> {escape(" ".join(said))}</p></div>'


ORDER_OF_KEY: tuple[Tag, ...] = ("good", "neutral", "bad")
