"""The fast reader of feeds reads what feedparser reads, or hands the document over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from listening.collectors import _dates, _fast, _thorough, rss
from listening.models import Answer, Feed, Page, Post

FEEDS = Path(__file__).parent / "feeds"
HERALD = Feed(name="Herald", source="rss", options={"url": "https://herald.quillhaven.example/feed/"})


def answer(body: bytes) -> Answer:
    """An answer as a server would give it."""
    return Answer(status=200, headers={}, url=HERALD.options["url"], body=body)


def only(page: Page) -> Post:
    """The one post of a page."""
    (post,) = page.posts
    return post


def item(inside: str, root: str = '<rss version="2.0"') -> bytes:
    """A feed with one item."""
    return f"{root}><channel><title>t</title><item>{inside}</item></channel></rss>".encode()


def both(body: bytes) -> tuple[Page | None, Page | None]:
    """The page of the fast reader, if it takes the document, and feedparser's."""
    fast, thorough = _fast.read(body), _thorough.read(body, "")
    pages = [rss.page(document, answer(body), HERALD) if document else None for document in (fast, thorough)]
    return pages[0], pages[1]


@pytest.mark.parametrize(
    "name",
    [
        "ordinary_rss.xml",
        "ordinary_atom.xml",
        "alert.xml",
        "news_search.xml",
        "channel_videos.xml",
        "tag.rss",
        "subreddit.xml",
        "base.xml",
    ],
)
def test_the_fast_reader_takes_ordinary_feeds_and_agrees(name: str) -> None:
    """It reads what feedparser reads, in every field."""
    fast, thorough = both((FEEDS / name).read_bytes())
    assert fast is not None
    assert thorough == fast


@pytest.mark.parametrize(
    "name", ["bomb.xml", "outside.xml", "loose.xml", "rdf.xml", "named_characters.xml", "login.html", "claims_utf8.xml"]
)
def test_the_fast_reader_hands_over_what_is_not_plain(name: str) -> None:
    """Everything with a DOCTYPE, unusual or broken goes to feedparser."""
    assert _fast.read((FEEDS / name).read_bytes()) is None


CORE = ["title", "link", "guid", "description", "author", "pubDate", "category", "comments", "source"]
SPACES = [
    "dc:creator",
    "dc:date",
    "dc:title",
    "dc:language",
    "content:encoded",
    "media:title",
    "media:description",
    "media:rating",
]
SPACES += ["itunes:summary", "itunes:author", "slash:comments", "thr:total", "x:title", "x:language", "media:keywords"]
WORDS = [
    "",
    " ",
    "Tea",
    "Tea &amp; cake",
    "&lt;p&gt;Hi&lt;/p&gt;",
    "https://a.example/1?a=1&amp;b=2",
    "a@b.example (Ada)",
]
WORDS += [
    "tag:a.example,2026:1",
    "Mon, 09 Nov 2026 07:00:00 GMT",
    "2026-11-09T07:00:00+01:00",
    "yesterday",
    "Caf\u00c3\u00a9",
    "7",
    "fr",
]
LEAF = st.tuples(st.sampled_from(CORE + SPACES), st.sampled_from(WORDS)).map(
    lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"
)
GROUP = st.lists(LEAF, max_size=3).map(lambda leaves: f"<media:group>{''.join(leaves)}</media:group>")
OTHER = st.sampled_from(
    [
        '<guid isPermaLink="false">7</guid>',
        '<guid isPermaLink="true">https://a.example/7</guid>',
        '<atom:link href="https://a.example/l"/>',
        '<atom:link rel="self" href="https://a.example/self"/>',
        '<source url="https://s.example/">Post</source>',
        '<media:statistics views="9"/>',
        '<title xml:lang="fr">Bonjour</title>',
        "<title><b>Bold</b></title>",
        '<media:content url="https://a.example/p.jpg"><media:title>Pic</media:title></media:content>',
        "<atom:author><atom:name>Ada</atom:name><atom:uri>https://a.example/ada</atom:uri></atom:author>",
        '<post-id xmlns="com-example">3</post-id>',
        "<image><title>Logo</title></image>",
    ]
)
ROOT = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:thr="http://purl.org/syndication/thread/1.0"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:x="https://x.example/ns"'
)


@settings(max_examples=120)
@given(st.lists(LEAF | GROUP | OTHER, max_size=8))
@example(['<title xml:lang="fr">Bonjour</title>', "<dc:language></dc:language>"])
@example(['<title xml:lang="fr">Bonjour</title>', '<source url="https://s.example/">Post</source>', "<title>7</title>"])
@example(["<title>Tea</title>", "<slash:comments>7</slash:comments>", "<thr:total></thr:total>"])
@example(["<title>Tea</title>", "<slash:comments>7</slash:comments>", "<slash:comments></slash:comments>"])
@example(["<title>Tea</title>", "<thr:total></thr:total>", "<slash:comments>7</slash:comments>"])
def test_the_fast_reader_never_disagrees(parts: list[str]) -> None:
    """Elements doubled, nested, empty and in any order: the readers agree, or the fast one hands over."""
    fast, thorough = both(item("".join(parts), ROOT))
    if fast is not None:
        assert thorough == fast


def test_two_ids_are_handed_over_also_where_the_first_is_empty() -> None:
    """Which of them counts depends on how deep they stand."""
    for first in ("", "7"):
        fast, thorough = both(item(f"<guid>{first}</guid><media:group><guid>8</guid></media:group>", ROOT))
        assert fast is None
        assert thorough is not None


def test_the_language_is_that_of_the_title_that_stays() -> None:
    """A later title that takes the place of an earlier one brings its own language, or none."""
    group = "<media:group><title>Tea</title></media:group>"
    fast, thorough = both(item(f'<title xml:lang="fr">Bonjour</title>{group}<title>Tea</title>', ROOT))
    assert fast is not None
    assert fast == thorough
    assert (only(fast).title, only(fast).language) == ("Tea", None)


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("desk@herald.example (News desk)", "News desk"),
        ("Ada Fern &lt;ada@herald.museum&gt;", "Ada Fern"),
        ("Ada Fern (ada@herald.museum)", "Ada Fern"),
        ("desk@herald.example", "desk@herald.example"),
        ("@ada on the river", "@ada on the river"),
    ],
)
def test_a_mail_address_is_left_out_where_there_is_a_name(author: str, expected: str) -> None:
    """The name is what a reader knows; both readers find it."""
    fast, thorough = both(item(f"<guid>1</guid><title>x</title><author>{author}</author>", ROOT))
    assert thorough is not None
    assert expected == only(thorough).author
    assert fast is None or fast == thorough


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("<author>mary@mail.example (Mary Miller)</author><dc:creator>Mary Miller</dc:creator>", "Mary Miller"),
        ("<dc:creator>Mary Miller</dc:creator><author>mary@mail.example (Mary Miller)</author>", "Mary Miller"),
        ("<author>mary@mail.example (Mary Miller)</author><author>ada@mail.example (Ada)</author>", "Mary Miller, Ada"),
        ("<author>Ada &lt;ada@mail.museum&gt;</author><dc:creator>Mary</dc:creator>", "Ada, Mary"),
        ("<dc:creator>Mary Miller</dc:creator><author>mary@mail.example</author>", "Mary Miller"),
    ],
)
def test_a_name_beside_a_mail_address_is_whole_where_there_are_several(authors: str, expected: str) -> None:
    """Nothing of the address is left of it, and the same person is named once."""
    _, thorough = both(item(f"<guid>1</guid><title>x</title>{authors}", ROOT))
    assert thorough is not None
    assert expected == only(thorough).author


# Seconds since 1970, up to the year 2100.
MOMENTS = st.integers(0, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, tz=UTC))


@settings(max_examples=100)
@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_dates_are_read_in_both_usual_forms(moment: datetime, minutes: int) -> None:
    """A moment and an offset, written as mail does and as ISO does, give the same moment in UTC."""
    sign, size = "+-"[minutes < 0], abs(minutes)
    expected = moment - timedelta(minutes=minutes)
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    day = f"{moment.day:02d} {months[moment.month - 1]} {moment.year}"
    mail = f"{day} {moment:%H:%M:%S} {sign}{size // 60:02d}{size % 60:02d}"
    assert expected == _dates.strict(mail)
    assert expected == _dates.strict(f"{moment:%Y-%m-%dT%H:%M:%S}{sign}{size // 60:02d}:{size % 60:02d}")
