"""What holds for every query and every text."""

from __future__ import annotations

import sqlite3
import string
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from listening.errors import QueryError
from listening.models import Post, Span
from listening.query import (
    FTS_TOKENIZER,
    And,
    Handle,
    Matcher,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Tag,
    Word,
    marks,
    parse,
    tokens,
    unparse,
    warnings,
)
from listening.query.syntax import anchored
from listening.query.words import located_marks, places_of_words

EXAMPLES = settings(max_examples=100)

# Words that fold, stick together and repeat, so that short texts often match.
WORDS = [
    "bus",
    "Bus's",
    "l'eau",
    "tram",
    "trams",
    "transport",
    "café",
    "Straße",
    "ﬁne",
    "O’Brien",
    "東京",
    "한국",
    "ที่",
    "#bus",
]
WORDS += ["@tram@quill.example", "#東京", "co-op", "e\u0301", "½", "İz"]
TEXTS = st.lists(st.sampled_from([*WORDS, "", "🚌", "a"]), max_size=8).flatmap(
    lambda words: st.sampled_from([" ", "  ", ", ", "-", ". "]).map(lambda gap: gap.join(words))
)
WORDS_OF_QUERIES = ["bus", "tram", "tran*", "trans*", " ", " ", "(", ")", '"', "“", "AND", "OR", "NOT", "-", "NEAR/2"]
WORDS_OF_QUERIES += ["ONEAR", "NEAR/x", "#bus", "@a", "#", "title:", "site:", "since:2026-01-01", "until:2025-01-01"]
WORDS_OF_QUERIES += ["raw:", "topic:", "topic:a", "author:x", "x:"]
SYNTAX = st.lists(st.sampled_from(WORDS_OF_QUERIES), max_size=14).map("".join)

WORD = st.sampled_from(["bus", "tram", "trams", "cafe", "strasse", "a", "eau"]).map(Word)
PHRASE = st.lists(st.sampled_from(["bus", "tram", "a", "東", "京"]), min_size=2, max_size=3).map(
    lambda words: Phrase(tuple(words))
)
PREFIX = st.sampled_from(["tran", "tram", "stra"]).map(Prefix)
OPERAND = st.one_of(
    WORD, PHRASE, PREFIX, st.lists(WORD | PREFIX, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
)
NEAR = st.builds(Near, OPERAND, OPERAND, st.integers(0, 3), st.booleans())
MARK: st.SearchStrategy[Node] = st.sampled_from([Tag("bus"), Tag("東京"), Handle("tram"), Handle("tram@quill.example")])
LEAF: st.SearchStrategy[Node] = st.one_of(WORD, PHRASE, PREFIX, MARK)


def _trees(leaf: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.recursive(
        leaf,
        lambda node: st.one_of(
            st.lists(node, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(node, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
            node.map(Not),
        ),
        max_leaves=6,
    )


TREES = _trees(LEAF | NEAR)


def _match(root: Node, title: str, text: str) -> tuple[Span, ...] | None:
    post = Post(source="rss", feed="f", key="k", title=title, text=text)
    return Matcher({"t": Query("", root)}).match(post).get("t")


# The reference: slow, plain, and written from the rules alone.


def _reference(node: Node, title: str, text: str) -> bool:
    match node:
        case And(parts):
            return all(_reference(part, title, text) for part in parts)
        case Or(parts):
            return any(_reference(part, title, text) for part in parts)
        case Not(part):
            return not _reference(part, title, text)
        case Tag(name):
            return f"#{name}" in marks(title) + marks(text)
        case Handle(name):
            return f"@{name}" in marks(title) + marks(text)
        case Near(left, right, distance, ordered):
            return any(
                start - end in range(distance + 1) or (not ordered and other_start - other_end in range(distance + 1))
                for words in (tokens(title), tokens(text))
                for other_start, end in _ranges(left, words)
                for start, other_end in _ranges(right, words)
            )
    return any(True for words in (tokens(title), tokens(text)) for _ in _ranges(node, words))


def _ranges(node: Node, words: list[str]) -> Iterator[tuple[int, int]]:
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            here = words[start:end]
            match node:
                case Word(text):
                    if here == [text]:
                        yield start, end
                case Prefix(text):
                    if len(here) == 1 and here[0].startswith(text):
                        yield start, end
                case Phrase(wanted):
                    if tuple(here) == wanted:
                        yield start, end
                case Or(parts):
                    if any((start, end) in _ranges(part, words) for part in parts):
                        yield start, end


# Words


@EXAMPLES
@given(st.text() | TEXTS)
@example("ᾳ\u0345ﷺ ㍿゛ﾊﾞ ᏸꭰ İ ΐ ﬃ ĸ \u0149 \ud800")
@example("a'b''s's '’s l'l's qu'dell'a")
def test_folding_twice_is_folding_once(text: str) -> None:
    """What the store keeps is read again as the same words, and its ASCII is lower-case letters and digits."""
    words = tokens(text)
    assert tokens(" ".join(words)) == words
    assert {character for character in "".join(words) if character.isascii()} <= set(
        string.ascii_lowercase + string.digits
    )


@EXAMPLES
@given(st.text() | TEXTS)
@example("NASA’s ﬁ½é\u0301 l'eau ㌀ ก็กี่ 각ᄀ")
def test_words_know_where_they_came_from(text: str) -> None:
    """The slower reading with places gives the same words, in order, each from characters that hold it."""
    words, places = tokens(text), places_of_words(text)
    assert len(words) == len(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
    # One character can hold several words (½ is 1 and 2), so a slice may hold more than its word.
    assert all(word in tokens(text[start:end]) for word, (start, end) in zip(words, places, strict=True))
    assert places == sorted(places)


@EXAMPLES
@given(st.text(alphabet="ab#@._-/ é東＃") | TEXTS)
def test_marks_know_where_they_came_from(text: str) -> None:
    """A hashtag or handle is found again in its own characters."""
    found = located_marks(text)
    assert [mark.word for mark in found] == marks(text)
    assert all(mark.word in marks(text[mark.start : mark.end]) for mark in found)


@EXAMPLES
@given(TEXTS)
def test_case_never_matters(text: str) -> None:
    """A text in capitals has the words it has in small letters."""
    assert tokens(text.upper()) == tokens(text.lower())


# Reading


@EXAMPLES
@given(st.text(max_size=60) | SYNTAX)
@example("#@0@0")
@example('@＃x ##bus title:"" （bus）')
def test_any_text_is_read_or_refused_at_a_column(text: str) -> None:
    """Nothing but a QueryError comes out, and it points into the query; what is read can be written and read again."""
    read = _read(text)
    if isinstance(read, QueryError):
        assert 1 <= read.column <= len(text) + 1
        assert read.problem
        assert read.advice
        assert read.query == text
        assert read.picture().endswith("^")
    else:
        assert parse(unparse(read.root)).root == read.root
        assert all(warnings(read))


def _read(text: str) -> Query | QueryError:
    try:
        return parse(text, topics={"a": "bus OR topic:b", "b": "-tram"}, listed_authors=["x"])
    except QueryError as error:
        return error


@EXAMPLES
@given(TREES)
def test_a_written_tree_is_read_as_what_it_means(root: Node) -> None:
    """Writing and reading give a tree in its plainest form: a second time changes nothing."""
    if not anchored(root):
        return
    plain = parse(unparse(root)).root
    assert parse(unparse(plain)).root == plain


@EXAMPLES
@given(TREES, st.sampled_from([" ", "\n\t ", "　"]))
def test_brackets_and_spaces_change_nothing(root: Node, space: str) -> None:
    """More brackets and more spaces around a query give the same tree."""
    if not anchored(root):
        return
    written = unparse(root)
    assert parse(f"{space}({space}({written}){space})").root == parse(written).root
    assert parse(written.replace(" AND ", space)).root == parse(written).root


# Matching


@EXAMPLES
@given(TREES, TEXTS, TEXTS)
def test_matching_agrees_with_the_plain_reference(root: Node, title: str, text: str) -> None:
    """The fast way finds what trying every range of words finds."""
    assert (_match(root, title, text) is not None) == _reference(root, title, text)


@EXAMPLES
@given(TREES, TEXTS, TEXTS)
def test_reading_a_written_tree_keeps_what_it_matches(root: Node, title: str, text: str) -> None:
    """The tree that a person's query becomes matches what its operators say."""
    if anchored(root):
        again = parse(unparse(root)).root
        assert (_match(again, title, text) is not None) == _reference(root, title, text)


@EXAMPLES
@given(LEAF | NEAR, LEAF | NEAR, LEAF, TEXTS)
def test_de_morgan(first: Node, second: Node, third: Node, text: str) -> None:
    """Leaving out either is leaving out the one and the other."""
    one, other, anchor = unparse(first), unparse(second), unparse(third)
    either = parse(f"{anchor} NOT ({one} OR {other})").root
    both = parse(f"{anchor} (NOT {one}) (NOT {other})").root
    assert (_match(either, "", text) is None) == (_match(both, "", text) is None)
    not_both = parse(f"{anchor} NOT ({one} AND {other})").root
    one_not = parse(f"{anchor} (NOT {one} OR NOT {other})").root
    assert (_match(not_both, "", text) is None) == (_match(one_not, "", text) is None)


@EXAMPLES
@given(TREES, TEXTS, TEXTS)
def test_spans_are_slices_in_order_without_overlap(root: Node, title: str, text: str) -> None:
    """Whatever matched, its words are the characters at its place."""
    found = _match(root, title, text) or ()
    fields = {"title": title, "text": text}
    assert all(span.words == fields[span.field][span.start : span.end] for span in found)
    assert all(span.start < span.end for span in found)
    order = {"title": 0, "text": 1}
    assert all(
        (order[before.field], before.end) <= (order[after.field], after.start) or before.field != after.field
        for before, after in pairwise(found)
    )
    if anchored(root) and _match(root, title, text) is not None:
        assert found


@EXAMPLES
@given(st.one_of(WORD, PREFIX, MARK), TEXTS)
def test_the_span_of_a_term_holds_that_term(term: Node, text: str) -> None:
    """Reading a span's words again finds the term in it, and there is one span for each time it stands there."""
    found = _match(term, "", text) or ()
    assert all(_reference(term, "", span.words) for span in found)
    if isinstance(term, Word):
        assert len(found) == tokens(text).count(term.text)


# The full-text index


def _fts(node: Node) -> str:
    match node:
        case Word(text):
            return f'{{title body}} : "{text}"'
        case Phrase(words):
            return f'{{title body}} : "{" ".join(words)}"'
        case Prefix(text):
            return f'{{title body}} : "{text}"*'
        case Tag(name):
            return f'marks : "#{name}"'
        case Handle(name):
            return f'marks : "@{name}"'
        case And(parts):
            return " AND ".join(f"({_fts(part)})" for part in parts)
        case Or(parts):
            return " OR ".join(f"({_fts(part)})" for part in parts)
    raise AssertionError(node)


POSITIVE = st.recursive(
    LEAF,
    lambda node: st.one_of(
        st.lists(node, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(node, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=5,
)


@EXAMPLES
@given(POSITIVE, POSITIVE, st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_a_full_text_index_of_the_words_answers_exactly(
    wanted: Node, unwanted: Node, texts: list[tuple[str, str]]
) -> None:
    """SQLite over the folded words finds the posts that the matcher finds, with AND, OR and NOT."""
    with closing(sqlite3.connect(":memory:")) as store:
        store.execute(f'CREATE VIRTUAL TABLE posts USING fts5 (title, body, marks, tokenize="{FTS_TOKENIZER}")')
        store.executemany(
            "INSERT INTO posts VALUES (?, ?, ?)",
            [
                (" ".join(tokens(title)), " ".join(tokens(text)), " ".join(marks(title) + marks(text)))
                for title, text in texts
            ],
        )
        question = f"({_fts(wanted)}) NOT ({_fts(unwanted)})"
        answer = [
            row
            for (row,) in store.execute("SELECT rowid - 1 FROM posts WHERE posts MATCH ? ORDER BY rowid", (question,))
        ]
    root = And((wanted, Not(unwanted)))
    assert answer == [place for place, (title, text) in enumerate(texts) if _match(root, title, text) is not None]
