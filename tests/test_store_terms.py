"""The kept terms: whatever happens to mentions, they are what counting anew gives."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOON, TEXTS, TIMEZONE, MakeMention, MakeStore, Save
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from listening import store as stores
from listening.models import TAGS, Mention, Tag
from listening.store import Reader, Store, View
from listening.store.schema import mentions as table
from listening.store.schema import terms
from listening.store.terms import fill
from listening.terms import codes, unpack, words

WEEK = View(start=NOON - timedelta(days=7), end=NOON + timedelta(days=1))


def kept(store: Store) -> dict[int, bytes]:
    """The rows of the table."""
    with store.reading() as connection:
        return {row.n: row.codes for row in connection.execute(select(terms))}


def anew(mention: Mention) -> bytes:
    """The terms of a mention from its texts."""
    return codes(words(mention.title), words(mention.text), mention.language)


def asked(store: Store, view: View, most: int = 1_000) -> list[stores.Terms]:
    """The terms of a view."""
    with store.reading() as connection:
        return Reader(store, connection).terms(view, most=most)


def test_saving_keeps_the_words(store: Store, save: Save, mention: MakeMention) -> None:
    """With links and handles left out."""
    one = mention(title="Bridge", text="Lovely lights @jo https://town.example/bridge", language="en")
    save(store, one)
    assert [anew(one)] == list(kept(store).values())


def test_new_words_replace_the_old_ones(store: Store, save: Save, mention: MakeMention) -> None:
    """An edited post says what it says now."""
    one = mention(text="The ferry is late", language="en")
    save(store, one)
    later = replace(one, text="The ferry is on time again")
    save(store, later)
    assert [anew(later)] == list(kept(store).values())


def test_another_language_folds_anew(store: Store, save: Save, mention: MakeMention) -> None:
    """The number of a word depends on its language."""
    one = mention(text="Brücken", language="en")
    save(store, one)
    later = replace(one, language="de")
    save(store, later)
    assert anew(one) != anew(later)
    assert [anew(later)] == list(kept(store).values())


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(TEXTS),
        st.sampled_from(TAGS),
        st.sets(st.sampled_from(["transit", "parks"]), max_size=2),
        st.booleans(),
        st.sampled_from([None, "en", "de"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(steps=STEPS)
def test_kept_terms_are_those_of_counting_anew(
    steps: list[tuple[int, str, Tag, set[str], bool, str | None, bool]],
    new_store: MakeStore,
    mention: MakeMention,
) -> None:
    """After any saves, edits, changes of tag, of topics and of whose post it is, for every view."""
    store = new_store()
    now: dict[str, Mention] = {}
    for key, text, tag, topics, own, language, retagged in steps:
        one = mention(key=f"k{key}", text=text, tag=tag, topics=tuple(sorted(topics)), own=own, language=language)
        with store.writing() as connection:
            if retagged and one.id in now:
                number = connection.execute(select(table.c.n).where(table.c.id == one.id)).scalar_one()
                now[one.id] = replace(now[one.id], tag=tag)
                stores.retag(connection, [(number, now[one.id])])
            else:
                stores.save(store, connection, [one])
                now[one.id] = one
    counted = [one for one in now.values() if not one.own]
    for topic in ("", "transit", "parks"):
        for wanted in (None, *TAGS):
            expected = [
                anew(one)
                for one in counted
                if (topic in one.topics if topic else one.topics) and wanted in (None, one.tag)
            ]
            assert sorted(expected) == sorted(one.codes for one in asked(store, replace(WEEK, topic=topic, tag=wanted)))
    before = kept(store)
    with store.writing() as connection:
        assert len(now) == fill(connection)
    assert before == kept(store)


def test_filling_counts_a_store_that_has_no_terms(store: Store, save: Save, mention: MakeMention) -> None:
    """In batches, and a second time nothing changes."""
    save(store, *(mention(language="en") for _ in range(1_203)))
    before = kept(store)
    with store.writing() as connection:
        connection.execute(terms.delete())
    for _ in range(2):
        with store.writing() as connection:
            assert 1_203 == fill(connection)
        assert before == kept(store)


def test_filling_leaves_withdrawn_mentions_out(store: Store, save: Save, mention: MakeMention) -> None:
    """Their words are gone."""
    save(store, mention(), mention(withdrawn_at=NOON, text=""))
    with store.writing() as connection:
        assert 1 == fill(connection)


def test_forgetting_takes_the_words_out(store: Store, save: Save, mention: MakeMention) -> None:
    """For mentions that are withdrawn or deleted."""
    save(store, mention(), mention())
    first, second = kept(store)
    with store.writing() as connection:
        stores.forget_terms(connection, [first])
    assert [second] == list(kept(store))


def test_a_store_without_the_table_can_be_given_it(tmp_path: Path, save: Save, mention: MakeMention) -> None:
    """Making the tables and filling are enough for a store of before."""
    store = stores.open_store(f"sqlite:///{tmp_path / 'old.db'}", TIMEZONE)
    save(store, mention(), mention())
    expected = kept(store)
    with store.writing() as connection:
        terms.drop(connection)
        terms.create(connection, checkfirst=True)
        fill(connection)
    assert expected == kept(store)


def test_of_many_some_are_asked_evenly_and_always_the_same(store: Store, save: Save, mention: MakeMention) -> None:
    """Every so many-th over the whole period."""
    save(store, *(mention(published_at=NOON - timedelta(hours=number)) for number in range(100)))
    found = [one.n for one in asked(store, WEEK, most=20)]
    assert 20 == len(found)
    assert {5} == {b - a for a, b in zip(sorted(found), sorted(found)[1:], strict=False)}
    assert found == [one.n for one in asked(store, WEEK, most=20)]


@pytest.mark.parametrize("most", [10, 60, 1_000])
def test_all_times_but_one_can_be_asked(store: Store, save: Save, mention: MakeMention, most: int) -> None:
    """What is usual, without the period that it is compared with."""
    save(store, *(mention(text="usual", published_at=NOON - timedelta(days=30)) for _ in range(150)))
    save(store, *(mention(text="special") for _ in range(50)))
    with store.reading() as connection:
        reader = Reader(store, connection)
        past = reader.terms_of_all(most=most, start=WEEK.start, end=WEEK.end)
        everything = reader.terms_of_all(most=most)
    (usual,) = unpack(past[0])
    assert {(usual,)} == {unpack(one) for one in past}
    assert len(past) < len(everything) + 1
    assert len(everything) <= most + stores.reading.NEIGHBOURS
