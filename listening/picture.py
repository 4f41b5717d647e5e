"""The chart of the page as a picture for slides and reports: with its finding, its key, its days and who says so.

On the page the heading and the key are text beside the chart; a picture goes alone, and so holds them itself. It is
always light: it lands on white paper. PNG and SVG are drawn by vl-convert, which loads nothing from a network.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from listening import charts
from listening.errors import ListeningError
from listening.insights.tables import TAG_WORDS, Bars
from listening.models import TAGS

Kind = Literal["png", "svg"]

COLOURS: Mapping[str, str] = {
    "Good": "#12436D",
    "Neutral": "#C3CAD1",
    "Bad": "#B84A00",
    "ink": "#0F1720",
    "paper": "#FFFFFF",
    "Not tagged": "#E6EAEE",
}
"""The page's light colours, by the names of the chart's scale."""

MUTED, LINE = "#4A5661", "#D5DAE0"
FONT = "sans-serif"
WIDTH, HEIGHT = 860, 380
SCALE = 2.0
"""Of a PNG: 1,800 pixels wide, sharp on a slide."""


class PictureError(ListeningError):
    """A picture cannot be drawn."""


def specification(table: Bars, *, title: str, under: str, source: str) -> dict[str, Any]:
    """The chart with everything that it says, as one Vega-Lite specification without references.

    ``title`` is the finding, ``under`` measure and days, ``source`` whose posts they are.
    """
    made = copy.deepcopy(charts.specification())
    made["datasets"] = charts.datasets(table)
    del made["params"]
    present = [TAG_WORDS[tag] for tag in TAGS if any(bar.tags[tag] for bar in table.bars)]
    made["layer"][0]["encoding"]["color"]["legend"] = {
        "values": present,
        "title": None,
        "orient": "top",
        "direction": "horizontal",
        "symbolType": "square",
        "symbolSize": 180,
        "symbolStrokeWidth": 0,
        "labelFontSize": 16,
        "labelColor": COLOURS["ink"],
        "columnPadding": 24,
        "offset": 12,
    }
    for layer in made["layer"]:
        if "opacity" in layer["mark"] and isinstance(layer["mark"]["opacity"], dict):
            layer["mark"]["opacity"] = 1  # the bars of a picture are never a telephone's
    made["width"], made["height"] = WIDTH, HEIGHT
    made["title"] = {
        "text": title,
        "subtitle": [under, source],
        "anchor": "start",
        "frame": "group",
        "fontSize": 24,
        "fontWeight": 700,
        "color": COLOURS["ink"],
        "subtitleFontSize": 16,
        "subtitleColor": MUTED,
        "subtitlePadding": 8,
        "subtitleLineHeight": 22,
        "offset": 18,
        "limit": WIDTH,
    }
    made["background"] = COLOURS["paper"]
    made["padding"] = 28
    made["config"] = {
        "font": FONT,
        "range": {"category": [COLOURS[name] for name in charts.COLOURS]},
        "axis": {"labelColor": MUTED, "gridColor": LINE, "domainColor": LINE},
        "view": {"stroke": None},
    }
    return made


def drawn(made: Mapping[str, Any], kind: Kind) -> bytes:
    """The picture's bytes; raises PictureError where the part that draws is not installed."""
    try:
        import vl_convert  # an extra: 84 MB
    except ImportError:
        raise PictureError(
            "Pictures are drawn by an extra part, vl-convert, which is not installed.",
            "Install it with .venv/bin/pip install -e '.[png]' (Windows: .venv\\Scripts\\pip). Without it, “Download "
            "as PNG” above the chart on the page gives the bars alone.",
        ) from None
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(dict(made))).encode()
    return bytes(vl_convert.vegalite_to_png(dict(made), scale=SCALE))


def kind_of(file: Path) -> Kind:
    """What a file's name asks for; raises PictureError for anything but .png and .svg."""
    match file.suffix.lower():
        case ".png":
            return "png"
        case ".svg":
            return "svg"
        case other:
            raise PictureError(
                f"{file} would be a picture of a kind that is not made here: “{other or 'no ending'}”.",
                "Name it with .png (for slides and documents) or .svg (for print).",
            )
