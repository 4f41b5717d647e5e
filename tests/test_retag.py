"""Tagging anew touches only what can differ, and the result is the same as tagging all again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NOON, MakeMention, MakeStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listening import language, retag
from listening import store as stores
from listening.models import Mention, TextKind
from listening.sentiment import Tagger
from listening.store import Reader, Store, View

WORDS = (
    "detour", "late", "great", "Quillhaven", "Town", "Hall", "the", "not", "but", "terrible", "help", "pay", "ferry",
    "lovely", "closed", "nobody", "thanks", "Harmony", "stop,", "stop.", "stopping", "Town-Hall", "great!", "it's",
)  # fmt: skip
EVERYTHING = View(start=NOON - timedelta(days=400), end=NOON + timedelta(days=400))


def kind_of(source: str) -> TextKind:
    return "headline" if source == "rss" else "post"


def tagged(mention: Mention, tagger: Tagger) -> Mention:
    """The mention as a collection with this tagger would store it."""
    _, understood = language.gate(f"{mention.title}\n{mention.text}", mention.language)
    found = tagger.tag(mention.text, title=mention.title, kind=kind_of(mention.source), allowed=understood)
    return replace(
        mention,
        vader=found.vader,
        score=found.score,
        tag=found.tag,
        confidence=found.confidence,
        tagger=found.tagger,
        why=found.why,
    )


def fill(store: Store, tagger: Tagger, mentions: Sequence[Mention]) -> None:
    """A collection with this tagger."""
    retag.note_tagger(store, tagger)
    with store.writing() as connection:
        stores.save(store, connection, [tagged(mention, tagger) for mention in mentions])


def stored(store: Store) -> dict[str, Mention]:
    """All mentions by id."""
    with store.reading() as connection:
        return {mention.id: mention for mention in Reader(store, connection).stream(EVERYTHING)}


def counts(store: Store) -> dict[str, int]:
    """Mentions by tag, from the small tables."""
    found: dict[str, int] = {}
    with store.reading() as connection:
        for count in Reader(store, connection).counts(EVERYTHING):
            found[count.tag] = found.get(count.tag, 0) + count.count
    return found


TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=6)
LISTS = st.lists(st.sampled_from(("detour", "late", "great", "pay", "town hall", "stop", "not great")), max_size=3)
NAMES = st.lists(st.sampled_from(("Quillhaven", "Town Hall", "Harmony", "Lovely Ferry")), max_size=3)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS, before=LISTS, after=LISTS, names=NAMES, names_after=NAMES, scored=LISTS)
def test_it_equals_tagging_all_again(
    texts: list[str],
    before: list[str],
    after: list[str],
    names: list[str],
    names_after: list[str],
    scored: list[str],
    new_store: MakeStore,
    mention: MakeMention,
) -> None:
    """Whatever words and names were added or taken away: tags, scores, reasons, versions and counts."""
    store = new_store()
    old = Tagger(names=names, neutral=before)
    new = Tagger(names=names_after, neutral=after, scored=[word for word in scored if word not in after])
    mentions = [mention(text=text, source="rss" if len(text) % 2 else "mastodon", title="") for text in texts]
    fill(store, old, mentions)
    expected = {one.id: tagged(one, new) for one in mentions}
    seen = retag.preview(store, new, kind_of)
    found = retag.carry_out(store, new, kind_of)
    assert stored(store) == {id_: replace(stored(store)[id_], **decided(one)) for id_, one in expected.items()}
    assert (seen.read, seen.alike, seen.moves) == (found.read, found.alike, found.moves)
    wanted: dict[str, int] = {}
    for one in expected.values():
        wanted[one.tag] = wanted.get(one.tag, 0) + 1
    assert {tag: count for tag, count in counts(store).items() if count} == wanted
    assert retag.pending(store, new) == 0


def decided(mention: Mention) -> dict[str, Any]:
    """What a tagger decides of a mention."""
    names = ("vader", "score", "tag", "confidence", "tagger", "why")
    return {name: getattr(mention, name) for name in names}


def test_only_mentions_with_the_changed_word_are_read(store: Store, mention: MakeMention) -> None:
    """One word is neutral now: the one mention that holds it is read, the others are stamped unread."""
    fill(store, Tagger(), [mention(text=f"Thanks for help number {n}, lovely!") for n in range(30)])
    fill(store, Tagger(), [mention(text="The terrible detour again")])
    found = retag.carry_out(store, Tagger(neutral=["terrible"]), kind_of)
    assert (found.read, found.alike, found.changed) == (1, 30, 1)
    assert counts(store) == {"good": 30, "neutral": 1}


def test_another_engine_reads_everything(store: Store, mention: MakeMention) -> None:
    """The rules instead of the model can change any tag."""
    fill(store, Tagger(), [mention() for _ in range(10)])
    assert retag.carry_out(store, Tagger(engine="rules"), kind_of).read == 10


def test_a_preview_writes_nothing(store: Store, mention: MakeMention) -> None:
    """It says what would change, and the store is as it was."""
    fill(store, Tagger(), [mention(text="The terrible detour again")])
    before = stored(store)
    assert retag.preview(store, Tagger(neutral=["terrible"]), kind_of).changed == 1
    assert stored(store) == before


def test_a_stopped_run_is_completed_by_the_next(store: Store, mention: MakeMention) -> None:
    """Batches that were done stay done."""
    fill(store, Tagger(), [mention(text=f"The terrible detour again, day {n}") for n in range(1_100)])
    new = Tagger(neutral=["terrible"])

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retag.carry_out(store, new, kind_of, progress=stop)
    assert retag.pending(store, new) == 600
    assert retag.carry_out(store, new, kind_of).read == 600
    assert {one.tagger for one in stored(store).values()} == {new.version}


def test_a_withdrawn_mention_keeps_its_tag(store: Store, mention: MakeMention) -> None:
    """Its words are gone: nothing could tell anew."""
    gone = replace(tagged(mention(text="The terrible detour"), Tagger()), withdrawn_at=NOON, text="", title="")
    with store.writing() as connection:
        stores.save(store, connection, [gone])
    assert retag.carry_out(store, Tagger(engine="rules"), kind_of).read == 0
    assert stored(store)[gone.id].tag == gone.tag


def test_a_second_time_there_is_nothing_to_do(store: Store, mention: MakeMention, tmp_path: Path) -> None:
    """And a tagger of the same words in another order is the same tagger."""
    fill(store, Tagger(neutral=["late", "pay"]), [mention() for _ in range(5)])
    found = retag.carry_out(store, Tagger(neutral=["pay", "late"]), kind_of)
    assert (found.read, found.alike, found.changed) == (0, 0, 0)
