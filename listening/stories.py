"""Copies of one piece of news: what of a text is compared, and when two texts are the same story.

A story is one text told in several places: a wire report on many sites, a retweet, a cross-post, a headline edited
under one id, a press release quoted whole. The same event in other words is another story, and so is an opinion that
shares a link: it says something of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qsl, urlencode, urlsplit
from zlib import crc32

from listening.models import Post
from listening.query import tokens

SAME = 0.65
"""From this share of common word pairs on two texts are the same."""

SHORT, SAME_OF_SHORT = 10, 0.8
"""Of so few words more must be in common: "The ferry was late today" and "... late again" are two people's words."""

CUT_SHORT = 0.9
"""A text that ends in "…" is the same as a longer one that holds so much of it."""

QUOTED = 0.9
"""A text of at least ``QUOTED_WORDS`` words is the same as a longer one that holds so much of it."""
QUOTED_WORDS = 30

FEWEST_WORDS = 5
"""Shorter texts are no copies of each other: two people may both say "Thank you so much"."""

HEADLINE_WORDS = 6
"""A headline of so many words is the same story in another outlet, whatever teaser stands below it."""
LONGEST_HEADLINE = 20

TOGETHER = timedelta(days=14)
"""Copies in different places come within so long of each other."""
RETURNING = timedelta(days=3)
"""The same words again from the same place after so long are a notice that returns: a new story."""
SAME_PAGE = timedelta(days=90)
"""The same address within so long is the same story, whatever became of its words."""

OWN_PAGES = frozenset(("rss", "gdelt", "news"))
"""Sources whose mentions are pages with an address of their own."""
FEWEST_CHARACTERS = 8
"""A shorter id ("42") may mean another thing elsewhere."""

MOST_KEYS = 16
MOST_WORDS, MOST_CHARACTERS, MOST_OF_A_TITLE = 400, 4_000, 500
"""A longer text is compared by its beginning."""

_LINK = re.compile(r"(?:https?://|\bwww\.|\bpic\.twitter\.com/)\S*", re.IGNORECASE)
_RETWEET = re.compile(r"^\W*(?:RT|MT)\s+@\w+:?\s*|\s(?:RT|MT)\s+@\w+:\s*|\b[vV]ia\s+@\w+")
_HANDLE = re.compile(r"(?<![\w@])@\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?")
_OUTLET = re.compile(r"^(?P<said>.+\S)\s*(?:\s[-–—·]|\|)\s+(?P<outlet>[^|–—·]{2,40})$")
_LAST_MARKS = re.compile(r"(?:\s+(?:#\w+|\(Latest\)))+\s*$")
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")
_TRACKING = re.compile(r"^(?:utm_|at_|fbclid|gclid|ref$|source$|cmp$|ito$|ns_)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gist:
    """What of a mention is compared.

    ``pairs`` are its word pairs as numbers, ``figures`` the numbers in it, ``page`` its own address and ``id`` what its
    source calls it (0 where there is none that would tell), ``origin`` where it comes from, ``head`` its
    headline's words, ``keys`` a few numbers under which it is looked for.
    """

    words: tuple[str, ...]
    pairs: frozenset[int]
    figures: frozenset[str]
    cut: bool
    page: int
    id: int
    origin: str
    head: tuple[str, ...]
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two texts are one story: the share of the words they have in common, 0 to 1, and in which way."""

    share: float
    way: str


def gist(post: Post) -> Gist:
    """The gist of a post."""
    head = _without_outlet(_flat(post.title, MOST_OF_A_TITLE))
    joined = _without_last_marks(_said(head, _flat(post.text, MOST_CHARACTERS)))
    cut = bool(_CUT.search(joined))
    plain = _HANDLE.sub(" ", _RETWEET.sub(" ", joined))
    words = tuple(tokens(plain)[:MOST_WORDS])
    if cut and len(words) > 1:
        words = words[:-1]  # the last word may be half a word
    # An article's address is its own; the address of a post in a network says nothing that its id does not say.
    page = _number(canonical(post.url)) if post.source in OWN_PAGES and urlsplit(post.url).path.strip("/") else 0
    # A post of a headline and a link is a copy of the article that has the headline.
    headline = tuple(tokens(head)) if head else words if len(words) <= LONGEST_HEADLINE else ()
    own_id = _number(post.key) if len(post.key) >= FEWEST_CHARACTERS else 0
    return Gist(
        words=words,
        pairs=frozenset(_number(f"{first} {second}") for first, second in pairwise(words)),
        figures=frozenset(word for word in words if word.isdigit()),
        cut=cut,
        page=page,
        id=own_id,
        origin=post.feed,
        head=headline,
        keys=_keys(words, page, own_id, headline),
    )


def _flat(text: str, most: int) -> str:
    """The beginning of a text on one line, without links: what the patterns below read stays short."""
    return " ".join(_LINK.sub(" ", text[:most]).split())


def _without_outlet(title: str) -> str:
    """A headline without the name of the outlet behind it: "… | News | Harbor Gazette"."""
    while (found := _OUTLET.match(title)) is not None:
        if len(found["outlet"].split()) > 5 or len(found["said"].split()) < FEWEST_WORDS + 1:
            break
        title = found["said"]
    return title


def _without_last_marks(text: str) -> str:
    """A text without the hashtags behind it, where enough is left."""
    short = _LAST_MARKS.sub("", text)
    return short if len(short.split()) >= FEWEST_WORDS else text


def _said(title: str, text: str) -> str:
    """Title and text as one, a title that the text repeats not twice."""
    if not title or not text:
        return title or text
    short = " ".join(tokens(title))
    return text if " ".join(tokens(text[: 3 * len(title) + 200])).startswith(short) else f"{title}. {text}"


def _keys(words: Sequence[str], page: int, own_id: int, headline: Sequence[str]) -> tuple[int, ...]:
    """Numbers that copies share: of short texts every three words in a row, of long ones a sample by their own value.

    The sample of a long text lies within that of a short one, so that a quotation and its source meet.
    """
    found = [number for number in dict.fromkeys((page, own_id)) if number]
    if len(headline) >= HEADLINE_WORDS:
        found.append(_number(" ".join(headline)))
    if len(words) >= FEWEST_WORDS:
        threes = {_number(f"{a} {b} {c}") for a, b, c in zip(words, words[1:], words[2:], strict=False)}
        step = 1
        while len(threes) > MOST_KEYS * step:
            step *= 2
        sample = sorted(three for three in threes if three % step == 0)
        found += sample[: 2 * MOST_KEYS]
    return tuple(found)


def _number(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"))


def canonical(url: str) -> str:
    """An address without what differs between copies of it: scheme, www., tracking, fragment, a slash at the end."""
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return url
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    kept = sorted((name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.match(name))
    return f"{host}{port}{parts.path.rstrip('/')}{'?' + urlencode(kept) if kept else ''}"


def page_key(address: str) -> int:
    """Under which number the page of a canonical address is looked for."""
    return _number(address)


SAME_ARTICLE = 0.5
"""From this share of common word pairs on two headlines over one address are one article, edited or cut."""


def same_article(one: Gist, other: Gist) -> bool:
    """Whether what stands under one address is one article: some addresses are those of a list of many."""
    if not one.head or not other.head:
        return likeness(one, other, timedelta(0)) is not None
    heads = [frozenset(pairwise(head)) for head in (one.head, other.head)]
    common, union = heads[0] & heads[1], heads[0] | heads[1]
    return one.head == other.head or (bool(union) and len(common) / len(union) >= SAME_ARTICLE)


def likeness(one: Gist, other: Gist, apart: timedelta) -> Likeness | None:
    """Why two mentions, published so long apart, are one story; None where they are not."""
    if one.id and one.id == other.id:
        return Likeness(_shared(one, other), "same id")
    if one.page and one.page == other.page and one.origin != other.origin and apart <= SAME_PAGE:
        return Likeness(_shared(one, other), "same page")
    if apart > (TOGETHER if one.origin != other.origin else RETURNING):
        return None
    if len(one.head) >= HEADLINE_WORDS and one.head == other.head and apart <= RETURNING:
        return Likeness(1.0, "same headline")
    short, long = (one, other) if len(one.words) <= len(other.words) else (other, one)
    if len(short.words) < FEWEST_WORDS or not short.pairs:
        return None
    common = len(short.pairs & long.pairs)
    same, held = common / (len(short.pairs) + len(long.pairs) - common), common / len(short.pairs)
    if same >= (SAME if len(short.words) >= SHORT else SAME_OF_SHORT) and _figures_agree(short, long):
        return Likeness(same, "same text")
    if short.cut and held >= CUT_SHORT:
        return Likeness(held, "same text, cut short")
    if len(short.words) >= QUOTED_WORDS and held >= QUOTED:
        return Likeness(held, "quoted whole")
    return None


def _figures_agree(short: Gist, long: Gist) -> bool:
    """Whether two short texts name the same figures: "12 new cases" and "15 new cases" are two reports."""
    if len(short.words) >= 2 * QUOTED_WORDS:
        return True
    return short.figures <= long.figures or long.figures <= short.figures


def _shared(one: Gist, other: Gist) -> float:
    union = len(one.pairs | other.pairs)
    return len(one.pairs & other.pairs) / union if union else 1.0


def explained(like: Likeness, apart: timedelta) -> str:
    """In words: same text 93 %, same day."""
    days = abs(apart).days
    when = "same day" if days == 0 else "a day apart" if days == 1 else f"{days} days apart"
    return f"{like.way} {round(100 * like.share)} %, {when}"


def apart(one: datetime, other: datetime) -> timedelta:
    """How far two moments are from each other."""
    return abs(one - other)
