"""Four slides: what happened, when and where, what people said, what they ask and what we ask.

Charts are native: they can be changed, and hold their numbers. The speaker notes carry the method. What a stranger
wrote stands in text boxes, which know no formulas, fields or links.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from listening.export.look import CARD, INK, LINE, MUTED, PAPER, SANS, SERIF, STACKED, TAG_COLOURS, TAG_GROUNDS
from listening.export.readme import ReadMe, as_text
from listening.export.slide_parts import (
    NOT_XML,
    add_chart,
    bars_across,
    describe,
    fill,
    label_every,
    named,
    paragraphs,
    plain,
    put_at,
    set_font,
    stacked,
    theme,
)
from listening.insights.periods import day_words, short_day, span_words
from listening.insights.sentences import TAG_LABELS, driver_words, excerpt
from listening.insights.spikes import spike_words
from listening.models import Mention, Tag
from listening.overview import Overview
from listening.sentiment import with_title

WIDTH, HEIGHT = 13.333, 7.5
EDGE = 0.6
"""Inches."""

MOST_PLACES, MOST_QUOTES, MOST_QUESTIONS, MOST_ASKS = 8, 2, 3, 2
QUOTE, QUESTION, STORY = 180, 150, 80
"""Characters."""

FEW_COLUMNS = 16
"""Up to so many each has its label."""


def write(file: IO[bytes], page: Overview, readme: ReadMe) -> None:
    """Write the slides; ``readme`` goes into the notes of the first."""
    _Writer(page).written(readme).save(file)


class _Writer:
    """Makes the presentation, slide after slide."""

    def __init__(self, page: Overview) -> None:
        self._page = page
        self._deck = Presentation()
        self._deck.slide_width, self._deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
        wanted = next(each for each in self._deck.slide_layouts if each.name == "Title Only")
        for layout in list(self._deck.slide_layouts):
            if layout is not wanted and layout.name != "Blank":
                self._deck.slide_layouts.remove(layout)
        self._layout = wanted
        for holder in list(wanted.placeholders):
            if holder.placeholder_format.type is not None and holder.placeholder_format.idx != 0:
                holder._element.getparent().remove(holder._element)
            else:
                put_at(holder, EDGE, 0.72, WIDTH - 2 * EDGE, 1.05)
        theme(self._deck)
        named(self._deck.core_properties, page)

    def written(self, readme: ReadMe) -> Any:
        """All four."""
        self._what_happened(readme)
        self._when_and_where()
        self._what_people_say()
        self._questions_and_asks()
        return self._deck

    # --- the slides ---------------------------------------------------------------------------------------------------

    def _what_happened(self, readme: ReadMe) -> None:
        page = self._page
        slide = self._slide(page.headline, [*page.written_method, "", as_text(readme)])
        paragraphs(
            slide,
            EDGE,
            1.9,
            WIDTH - 2 * EDGE,
            0.8,
            [(page.deck, {"size": 18}), (page.closed, {"size": 14, "color": MUTED})],
        )
        width = (WIDTH - 2 * EDGE - 0.2 * (len(page.metrics) - 1)) / max(1, len(page.metrics))
        for place, metric in enumerate(page.metrics):
            arrow = {1: "▲ ", -1: "▼ "}.get(metric.change.direction or 0, "")
            paragraphs(
                slide,
                EDGE + place * (width + 0.2),
                2.95,
                width,
                1.75,
                [
                    (metric.label, {"size": 16}),
                    (metric.value, {"size": 44 if len(metric.value) < 6 else 32, "bold": True}),
                    (arrow + metric.change.words, {"size": 14, "color": MUTED}),
                ],
                ground=CARD,
                line=LINE,
            )
        self._tags(slide)

    def _tags(self, slide: Any) -> None:
        """One bar of good, neutral and bad."""
        now = self._page.numbers.now
        if not now.tagged:
            return
        tags: tuple[Tag, ...] = ("good", "neutral", "bad")
        data = CategoryChartData(number_format="#,##0")
        data.categories = ["Posts"]
        for tag in tags:
            data.add_series(TAG_LABELS[tag], [now.tags.get(tag, 0)])
        said = ", ".join(f"{now.tags.get(tag, 0):,} {tag} ({now.percent(tag)}%)" for tag in tags)
        words = f"One bar of the {now.tagged:,} tagged posts: {said}."
        about = f"Of the {now.tagged:,} posts that could be tagged. {self._page.compared}".strip()
        paragraphs(slide, EDGE, 4.8, WIDTH - 2 * EDGE, 0.35, [(about, {"size": 12, "color": MUTED})])
        chart = add_chart(slide, XL_CHART_TYPE.BAR_STACKED_100, (EDGE, 5.1, WIDTH - 2 * EDGE, 1.5), data, words)
        for series, tag in zip(chart.plots[0].series, tags, strict=True):
            fill(series, TAG_COLOURS[tag])
            labels = series.data_labels
            labels.show_value = True
            labels.number_format, labels.number_format_is_linked = "#,##0;;", False  # a part of none has no label
            labels.font.size, labels.font.bold, labels.font.name = Pt(16), True, SANS
            labels.font.color.rgb = RGBColor.from_string(INK if tag == "neutral" else PAPER)
        chart.category_axis.visible = chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False
        chart.plots[0].gap_width = 25

    def _when_and_where(self) -> None:
        page = self._page
        said = [spike_words(spike) + (f" {driver_words(drove)}" if drove else "") for spike, drove in page.spikes[:1]]
        slide = self._slide(page.bars_title, [page.bars_words, page.reach_words, *page.written_method[:1]])
        unit = "week" if page.bars.by_week else "day"
        span = span_words(page.bars.bars[0].first, page.bars.bars[-1].last)
        left = 7.6
        paragraphs(slide, EDGE, 1.7, left, 0.4, [(f"Public posts a {unit}, {span}", {"size": 14, "color": MUTED})])
        data = CategoryChartData(number_format="#,##0")
        data.categories = [short_day(bar.first) for bar in page.bars.bars]
        shown = [tag for tag in STACKED if any(bar.tags[tag] for bar in page.bars.bars)]
        for tag in shown:
            data.add_series(TAG_LABELS[tag], [bar.tags[tag] for bar in page.bars.bars])
        if shown:
            chart = add_chart(slide, XL_CHART_TYPE.COLUMN_STACKED, (EDGE - 0.1, 2.0, left, 4.0), data, page.bars_words)
            stacked(chart, shown)
            if len(page.bars.bars) > FEW_COLUMNS:
                label_every(chart, -(-len(page.bars.bars) // FEW_COLUMNS))
        paragraphs(slide, EDGE, 6.05, left, 0.75, [(" ".join(said), {"size": 14})])
        start = EDGE + left + 0.3
        width = WIDTH - EDGE - start
        paragraphs(slide, start, 1.7, width, 0.55, [(page.places_title, {"size": 14, "bold": True})])
        here = page.places[:MOST_PLACES]
        if here:
            places = CategoryChartData(number_format="#,##0")
            places.categories = [plain(excerpt(place.feed, 28)) for place in here]
            places.add_series("Public posts", [place.count for place in here])
            words = f"Bars: public posts by place. {'; '.join(f'{each.feed}: {each.count:,}' for each in here)}."
            chart = add_chart(slide, XL_CHART_TYPE.BAR_CLUSTERED, (start, 2.25, width, 3.75), places, words)
            bars_across(chart)
        rest = len(page.places) - len(here)
        more = f"And {rest} more {'place' if rest == 1 else 'places'}." if rest > 0 else ""
        without = [place.feed for place in page.places if place.feed in page.without_us]
        if without:
            more = f"{more} No account of ours: {', '.join(without[:3])}.".strip()
        paragraphs(slide, start, 6.05, width, 0.75, [(more, {"size": 14, "color": MUTED})])

    def _what_people_say(self) -> None:
        page = self._page
        title = page.stories_title or "What people say"
        slide = self._slide(title, [page.written_method[-2] if page.made_up else page.written_method[-1], page.picked])
        top = 1.85
        if page.stories:
            width = (WIDTH - 2 * EDGE - 0.2 * (len(page.stories) - 1)) / len(page.stories)
            for place, told in enumerate(page.stories):
                paragraphs(
                    slide,
                    EDGE + place * (width + 0.2),
                    top,
                    width,
                    1.75,
                    [
                        (excerpt(told.name, STORY), {"size": 15, "bold": True, "font": SERIF}),
                        (told.about, {"size": 12, "color": MUTED}),
                        (told.why, {"size": 12}),
                        (told.done, {"size": 12}),
                    ],
                    ground=CARD,
                    line=LINE,
                )
            top += 1.95
        half = (WIDTH - 2 * EDGE - 0.3) / 2
        sides: tuple[tuple[str, Tag, Sequence[Mention]], ...] = (
            ("What people like", "good", page.quotes.good),
            ("What people are upset about", "bad", page.quotes.bad),
        )
        for place, (head, tag, quotes) in enumerate(sides):
            start = EDGE + place * (half + 0.3)
            paragraphs(slide, start, top, half, 0.45, [(head, {"size": 18, "bold": True, "font": SERIF})])
            room = (HEIGHT - 0.65 - top - 0.5) / MOST_QUOTES
            if not quotes:
                none = (
                    f"No {tag} posts short enough to quote." if page.numbers.now.tags.get(tag) else f"No {tag} posts."
                )
                paragraphs(slide, start, top + 0.5, half, 0.5, [(none, {"size": 14, "color": MUTED})])
            for rank, quote in enumerate(quotes[:MOST_QUOTES]):
                assert quote.published_at is not None
                day = day_words(quote.published_at.astimezone(page.zone).date())
                words = excerpt(with_title(quote.text, quote.title), QUOTE)
                paragraphs(
                    slide,
                    start,
                    top + 0.5 + rank * room,
                    half,
                    room - 0.12,
                    [
                        (f"“{words}”", {"size": 13}),
                        (f"{TAG_LABELS[tag]} · {quote.feed} · {day}", {"size": 11, "color": MUTED}),
                    ],
                    ground=TAG_GROUNDS[tag],
                    edge=TAG_COLOURS[tag],
                )

    def _questions_and_asks(self) -> None:
        page = self._page
        title = page.questions_title or ("What we ask" if page.asks else "Questions")
        slide = self._slide(title, [page.questions_words, *page.written_method[2:4]])
        half = (WIDTH - 2 * EDGE - 0.4) / 2 if page.asks else WIDTH - 2 * EDGE
        lines: list[tuple[str, dict[str, Any]]] = []
        if page.questions_words:
            lines.append((page.questions_words, {"size": 16}))
        for asked in page.asked(MOST_QUESTIONS):
            lines.append((f"“{excerpt(asked.words.words, QUESTION)}”", {"size": 17, "bold": True, "before": 12}))
            lines.append((f"{asked.about}. {asked.done or 'Nothing noted yet.'}", {"size": 13, "color": MUTED}))
        if not lines:
            lines.append(("No question is shown for this time.", {"size": 16}))
        if (more := page.more_questions(MOST_QUESTIONS)) > 0:
            lines.append((f"And {more:,} more; the workbook has all of them.", {"size": 13, "before": 12}))
        paragraphs(slide, EDGE, 1.85, half, 4.8, lines)
        if not page.asks:
            return
        start = EDGE + half + 0.4
        lines = [("What we ask", {"size": 18, "bold": True, "font": SERIF})]
        for ask in page.asks[:MOST_ASKS]:
            lines.append((ask.what, {"size": 16, "bold": True, "before": 8}))
            parts = (("The risk", ask.risk), ("The safeguard", ask.safeguard), ("We stop", ask.stop_rule))
            lines += [(f"{label}: {said}", {"size": 12}) for label, said in parts if said]
            if ask.will_not:
                lines.append((f"We will not: {ask.will_not}", {"size": 12}))
        paragraphs(slide, start, 1.85, half, 4.8, lines, ground=CARD, line=LINE)

    # --- what they share ----------------------------------------------------------------------------------------------

    def _slide(self, title: str, notes: Sequence[str]) -> Any:
        page = self._page
        slide = self._deck.slides.add_slide(self._layout)
        frame = slide.shapes.title.text_frame
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(0)
        frame.text = plain(title)
        run = frame.paragraphs[0].runs[0] if frame.paragraphs[0].runs else None
        frame.paragraphs[0].alignment = PP_ALIGN.LEFT
        if run is not None:
            set_font(
                run.font,
                size=30 if len(title) < 70 else 25 if len(title) < 130 else 20,
                bold=True,
                font=SERIF,
                color=INK,
            )
        made_up = " · Made-up data" if page.made_up else ""
        filtered = f" · {page.filtered}" if page.filtered else ""
        head = f"{page.agency} · {page.when}{filtered}{made_up}"
        paragraphs(slide, EDGE, 0.22, WIDTH - 2 * EDGE, 0.35, [(head, {"size": 12, "color": MUTED})])
        rule = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(EDGE), Inches(0.58), Inches(WIDTH - 2 * EDGE), Pt(5))
        describe(rule, "", decorative=True)
        rule.fill.solid()
        rule.fill.fore_color.rgb = RGBColor.from_string(INK)
        rule.line.fill.background()
        rule.shadow.inherit = False
        number = len(self._deck.slides)
        foot = (
            f"Public posts only, private people’s names masked. How the numbers are made: see the notes. {number} of 4"
        )
        paragraphs(slide, EDGE, HEIGHT - 0.45, WIDTH - 2 * EDGE, 0.3, [(foot, {"size": 10, "color": MUTED})])
        closed = [page.closed] if page.closed else []
        said = [NOT_XML.sub("\ufffd", part) for part in (*notes, *closed) if part]
        slide.notes_slide.notes_text_frame.text = "\n".join(said)
        return slide
