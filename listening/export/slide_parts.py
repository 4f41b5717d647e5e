"""Pieces of slides: boxes of text, native charts with their words, and the look of all of them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_AUTO_SIZE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Inches, Pt

from listening.export.look import INK, LINE, MUTED, SANS, SERIF, SLATE, TAG_COLOURS
from listening.models import Tag
from listening.overview import Overview

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def named(properties: Any, page: Overview) -> None:
    """What a document or a deck says of itself; such a property holds 255 characters."""
    for name, said in (
        ("title", f"{page.agency}, {page.when}"),
        ("subject", page.headline),
        ("author", page.agency),
        ("last_modified_by", page.agency),
        ("comments", "Made with Listening"),
    ):
        setattr(properties, name, plain(said)[:250])
    properties.created = properties.modified = page.taken_at.astimezone(UTC).replace(tzinfo=None)
    properties.language = "en"


def plain(text: str) -> str:
    """A text without what no slide or document can hold, on one line."""
    return " ".join(NOT_XML.sub("\ufffd", text).split())


def paragraphs(
    slide: Any,
    left: float,
    top: float,
    width: float,
    height: float,
    lines: Sequence[tuple[str, dict[str, Any]]],
    *,
    ground: str = "",
    line: str = "",
    edge: str = "",
) -> None:
    """A box of text, a paragraph a line; with ``edge`` a coloured bar at its left. Nothing where there is no text."""
    said = [(plain(text), how) for text, how in lines if text]
    if not said:
        return
    box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
    frame = box.text_frame
    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    margin = 0.12 if ground else 0.0
    frame.margin_left = frame.margin_right = Inches(margin + (0.08 if edge else 0))
    frame.margin_top = frame.margin_bottom = Inches(0.07 if ground else 0)
    if ground:
        box.fill.solid()
        box.fill.fore_color.rgb = RGBColor.from_string(ground)
    if line:
        box.line.color.rgb = RGBColor.from_string(line)
        box.line.width = Pt(0.75)
    if edge:
        bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(0.07), Inches(height))
        describe(bar, "", decorative=True)
        bar.fill.solid()
        bar.fill.fore_color.rgb = RGBColor.from_string(edge)
        bar.line.fill.background()
        bar.shadow.inherit = False
    for place, (text, how) in enumerate(said):
        paragraph = frame.paragraphs[0] if not place else frame.add_paragraph()
        paragraph.space_before = Pt(how.get("before", 0))
        paragraph.space_after = Pt(3)
        run = paragraph.add_run()
        run.text = text
        set_font(run.font, **{name: value for name, value in how.items() if name != "before"})


def set_font(target: Any, *, size: float, bold: bool = False, font: str = SANS, color: str = INK) -> None:
    target.size, target.bold, target.name = Pt(size), bold, font
    target.color.rgb = RGBColor.from_string(color)


def put_at(shape: Any, left: float, top: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = (Inches(each) for each in (left, top, width, height))


def describe(shape: Any, words: str, *, decorative: bool = False) -> None:
    """What a screen reader says of a shape; nothing of one that only decorates."""
    properties = shape._element.xpath(".//p:cNvPr")[0]
    properties.set("descr", plain(words))
    if decorative:
        properties.set("name", "Line")


def add_chart(slide: Any, kind: Any, at: tuple[float, float, float, float], data: CategoryChartData, words: str) -> Any:
    frame = slide.shapes.add_chart(kind, *(Inches(each) for each in at), data)
    frame.chart.part.chart_workbook.update_from_xlsx_blob(_sheet(data))
    describe(frame, words)
    chart = frame.chart
    chart.has_title = False
    chart.font.size, chart.font.name = Pt(12), SANS
    chart.font.color.rgb = RGBColor.from_string(INK)
    if len(chart.plots[0].categories) and len(list(chart.plots[0].series)) > 1:
        chart.has_legend = True
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        chart.legend.font.size = Pt(14)
    else:
        chart.has_legend = False
    return chart


def _sheet(data: CategoryChartData) -> bytes:
    """The numbers behind a chart as a workbook, laid out as python-pptx lays it out, in which every name is text.

    The library's own takes a place that is called =1+1 for a formula.
    """
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True})
    sheet = book.add_worksheet()
    for row, category in enumerate(data.categories, 1):
        sheet.write_string(row, 0, str(category.label))
    for column, series in enumerate(data, 1):
        sheet.write_string(0, column, str(series.name))
        for row, value in enumerate(series.values, 1):
            sheet.write_number(row, column, value)
    book.close()
    return raw.getvalue()


def fill(series: Any, colour: str) -> None:
    series.format.fill.solid()
    series.format.fill.fore_color.rgb = RGBColor.from_string(colour)
    series.invert_if_negative = False


def stacked(chart: Any, tags: Sequence[Tag]) -> None:
    for series, tag in zip(chart.plots[0].series, tags, strict=True):
        fill(series, TAG_COLOURS[tag])
    chart.plots[0].gap_width, chart.plots[0].overlap = 45, 100
    counts, names = chart.value_axis, chart.category_axis
    counts.major_gridlines.format.line.color.rgb = RGBColor.from_string(LINE)
    counts.format.line.fill.background()
    counts.tick_labels.font.size = names.tick_labels.font.size = Pt(12)
    counts.tick_labels.number_format, counts.tick_labels.number_format_is_linked = "#,##0", False
    names.format.line.color.rgb = RGBColor.from_string(LINE)
    names.format.line.dash_style = MSO_LINE.SOLID


def label_every(chart: Any, step: int) -> None:
    """Of many columns every so many has its label: all of them would stand on their heads."""
    axis = chart.category_axis._element
    for name in ("tickLblSkip", "tickMarkSkip"):
        element = axis.makeelement(f"{{{axis.nsmap['c']}}}{name}", {"val": str(step)})
        before = axis.find(f"{{{axis.nsmap['c']}}}noMultiLvlLbl")
        (before.addprevious if before is not None else axis.append)(element)


def bars_across(chart: Any) -> None:
    fill(chart.plots[0].series[0], SLATE)
    chart.plots[0].gap_width = 40
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_labels.font.size = Pt(12)
    chart.category_axis.format.line.fill.background()
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.value_axis.visible = chart.value_axis.has_major_gridlines = False
    labels = chart.plots[0].series[0].data_labels
    labels.show_value, labels.position = True, XL_LABEL_POSITION.OUTSIDE_END
    labels.number_format, labels.number_format_is_linked = "#,##0", False
    labels.font.size, labels.font.bold = Pt(12), True


def theme(deck: Any) -> None:
    """Our fonts and colours as the theme's, so that what somebody adds later fits in."""
    part = deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = part.blob.decode("utf-8")
    for kind, font in (("majorFont", SERIF), ("minorFont", SANS)):
        text = re.sub(rf'(<a:{kind}>\s*<a:latin typeface=")[^"]*', rf"\g<1>{font}", text)
    accents = (TAG_COLOURS["good"], TAG_COLOURS["bad"], TAG_COLOURS["neutral"], SLATE, MUTED, LINE)
    for number, colour in enumerate(accents, 1):
        text = re.sub(rf'(<a:accent{number}>\s*<a:srgbClr val=")[0-9A-Fa-f]{{6}}', rf"\g<1>{colour}", text)
    part._blob = text.encode("utf-8")
