"""Places from other feed readers and for them: any encoding, any depth, no trap, and nothing lost on the way."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.errors import InputError
from listening.models import Feed
from listening.setup.outline import MOST_BYTES, address_of, read_outline, write_outline

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)

NESTED = """<?xml version="1.0" encoding="{encoding}"?>
<opml version="1.1"><head><title>Mine</title></head><body>
<outline text="Paperß"><outline text="Local"><outline text="Küstenblatt" type="rss" xmlUrl="https://a.example/rss"/></outline>
<outline title="Harbor Radio" text="r" xmlURL="https://b.example/feed?a=1&amp;b=2"/></outline>
<outline text="A note without an address"/>
<outline text="Twice" xmlUrl="https://a.example/rss"/>
</body></opml>"""


def feed(name: str, source: str, **options: str) -> Feed:
    return Feed(name=name, source=source, options=MappingProxyType(options))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_folders_are_walked_in_any_encoding(encoding: str) -> None:
    """Names with their letters, addresses whole, each once, what cannot be used said."""
    text = NESTED.format(encoding=encoding.removesuffix("-sig"))
    outline = read_outline(text.encode(encoding), "mine.opml")
    assert [
        ("Küstenblatt", "https://a.example/rss"),
        ("Harbor Radio", "https://b.example/feed?a=1&b=2"),
    ] == [(each.name, each.options["url"]) for each in outline.feeds]
    assert ("1 that stood there twice",) == outline.skipped


def test_a_windows_file_that_claims_to_be_utf8_is_read() -> None:
    """The commonest mistake of all."""
    content = NESTED.format(encoding="utf-8").encode("cp1252")
    assert "Küstenblatt" == read_outline(content, "mine.opml").feeds[0].name


def test_an_encoding_that_no_file_is_written_in_is_not_used() -> None:
    """Some would take hours over a large list; what it says is read as it stands."""
    content = b'<?xml version="1.0" encoding="punycode"?>\n' + NESTED.partition("\n")[2].encode()
    assert "Küstenblatt" in [each.name for each in read_outline(content, "x.opml").feeds]


def test_an_ampersand_by_itself_is_forgiven() -> None:
    """Programs write News & Views and addresses with & as they are."""
    content = b'<opml><body><outline text="News & Views" xmlUrl="https://a.example/?a=1&b=2"/></body></opml>'
    (found,) = read_outline(content, "mine.opml").feeds
    assert ("News & Views", "https://a.example/?a=1&b=2") == (found.name, found.options["url"])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<opml><body><outline text='a'", "broken in line 1"),
        (b"<html><body>Sign in</body></html>", "is not OPML"),
        (b"", "broken"),
        (b"a,b\n1,2\n", "broken"),
        (b"<opml>" + b" " * MOST_BYTES, "larger than 5 MB"),
        (b'<!DOCTYPE o [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><opml><body>&b;</body></opml>', "entities as attacks"),
        (b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><body>&a;</body></opml>', "entities as attacks"),
    ],
)
def test_what_is_no_list_is_refused_in_words(content: bytes, problem: str) -> None:
    """What it is instead, and what to do."""
    with pytest.raises(InputError, match=problem) as caught:
        read_outline(content, "mine.opml")
    assert caught.value.advice


def test_addresses_that_are_none_on_the_web_are_left_out() -> None:
    """A file, a script, a mail address: never a place."""
    lines = "".join(
        f'<outline text="x" xmlUrl="{url}"/>'
        for url in ("file:///etc/passwd", "javascript:alert(1)", "mailto:a@b.example", "feed://c.example/rss")
    )
    outline = read_outline(f"<opml><body>{lines}</body></opml>".encode(), "mine.opml")
    assert ["https://c.example/rss"] == [each.options["url"] for each in outline.feeds]
    assert ("3 whose address is none on the web",) == outline.skipped


PLACES = [
    feed("Herald & “Sons”", "rss", url="https://herald.example/rss?a=1&b=2"),
    feed("#quillhaven on harbor.example", "mastodon", server="https://harbor.example", tag="quillhaven"),
    feed("The channel", "youtube", channel="UC" + "q" * 22),
    feed("r/quillhaven", "reddit", subreddit="quillhaven"),
]


def test_places_come_back_as_they_went() -> None:
    """What we write we read: names, addresses, and the kind of place where the address tells it."""
    resting = feed("Old paper", "rss", url="https://old.example/rss")
    text, without = write_outline("Town & Hall", PLACES, [resting], NOW)
    outline = read_outline(text.encode(), "places.opml")
    assert [] == without
    assert [each.name for each in (*PLACES, resting)] == [each.name for each in outline.feeds]
    back = {each.name: each for each in outline.feeds}
    assert {"channel": "UC" + "q" * 22} == dict(back["The channel"].options)
    assert {"subreddit": "quillhaven"} == dict(back["r/quillhaven"].options)
    assert "https://harbor.example/tags/quillhaven.rss" == back["#quillhaven on harbor.example"].options["url"]


def test_searches_have_no_feed_and_are_named() -> None:
    """What no other program can ask is not silently missing."""
    searches = [feed("Bluesky: Quillhaven", "bluesky", search="Quillhaven")]
    text, without = write_outline("Town", searches, [], NOW)
    assert ["Bluesky: Quillhaven"] == without
    assert "Bluesky" not in text
    assert "" == address_of(searches[0])


_name = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused_in_words(content: bytes) -> None:
    """Never another error."""
    for whole in (content, b"<opml><body>" + content + b"</body></opml>"):
        with suppress(InputError):
            read_outline(whole, "x")


@settings(max_examples=200)
@given(_name)
def test_any_name_can_be_written(name: str) -> None:
    """Quotes, brackets, any script: the file is whole."""
    text, _ = write_outline(name, [feed(name, "rss", url="https://a.example/rss")], [], NOW)
    assert 1 == len(read_outline(text.encode(), "x").feeds)
