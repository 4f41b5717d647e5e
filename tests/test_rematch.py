"""Matching anew after a query has changed: previewed, only what can differ, the same as matching all again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import MakeMention, Save
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import door, rematch
from listening.asking import WhoAsks
from listening.cli import main
from listening.models import Mention
from listening.query import Matcher, Query, parse
from listening.settings import load
from listening.store import Reader, Store, View, open_store, rematching
from listening.store.writing import save as save_all

WHO_ASKS = WhoAsks(lambda source: "post")
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ALL = View(start=NOON - timedelta(days=99), end=NOON + timedelta(days=99))
TEXTS = ("The bridge is open", "Ferry late again", "Bridge and ferry", "Market day, what a joy", "Nothing of note")


def read(queries: Mapping[str, str]) -> dict[str, Query]:
    return {name: parse(query, topics=dict(queries)) for name, query in queries.items()}


def matched(mention: Mention, queries: Mapping[str, Query]) -> Mention:
    found = Matcher(dict(queries)).match(mention)
    spans = tuple(span for spans in found.values() for span in spans)
    mention = replace(mention, topics=tuple(found), matched=spans)
    return replace(mention, question=WHO_ASKS(mention))


def filled(store: Store, queries: Mapping[str, str], mentions: list[Mention]) -> None:
    with store.writing() as connection:
        save_all(store, connection, [matched(mention, read(queries)) for mention in mentions])
    rematch.note_queries(store, read(queries))


def topics_of(store: Store) -> dict[str, tuple[str, ...]]:
    with store.reading() as connection:
        return {mention.id: mention.topics for mention in Reader(store, connection).stream(ALL)}


def test_a_preview_says_what_would_come_and_go_and_writes_nothing(store: Store, mention: MakeMention) -> None:
    """Mentions added and dropped a topic, a few of them, and nothing moves."""
    mentions = [mention(text=text, published_at=NOON) for text in TEXTS]
    filled(store, {"Town": "bridge OR ferry OR market"}, mentions)
    before = topics_of(store)
    found = rematch.preview(store, read({"Town": "bridge OR market", "Boats": "ferry"}))
    assert (found.added, found.dropped) == (Counter({"Boats": 2}), Counter({"Town": 1}))
    assert (found.came, found.left, found.changed) == (0, 0, 2)
    assert {after.topics for _, after in found.examples} == {("Boats",), ("Town", "Boats")}
    assert topics_of(store) == before


def test_only_what_can_differ_is_read(store: Store, mention: MakeMention) -> None:
    """A query that did not change is not asked again, and of the others the index rules most mentions out."""
    mentions = [mention(text=text, published_at=NOON) for text in TEXTS for _ in range(5)]
    filled(store, {"Bridge": "bridge", "Market": "market OR note"}, mentions)
    same = read({"Bridge": "bridge", "Market": "market OR note"})
    assert rematch.pending(store, same) == []
    assert rematch.carry_out(store, same, WHO_ASKS).read == 0
    changed = read({"Bridge": "bridge OR ferry", "Market": "market OR note"})
    assert rematch.pending(store, changed) == ["Bridge"]
    assert rematch.carry_out(store, changed, WHO_ASKS).read == 15
    assert rematch.pending(store, changed) == []


def test_what_no_query_finds_stays_stored_and_comes_back(store: Store, mention: MakeMention) -> None:
    """Nothing is lost: a post that counts no longer counts again when the query is set right."""
    post = mention(text="The bridge is open", published_at=NOON)
    filled(store, {"Town": "bridge"}, [post])
    assert rematch.carry_out(store, read({"Town": "ferry"}), WHO_ASKS).left == 1
    assert topics_of(store) == {}
    with store.reading() as connection:
        kept = Reader(store, connection).find(post.id)
    assert kept is not None
    assert kept.topics == ()
    back = rematch.carry_out(store, read({"Town": "bridge"}), WHO_ASKS)
    assert (back.came, topics_of(store)) == (1, {post.id: ("Town",)})


QUERIES = st.sampled_from(
    [
        "bridge",
        "ferry",
        "bridge OR ferry",
        "bridge NOT ferry",
        "market NEAR/3 day",
        'raw:"Bridge"',
        "lang:en",
        "nothing",
    ]
)
SETS = st.dictionaries(st.sampled_from(["One", "Two", "Three"]), QUERIES, min_size=1)
SAID = ["bridge", "Bridge", "ferry", "market", "day", "nothing", "@ferry", "was late.", "Is there a", "today?"]
WORDS = st.lists(st.sampled_from(SAID), min_size=1, max_size=6)


@settings(max_examples=40)
@given(SETS, SETS, st.lists(st.tuples(WORDS, st.booleans()), min_size=1, max_size=12))
def test_it_equals_matching_all_again(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[str, str],
    after: dict[str, str],
    said: list[tuple[list[str], bool]],
) -> None:
    """Whatever the queries were and are: topics, matched words, who asks and daily counts are those of a new store."""
    folder = tmp_path_factory.mktemp("rematch")
    posts = [
        Mention(
            source="mastodon", feed="f", key=str(n), text=" ".join(words), id=f"m{n}", own=own, tag="good", tagger="t",
            published_at=NOON + timedelta(days=n), collected_at=NOON, language="en" if n % 2 else None,
        )
        for n, (words, own) in enumerate(said)
    ]  # fmt: skip
    changed, fresh = (open_store(f"sqlite:///{folder}/{name}.db", ZoneInfo("UTC")) for name in ("changed", "fresh"))
    filled(changed, before, [post for post in posts if matched(post, read(before)).topics])
    found = rematch.carry_out(changed, read(after), WHO_ASKS)
    assert found.changed == found.came + found.left + sum(
        bool(old.topics) and bool(new.topics) for old, new in found.examples
    )
    stored = {post.id for post in posts if matched(post, read(before)).topics}
    filled(fresh, after, [post for post in posts if post.id in stored and matched(post, read(after)).topics])
    for view in (ALL, *(View(start=ALL.start, end=ALL.end, topic=name) for name in after)):
        seen = []
        for store in (changed, fresh):
            with store.reading() as connection:
                reader = Reader(store, connection)
                # In which order the settings name the topics says nothing.
                rows = [(each.id, {*each.topics}, {*each.matched}, each.question) for each in reader.stream(view)]
                seen.append((rows, reader.counts(view, by_day=True)))
        assert seen[0] == seen[1]


def test_withdrawn_posts_are_left_as_they_are(store: Store, save: Save, mention: MakeMention) -> None:
    """Their words are gone, so that no query could say anything of them."""
    from sqlalchemy import text

    post = mention(text="The bridge is open", published_at=NOON)
    filled(store, {"Town": "bridge"}, [post])
    with store.writing() as connection:
        connection.execute(text("UPDATE mentions SET withdrawn_at = 1, text = ''"))
    assert rematch.carry_out(store, read({"Town": "ferry"}), WHO_ASKS).read == 0
    assert topics_of(store) == {post.id: ("Town",)}
    with store.reading() as connection:
        assert rematching.could_differ(connection, [], []) == []


SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "UTC"

[[topics]]
name = "Town"
query = "{query}"

[[feeds]]
name = "Herald"
source = "rss"
url = "https://herald.example/feed.xml"
"""


def test_the_command_previews_and_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mention: MakeMention, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would change is said in words and as JSON; applied, a second time there is nothing to do."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "listening.toml"
    file.write_text(SETTINGS.format(query="bridge OR ferry"), encoding="utf-8")
    store = door.store_of(load(file, {}))
    filled(store, {"Town": "bridge OR ferry"}, [mention(text=text, published_at=NOON) for text in TEXTS[:3]])
    file.write_text(SETTINGS.format(query="bridge"), encoding="utf-8")

    assert main(["rematch", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "3 stored posts could differ and were read." in said
    assert "0 posts would be counted anew, 1 would be counted no longer." in said
    assert "Town: 0 added, 1 dropped" in said
    assert "out of Town: Ferry late again" in said
    assert "Nothing was written" in said
    assert len(topics_of(store)) == 3

    assert main(["rematch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left"] == 1
    assert len(topics_of(store)) == 2
    assert main(["rematch"]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_who_asks_us_is_judged_anew_with_the_words_that_match_now(store: Store, mention: MakeMention) -> None:
    """The bridge is asked about, the ferry is not: the same post asks those who listen for bridges alone."""
    text = "The ferry was late today. Is the bridge open again?"
    one = mention(text=text, published_at=NOON, question=True)
    filled(store, {"Town": "bridge"}, [one])
    for query, asks in (("ferry", False), ("bridge", True)):
        rematch.carry_out(store, read({"Town": query}), WHO_ASKS)
        with store.reading() as connection:
            found = Reader(store, connection).find(one.id)
            assert found is not None
            assert found.question is asks
            assert Reader(store, connection).total(replace(ALL, asking=True)) == int(asks)
