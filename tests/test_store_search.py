"""Searching what is stored finds exactly what the query language says, whatever the texts and the query."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from conftest import NOON, MakeMention, MakeStore, Save
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from listening import store as stores
from listening.errors import QueryError
from listening.models import Mention
from listening.query import Matcher, Query, parse
from listening.store import Reader, Store, View
from listening.store.search import plan

EVERYTHING = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))

PIECES = (
    *("bridge", "Bridges", "BRIDGE", "café", "CAFE\u0301", "naïve", "Straße", "STRASSE", "transport", "transit", "ICE"),
    *("ice", "NASA's", "NASA’s", "'s", "s", "l'INSEE", "O'Brien", "don't", "e.g.", "covid-19", "town-hall", "R&D"),
    *(
        "#Transit",
        "#t_1",
        "＃transit",
        "@quillhaven",
        "@quillhaven@social.example",
        "@a.b",
        "a@b.example",
    ),
    *("東京都庁", "東京", "京都", "도서관에서", "도서관", "กรุงเทพ", "شارع", "библиотека", "हिन्दी", "ｆｕｌｌ", "x²"),
    *(
        ".",
        ",",
        "!",
        "—",
        "…",
        "\n",
        "😀",
        "👩🏽‍🚒",
        '"',
        "“",
        "(",
        ")",
        "\x00",
        "\u200d",
        "\u00ad",
        "NEAR",
        "AND",
        "*",
        "1",
    ),
)
TERMS = (
    *("bridge", "bridges", "cafe", "naive", "strasse", "transit", "ice", "nasa", "s", "insee", "obrien", "dont", "l"),
    *('"town hall"', '"covid 19"', '"R&D"', '"e.g."', "covid-19", "librar*", "bridg*", "trans*", '"ice bridge"'),
    *("#transit", "#t_1", "@quillhaven", "@quillhaven@social.example", "@a", "@a.b", "@b.example"),
    *("東京", "京", "都庁", "도서관", "도서", "กรุง", "شارع", "библиотека", "हिन्दी", "full", "x2", "1"),
    *('raw:"ICE"', 'raw:"\'s"', 'raw:"’s"', 'raw:"s"', 'raw:"."', 'raw:"l\'"', "raw:Bridges", 'raw:"東京"', 'raw:"😀"'),
    *(
        "title:bridge",
        'title:"ice bridge"',
        "title:trans*",
        "title:(ice OR bridge)",
        "title:東京",
        "lang:en",
        "source:rss",
    ),
    *("site:herald.example", 'url:"/bridge"', "author:Herald", "since:2026-03-04", "until:2026-03-03"),
    *("bridge NEAR/2 ice", "ice ONEAR/1 bridge", "(ice OR cafe) NEAR/3 transit", "東京 NEAR/4 transit"),
)


def texts() -> st.SearchStrategy[str]:
    """Words of many scripts in any order, glued together or not, and now and then anything at all."""
    glued = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from((" ", " ", " ", "", "'"))), max_size=8)
    return glued.map(lambda pairs: "".join(f"{piece}{glue}" for piece, glue in pairs)) | st.text(max_size=12)


def queries() -> st.SearchStrategy[str]:
    """Any query made of the terms with AND, OR, NOT and brackets."""

    def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, st.sampled_from((" ", " AND ", " OR ", " NOT ", " -")), inner)
        return pair.map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})")

    return st.recursive(st.sampled_from(TERMS), combined, max_leaves=5)


def read(words: str) -> Query | None:
    try:
        return parse(words)
    except QueryError:  # one that only leaves out
        return None


def found(store: Store, connection: Connection, query: Query) -> set[str]:
    """What searching finds, by counting, listing and streaming alike."""
    view = View(start=EVERYTHING.start, end=EVERYTHING.end, query=query)
    reader = Reader(store, connection)
    listed = [one.id for one in reader.mentions(view, limit=1_000)]
    assert len(listed) == reader.total(view)
    assert listed == [one.id for one in reader.stream(view)]
    return set(listed)


def matching(mentions: Iterable[Mention], query: Query) -> set[str]:
    """What the query language itself says."""
    matcher = Matcher({"": query})
    return {one.id for one in mentions if matcher.match(one)}


class TakenBackError(Exception):
    """Ends a transaction without keeping it."""


@contextmanager
def for_a_moment(store: Store, mentions: Iterable[Mention]) -> Iterator[Connection]:
    """The store with these mentions in it, which are gone afterwards."""
    try:
        with store.writing() as connection:
            stores.save(store, connection, mentions)
            yield connection
            raise TakenBackError
    except TakenBackError:
        pass


@pytest.fixture(scope="module")
def shared(new_store: MakeStore) -> Store:
    return new_store()


@settings(max_examples=120)
@given(
    said=st.lists(st.tuples(texts(), texts(), st.integers(0, 3)), min_size=1, max_size=6),
    words=st.lists(queries(), min_size=1, max_size=3),
)
def test_search_agrees_with_the_query_language(
    said: list[tuple[str, str, int]], words: list[str], shared: Store, mention: MakeMention
) -> None:
    """For any texts and any query, in any script, the store finds what the matcher matches: no more, no less."""
    mentions = [
        mention(
            title=title,
            text=text,
            source=("rss", "mastodon")[kind % 2],
            language=("en", None)[kind // 2],
            author="Herald" if kind == 3 else None,
            url=f"https://{'www.herald' if kind else 'gazette'}.example/bridge",
            published_at=NOON - timedelta(days=kind),
        )
        for title, text, kind in said
    ]
    with for_a_moment(shared, mentions) as connection:
        for each in words:
            query = read(each)
            if query is not None:
                assert matching(mentions, query) == found(shared, connection, query), each


@settings(max_examples=60)
@given(before=texts(), after=texts(), words=st.sampled_from(TERMS))
def test_an_edit_leaves_no_old_word_behind(
    before: str, after: str, words: str, shared: Store, mention: MakeMention
) -> None:
    """After an edit the search knows the new words only, whatever the old ones were."""
    query = read(words)
    assert query is not None
    first, other = mention(key="edited", text=before), mention(text="A kind word about nothing.")
    edited = mention(key="edited", text=after, title=before[:3])
    with for_a_moment(shared, [first, other]) as connection:
        assert 0 == stores.save(shared, connection, [edited])
        assert matching([edited, other], query) == found(shared, connection, query)
        connection.exec_driver_sql("INSERT INTO search (search) VALUES ('integrity-check')")


@pytest.mark.parametrize(
    ("words", "exact"),
    [
        ("bridge", True),
        ("bridge -late", True),
        ("bridge -late -closed", True),
        ('"town hall" OR librar*', True),
        ("#transit @quillhaven", True),
        ("title:bridge", True),
        ("東京 -京都", True),
        ("bridge NEAR/3 late", False),
        ("raw:ICE", False),
        ("bridge lang:en", False),
        ("bridge -lang:en", False),
        ("site:herald.example", False),
    ],
)
def test_what_the_index_answers_alone(words: str, exact: bool) -> None:
    """Words, phrases, stars, tags, handles and NOT of them need no second look; the rest is read and decided."""
    assert exact == plan(parse(words)).exact


def test_a_handle_is_found_whole(store: Store, save: Save, mention: MakeMention) -> None:
    """@a does not find @a_b or @a.b, and #transit not #transitday; @quillhaven finds it on any server."""
    said = ("Hello @a_b", "Hello @a.b", "#transitday", "Hi @quillhaven@social.example", "Hi @quillhaven.")
    save(store, *(mention(text=text) for text in said))
    with store.reading() as connection:
        reader = Reader(store, connection)
        numbers = [
            reader.total(View(start=EVERYTHING.start, end=EVERYTHING.end, query=parse(words)))
            for words in ("@a_b", "#transit", "@quillhaven", "@quillhaven@social.example")
        ]
    assert [1, 0, 2, 1] == numbers


def test_long_queries_are_answered(store: Store, save: Save, mention: MakeMention) -> None:
    """A query with hundreds of words, wanted or not, side by side or in brackets, finds what it should."""
    save(store, mention(text="A bridge by the river"), mention(text="A bridge by the word7 river"))
    many = [f"word{number}" for number in range(700)]
    nested = "bridge"
    for word in many[:40]:
        nested = f"({nested} OR {word}) -x{word}"
    with store.reading() as connection:
        reader = Reader(store, connection)
        for words, number in (
            ("bridge " + " ".join(f"-{word}" for word in many), 1),
            (" OR ".join(many), 1),
            ("river " + " ".join(["bridge"] * 700), 2),
            (nested, 2),
        ):
            view = View(start=EVERYTHING.start, end=EVERYTHING.end, query=parse(words))
            assert number == reader.total(view), words[:60]


@pytest.mark.parametrize(
    ("query", "days"), [("bridge", 400), ('bridge -"town hall"', 300), ("site:herald.example", 300)]
)
def test_since_when_a_word_is_said_is_asked_of_all_times(
    store: Store, save: Save, mention: MakeMention, query: str, days: int
) -> None:
    """Beyond the period, in posts of the topic alone; of a query that has to read each post, within the period."""
    for back, text, url in (
        (400, "The bridge and the town hall", "https://herald.example/1"),
        (300, "The bridge", "https://herald.example/2"),
        (5, "A bridge", "https://courier.example/3"),
    ):
        save(store, mention(text=text, url=url, published_at=NOON - timedelta(days=back)))
    save(store, mention(text="The bridge", topics=("parks",), published_at=NOON - timedelta(days=900)))
    view = View(start=NOON - timedelta(days=350), end=NOON, topic="transit", query=parse(query))
    with store.reading() as connection:
        assert NOON - timedelta(days=days) == Reader(store, connection).first_at(view)
        nothing = View(start=view.start, end=view.end, query=parse("harbor"))
        assert Reader(store, connection).first_at(nothing) is None
