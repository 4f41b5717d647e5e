"""The team chooses what is quoted: kept posts come first, left out ones not at all, and the page says so."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import MakeMention, Save
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from listening import door, snapshot
from listening import store as stores
from listening.cli import main
from listening.insights import sentences
from listening.insights.picks import NOTHING, Picks, choose, picks
from listening.insights.quotes import EACH, Quotes, quotes
from listening.leaflet import leaflet
from listening.models import Mention
from listening.settings import Settings, load
from listening.store import Reader, Store, View

APP = Path(__file__).resolve().parent.parent / "app.py"
SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"

[[topics]]
name = "Buses"
query = "bus"
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a town without feeds."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return load(tmp_path / "listening.toml", {})


@pytest.fixture
def posts(settings: Settings, save: Save, mention: MakeMention) -> dict[str, Mention]:
    """Six good and four bad ones, each at a place of its own, the first with most reactions."""
    at = door.now() - timedelta(hours=2)
    made = {
        f"{tag} {n}": mention(
            topics=("Buses",), feed=f"{tag} place {n}", tag=tag, likes=50 - n, published_at=at, text=f"{words} {n}"
        )
        for tag, count, words in (
            ("good", 6, "The bus people were kind to everybody on line"),
            ("bad", 4, "The bus was late again this morning on line"),
        )
        for n in range(count)
    }
    save(door.store_of(settings), *made.values())
    return made


@pytest.fixture
def filled(settings: Settings, posts: dict[str, Mention]) -> Store:
    """Their store."""
    return door.store_of(settings)


def quoted(store: Store) -> Quotes:
    now = door.now()
    with store.reading() as connection:
        return quotes(Reader(store, connection), View(start=now - timedelta(days=7), end=now), picks(store))


def ids(found: tuple[Mention, ...]) -> list[str]:
    return [one.id for one in found]


def test_without_a_choice_the_rule_alone_decides(filled: Store, posts: dict[str, Mention]) -> None:
    """The first by reactions."""
    found = quoted(filled)
    assert [posts[f"good {n}"].id for n in range(3)] == ids(found.good)
    assert (0, 0) == (found.pinned, found.hidden)


def test_what_is_kept_comes_first_and_what_is_left_out_makes_way(filled: Store, posts: dict[str, Mention]) -> None:
    """In the order in which it was kept; the other side stays as it is, and as many."""
    choose(filled, lambda now: now.pin(posts["good 5"].id).pin(posts["good 4"].id).hide(posts["good 0"].id))
    found = quoted(filled)
    assert [posts[name].id for name in ("good 5", "good 4", "good 1")] == ids(found.good)
    assert [posts[f"bad {n}"].id for n in range(3)] == ids(found.bad)
    assert (2, 1) == (found.pinned, found.hidden)
    choose(filled, lambda now: now.first(posts["good 4"].id))
    assert [posts[name].id for name in ("good 4", "good 5", "good 1")] == ids(quoted(filled).good)


def test_good_and_bad_stay_as_many_whatever_is_left_out(filled: Store, posts: dict[str, Mention]) -> None:
    """To leave out bad posts until two are left takes a good one away too."""
    choose(filled, lambda now: now.hide(posts["bad 0"].id).hide(posts["bad 1"].id))
    found = quoted(filled)
    assert (2, 2) == (len(found.good), len(found.bad))


def test_a_kept_post_that_was_taken_back_or_hidden_behind_a_warning_is_not_quoted(
    filled: Store, save: Save, mention: MakeMention
) -> None:
    """Its author decides."""
    at = door.now() - timedelta(hours=1)
    gone = [
        mention(topics=("Buses",), tag="good", text="The kind bus, told under a lid", published_at=at, **state)
        for state in ({"sensitive": True}, {"withdrawn_at": at})
    ]
    save(filled, *gone)
    choose(filled, lambda now: now.pin(gone[0].id).pin(gone[1].id))
    assert not {one.id for one in gone} & set(ids(quoted(filled).good))
    assert EACH == len(quoted(filled).good)


def test_two_people_who_choose_at_once_lose_nothing(filled: Store) -> None:
    """Each change is made to what is there then."""
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda n: choose(filled, lambda now: now.hide(f"post {n}")), range(40)))
    assert {f"post {n}" for n in range(40)} == set(picks(filled).hidden)


@given(st.lists(st.tuples(st.sampled_from(["pin", "first", "hide", "free"]), st.sampled_from("abcd")), max_size=12))
def test_a_post_is_pinned_or_hidden_or_neither_and_stands_once(steps: list[tuple[str, str]]) -> None:
    """The last word counts."""
    now = NOTHING
    for step, id_ in steps:
        now = getattr(now, step)(id_)
        assert (id_ in now.pinned, id_ in now.hidden) == (step in ("pin", "first"), step == "hide")
    every = [*now.pinned, *now.hidden]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(
    ("pinned", "hidden", "said"),
    [
        (0, 0, ""),
        (1, 0, "The team chose one of these quotes; all others follow the rule."),
        (2, 1, "The team chose 2 of these quotes and left out one post of this period; all others follow the rule."),
        (0, 3, "The team left out 3 posts of this period; all others follow the rule."),
    ],
)
def test_the_page_says_what_was_chosen(pinned: int, hidden: int, said: str) -> None:
    """So that nobody thinks the rule did it."""
    assert said == sentences.picked(pinned, hidden)


def page(monkeypatch: pytest.MonkeyPatch, settings: Path, **address: str) -> AppTest:
    monkeypatch.setenv("LISTENING_SETTINGS", str(settings))
    shown = AppTest.from_file(str(APP))
    shown.default_timeout = 60
    for name, value in address.items():
        shown.query_params[name] = value
    return shown.run()


def words(shown: AppTest) -> str:
    assert [] == [problem.message for problem in shown.exception]
    return "\n".join(piece.proto.body for piece in shown.get("html") if "<style" not in piece.proto.body)


def test_at_the_desk_a_click_keeps_leaves_out_and_allows_again(
    settings: Settings, filled: Store, posts: dict[str, Mention], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change is seen at once."""
    assert settings.path is not None
    shown = page(monkeypatch, settings.path)
    first, third = posts["good 0"].id, posts["good 2"].id
    assert not any(str(button.key).startswith("quote_hide_") for button in shown.button)
    shown.session_state["choose_quotes"] = True
    shown.run()
    shown.button(key=f"quote_hide_{first}").click().run()
    assert "left out one post of this period" in words(shown)
    assert (first,) == picks(filled).hidden
    shown.button(key=f"quote_pin_{third}").click().run()
    assert "chose one of these quotes and left out one post" in words(shown)
    shown.button(key=f"quote_free_{first}").click().run()
    assert Picks(pinned=(third,)) == picks(filled)
    quotes_shown = words(shown)
    assert quotes_shown.index("on line 2") < quotes_shown.index("on line 0")


def test_in_the_meeting_nothing_is_chosen(
    settings: Settings, filled: Store, posts: dict[str, Mention], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a projector, and in a snapshot, which holds what was chosen and says so, as does the page as one file."""
    assert settings.path is not None
    choose(filled, lambda now: now.pin(posts["good 5"].id))
    shown = page(monkeypatch, settings.path, view="room")
    assert "The team chose one" in words(shown)
    assert [] == [button.key for button in shown.button if str(button.key).startswith("quote_")]
    taken = snapshot.take(settings, filled, tmp_path / "meeting", now=door.now())
    monkeypatch.setenv("LISTENING_STORE", taken.store_url)
    frozen = page(monkeypatch, taken.settings)
    assert "The team chose one" in words(frozen)
    assert "on line 5" in words(frozen)
    assert [] == [button.key for button in frozen.button if str(button.key).startswith("quote_")]
    assert "The team chose one" in leaflet(settings, filled, now=door.now()).html


def test_the_command_lists_and_chooses(
    settings: Settings, filled: Store, posts: dict[str, Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """By the ids that stand in an export."""
    assert main(["quotes", "--keep", posts["bad 3"].id, "--leave-out", posts["good 0"].id]) == 0
    said = capsys.readouterr().out
    assert "The team chose one of these quotes and left out one post of this period" in " ".join(said.split())
    assert main(["quotes", "--by-rule", posts["good 0"].id, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert posts["bad 3"].id == told["bad"][0]["id"]
    assert ["kept", "by the rule", "by the rule"] == [one["quoted"] for one in told["bad"]]
    assert [] == told["left_out"]


@pytest.mark.parametrize(
    ("wrong", "said"), [(["--keep", "nobody"], "no stored post nobody"), (["--keep", "{0}", "{0}"], "named twice")]
)
def test_the_command_changes_nothing_where_something_is_wrong(
    settings: Settings,
    filled: Store,
    posts: dict[str, Mention],
    wrong: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It says what."""
    assert main(["quotes", *(word.format(posts["good 0"].id) for word in wrong)]) == 2
    assert said in capsys.readouterr().err
    assert NOTHING == picks(filled)


def test_collecting_again_keeps_what_was_chosen(filled: Store, posts: dict[str, Mention], save: Save) -> None:
    """What a person wrote is never overwritten by a source."""
    choose(filled, lambda now: now.pin(posts["good 5"].id))
    save(filled, posts["good 5"])
    assert Picks(pinned=(posts["good 5"].id,)) == picks(stores.open_store(filled.url, filled.timezone))
