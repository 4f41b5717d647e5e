"""Who is listening: the same data in another order and depth, and the page says which it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Section = Literal["numbers", "reach", "trend", "stories", "questions", "themes", "quotes", "newest", "asks"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """An order of the page's sections; ``behind_a_click`` are those with people's own words that a click opens."""

    label: str
    mark: str
    order: tuple[Section, ...]
    behind_a_click: frozenset[Section] = frozenset()


USUAL: tuple[Section, ...] = (
    "numbers", "trend", "reach", "stories", "questions", "themes", "quotes", "newest", "asks"
)  # fmt: skip
AUDIENCES: dict[str, Audience] = {
    "": Audience(label="Everybody: the usual order", mark="", order=USUAL),
    "cautious": Audience(
        label="A cautious audience: totals first, words behind a click",
        mark="For a cautious audience",
        order=("numbers", "trend", "reach", "stories", "themes", "asks", "questions", "quotes", "newest"),
        behind_a_click=frozenset({"questions", "quotes", "newest"}),
    ),
    "curious": Audience(
        label="A curious audience: people’s words first",
        mark="For a curious audience",
        order=("quotes", "questions", "newest", "stories", "themes", "numbers", "reach", "trend", "asks"),
    ),
    "numbers": Audience(
        label="An audience of numbers: reach and trend first",
        mark="For an audience of numbers",
        order=("reach", "trend", "numbers", "themes", "stories", "questions", "quotes", "newest", "asks"),
    ),
}
"""By the word that stands in the address."""


def of(word: str | None) -> Audience:
    """The audience that an address names; one that means nothing is everybody."""
    return AUDIENCES.get(word or "", AUDIENCES[""])
