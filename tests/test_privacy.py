"""Masks: nobody who is private can be read in what we show or hand on, and outlets and listed accounts can."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import count
from typing import Any

import pytest
from conftest import TIMEZONE, MakeMention
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.export import csv
from listening.models import Feed, Mention, Reason, Span
from listening.privacy import Mask
from listening.query import Matcher, parse
from listening.text import plain

FEEDS = [
    Feed(name="Quillhaven Herald", source="rss", outlet=True),
    Feed(name="Harbor", source="mastodon"),
    Feed(name="A blog", source="rss"),
]
LISTED = ("@townhall@quillhaven.example", "u/quillhaven_townhall", "@Weather@harbor.example")


@pytest.fixture(scope="module")
def mask() -> Mask:
    """The mask of a town with one outlet and three listed accounts."""
    return Mask(feeds=FEEDS, listed=LISTED, salt=b"for this test")


def private(mention: MakeMention, **changes: Any) -> Mention:
    """A reply of a private person on Harbor that names another one, and a listed account."""
    text = "@bo_1@tram.example and @townhall, thank you!"
    values: dict[str, Any] = {
        "feed": "Harbor",
        "title": "RE: @bo_1",
        "text": text,
        "author": "@ada.k@harbor.example",
        "author_url": "https://harbor.example/@ada.k",
        "author_followers": 12,
        "url": "https://harbor.example/@ada.k/1",
        "key": "https://harbor.example/users/ada.k/statuses/1",
        "reply_to": "https://tram.example/users/bo_1/statuses/7",
        "matched": (
            Span(topic="t", field="text", start=1, end=5, words="bo_1"),
            Span(topic="t", field="title", start=4, end=9, words="@bo_1"),
            Span(topic="t", field="text", start=24, end=32, words="townhall"),
            Span(topic="t", field="author", start=0, end=6, words="@ada.k"),
            Span(topic="t", field="url", start=23, end=29, words="@ada.k"),
            Span(topic="t", field="language", start=0, end=2, words="en"),
        ),
        "likes": 4,
        "language": "en",
        **changes,
    }
    return mention(**values)


# --- a mention --------------------------------------------------------------------------------------------------------


def test_a_private_person_is_masked_everywhere(mask: Mask, mention: MakeMention) -> None:
    """Author, addresses, key, the post that is answered, names in the texts and in what matched."""
    post = private(mention)
    found = mask.mention(post)
    assert found.author is not None
    assert found.author.startswith("person-")
    assert ("", "", None, None) == (found.url, found.key, found.author_url, found.reply_to)
    assert "@••••••••••••••••• and @townhall, thank you!" == found.text
    assert "RE: @••••" == found.title
    assert ["••••", "@••••", "townhall", "en"] == [span.words for span in found.matched]
    changed = {"author", "author_url", "url", "key", "reply_to", "text", "title", "matched"}
    for field in fields(Mention):
        if field.name not in changed:
            assert getattr(post, field.name) == getattr(found, field.name), field.name


@pytest.mark.parametrize(
    "changes",
    [
        {"feed": "Quillhaven Herald", "source": "rss", "author": "Ada Brook", "reply_to": None},
        {"author": "@townhall@quillhaven.example"},
        {"author": "@TownHall@Quillhaven.example"},
        {"author": "@weather@harbor.example"},
        {"author": "u/quillhaven_townhall", "source": "reddit"},
        {"author": "/u/Quillhaven_Townhall", "source": "reddit"},
        {"own": True},
    ],
    ids=["outlet", "listed", "capitals", "listed in capitals", "reddit", "reddit with a slash", "own"],
)
def test_outlets_listed_and_own_accounts_keep_their_names(
    changes: dict[str, Any], mask: Mask, mention: MakeMention
) -> None:
    """But not the private people whom they name."""
    post = private(mention, **changes)
    found = mask.mention(post)
    for name in ("author", "author_url", "url", "key"):
        assert getattr(post, name) == getattr(found, name)
    assert "bo_1" not in f"{found.title} {found.text} {[span.words for span in found.matched if span.field == 'text']}"
    assert "@townhall" in found.text


@pytest.mark.parametrize(
    "author",
    ["@townhall@evil.example", "@townhall@quillhaven.example.evil.example", "@xtownhall@quillhaven.example", "townhal"],
)
def test_an_account_that_looks_like_a_listed_one_is_private(author: str, mask: Mask, mention: MakeMention) -> None:
    """The same name on another server is another person."""
    found = mask.mention(private(mention, author=author))
    assert found.author is not None
    assert found.author.startswith("person-")
    assert "" == found.url


def test_an_unknown_feed_is_private(mask: Mask, mention: MakeMention) -> None:
    """A feed that the settings no longer name is none of our outlets."""
    assert "Ada Brook" != mask.mention(private(mention, feed="Removed", author="Ada Brook")).author


def test_a_post_without_an_author_stays_without_one(mask: Mask, mention: MakeMention) -> None:
    """Nobody is made up; addresses go all the same."""
    found = mask.mention(private(mention, author=None))
    assert (None, "", "") == (found.author, found.url, found.key)


def test_masking_twice_is_masking_once(mask: Mask, mention: MakeMention) -> None:
    """What the page has masked can go through an export."""
    once = mask.mention(private(mention))
    assert once == mask.mention(once)
    assert once == Mask(feeds=FEEDS, listed=LISTED).mention(once)


def test_one_person_has_one_mark_within_a_mask_and_another_in_the_next(mention: MakeMention) -> None:
    """However the name is written; without a salt nobody can try names until one fits."""
    first, second = Mask(feeds=FEEDS), Mask(feeds=FEEDS)
    for names in (("@ada@harbor.example", "@ADA@Harbor.example", " ada@harbor.example"), ("u/ada", "/u/Ada")):
        assert 1 == len({first.person(name) for name in names})
    assert first.person("@ada@harbor.example") != first.person("@bo@harbor.example")
    assert first.person("@ada@harbor.example") != second.person("@ada@harbor.example")


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@ada thanks", "@••• thanks"),
        ("thanks, @ada.", "thanks, @•••."),
        ("(@ada_K)", "(@•••••)"),
        ("@ada’s garden", "@•••’s garden"),
        ("@ada@harbor.example!", "@••••••••••••••••••!"),
        ("cc @ada/@bo,@cy", "cc @•••/@••,@••"),
        ("RT@ada: hello", "RT@•••: hello"),
        (".@ada", ".@•••"),
        ("＠ada ﹫ada", "＠••• ﹫•••"),
        ("@Зоя @李雷 @Zoë", "@••• @•• @•••"),
        ("u/ada, /u/ada and U/Ada_K-", "u/•••, /u/••• and U/••••••"),
        ("https://harbor.example/@ada/1", "https://harbor.example/@•••/1"),
        ("https://www.reddit.com/user/ada/comments/1", "https://www.reddit.com/user/•••/comments/1"),
        ("https://old.reddit.com/u/ada", "https://old.reddit.com/u/•••"),
        ("https://bsky.app/profile/ada.bsky.example", "https://bsky.app/profile/••••••••••••••••"),
        ("write to ada.k+bus@mail.example.", "write to ••••••••••••••••••••••."),
        ("mailto:ada@mail.example?subject=x", "mailto:••••••••••••••••?subject=x"),
    ],
)
def test_private_handles_in_a_text_cannot_be_read(text: str, shown: str, mask: Mask) -> None:
    """Wherever they stand; the text keeps its length, so that marks stay where they were."""
    assert shown == mask.text(text)
    assert len(text) == len(shown)


@pytest.mark.parametrize(
    "text",
    [
        "@townhall and @TownHall@Quillhaven.example and @weather@harbor.example",
        "u/quillhaven_townhall, /u/Quillhaven_Townhall",
        "https://quillhaven.example/@townhall/1",
        "two @ three, 3 @ 4 and an @",
        "and/or, r/quillhaven, w/o, menu/lunch",
        "#quillhaven is 100% lovely: 5/7, 1/2 u/",
        "",
    ],
)
def test_what_is_no_private_handle_stays(text: str, mask: Mask) -> None:
    """Listed accounts, with and without their server, and signs that are none."""
    assert text == mask.text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@townhall@evil.example", "@•••••••••••••••••••••"),
        ("@townhall.ada @townhall_ada", "@•••••••••••• @••••••••••••"),
        ("@townhall@quillhaven.example@ada", "@townhall@quillhaven.example@•••"),
    ],
)
def test_a_listed_name_shows_no_other(text: str, shown: str, mask: Mask) -> None:
    """The same name elsewhere, or a longer one."""
    assert shown == mask.text(text)


@pytest.mark.parametrize("text", ["@" * 100_000, "a." * 50_000 + "@", "u/" * 50_000, "@a" * 50_000, "a@" * 50_000])
def test_hostile_texts_are_masked_in_good_time(text: str, mask: Mask) -> None:
    """Time grows with the text's length; a slower way would take minutes here."""
    assert len(text) == len(mask.text(text))


def test_markup_cannot_hide_a_handle(mask: Mask) -> None:
    """Servers wrap names in tags, people in invisible signs: collectors give us the plain text."""
    for markup in (
        '<a href="https://harbor.example/@ada">@<span>ada</span></a>',
        "@a\u00adda",
        "@\u200bada",
        "&#64;ada",
        "@\u2068ada\u2069",
    ):
        assert "@•••" == mask.text(plain(markup))


# --- nobody survives --------------------------------------------------------------------------------------------------

# Names that stand in no other word of a mention.
PART = st.text(st.sampled_from("abcXYZ019_"), min_size=1, max_size=6)
HANDLES = st.builds("zqzq{}{}{}".format, PART, st.sampled_from(".-_"), PART) | PART.map("zqzq{}".format)
REDDIT_NAMES = st.text(st.sampled_from("abXY09_-"), max_size=8).map("zqzq{}".format)
FORMS = (
    "@{}",
    "@{}@tram.example",
    "@{}@sub.tram-1.example",
    "＠{}",
    "https://tram.example/@{}",
    "https://tram.example/@{}/112233",
    "{}@mail.example",
    "<{}@mail.example>",
    "https://bsky.app/profile/{}",
)
REDDIT_FORMS = ("u/{}", "/u/{}", "U/{}", "https://www.reddit.com/user/{}", "https://old.reddit.com/u/{}/comments")
AROUND = st.sampled_from(
    (
        "",
        " ",
        "\n",
        "(",
        ")",
        ", ",
        ". ",
        "! ",
        ": ",
        "“",
        "”",
        "’s ",
        "&",
        "#bus ",
        "日本",
        "@townhall ",
        "… ",
        "👋 ",
        "*",
        "=",
    )
)


@st.composite
def handles(draw: st.DrawFn) -> tuple[str, str]:
    """A private name, and how it stands in a text."""
    if draw(st.booleans()):
        name = draw(HANDLES)
        return name, draw(st.sampled_from(FORMS)).format(name)
    name = draw(REDDIT_NAMES)
    return name, draw(st.sampled_from(REDDIT_FORMS)).format(name)


@st.composite
def texts(draw: st.DrawFn) -> tuple[list[str], str]:
    """Private names and a text in which they stand among other words and signs."""
    names, text = [], draw(AROUND)
    for _ in range(draw(st.integers(1, 4))):
        name, shown = draw(handles())
        names.append(name)
        blank = draw(st.sampled_from((" ", "\n", ", ", " – ", " ("))) if text and text[-1].isalnum() else ""
        text += f"{blank}{shown} {draw(AROUND)}"
    return names, text


def everything(value: Any) -> Iterator[str]:
    """Every text within a mention."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from everything(one)
    elif isinstance(value, Span | Reason):
        yield value.words


def readable(mention: Mention) -> str:
    return "\n".join(text for field in fields(mention) for text in everything(getattr(mention, field.name)))


@settings(max_examples=80)
@given(said=texts())
def test_no_private_handle_can_be_read_in_a_text(said: tuple[list[str], str], mask: Mask) -> None:
    """Whatever stands around it; and the text keeps its length."""
    names, text = said
    shown = mask.text(text)
    assert [] == [name for name in names if name in shown]
    assert len(text) == len(shown)
    assert text.count("@townhall") == shown.count("@townhall")
    assert shown == mask.text(shown)


@settings(max_examples=40)
@given(
    author=handles(),
    title=texts(),
    text=texts(),
    outlet=st.booleans(),
    query=st.sampled_from(("zqzq* OR tram", "mail OR quillhaven")),
)
def test_no_private_handle_survives_in_a_mention_or_a_file(
    author: tuple[str, str],
    title: tuple[list[str], str],
    text: tuple[list[str], str],
    outlet: bool,
    query: str,
    mask: Mask,
    mention: MakeMention,
) -> None:
    """Not in any field, not in the words that matched, not in a cell; those whom an outlet names neither."""
    name = author[0]
    post = mention(
        feed="Quillhaven Herald" if outlet else "Harbor",
        source="rss" if outlet else "mastodon",
        title=title[1],
        text=text[1],
        author="Ada Brook" if outlet else author[1],
        author_url=None if outlet else f"https://tram.example/@{name}",
        url="https://herald.example/1" if outlet else f"https://tram.example/@{name}/1",
        key="https://herald.example/1" if outlet else f"https://tram.example/users/{name}/statuses/1",
        reply_to=None if outlet else f"https://tram.example/users/{name}/statuses/0",
    )
    spans = Matcher({"t": parse(query)}).match(post).get("t", ())
    whole = (Span(topic="t", field="text", start=0, end=len(post.text), words=post.text),)
    post = replace(post, matched=(*spans, *whole))
    found = mask.mention(post)
    names = [*title[0], *text[0], *([] if outlet else [name])]
    assert [] == [one for one in names if one in readable(found)]
    file = io.StringIO(newline="")
    csv.write([post], file, timezone=TIMEZONE, mask=mask)
    assert [] == [one for one in names if one in file.getvalue()]
    for span in found.matched:
        if span.field in ("title", "text"):
            assert getattr(found, span.field)[span.start : span.end] == span.words
    assert (len(post.title), len(post.text)) == (len(found.title), len(found.text))


@settings(max_examples=100)
@given(text=st.text(max_size=60) | st.text(st.sampled_from("@＠uU/.-_a日 \n•"), max_size=40))
def test_any_text_keeps_its_length_and_its_other_words(text: str, mask: Mask) -> None:
    """Only letters become dots, and never a blank, a line break or a sign."""
    shown = mask.text(text)
    assert len(text) == len(shown)
    for before, after in zip(text, shown, strict=True):
        assert after in (before, "•")
        assert not (before.isspace() and after == "•")


def test_people_are_told_apart(mask: Mask) -> None:
    """A thousand names have a thousand marks."""
    numbers = count()
    assert 1_000 == len({mask.person(f"@ada{next(numbers)}@harbor.example") for _ in range(1_000)})


@pytest.mark.parametrize(
    "text",
    [
        "https://tram.example/users/ada_k/statuses/1",
        "Reddit.com/user/ada_k",
        "/user/ada_k",
        "https://www.reddit.com/r/u_ada_k/",
        "@हिन्दी_ada_k",
        "https://BSKY.app/profile/ada_k",
    ],
)
def test_an_account_in_an_address_is_masked(text: str) -> None:
    """However its place writes it, in small letters or capitals, with vowel signs or without."""
    assert "ada_k" not in Mask(feeds=(), salt=b"x").text(text)


def test_whom_a_listed_account_answered_is_not_named(mention: MakeMention) -> None:
    """The address of a private person's post names the person; the number of a post names nobody."""
    mask = Mask(feeds=(), listed=["@weather@harbor.example"], salt=b"x")
    author = "@weather@harbor.example"
    private = mention(author=author, reply_to="https://tram.example/users/ada_k/statuses/7")
    assert mask.mention(private).reply_to is None
    assert mask.mention(mention(author=author, reply_to="117")).reply_to == "117"


# --- strong language


@pytest.fixture(scope="module")
def soft() -> Mask:
    """A mask for a page that is shown to many."""
    return Mask(feeds=FEEDS, listed=LISTED, salt=b"for this test", soften=True)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("What a shitty bridge", "What a s••••• bridge"),
        ("BULLSHIT! Three hours.", "B•••••••! Three hours."),
        ("Quelle merde, ce pont", "Quelle m••••, ce pont"),
        ("So eine Scheiße", "So eine S••••••"),
        ("Classic passage, assess the basses at Scunthorpe", "Classic passage, assess the basses at Scunthorpe"),
        ("A dickens of a day in Cockermouth", "A dickens of a day in Cockermouth"),
    ],
)
def test_strong_language_keeps_its_first_letter(soft: Mask, mask: Mask, said: str, shown: str) -> None:
    """Whole words only, and only where it is wanted."""
    assert soft.text(said) == shown
    assert mask.text(said) == said


def test_strong_language_is_masked_in_all_that_is_shown_of_a_mention(soft: Mask, mention: MakeMention) -> None:
    """Title, text, the words that matched and the words that made the tag; marks stand where they stood."""
    said = "This shitty bus again"
    one = mention(
        title=said,
        text=said,
        matched=(Span(topic="t", field="text", start=5, end=15, words="shitty bus"),),
        why=(Reason(words="shitty", effect=-2.0),),
    )
    shown = soft.mention(one)
    assert (shown.title, shown.text) == ("This s••••• bus again",) * 2
    assert (shown.matched[0].words, shown.why[0].words) == ("s••••• bus", "s•••••")
    assert shown.text[5:15] == shown.matched[0].words


@given(st.text())
def test_masking_strong_language_keeps_the_length(text: str) -> None:
    """So that no mark moves; and masking twice is masking once."""
    soft = Mask(feeds=(), salt=b"", soften=True)
    assert len(soft.words(text)) == len(text)
    assert soft.words(soft.words(text)) == soft.words(text)
