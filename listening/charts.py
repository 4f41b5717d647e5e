"""Small table -> chart. Colours come from the page's theme, so light and dark switch by themselves.

The specification is the same for every table; all that differs is data, by name. A browser that shows the chart of
another period or topic then has only new data to draw, which takes it half the time.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import pyarrow as pa

from listening.insights.tables import Bars, bar_rows

COLOURS = ["Good", "Neutral", "Bad", "ink", "paper", "Not tagged"]
"""The one scale of the page; its colours stand in the theme, in this order."""

AXIS_PX, CALL_OUT_PX, PART_PX = 15, 18, 16
ROOM = 1.6
"""How much larger all of it is on the wall of a meeting room."""

SMALL_PROJECTOR, SMALLER = "windowSize()[1] <= 800", 2 / 3
"""A projector of 1280 x 720 has two thirds of the pixels for the same picture."""

HEIGHT = 300

SMALLEST_PART = 0.09
"""A part of the busiest bar has its number only where that fits: from this share of the highest bar on."""

BARS, PARTS, CALL_OUT, CEILING = "bars", "parts", "call_out", "ceiling"
"""The names of the data."""

_BAR = {name: pa.string() for name in ("when", "tag", "start", "told", "x")} | {
    name: pa.int64() for name in ("place", "order", "count")
}
_PART = {**_BAR, "middle": pa.float64(), "top": pa.float64(), "on": pa.string(), "words": pa.string()}
SCHEMAS = {
    BARS: pa.schema(_BAR),
    PARTS: pa.schema(_PART),
    CALL_OUT: pa.schema(_PART),
    CEILING: pa.schema({"top": pa.float64()}),
}
"""The columns of the data, also where there are no rows."""


def mentions_by_day(table: Bars, *, room: bool = False) -> dict[str, Any]:
    """Stacked bars, bad on the baseline and good on top; the busiest bar carries its number and its parts'.

    A Vega-Lite specification, with its data as Arrow tables. A click on a part gives the selection ``bar`` with the
    part's ``start`` and ``tag``.
    """
    data = {name: _arrow(name, rows) for name, rows in datasets(table).items()}
    return {**specification(room=room), "datasets": data}


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as they are sent to a browser; by way of a frame it would take the page ten times as long."""
    return pa.Table.from_pylist(rows, schema=SCHEMAS[name])


@cache
def specification(*, room: bool = False) -> dict[str, Any]:
    """The chart without its data. It is shared: copy it before anything in it is changed."""

    def px(size: float) -> float | alt.ExprRef:
        return alt.ExprRef(f"{size * ROOM} * ({SMALL_PROJECTOR} ? {SMALLER} : 1)") if room else size

    picked = alt.selection_point(name="bar", fields=["start", "tag"], on="click", clear=False)
    x = alt.X(
        "x:O",
        sort=None,
        title=None,
        axis=alt.Axis(
            labelExpr="slice(split(datum.label,'|'),0,2)",
            labelFontSize=px(AXIS_PX),
            labelAngle=0,
            labelOverlap="greedy",
            labelLineHeight=px(AXIS_PX + 3),
            ticks=False,
            domain=True,
            labelPadding=8,
        ),
        scale=alt.Scale(paddingInner=0.32, paddingOuter=0.12),
    )
    y = alt.Y(
        "count:Q",
        title=None,
        stack="zero",
        scale=alt.Scale(zero=True, domainMin=0, nice=False),
        axis=alt.Axis(
            tickCount=3, tickMinStep=1, format=",d", labelFontSize=px(AXIS_PX), domain=False, ticks=False, grid=True
        ),
    )
    parts = (
        alt.Chart(alt.NamedData(name=BARS))
        .mark_bar(cursor="pointer", strokeWidth=0)
        .encode(
            x=x,
            y=y,
            color=alt.Color("tag:N", scale=alt.Scale(domain=COLOURS), legend=None),
            order=alt.Order("order:Q"),
            # One sentence for eye and ear; by itself Vega would read out each encoding, the order too.
            tooltip=alt.Tooltip("told:N"),
            description=alt.Description("told:N"),
        )
        .add_params(picked)
    )
    colour = alt.Color("on:N", scale=alt.Scale(domain=COLOURS), legend=None)
    # On a phone the bars are too narrow for numbers.
    room_for_numbers = alt.ExprRef("bandwidth('x') < 26 ? 0 : 1")
    numbers = (
        alt.Chart(alt.NamedData(name=PARTS))
        .mark_text(fontSize=px(PART_PX), fontWeight=600, opacity=room_for_numbers, aria=False)
        .encode(x=x, y=alt.Y("middle:Q"), text="words:N", color=colour)
    )
    call_out = (
        alt.Chart(alt.NamedData(name=CALL_OUT))
        .mark_text(fontSize=px(CALL_OUT_PX), fontWeight=700, baseline="bottom", dy=-6, aria=False)
        .encode(x=x, y=alt.Y("top:Q"), text="words:N", color=colour)
    )
    ceiling = alt.Chart(alt.NamedData(name=CEILING)).mark_point(size=0, opacity=0, aria=False).encode(y=alt.Y("top:Q"))
    together = alt.LayerChart(layer=[parts, numbers, call_out, ceiling])
    together.height = HEIGHT
    made: dict[str, Any] = together.to_dict()
    return made


def datasets(table: Bars) -> dict[str, list[dict[str, Any]]]:
    """The chart's data by their names, as rows; where no bar is the busiest, nothing is written into one."""
    data = [{**row, "x": f"{row['when']}|{row['start']}"} for row in bar_rows(table)]
    highest = max((bar.count for bar in table.bars), default=0)
    start = "" if table.busiest is None else table.busiest.first.isoformat()
    inside = [row for row in data if row["start"] == start and row["count"]]
    top = sum(row["count"] for row in inside)
    parts, below = [], 0
    for row in inside:
        parts.append(
            {
                **row,
                "middle": below + row["count"] / 2,
                "top": top,
                # On Good and Bad the paper colour reads, on the grey parts the ink colour.
                "on": "paper" if row["tag"] in ("Good", "Bad") else "ink",
                "words": f"{row['count']:,}",
            }
        )
        below += row["count"]
    said = [] if table.busiest is None else [{**part, "on": "ink", "words": f"{top:,} posts"} for part in parts[:1]]
    return {
        BARS: data,
        PARTS: [part for part in parts if part["count"] >= SMALLEST_PART * highest],
        CALL_OUT: said,
        # A little room above the highest bar for its number.
        CEILING: [{"top": max(1.0, 1.15 * highest)}],
    }
