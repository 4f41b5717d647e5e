"""The query language: what it finds, what it refuses, and how it says so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest

from listening.errors import QueryError
from listening.models import Post, Span
from listening.query import (
    And,
    Field,
    Matcher,
    Near,
    Not,
    Or,
    Phrase,
    Prefix,
    Raw,
    Word,
    marks,
    parse,
    tokens,
    warnings,
)
from listening.query.match import triggers


def post(text: str = "", **fields: object) -> Post:
    return Post(source="mastodon", feed="Quillhaven", key="1", text=text, **fields)  # type: ignore[arg-type]


def finds(query: str, text: str = "", *, topics: Mapping[str, str] | None = None, title: str = "") -> bool:
    return "topic" in Matcher({"topic": parse(query, topics=topics)}).match(post(text, title=title))


def spans(query: str, text: str = "", **fields: object) -> list[tuple[str, int, int, str]]:
    matched = Matcher({"topic": parse(query)}).match(post(text, **fields))["topic"]
    return [(span.field, span.start, span.end, span.words) for span in matched]


def refusal(query: str, **more: object) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(query, **more)  # type: ignore[arg-type]
    assert caught.value.query == query
    assert caught.value.advice
    return caught.value


# Words and folding


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Bus is LATE!", ["the", "bus", "is", "late"]),
        ("NASA's, NASA’s and the drivers' bus", ["nasa", "nasa", "and", "the", "drivers", "bus"]),
        ("St. Mary's O'Brien don’t", ["st", "mary", "obrien", "dont"]),
        (
            "l'INSEE D’Orsay dell'acqua qu'il aujourd'hui",
            ["l", "insee", "d", "orsay", "dell", "acqua", "qu", "il", "aujourdhui"],
        ),
        ("Hawaiʻi", ["hawaii"]),
        ("covid-19 3.5 AT&T U.S. climate_change", ["covid", "19", "3", "5", "at", "t", "u", "s", "climate", "change"]),
        ("Café cafe\u0301 CAFÉ", ["cafe"] * 3),
        ("Straße ﬁnd İstanbul Łódź Tromsø Ærø", ["strasse", "find", "istanbul", "lodz", "tromso", "aero"]),
        ("𝐐𝐮𝐢𝐥𝐥 Ｑｕｉｌｌ CO₂ Quillhaven™", ["quill", "quill", "co2", "quillhaven"]),
        ("trans\u00adport", ["transport"]),
        ("ΟΔΟΣ οδός Ёлка", ["οδοσ", "οδοσ", "елка"]),
        ("مُحَمَّد محـــمد", ["محمد", "محمد"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("東京都庁 バス", ["東", "京", "都", "庁", "\u30cf\u3099", "ス"]),
        ("NASAは東京", ["nasa", "は", "東", "京"]),
        ("ที่", ["ที่"]),
        ("🚌 … — !", []),
        ("", []),
    ],
)
def test_a_text_becomes_folded_words(text: str, expected: list[str]) -> None:
    """Case, accents, possessives and punctuation fold; scripts without spaces give one word a character."""
    assert tokens(text) == expected


def test_hangul_is_found_whatever_sticks_to_it() -> None:
    """Each syllable is a word of its own, composed or not, so that a particle behind it does not hide it."""
    assert len(tokens("한국은")) == 3
    assert tokens("한국") == tokens("\u1112\u1161\u11ab\u1100\u116e\u11a8")
    assert finds("한국", "남한국은 좋다")
    assert not finds("하", "한국은")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So #Climate_Change, .@Quillhaven!", ["#climate_change", "@quillhaven"]),
        ("@city@social.example and @quill.example.", ["@city", "@city@social.example", "@quill", "@quill.example"]),
        ("press@quillhaven.example", []),
        ("https://herald.example/@city and /#top &#39;", []),
        ("#地震速報 @cityさん ＃Ａｂｃ", ["#地震速報", "@city", "#abc"]),
        ("# @ #_ nothing", []),
    ],
)
def test_hashtags_and_handles_of_a_text(text: str, expected: list[str]) -> None:
    """Marks are what networks link, not e-mail addresses or parts of links; a handle counts with and without host."""
    assert marks(text) == expected


# What matches


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ("bus", "A BUS.", "A busy day"),
        ("bus late", "late again, the bus", "the bus"),
        ("bus AND late", "late again, the bus", "late"),
        ("bus OR tram", "the tram", "the train"),
        ("bus -late", "the bus", "the late bus"),
        ("bus NOT late", "the bus", "the late bus"),
        ("bus AND NOT (late OR full)", "the bus", "the full bus"),
        ("bus −late", "the bus", "the late bus"),
        ("tram OR bus late", "tram", "bus"),
        ("(tram OR bus) late", "late tram", "tram"),
        ("bus NOT NOT late", "late bus", "bus"),
        ('"city council"', "the City-Council's vote", "council of the city"),
        ("“city council”", "the city council", "city"),
        ("«city council»", "the city council", "city"),
        ('"St. Mary\'s"', "at st mary today", "st today mary"),
        ("OBrien", "Ms O’Brien", "Ms Brien"),
        ("Lodz", "in Łódź", "in Lod"),
        ("covid-19", "COVID 19 cases", "19 covid cases"),
        ("transp*", "Transportation!", "a trance"),
        ("INSEE", "selon l'INSEE", "linsee"),
        ("東京", "東京都庁", "京東"),
        ("東京*", "東京都庁", "京東"),
        ("#transit", "go #Transit", "go transit"),
        ("#transit", "go #transit.", "go #transitnow"),
        ("transit", "go #transit", "go #transitnow"),
        ("transit", "go @transit", "go"),
        ("@city", "hey @City", "hey city"),
        ("@city", "hey @city@social.example", "hey @cityhall"),
        ("@city@social.example", "hey @city@social.example", "hey @city"),
        ('raw:"ICE"', "by ICE's agents", "by ice agents"),
        ('raw:"ICE"', "(ICE)", "POLICE ICES"),
        ("raw:ICE", "anti-ICE", "ICÉ ICE\u0301"),
        ('raw:"C++"', "in C++17", "in C"),
        ('raw:"🚌"', "the 🚌 came", "the 🚋 came"),
        ("raw:(ICE OR DHS)", "DHS said", "dhs said"),
        ("and", "this and that", "this"),
    ],
)
def test_what_a_query_finds_and_what_not(query: str, found: str, not_found: str) -> None:
    """Each form of the language finds what it says and nothing beside it."""
    assert finds(query, found)
    assert not finds(query, not_found)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("bus NEAR/2 late", "bus was very late", True),
        ("bus NEAR/1 late", "bus was very late", False),
        ("bus NEAR/2 late", "late was the bus", True),
        ("bus ONEAR/2 late", "late was the bus", False),
        ("bus ONEAR/2 late", "late bus so late", True),
        ("bus NEAR late", "bus a b c d late", True),
        ("bus NEAR late", "bus a b c d e late", False),
        ("bus NEAR/0 late", "late bus", True),
        ('"night bus" NEAR/1 late', "night bus is late", True),
        ('"night bus" NEAR/1 late', "night the bus late", False),
        ("(tram OR transp* OR bus) NEAR/1 (late OR slow)", "transport is slow", True),
        ("bus NEAR bus", "one bus", False),
        ("bus NEAR bus", "bus after bus", True),
        ("tram -bus NEAR/1 late", "tram, bus is late", False),
        ("tram -bus NEAR/1 late", "tram, bus came and then late", True),
    ],
)
def test_near_counts_the_words_between(query: str, text: str, expected: bool) -> None:
    """NEAR looks both ways, ONEAR only ahead, and the two sides are different words."""
    assert finds(query, text) == expected


def test_and_reaches_over_title_and_text_but_a_phrase_does_not() -> None:
    """Title and text are one post, but the end of one and the start of the other are not side by side."""
    assert finds("city council", title="The city", text="council votes")
    assert not finds('"city council"', title="The city", text="council votes")
    assert not finds("city NEAR council", title="The city", text="council votes")


@pytest.mark.parametrize(
    ("query", "fields", "expected"),
    [
        ("title:budget", {"title": "Budget day"}, True),
        ("title:budget", {"text": "Budget day"}, False),
        ('title:("bus lane" OR budg*)', {"title": "New bus lane"}, True),
        ("title: budget", {"title": "Budget day"}, True),
        ("site:herald.example", {"url": "https://www.herald.example/a"}, True),
        ("site:www.herald.example", {"url": "http://HERALD.example:8080/a"}, True),
        ("site:example", {"url": "https://herald.example/"}, True),
        ("site:herald.example", {"url": "https://notherald.example/herald.example"}, False),
        ("site:bücher.example", {"url": "https://xn--bcher-kva.example/"}, True),
        ("site:(a.example OR b.example)", {"url": "https://b.example"}, True),
        ("url:/News/", {"url": "https://herald.example/news/1"}, True),
        ("url:https://herald.example/n", {"url": "https://herald.example/news/1"}, True),
        ("url:(sports OR http://x)", {"url": "https://herald.example/news/1"}, False),
        ('author:"quillhaven herald"', {"author": "Quillhaven Herald"}, True),
        ("author:@city@social.example", {"author": "city@social.example"}, True),
        ("author:herald", {"author": "Quillhaven Herald"}, False),
        ("author:herald", {"author": None}, False),
        ("lang:en", {"language": "en-GB"}, True),
        ("lang:en-gb", {"language": "en"}, False),
        ("lang:en", {"language": None}, False),
        ("source:Mastodon", {}, True),
        ("source:rss", {}, False),
        ("since:2026-11-05", {"published_at": datetime(2026, 11, 5, tzinfo=UTC)}, True),
        ("since:2026-11-05", {"published_at": datetime(2026, 11, 4, 23, 59, tzinfo=UTC)}, False),
        ("until:2026-11-05", {"published_at": datetime(2026, 11, 5, 23, 59, tzinfo=UTC)}, True),
        (
            "until:2026-11-05",
            {"published_at": datetime(2026, 11, 5, 23, 59, tzinfo=timezone(timedelta(hours=-5)))},
            False,
        ),
        ("until:2026-11-05", {}, False),
    ],
)
def test_fields(query: str, fields: dict[str, object], expected: bool) -> None:
    """A field looks at one thing of a post: hosts with their parents, whole names, days in UTC."""
    assert ("topic" in Matcher({"topic": parse(query)}).match(post(**fields))) == expected  # type: ignore[arg-type]


def test_a_topic_reuses_another() -> None:
    """topic:name stands for that topic's query, in its own brackets, whatever the case of the name."""
    topics = {"Night buses": "(bus OR tram) night", "complaint": "late OR topic:dirt", "dirt": "dirty"}
    assert parse('topic:"night buses" topic:complaint', topics=topics).root == And(
        (Or((Word("bus"), Word("tram"))), Word("night"), Or((Word("late"), Word("dirty"))))
    )
    assert finds("bus -topic:complaint", "the bus", topics=topics)
    assert not finds("bus -topic:complaint", "dirty bus", topics=topics)


def test_a_topic_that_only_leaves_out_may_be_reused_with_something_to_look_for() -> None:
    """A list of what never counts can be kept in one place."""
    assert finds("bus topic:noise", "the bus", topics={"noise": "-game -film"})
    assert refusal("topic:noise", topics={"noise": "-game"}).column == 1


def test_how_a_query_is_read() -> None:
    """NOT comes before AND, AND before OR, and brackets that change nothing leave no trace."""
    assert parse("a OR b c NOT d").root == Or((Word("a"), And((Word("b"), Word("c"), Not(Word("d"))))))
    assert parse("((a) (b c))").root == parse("a AND b AND c").root
    assert parse('"x" "y z" quil* raw:R').root == And((Word("x"), Phrase(("y", "z")), Prefix("quil"), Raw("R")))
    assert parse("a ONEAR b").root == Near(Word("a"), Word("b"), 4, True)
    assert parse("title:(a OR b)").root == Or((Field("title", Word("a")), Field("title", Word("b"))))
    assert str(parse("a (b OR -c) ")) == "a AND (b OR NOT c)"


# Where it matched


def test_spans_point_into_the_original_characters() -> None:
    """Whatever folding does to the length of a text, the span holds the words as they were written."""
    text = "ﬁnally, İn der Straße: cafe\u0301 des NASA’s"
    assert spans("strasse cafe nasa finally", text) == [
        ("text", 0, 6, "ﬁnally"),
        ("text", 15, 21, "Straße"),
        ("text", 23, 28, "cafe\u0301"),
        ("text", 33, 37, "NASA"),
    ]


def test_spans_are_those_of_the_parts_that_matched() -> None:
    """Nothing is marked for a side of OR that did not match, for what is left out, or for a word far from its pair."""
    assert spans("(bus late) OR tram", "the late tram") == [("text", 9, 13, "tram")]
    assert spans("bus -tram", "bus bus") == [("text", 0, 3, "bus"), ("text", 4, 7, "bus")]
    assert spans("bus NEAR/0 late", "late bus, late, and late") == [
        ("text", 0, 4, "late"),
        ("text", 5, 8, "bus"),
        ("text", 10, 14, "late"),
    ]
    assert spans("a NOT (b OR NOT c)", "a c") == [("text", 0, 1, "a"), ("text", 2, 3, "c")]


def test_spans_are_in_order_and_do_not_overlap() -> None:
    """The title comes first, and words that two terms share become one span."""
    assert spans('"council meeting" "city council" #bus bus', "city council meeting #bus", title="Bus") == [
        ("title", 0, 3, "Bus"),
        ("text", 0, 20, "city council meeting"),
        ("text", 21, 25, "#bus"),
    ]


def test_a_handle_is_marked_as_far_as_it_was_asked_for() -> None:
    """@city marks itself within @city@social.example."""
    assert spans("@city", "hi @city@social.example") == [("text", 3, 8, "@city")]
    assert spans("@city@social.example", "hi @city@social.example") == [("text", 3, 23, "@city@social.example")]


def test_a_match_by_fields_alone_says_which() -> None:
    """Where no word of title or text was asked for, the whole field is what matched."""
    url, day = "https://herald.example/a", datetime(2026, 11, 5, tzinfo=UTC)
    found = Matcher({"press": parse("site:herald.example since:2026-11-01 -game")}).match(
        post("x", url=url, published_at=day)
    )
    assert found == {
        "press": (
            Span(topic="press", field="url", start=0, end=len(url), words=url),
            Span(topic="press", field="published_at", start=0, end=25, words="2026-11-05T00:00:00+00:00"),
        )
    }
    assert spans("bus site:herald.example", "a bus", url=url) == [("text", 2, 5, "bus")]


def test_only_topics_that_match_are_given_in_their_order() -> None:
    """Many topics are tried at once."""
    queries = {"late": "late", "bus": "bus", "tram": "tram", "tag": "#x", "raw": "raw:Bus"}
    found = Matcher({name: parse(query) for name, query in queries.items()}).match(post("Bus late #X"))
    assert list(found) == ["late", "bus", "tag", "raw"]


def test_no_topics_and_empty_posts_are_no_trouble() -> None:
    """Nothing asked or nothing written gives nothing."""
    assert Matcher({}).match(post("bus")) == {}
    assert Matcher({"bus": parse("bus")}).match(post()) == {}


def test_a_topic_waits_for_its_rarest_need() -> None:
    """Only posts that hold what a topic cannot do without are looked at."""
    assert needs("(bus OR tram OR transp*) quillhaven -game") == {Word("quillhaven")}
    assert needs('"city council" OR raw:ICE') == {Word("council"), Raw("ICE")}
    assert needs("NOT (NOT bus OR game)") == {Word("bus")}
    assert needs("bus city") == {Word("bus")}  # the other topic asks for the city too
    assert triggers(parse("site:herald.example OR bus").root, {}) is None


def needs(query: str) -> set[object]:
    return set(triggers(parse(query).root, {Word("city"): 2}) or ())


# What is refused


@pytest.mark.parametrize(
    ("query", "column", "says", "advises"),
    [
        ("", 1, "empty", "at least one word"),
        (" \n ", 1, "empty", "at least one word"),
        ("bus (late", 5, "never closed", "Put a )"),
        ("bus (", 5, "never closed", "Put a )"),
        ("bus late)", 9, "closes nothing", "put a ( before"),
        ("bus ()", 5, "brackets are empty", "between them"),
        ('bus "late night', 5, "never closed", 'Put a "'),
        ('bus ""', 5, "phrase is empty", "between the quotation marks"),
        ("bus AND", 5, "After AND", 'write "and"'),
        ("bus OR OR tram", 5, "After OR", "take OR out"),
        ("bus AND OR tram", 5, "After AND a word is missing before OR", "take AND out"),
        ("OR bus", 1, "Before OR", "Write what to look for before it"),
        ("(NEAR bus)", 2, "Before NEAR", "Write what to look for before it"),
        ("bus NOT", 5, "After NOT", "leave out"),
        ("bus - late", 5, "minus stands alone", "-sports"),
        ("bus | tram", 5, "not an operator", "Write OR in capitals"),
        ("bus && tram", 5, "not an operator", "Write AND in capitals"),
        ("-game", 1, "only says what to leave out", "Add a word"),
        ("NOT (game OR film)", 1, "only says what to leave out", "Add a word"),
        ("bus OR -game", 8, "One side of an OR", "join it with AND"),
        ("bus -(game -tram) OR NOT film", 5, "One side of an OR", "join it with AND"),
        ("autor:herald", 1, 'no field "autor:"', "Did you mean author:"),
        ("domain:herald.example", 1, 'no field "domain:"', "Did you mean site:"),
        ("bus qwxz:herald", 5, 'no field "qwxz:"', "The fields are title:"),
        ("https://herald.example/a", 1, "link", 'url:"https://herald.example/a"'),
        ("title:", 7, "After title: its value is missing", "title:budget"),
        ("title: OR bus", 8, "its value is missing", "title:budget"),
        ("title: site:a.example", 8, "its value is missing", "title:budget"),
        ("title:#bus", 7, "not for hashtags", "title:bus"),
        ("site:(a.example b.example)", 17, "only values with OR", "site:(one OR another)"),
        ("site:(a.example OR", 6, "never closed", "Put a )"),
        ("site:(a.example OR)", 19, "only values with OR", "site:(one OR another)"),
        ("site:herald.example/news", 6, "not the name of a site", "url:"),
        ("lang:english", 6, "not a language code", "lang:en"),
        ("since:05.11.2026", 7, "not a day", "2026-11-05"),
        ("until:2026-02-30", 7, "not a day", "2026-11-05"),
        ("bus until:2026-01-01 since:2026-02-01", 28, "No post can be from 2026-02-01", "Turn the two days"),
        ("tra*", 4, "too many words", "at least 4 letters"),
        ("bus *", 5, "star stands at the end", "transp*"),
        ("tra*sport", 4, "star stands at the end", "transp*"),
        ('bus "late nig*"', 14, "cannot stand in a phrase", "transp*"),
        ("e-bike*", 7, "A star works on one word", '("e bike" OR "e bikes")'),
        ("bus NEAR/101 late", 10, "at most 100 words", "NEAR/100"),
        ("bus ONEAR/ late", 11, "number of words", "ONEAR/4"),
        ("bus NEAR/99999999999999999999 late", 10, "at most 100 words", "NEAR/100"),
        ("bus NEAR late NEAR tram", 15, "joins two terms", "(a NEAR/4 b)"),
        ("bus NEAR #late", 10, "joins words, phrases", "Put AND"),
        ("(bus tram) NEAR late", 1, "joins words, phrases", "Put AND"),
        ("bus NEAR -late", 5, "After NEAR", "take NEAR out"),
        ("#", 1, "name of a hashtag", "#transit"),
        ("bus @!", 5, "name of a handle", "@quillhaven"),
        ("#climate-change", 1, "ends after #climate", "Write #climate"),
        ("#clim*", 1, "not one hashtag", "Write #clim"),
        ("bus 🚌", 5, "no letter and no digit", 'raw:"🚌"'),
        ('raw:" "', 5, "phrase is empty", "between the quotation marks"),
        ("bus topic:tram", 11, 'no topic "tram"', "no other topic"),
    ],
)
def test_an_error_says_where_and_what_would_be_right(query: str, column: int, says: str, advises: str) -> None:
    """Every refusal points at a column, says what is wrong in words, and what to do."""
    error = refusal(query)
    assert (error.column, says in error.problem, advises in error.advice) == (column, True, True), str(error)


def test_topics_in_a_circle_and_unknown_ones_are_refused() -> None:
    """The error points at topic: in the query that the person wrote, and names the topic at fault."""
    topics = {"a": "bus OR topic:b", "b": "tram topic:a", "transport": "bus", "broken": "(bus"}
    circle = refusal("night topic:a", topics=topics)
    assert (circle.column, '"a" reuses "b" reuses "a"' in circle.problem) == (13, True)
    assert refusal("topic:trnsport", topics=topics).advice == 'Did you mean topic:"transport"?'
    assert refusal("topic:zzz", topics=topics).advice == "The topics are a, b, broken, transport."
    broken = refusal("night topic:broken", topics=topics)
    assert (broken.column, broken.problem) == (
        13,
        'The topic "broken" cannot be reused: This bracket is never closed.',
    )


def test_author_finds_listed_accounts_only_and_leaves_out_anyone() -> None:
    """Nobody can be searched for who is not an outlet, an agency or listed; leaving someone out is no search."""
    listed = ["Quillhaven Herald", "@city@social.example"]
    for query in (
        'author:"QUILLHAVEN herald"',
        "author:city@social.example",
        "bus -author:anna",
        "bus NOT (x author:a)",
    ):
        assert parse(query, listed_authors=listed).text == query
    assert parse("author:anna").root == Field("author", "anna")
    error = refusal("bus author:anna", listed_authors=listed)
    assert (error.column, "does not search for what one person writes" in error.problem) == (12, True)
    refusal("bus NOT NOT author:anna", listed_authors=listed)
    refusal("bus -(tram -author:anna)", listed_authors=listed)
    refusal("bus topic:anna", listed_authors=listed, topics={"anna": "author:anna"})
    assert parse("bus -topic:anna", listed_authors=listed, topics={"anna": "author:anna"})


# Bounds


def test_a_query_has_a_longest_length_and_a_greatest_depth() -> None:
    """What no person writes is refused, not run out of stack."""
    assert parse("a" * 10_000).root == Word("a" * 10_000)
    assert refusal("a" * 10_001).column == 10_001
    assert parse("(" * 50 + "a" + ")" * 50).root == Word("a")
    assert refusal("(" * 51 + "a" + ")" * 51).column == 51
    assert refusal("(" * 9_999).column == 51
    assert parse("a " + "NOT " * 2_000 + "b").root == And((Word("a"), Word("b")))
    assert parse("a " + "-" * 9_001 + "b").root == And((Word("a"), Not(Word("b"))))


def test_topics_that_reuse_topics_do_not_explode() -> None:
    """Thirty topics that each reuse the one before twice would be a billion words: refused at once."""
    topics = {"t0": "a OR b"} | {f"t{level}": f"topic:t{level - 1} (x topic:t{level - 1})" for level in range(1, 31)}
    start = time.perf_counter()
    assert "more than 20,000 terms" in refusal("topic:t30", topics=topics).problem
    assert time.perf_counter() - start < 5


def test_topics_and_brackets_together_stay_within_the_depth() -> None:
    """A chain of topics counts as brackets do, each with the brackets around it."""
    chain = {"t0": "a"} | {f"t{level}": f"b ({'topic:t' + str(level - 1)})" for level in range(1, 200)}
    assert parse("topic:t20", topics=chain)
    assert "50 deep" in refusal("topic:t199", topics=chain).problem
    assert "50 deep" in refusal("topic:t30", topics=chain).problem


# Likely slips


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("bus or tram", "For the operator write OR."),
        ("bus and (tram)", "For the operator write AND."),
        ("bus near/3 tram", "For the operator write NEAR/3."),
        ('bus "#transit"', "write #transit without them"),
        ("'city council'", "A single quotation mark does not make a phrase"),
        ("ICE raid", 'write raw:"ICE"'),
        ("bus late OR tram", "This is read as: (bus AND late) OR tram"),
        ("quill (a OR b AND c)", "This is read as: quill AND (a OR (b AND c))"),
    ],
)
def test_likely_slips_are_said(query: str, says: str) -> None:
    """A query that can be read but is probably not meant so gives a sentence."""
    assert [says in warning for warning in warnings(parse(query))] == [True]


@pytest.mark.parametrize(
    "query",
    [
        "bus tram",
        "bus OR tram",
        "(bus late) OR (tram late)",
        'raw:"ICE" raid',
        "ice cream",
        '"bus or tram"',
        "or",
        "-ICE b",
    ],
)
def test_a_plain_query_gives_no_warning(query: str) -> None:
    """What is written as it is meant is left alone."""
    assert warnings(parse(query)) == []


@pytest.mark.parametrize("address", ["/@ada", "harbor.example/users/ada", "reddit.com/user/ada", "/profile/ada.bsky"])
def test_the_address_of_a_private_account_is_not_searched(address: str) -> None:
    """It would list what one person writes, as author: would; leaving it out is allowed, and so are listed accounts."""
    with pytest.raises(QueryError, match="address of an account"):
        parse(f'url:"{address}"', listed_authors=["@townhall@harbor.example"])
    parse(f'bus NOT url:"{address}"', listed_authors=[])
    parse('url:"/@townhall"', listed_authors=["@townhall@harbor.example"])
    parse("url:/news/", listed_authors=[])
