"""Small table -> chart. Colours come from the page's theme, so light and dark switch by themselves."""

from __future__ import annotations

import altair as alt
import pandas as pd

from listening.insights.tables import Bars, bars_frame

COLOURS = ["Good", "Neutral", "Bad", "ink", "paper", "Not tagged"]
"""The one scale of the page; its colours stand in the theme, in this order."""

AXIS_PX, CALL_OUT_PX, PART_PX = 15, 18, 16
ROOM = 1.6
"""How much larger all of it is on the wall of a meeting room."""

SMALLEST_PART = 0.09
"""A part of the busiest bar has its number only where that fits: from this share of the highest bar on."""


def mentions_by_day(table: Bars, *, room: bool = False, height: int = 300) -> alt.LayerChart:
    """Stacked bars, bad on the baseline and good on top; the busiest bar carries its number and its parts'.

    A click on a part gives the selection ``bar`` with the part's ``start`` and ``tag``.
    """
    size = ROOM if room else 1.0
    data = bars_frame(table)
    data["x"] = data["when"] + "|" + data["start"]
    picked = alt.selection_point(name="bar", fields=["start", "tag"], on="click", clear=False)
    x = alt.X(
        "x:O",
        sort=None,
        title=None,
        axis=alt.Axis(
            labelExpr="slice(split(datum.label,'|'),0,2)",
            labelFontSize=AXIS_PX * size,
            labelAngle=0,
            labelOverlap="greedy",
            labelLineHeight=(AXIS_PX + 3) * size,
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
        scale=alt.Scale(zero=True, domainMin=0, domainMax=_ceiling(table)),
        axis=alt.Axis(
            tickCount=3, tickMinStep=1, format=",d", labelFontSize=AXIS_PX * size, domain=False, ticks=False, grid=True
        ),
    )
    colour = alt.Color("tag:N", scale=alt.Scale(domain=COLOURS), legend=None)
    parts = (
        alt.Chart(data)
        .mark_bar(cursor="pointer", strokeWidth=0)
        .encode(
            x=x,
            y=y,
            color=colour,
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("said:N", title="When"),
                alt.Tooltip("tag:N", title="Tag"),
                alt.Tooltip("count:Q", title="Posts", format=",d"),
            ],
        )
        .add_params(picked)
    )
    layers: list[alt.Chart] = [parts]
    if table.busiest is not None:
        layers += _busiest(data, table, x, size)
    together = alt.LayerChart(layer=layers)
    together.height = int(height * (1.15 if room else 1))
    return together


def _busiest(data: pd.DataFrame, table: Bars, x: alt.X, size: float) -> list[alt.Chart]:
    assert table.busiest is not None
    start = table.busiest.first.isoformat()
    parts = data[(data["start"] == start) & (data["count"] > 0)].sort_values("order").copy()
    parts["middle"] = parts["count"].cumsum() - parts["count"] / 2
    parts["top"] = int(parts["count"].sum())
    # On Good and Bad the paper colour reads, on the grey parts the ink colour.
    parts["on"] = parts["tag"].map({"Good": "paper", "Bad": "paper"}).fillna("ink")
    parts["words"] = parts["count"].map("{:,}".format)
    highest = max(bar.count for bar in table.bars)
    colour = alt.Color("on:N", scale=alt.Scale(domain=COLOURS), legend=None)
    # On a phone the bars are too narrow for numbers.
    room_for_numbers = alt.ExprRef("bandwidth('x') < 26 ? 0 : 1")
    numbers = (
        alt.Chart(parts[parts["count"] >= SMALLEST_PART * highest])
        .mark_text(fontSize=PART_PX * size, fontWeight=600, opacity=room_for_numbers, aria=False)
        .encode(x=x, y=alt.Y("middle:Q"), text="words:N", color=colour)
    )
    said = parts.head(1).copy()
    said["on"] = "ink"
    said["words"] = f"{table.busiest.count:,} posts"
    call_out = (
        alt.Chart(said)
        .mark_text(fontSize=CALL_OUT_PX * size, fontWeight=700, baseline="bottom", dy=-6, aria=False)
        .encode(x=x, y=alt.Y("top:Q"), text="words:N", color=colour)
    )
    return [numbers, call_out]


def _ceiling(table: Bars) -> float:
    """A little room above the highest bar for its number."""
    return max(1.0, 1.15 * max((bar.count for bar in table.bars), default=0))
