"""Three frameworks for judging an agency's communication, as headings: filled where the store knows something.

What each heading asks is said in our own words; whose it is stands with its source. What the store cannot know (money,
followers of our own accounts, what people did afterwards) is left to the team and marked so. Advertising value is no
measure of communication and stands nowhere (AMEC, Barcelona Principles 3.0, principle 5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from listening.insights import sentences
from listening.insights.numbers import Numbers
from listening.insights.over_time import OverTime
from listening.insights.reach import Reached
from listening.insights.themes import Theme
from listening.store import Reader, View

TO_FILL = "To be filled in"


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading, what it asks for, and what is known of it: "" where the team has to fill it in."""

    name: str
    asks: str
    known: str = ""

    @property
    def said(self) -> str:
        """What stands under it."""
        return self.known or TO_FILL


@dataclass(frozen=True, kw_only=True, slots=True)
class Framework:
    """A framework's headings in its order, and where it is from."""

    name: str
    source: str
    headings: tuple[Heading, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the store knows, each as a sentence; "" where it does not."""

    volume: str = ""
    change: str = ""
    tone: str = ""
    reactions: str = ""
    answers: str = ""
    waiting: str = ""
    work: str = ""
    own: str = ""
    reach: str = ""
    themes: str = ""
    checked: str = ""


US = Framework(
    name="Ten social media metrics of US federal agencies",
    source="Social Media Metrics for Federal Agencies, Federal Social Media Community of Practice, US General Services "
    "Administration, 2013 (digital.gov)",
    headings=(
        Heading(name="Breadth: community size", asks="How many people follow the agency’s accounts"),
        Heading(name="Breadth: community growth", asks="How that number grew"),
        Heading(name="Depth: conversions", asks="How many did what the agency asked for, after a post led them there"),
        Heading(name="Depth: viewing", asks="How much of it was watched or read"),
        Heading(name="Direct engagement: volume", asks="How much people reacted"),
        Heading(name="Direct engagement: responsiveness", asks="How many were answered, and how fast"),
        Heading(name="Loyalty: return community", asks="How many come back"),
        Heading(name="Customer experience: sentiment", asks="Whether what people say is good, neutral or bad"),
        Heading(name="Customer experience: indicators", asks="What people keep asking for or keep running into"),
        Heading(name="Customer experience: survey feedback", asks="What people say when they are asked"),
    ),
)
GCS = Framework(
    name="Six stages of the Evaluation Cycle",
    source="Evaluation Cycle, Government Communication Service, United Kingdom, 2024 "
    "(gcs.civilservice.gov.uk/publications/gcs-evaluation-cycle)",
    headings=(
        Heading(name="Inputs", asks="What was put in: people, time, money, and what was known before"),
        Heading(name="Outputs", asks="What went out, and how many could see it"),
        Heading(name="Outtakes", asks="What people thought, felt and said of it"),
        Heading(name="Outcomes", asks="What changed in what people know or do"),
        Heading(name="Impact", asks="What it did for the agency’s task"),
        Heading(name="Learning and innovation", asks="What is done differently from now on"),
    ),
)
AMEC = Framework(
    name="Integrated Evaluation Framework",
    source="Integrated Evaluation Framework, International Association for Measurement and Evaluation of Communication "
    "(AMEC), 2016 (amecorg.com/amecframework)",
    headings=(
        Heading(name="Objectives", asks="What the agency and its communication want to reach"),
        Heading(name="Inputs", asks="For whom, with which means"),
        Heading(name="Activity", asks="What was done"),
        Heading(name="Outputs", asks="What went out, and how many could see it"),
        Heading(name="Out-takes", asks="How people took it"),
        Heading(name="Outcomes", asks="What it changed in what people think or do"),
        Heading(name="Impact", asks="What it did for the agency"),
    ),
)

FILLED: Mapping[str, Mapping[str, Sequence[str]]] = {
    US.name: {
        "Direct engagement: volume": ("volume", "reactions"),
        "Direct engagement: responsiveness": ("answers",),
        "Customer experience: sentiment": ("tone",),
        "Customer experience: indicators": ("waiting", "themes"),
    },
    GCS.name: {
        "Inputs": ("work",),
        "Outputs": ("own", "answers"),
        "Outtakes": ("volume", "change", "tone", "reactions", "reach", "themes"),
        "Learning and innovation": ("checked",),
    },
    AMEC.name: {
        "Inputs": ("work",),
        "Activity": ("answers",),
        "Outputs": ("own",),
        "Out-takes": ("volume", "change", "tone", "reactions", "reach"),
    },
}
"""Which of what is known stands under which heading."""


def frameworks(known: Known) -> tuple[Framework, ...]:
    """The three of them with what is known."""
    return tuple(_filled(each, known) for each in (US, GCS, AMEC))


def _filled(framework: Framework, known: Known) -> Framework:
    wanted = FILLED[framework.name]
    headings = tuple(
        Heading(
            name=heading.name,
            asks=heading.asks,
            known=" ".join(filter(None, (getattr(known, name) for name in wanted.get(heading.name, ())))),
        )
        for heading in framework.headings
    )
    return Framework(name=framework.name, source=framework.source, headings=headings)


def known_of(
    reader: Reader,
    view: View,
    found: Numbers,
    reached: Reached,
    compared: OverTime,
    themes: Sequence[Theme],
    *,
    own: int,
    checked: str,
    judged: bool,
    words: str,
) -> Known:
    """What the store knows of a view, in sentences; ``words`` say whom the posts are about."""
    now, number, posts = found.now, sentences.number, sentences.posts
    if not now.mentions:
        return Known(checked=checked)
    together, of = reader.reactions(view)
    minutes, noted_of = reader.work(view)
    parts = [f"{number(now.tags.get(tag, 0))} {tag}" for tag in ("good", "neutral", "bad")]
    before = compared.earlier[0]
    changed = f"{before.label}: {before.cells[0].value} ({before.cells[0].change})." if before.cells else ""
    asking = f"{sentences.questions_title(now.asking, now.answered)}." if judged and now.asking else ""
    reach = sentences.reach_words(reached.now).replace("They", "These posts", 1) if reached.now else ""
    answers = sentences.answers_words(found)
    where = "one place" if now.places == 1 else f"{number(now.places)} places"
    return Known(
        volume=f"{posts(now.mentions)} about {words} in {where}.",
        change=changed,
        tone=f"{', '.join(parts)}, of the {posts(now.tagged)} that could be tagged." if now.tagged else "",
        reactions=f"{number(together)} likes, replies and reposts of the {posts(of)} whose places say how many."
        if of
        else "",
        answers=f"Questions: {answers}" if answers else "",
        waiting=asking,
        work=f"{number(minutes)} minutes of answering, noted for {posts(noted_of)}." if noted_of else "",
        own=f"{posts(own)} by our own accounts named one of our topics." if own else "",
        reach=reach,
        themes=f"{sentences.themes_title(themes)}." if themes else "",
        checked=checked,
    )
