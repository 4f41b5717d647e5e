"""The mapping screen: the file’s own rows, which column holds what, where the posts are from, how the dates stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from listening.collectors import kinds, label_of
from listening.importing import FIELDS, Choice, Dates, Lack, Layout, Table
from listening.importing.tables import Row
from listening.pages import markup

NONE = "(none)"
EACH = "As each post says"

FIRST = ("text", "title", "url", "date", "author")
MORE = ("place", "id", "time", "likes", "replies", "reposts", "views", "followers", "language")
LABELS = {"date": "Date", "author": "Author", "url": "Address", "place": "Column that says where"}

LONGEST_CELL = 120
"""Characters of a cell in the file's own rows."""

LONG_CELL = 30
"""Characters from which on a cell is given room for a sentence, on a phone too."""

MOST_COLUMNS = 100

_STILL: Mapping[Lack, str] = {
    "text": "the column with the texts",
    "place": "where they were published: the column with their addresses, or the place of them all",
    "date": "the column with the dates",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the screen gave: the layout, and under which name it is to be kept, "" for not at all."""

    layout: Layout
    keep_as: str = ""


def ask(choice: Choice, table: Table, rows: Sequence[Row], mark: str, zone: str) -> Asked:
    """Draw the screen, the file's first rows before any question. Where the tool is known it is folded away: all is
    filled in."""
    header = table.header
    known = choice.how in ("tool", "kept")
    box = st.expander("Read the columns differently", key=f"columns_{mark}") if known else st.container(key="columns")
    with box:
        st.html(as_it_stands(header, rows))
        layout = _columns(choice.layout, header, mark)
        layout = _from(layout, mark)
        layout = replace(layout, timezone=_zone(layout, mark, zone))
        keep_as = ""
        if choice.how != "tool" or layout != choice.layout:
            keep_as = st.text_input(
                "Keep this for the next file with these columns, under the name",
                value=choice.label if choice.how == "kept" else "",
                max_chars=60,
                key=f"keep_{mark}",
                width=440,
                placeholder="such as “Idea box”; empty: not kept",
            ).strip()
    return Asked(layout=layout, keep_as=keep_as)


def as_it_stands(header: Sequence[str], rows: Sequence[Row]) -> str:
    """A file's rows as a table, nothing in them read: by them a person says which column holds what."""
    if not rows:
        return '<p class="deck">The file has column names, and no row below them.</p>'
    shown = header[:MOST_COLUMNS]
    heads = "".join(f'<th scope="col"><bdi>{markup.escape(name)}</bdi></th>' for name in shown)
    body = "".join(
        f'<tr><th scope="row" class="n">{line:,}</th>{"".join(_cell(cell) for cell in row[: len(shown)])}</tr>'
        for line, row in rows
    )
    beyond = len(header) - len(shown)
    more = f'<p class="about">{beyond:,} more columns are not shown here.</p>' if beyond else ""
    return (
        '<div class="scroll as-it-stands" tabindex="0" role="region" aria-label="The file’s own rows">'
        f'<table class="plain"><thead><tr><th scope="col" class="n">Line</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def _cell(said: str) -> str:
    plain = " ".join(said.split())
    cut = plain if len(plain) <= LONGEST_CELL else f"{plain[:LONGEST_CELL].rstrip()}…"
    kind = ' class="long"' if len(cut) > LONG_CELL else ""
    return f"<td{kind}><bdi>{markup.escape(cut)}</bdi></td>"


def still_to_say(lacks: Sequence[Lack]) -> str:
    """All that is missing, at once."""
    listed = "".join(f"<li>{_STILL[lack]}</li>" for lack in lacks)
    return (
        f'<div class="deck still"><p>Still to be chosen above, before the rows can be read:</p><ul>{listed}</ul></div>'
    )


def _columns(layout: Layout, header: Sequence[str], mark: str) -> Layout:
    chosen: dict[str, tuple[str, ...]] = {}
    with st.container(horizontal=True, gap="small", key=f"first_{mark}"):
        for what in FIRST:
            chosen[what] = _column(layout, header, what, mark)
    more = st.expander("More columns: place, id, time, counts, language", key=f"more_{mark}")
    with more, st.container(horizontal=True, gap="small", key=f"others_{mark}"):
        for what in MORE:
            chosen[what] = _column(layout, header, what, mark)
    # What the screen does not ask for stays as it was.
    return replace(layout, columns={what: names for what, names in {**layout.columns, **chosen}.items() if names})


def _column(layout: Layout, header: Sequence[str], what: str, mark: str) -> tuple[str, ...]:
    """The columns of a field: those of the layout, unless another one is chosen."""
    usual = layout.place(header, what)
    # Two columns may have one name: they are chosen by their place.
    places = [-1, *range(len(header))]
    first = usual[0] if usual else -1
    place = st.selectbox(
        LABELS.get(what, FIELDS[what]),
        places,
        index=places.index(first),
        format_func=lambda place: NONE if place < 0 else header[place],
        key=f"column_{what}_{mark}",
        width=220,
    )
    if place == first:
        return layout.columns.get(what, ())
    return () if place < 0 else (header[place],)


def _from(layout: Layout, mark: str) -> Layout:
    sources = ["", *sorted(kinds(), key=label_of)]
    source = st.selectbox(
        "Where they were published",
        sources,
        index=sources.index(layout.source),
        format_func=lambda source: label_of(source) if source else EACH,
        key=f"source_{mark}",
        width=440,
        help="“As each post says” needs a column with addresses, or one that names the place.",
    )
    return replace(layout, source=source)


def _zone(layout: Layout, mark: str, usual: str) -> str:
    said = st.text_input(
        "Time zone of dates that name none",
        value=layout.timezone or usual,
        key=f"zone_{mark}",
        width=440,
    ).strip()
    return "" if said == usual and not layout.timezone else said


def ask_order(example: str, mark: str) -> Dates:
    """Ask whether day or month come first; "" until somebody has answered."""
    st.html(markup.section(f"Dates like “{example}”: which comes first?"))
    words: dict[Dates, str] = {
        "day-first": "The day, as in most of the world",
        "month-first": "The month, as in the United States",
    }
    said = st.radio(
        "Nothing in the file says it, so it is not guessed",
        list(words),
        index=None,
        format_func=words.__getitem__,
        key=f"order_{mark}",
    )
    return said or ""
