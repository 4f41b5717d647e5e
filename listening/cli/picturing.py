"""`listening chart`: the page's chart as a picture."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from listening import door, picture
from listening.cli import terminal
from listening.cli.exporting import known_period, known_topic
from listening.cli.files import write_whole
from listening.cli.telling import stored
from listening.errors import InputError
from listening.insights import sentences
from listening.insights.periods import period, span_words
from listening.insights.tables import bars
from listening.store import Reader, View


def chart(arguments: Namespace) -> int:
    """Draw the posts a day (or a week) of a period and a topic, as the page does, into a file."""
    settings = door.load(arguments.settings)
    target = Path(arguments.output).expanduser()
    kind = picture.kind_of(target)
    if target.exists():
        raise InputError(f"{target} exists already.", "Name a new file: a picture never overwrites anything.")
    store = stored(settings)
    zone = settings.agency.timezone
    chosen = period(known_period(arguments.period), door.now().astimezone(zone), zone)
    view = View(start=chosen.start, end=chosen.end, topic=known_topic(arguments.topic, settings))
    with store.reading() as connection:
        table = bars(Reader(store, connection), view, chosen, zone)
    if not any(bar.count for bar in table.bars):
        raise InputError(
            f"There are no posts {chosen.within}{f' under “{view.topic}”' if view.topic else ''}.",
            "Take a longer period with --period; nothing was written.",
        )
    days = span_words(table.bars[0].first, table.bars[-1].last)
    about = f"us under “{view.topic}”" if view.topic else "us"
    made = picture.specification(
        table,
        title=sentences.chart_title(table, about),
        under=f"Public posts a {'week' if table.by_week else 'day'}, {days}",
        source=settings.agency.name + (", made-up data" if settings.agency.made_up else ""),
    )
    write_whole(target, picture.drawn(made, kind))
    terminal.say(f"{target}: {sentences.chart_words(table)}")
    return 0
