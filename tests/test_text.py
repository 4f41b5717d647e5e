"""Markup becomes plain text, and addresses get one spelling."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.text import MOST_CHARACTERS, canonical_url, plain, tidy

MARKUP = st.text(
    st.one_of(
        st.sampled_from(list("<>/&;!-\"'= \n\tabp#x1\u200b\u202e\x00")),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
) | st.lists(
    st.sampled_from(["<b>", "</b>", "<", "<a ", ">", "&lt;", "&amp;", "&gt;", "b", "<!--", "-->", "<script>", "</p"]),
    max_size=14,
).map("".join)
TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(?:[\s/][^<>]*)?>")


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Open <b>today</b>.</p><p>Thank you</p>", "Open today.\nThank you"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li><p>Warm</p></li><li></li><li>Quiet</li></ul>After", "- Warm\n- Quiet\nAfter"),
        ("<script>if (a<b && c>d) {}</script>kept<style>p{}</style>", "kept"),
        ("<head><title>No</title></head><body>Yes</body>", "Yes"),
        ("before<!-- hidden <b> -->after", "beforeafter"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("AT&amp;T &#8211; caf&eacute;", "AT&T – café"),
        ("&lt;p&gt;Escaped &amp;amp; twice&lt;/p&gt;", "Escaped & twice"),
        ("Danke&amp;nbsp;sehr", "Danke sehr"),
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 Quillhaven", "I <3 Quillhaven"),
        ("Ada <ada@herald.example> writes", "Ada <ada@herald.example> writes"),
        ('cut off <a href="https://herald.exam', "cut off"),
        ("cut off</p", "cut off"),
        ("source\nlines  <i>are</i>\nblanks", "source lines are blanks"),
        ("line one\n\nline two", "line one\nline two"),
        ("<![CDATA[<p>inside</p>]]>", "inside"),
        ("#<span>quillhaven</span>", "#quillhaven"),
        ('x<img alt="a > b">y', "xy"),
        ("<iframe src=x></iframe>kept <iframe src=y />too", "kept too"),
    ],
)
def test_markup_reads_as_a_person_would_read_it(markup: str, expected: str) -> None:
    """Blocks are lines, list items have dashes, what is not shown is not there, and comparisons stay."""
    assert expected == plain(markup)


def test_a_link_that_mastodon_shortens_shows_its_whole_address() -> None:
    """The invisible parts belong to the address: joined, they give it unbroken."""
    markup = (
        '<a href="#"><span class="invisible">https://</span><span class="ellipsis">a.example/bo</span>'
        '<span class="invisible">at</span></a>'
    )
    assert plain(markup) == "https://a.example/boat"


def test_what_cannot_be_seen_is_gone() -> None:
    """Zero-width, bidi and control characters and lone surrogates cannot hide or split a keyword."""
    assert plain("Qui\u200bll\u00adha\u202ev\u2066en\x00\ud800\ufeff") == "Quillhaven"
    assert plain("Quill&#8203;haven") == "Quillhaven"
    assert tidy("Quill\u200chaven") == "Quillhaven"


def test_joined_emoji_stay_whole() -> None:
    """A firefighter is one sign, held together by a joiner."""
    assert plain("👩\u200d🚒") == "👩\u200d🚒"


def test_letters_are_composed() -> None:
    """The same word is the same characters, however its accents were typed."""
    assert plain("Zu\u0308rich") == "Zürich"


def test_a_long_text_is_cut() -> None:
    """No single post fills the store."""
    text = plain("word " * 100_000)
    assert MOST_CHARACTERS >= len(text) > MOST_CHARACTERS - 10
    assert text.endswith("…")


@settings(max_examples=200)
@given(MARKUP)
def test_no_tag_survives(markup: str) -> None:
    """Whatever comes in, no tag comes out, nor a control character."""
    text = plain(markup)
    assert TAG.search(text) is None
    assert all(character == "\n" or unicodedata.category(character) not in ("Cc", "Cs") for character in text)


@settings(max_examples=200)
@given(MARKUP)
def test_plain_text_stays_as_it_is(markup: str) -> None:
    """Plain text that is made plain again is the same, as long as nothing in it could be markup."""
    text = plain(markup).replace("<", "").replace("&", "")
    once = plain(text)
    assert once == plain(once)
    assert once == tidy(once)


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", '<a "', "<!--", "<script>", "<iframe>", "&lt;", "&", "<li>", "</", "&#1", "<a a=", "<p title='"],
)
def test_hostile_markup_takes_time_in_proportion(piece: str) -> None:
    """Half a megabyte that tries to make the search start over takes seconds at the very most."""
    start = time.process_time()
    plain(piece * (500_000 // len(piece)))
    assert time.process_time() - start < 5


def test_a_number_too_large_to_be_a_character_vanishes() -> None:
    """Python refuses to read such numbers; we leave them out."""
    assert plain("a&#" + "9" * 10_000 + ";b") == "ab"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("HTTPS://Herald.Example:443/A%7eb%2fc#top", "https://herald.example/A~b%2Fc"),
        ("http://reader:secret@herald.example", "http://herald.example/"),
        ("https://herald.example/a?utm_source=x&id=3&fbclid=y&UTM_Medium=z", "https://herald.example/a?id=3"),
        ("https://herald.example/?gclid=1", "https://herald.example/"),
        (
            "https://herald.example/watch?v=abc&t=7&source=river&ref=2",
            "https://herald.example/watch?v=abc&t=7&source=river&ref=2",
        ),
        ("https://bücher.example/ä b", "https://xn--bcher-kva.example/%C3%A4%20b"),
        ("https://herald.example/100%", "https://herald.example/100%25"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://herald.example/a?x=1&amp;y=2", "https://herald.example/a?x=1&y=2"),
        (" https://herald.example/a\n ", "https://herald.example/a"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("ftp://herald.example/a", ""),
        ("https://", ""),
        ("http://[broken", ""),
        ("http://herald.example:99999999/", ""),
        ("http://a..b/", ""),
        ("/relative", ""),
        ("", ""),
    ],
)
def test_an_address_has_one_spelling(address: str, expected: str) -> None:
    """Tracking, passwords, fragments and default ports go; what says which page it is stays; no http, no address."""
    assert expected == canonical_url(address)


def test_a_relative_address_is_resolved() -> None:
    """Against the page it stood on; a script never is."""
    assert canonical_url("d", "https://herald.example/b/c") == "https://herald.example/b/d"
    assert canonical_url("//other.example/d", "https://herald.example/b/c") == "https://other.example/d"
    assert canonical_url("javascript:d()", "https://herald.example/b/c") == ""


@settings(max_examples=200)
@given(st.text(max_size=40) | st.text(max_size=30).map("https://a.example/".__add__))
def test_no_address_is_too_odd(address: str) -> None:
    """Any text gives an http address or none, and its canonical form is canonical."""
    once = canonical_url(address, "https://herald.example/")
    assert once == "" or once.startswith(("http://", "https://"))
    assert once == canonical_url(once)
