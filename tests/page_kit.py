"""What stands on the leaders' page as Streamlit's own test reads it, without a browser."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from streamlit.testing.v1 import AppTest

METRIC = re.compile(
    r'<dl class="metric"><dt>(?P<label>.*?)</dt><dd class="value">(?P<value>.*?)</dd>'
    r'<dd class="change[^"]*">(?:<span[^>]*>.</span>)?(?P<change>.*?)</dd></dl>'
)


class Metric(NamedTuple):
    """A number of the page: its name, what it says, how it changed."""

    label: str
    value: str
    change: str


def metrics(page: AppTest) -> list[Metric]:
    """The page's numbers, in its order."""
    pieces = [piece.proto.body for piece in page.get("html")]
    return [metric(piece) for piece in pieces if 'class="metric"' in piece]


def metric(piece: str) -> Metric:
    """What a number's HTML says; fails where it is written in another way."""
    found = METRIC.fullmatch(piece)
    assert found is not None, piece
    return Metric(*(html.unescape(said) for said in found.groups()))
