"""The one-page brief as one file: any browser opens it, nothing is loaded, and it prints on one sheet.

Whatever a stranger wrote is escaped here; no script runs in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from listening.export.docx import MOST_ASKS, MOST_QUESTIONS, MOST_QUOTES, QUESTION
from listening.export.look import STACKED
from listening.export.readme import ReadMe
from listening.insights.frameworks import TO_FILL
from listening.insights.metrics import Metric
from listening.insights.periods import day_words, short_day, span_words
from listening.insights.sentences import TAG_LABELS, excerpt
from listening.insights.tables import Bars
from listening.models import TAGS, Mention, Tag
from listening.overview import Overview
from listening.sentiment import with_title

QUOTE = 170
"""Characters: the brief prints on one sheet."""

STYLE = Path(__file__).with_name("brief.css")
CHART_WIDTH, CHART_HEIGHT, CHART_TOP, CHART_FOOT = 720, 150, 18, 20
MOST_LABELS = 14
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def brief(page: Overview, readme: ReadMe, *, evaluation: bool) -> str:
    """The brief; ``evaluation``: with the headings of three frameworks behind it."""
    parts = [
        _top(page),
        f"<h1>{_words(page.headline)}</h1>",
        f'<p class="deck">{_words(page.deck)}</p>' if page.deck else "",
        f'<p class="muted">{_words(page.closed)}</p>' if page.closed else "",
        *(_told(page) if page.heard else [_asks(page)]),
        _details("Evaluation", _evaluation(page), opened=True) if evaluation else "",
        _details("About these numbers", _read_me(readme)),
    ]
    return _DOCUMENT.format(
        title=_words(f"{page.agency}: {page.headline}"),
        style=STYLE.read_text(encoding="utf-8"),
        body="\n".join(part for part in parts if part),
    )


def _told(page: Overview) -> list[str]:
    """What is known of a time that was listened to."""
    return [
        f'<dl class="metrics">{"".join(map(_metric, page.metrics))}</dl>',
        f'<p class="muted">{_words(f"{page.reach_words} {page.compared}".strip())}</p>',
        _days(page.bars, page.bars_title, page.bars_words),
        _stories(page),
        _quotes(page),
        f'<div class="{"two" if page.asks and page.questions_title else ""}">{_questions(page)}{_asks(page)}</div>',
        f'<p class="foot">{_words(" ".join(page.written_method))}</p>',
        _details("Beside other times, and these numbers as a table", _over_time(page) + _table_of_days(page.bars)),
    ]


def _words(text: str) -> str:
    """A text as HTML: nothing in it is markup."""
    return escape(NOT_XML.sub("\ufffd", text))


def _top(page: Overview) -> str:
    made_up = '<span class="mark">Made-up data</span>' if page.made_up else ""
    filtered = f"<span>{_words(page.filtered)}</span>" if page.filtered else ""
    return f'<div class="top"><b>{_words(page.agency)}</b><span>{_words(page.when)}</span>{filtered}{made_up}</div>'


def _metric(metric: Metric) -> str:
    direction = {1: ("up", "▲"), -1: ("down", "▼")}.get(metric.change.direction or 0)
    arrow = f'<span class="{direction[0]}" aria-hidden="true">{direction[1]}</span> ' if direction else ""
    return (
        f'<div><dt>{metric.label}</dt><dd class="value">{_words(metric.value)}</dd>'
        f'<dd class="muted">{arrow}{_words(metric.change.words)}</dd></div>'
    )


# --- the page -------------------------------------------------------------------------------------------------------


def _days(bars: Bars, title: str, words: str) -> str:
    """The columns as a drawing with its sentence; the numbers stand in a table further down."""
    highest = max((bar.count for bar in bars.bars), default=0) or 1
    step = CHART_WIDTH / max(1, len(bars.bars))
    every = -(-len(bars.bars) // MOST_LABELS)
    drawn = []
    for place, bar in enumerate(bars.bars):
        left, top = place * step + step * 0.16, float(CHART_TOP + CHART_HEIGHT)
        for tag in STACKED:
            if height := bar.tags[tag] / highest * CHART_HEIGHT:
                top -= height
                size = f'width="{step * 0.68:.1f}" height="{height:.1f}"'
                drawn.append(f'<rect class="{tag}" x="{left:.1f}" y="{top:.1f}" {size}/>')
        middle = place * step + step / 2
        if bar is bars.busiest:
            at = f'x="{middle:.1f}" y="{top - 5:.1f}" text-anchor="middle"'
            drawn.append(f'<text class="count" {at}>{bar.count:,}</text>')
        if place % every == 0:
            at = f'x="{middle:.1f}" y="{CHART_TOP + CHART_HEIGHT + 15}" text-anchor="middle"'
            spare = ' class="spare"' if place // every % 3 else ""  # left out where there is little room
            drawn.append(f"<text{spare} {at}>{short_day(bar.first)}</text>")
    box = f"0 0 {CHART_WIDTH} {CHART_TOP + CHART_HEIGHT + CHART_FOOT}"
    present = [tag for tag in TAGS if any(bar.tags[tag] for bar in bars.bars)]
    key = "".join(f'<span><i class="{tag}"></i>{TAG_LABELS[tag]}</span>' for tag in present)
    unit = "week" if bars.by_week else "day"
    span = span_words(bars.bars[0].first, bars.bars[-1].last)
    return (
        f'<h2>{_words(title)}</h2><div class="key"><span>Public posts a {unit}, {span}</span>{key}</div>'
        f'<svg class="days" viewBox="{box}" role="img" aria-label="{_words(words)}">{"".join(drawn)}</svg>'
    )


def _stories(page: Overview) -> str:
    lines = [
        f"<li><h3><bdi>{_words(told.name)}</bdi></h3>"
        + (f"<p>“<bdi>{_words(told.said)}</bdi>”</p>" if told.said else "")
        + f'<p class="about">{_words(told.about)}</p>'
        f"<p><b>Why it matters:</b> {_words(told.why)} <b>What we do:</b> {_done(told.done)}</p></li>"
        for told in page.stories
    ]
    if not lines:
        return "<h2>No story came up more than once</h2>"
    return f'<h2>{_words(page.stories_title)}</h2><ol class="stories">{"".join(lines)}</ol>'


def _done(said: str) -> str:
    return _words(said) if said else f'<span class="blank">{TO_FILL.lower()}</span>'


def _quotes(page: Overview) -> str:
    sides: tuple[tuple[str, Tag, Sequence[Mention]], ...] = (
        ("What people like", "good", page.quotes.good),
        ("What people are upset about", "bad", page.quotes.bad),
    )
    columns = []
    for title, tag, quotes in sides:
        none = f"No {tag} posts." if not page.numbers.now.tags.get(tag) else "None of them is short enough to quote."
        said = "".join(_quote(page, quote, tag) for quote in quotes[:MOST_QUOTES]) or f'<p class="muted">{none}</p>'
        columns.append(f"<section><h2>{title}</h2>{said}</section>")
    picked = f'<p class="muted">{_words(page.picked)}</p>' if page.picked else ""
    return f'<div class="two">{"".join(columns)}</div>{picked}'


def _quote(page: Overview, quote: Mention, tag: Tag) -> str:
    assert quote.published_at is not None
    day = day_words(quote.published_at.astimezone(page.zone).date())
    words = excerpt(with_title(quote.text, quote.title), QUOTE)
    about = f"{TAG_LABELS[tag]} · {quote.feed} · {day}"
    said = f'<p>“<bdi>{_words(words)}</bdi>”</p><p class="about">{_words(about)}</p>'
    return f'<blockquote class="of-{tag}">{said}</blockquote>'


def _questions(page: Overview) -> str:
    if not page.questions_title:
        return ""
    said = f"<p>{_words(page.questions_words)}</p>" if page.questions_words else ""
    lines = "".join(
        f"<li>“<bdi>{_words(excerpt(asked.words.words, QUESTION))}</bdi>” "
        f'<span class="about">{_words(asked.about)}. What we do: {_done(asked.done)}</span></li>'
        for asked in page.asked(MOST_QUESTIONS)
    )
    shown = f'<ul class="plain">{lines}</ul>' if lines else ""
    more = page.more_questions(MOST_QUESTIONS)
    rest = f'<p class="about">And {more:,} more; the workbook has all of them.</p>' if more > 0 else ""
    return f"<section><h2>{_words(page.questions_title)}</h2>{said}{shown}{rest}</section>"


def _asks(page: Overview) -> str:
    if not page.asks:
        return ""
    lines = []
    for ask in page.asks[:MOST_ASKS]:
        parts = (
            ("The risk", ask.risk),
            ("The safeguard", ask.safeguard),
            ("We stop", ask.stop_rule),
            ("We will not", ask.will_not),
        )
        said = " ".join(f"{label}: {_words(text)}." for label, text in parts if text)
        lines.append(f'<li><b>{_words(ask.what)}.</b> <span class="about">{said}</span></li>')
    return f'<section><h2>What we ask</h2><ul class="plain">{"".join(lines)}</ul></section>'


# --- behind it ------------------------------------------------------------------------------------------------------


def _details(title: str, body: str, *, opened: bool = False) -> str:
    return f"<details{' open' if opened else ''}><summary>{title}</summary>{body}</details>"


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(
        f'<th scope="col"{" class=n" if place else ""}>{_words(each)}</th>' for place, each in enumerate(heads)
    )
    body = "".join(
        f'<tr><th scope="row">{_words(cells[0])}</th>'
        + "".join(f'<td class="n">{_words(cell)}</td>' for cell in cells[1:])
        + "</tr>"
        for cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_words(caption)}"><table>'
        f"<caption>{_words(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _over_time(page: Overview) -> str:
    found = page.over_time
    heads = ["What", "Now"]
    for earlier in found.earlier:
        heads += [earlier.label, "Change"]
    rows = []
    for number, name in enumerate(found.rows):
        cells = [name, found.now[number]]
        for earlier in found.earlier:
            cell = earlier.cells[number] if earlier.cells else None
            cells += [cell.value, cell.change] if cell else ["–", "–"]
        rows.append(cells)
    missing = "".join(
        f'<p class="muted">{_words(f"{each.label}: {each.missing}.")}</p>' for each in found.earlier if each.missing
    )
    return _table("Beside other times, over the places heard in both", heads, rows) + missing


def _table_of_days(bars: Bars) -> str:
    heads = ("Week from" if bars.by_week else "Day", *(TAG_LABELS[tag] for tag in TAGS), "All")
    rows = [
        (
            day_words(bar.first) + ("" if bar.whole else " (so far)"),
            *(f"{bar.tags[tag]:,}" for tag in TAGS),
            f"{bar.count:,}",
        )
        for bar in bars.bars
    ]
    return _table(f"Public posts a {'week' if bars.by_week else 'day'}", heads, rows)


def _evaluation(page: Overview) -> str:
    parts = []
    for framework in page.frameworks:
        rows = "".join(
            f'<tr><th scope="row">{_words(heading.name)}</th><td>{_words(heading.asks)}</td>'
            f"<td{'' if heading.known else ' class=fill'}>{_words(heading.said)}</td></tr>"
            for heading in framework.headings
        )
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("Heading", "What it asks", "What we know"))
        parts.append(
            f"<table><caption>{_words(framework.name)}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
            f'</table><p class="muted">Source: {_words(framework.source)}.</p>'
        )
    return "".join(parts) + '<p class="muted">Advertising value is not given: it does not measure communication.</p>'


def _read_me(readme: ReadMe) -> str:
    parts = []
    for section in readme:
        lines = "".join(
            f"<p>{f'<b>{_words(name)}:</b> ' if name else ''}{_words(said)}</p>" for name, said in section.lines
        )
        parts.append(f"<h3>{_words(section.heading)}</h3>{lines}")
    return "".join(parts)


_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
