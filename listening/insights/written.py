"""What a counted word or phrase looks like where it was written, and the query that finds it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from listening.models import Mention
from listening.query import Query, parse
from listening.sentiment.slurs import is_slur
from listening.terms import Located, located, phrases_of

MOST_FORMS = 8
"""Of the forms of a theme the most frequent ones are asked for."""

# Between the words of a phrase; anything else, and the words only happened to meet.
_BETWEEN = re.compile(r"[\s'’\-‐‑/]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A theme as people wrote it most often, and the query that finds each of its forms.

    ``texts`` is the number of different texts or, where stories are known, of stories; ``voices`` that of authors, and
    of places where no author is named.
    """

    words: str
    forms: tuple[tuple[str, ...], ...]
    query: Query
    texts: int
    voices: int


class Pages:
    """Mentions whose words have been looked up, kept for the next theme."""

    def __init__(self) -> None:
        self._found: dict[int, list[tuple[str, list[Located]]]] = {}

    def read(self, number: int, mention: Mention) -> list[tuple[str, list[Located]]]:
        """Title and text of a mention, with the places of their words."""
        if number not in self._found:
            parts = (mention.title, mention.text)
            self._found[number] = [located(part, mention.language) for part in parts if part]
        return self._found[number]


def written(codes: Sequence[int], mentions: Iterable[tuple[int, Mention]], pages: Pages) -> Written | None:
    """How a word or phrase is written in these mentions; None where its words mostly stand apart, or are a slur."""
    shown: Counter[str] = Counter()
    forms: Counter[tuple[str, ...]] = Counter()
    texts: set[str] = set()
    voices: set[str] = set()
    apart = 0
    for number, mention in mentions:
        found = False
        for said, words in pages.read(number, mention):
            for run in phrases_of(words, codes):
                gaps = (said[one.end : two.start] for one, two in pairwise(run))
                if not all(map(_BETWEEN.fullmatch, gaps)):
                    apart += 1
                    continue
                found = True
                tag = "#" if run[0].start and said[run[0].start - 1] in "#＃﹟" else ""
                shown[tag + " ".join(said[run[0].start : run[-1].end].split())] += 1
                forms[tuple(word.word for word in run)] += 1
        if found:
            texts.add(mention.story or str(number))
            voices.add(mention.author or f"\0{mention.feed}")
    if not shown or apart > shown.total():
        return None
    if any(is_slur(word) for form in forms for word in form):
        return None
    asked = tuple(form for form, _ in forms.most_common(MOST_FORMS))
    query = parse(" OR ".join(f'"{" ".join(form)}"' for form in asked))
    return Written(
        words=max(shown, key=lambda one: (shown[one], one)),
        forms=asked,
        query=query,
        texts=len(texts),
        voices=len(voices),
    )
