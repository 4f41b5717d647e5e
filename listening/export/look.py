"""How slides, brief and workbook look: the page's light colours, in fonts that every office has."""

from __future__ import annotations

from collections.abc import Mapping

from listening.models import Tag

INK, MUTED, LINE, PAPER, CARD = "0F1720", "4A5661", "D5DAE0", "FFFFFF", "F6F7F9"
SLATE = "33424F"
TAG_COLOURS: Mapping[Tag, str] = {"good": "12436D", "neutral": "C3CAD1", "bad": "B84A00", "unscored": "E6EAEE"}
TAG_GROUNDS: Mapping[Tag, str] = {"good": "EAF1F8", "bad": "FCF0E6"}
SERIF, SANS = "Georgia", "Arial"
STACKED: tuple[Tag, ...] = ("bad", "neutral", "good", "unscored")
"""The order in a column, from the baseline up."""
