"""The meeting rehearsed: what may be shown is a go, and each thing that must not happen in the room is a no go."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import MakeMention, Save

from listening import door, snapshot
from listening.cli import main
from listening.insights.periods import CHOICES
from listening.pages import markup, rehearsal, trend
from listening.pages.rehearsal import Finding, Verdict
from listening.settings import Settings, load
from listening.store import Reader, Store

if TYPE_CHECKING:
    from browser_kit import Town

pytest_plugins = ["browser_kit"]

APP = Path(__file__).resolve().parent.parent / "app.py"
SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"

[[topics]]
name = "Buses"
query = "bus OR buses"
"""
WORDS = "The words that its author did not want everybody to read"

Rehearse = Callable[[], dict[str, Finding]]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a town without feeds."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return load(tmp_path / "listening.toml", {})


@pytest.fixture
def filled(settings: Settings, save: Save, mention: MakeMention) -> Store:
    """Its store, with three posts of today."""
    store = door.store_of(settings)
    at = door.now() - timedelta(hours=2)
    save(store, *(mention(topics=("Buses",), published_at=at - timedelta(minutes=n), tag="good") for n in range(3)))
    return store


@pytest.fixture
def rehearsed(settings: Settings, filled: Store) -> Rehearse:
    """What is found, by what was looked at."""

    def look() -> dict[str, Finding]:
        found = rehearsal.rehearse(settings, filled, app=APP, now=door.now())
        assert len(found) == len({one.what for one in found})
        return {one.what: one for one in found}

    return look


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only four views are drawn, for tests of what does not differ between them."""
    real = rehearsal._views
    some = ("Last 24 hours", "Last 7 days", "On a projector", "Sources")
    monkeypatch.setattr(rehearsal, "_views", lambda *given: (view for view in real(*given) if view[0] in some))


BRIEFLY = pytest.mark.usefixtures("briefly")


def verdicts(found: dict[str, Finding], verdict: Verdict) -> set[str]:
    """What has this verdict, however slow the machine of the test is."""
    return {what for what, one in found.items() if one.verdict == verdict and not one.words.startswith("Drawn in")}


def test_a_page_that_is_well_is_a_go_in_every_view(rehearsed: Rehearse) -> None:
    """Each period, topic, room and audience and the sources are drawn; the live store is worth knowing about."""
    found = rehearsed()
    assert set() == verdicts(found, "no go")
    assert {"Snapshot"} == verdicts(found, "look")
    views = {
        *CHOICES.values(),
        "Topic “Buses”",
        "On a projector",
        "In the corridor",
        "For a cautious audience",
        "Sources",
    }
    assert views <= {what for what, one in found.items() if one.words.startswith("Drawn in")}
    assert "3 posts in the last 7 days" in found["Posts"].words
    assert "open exactly their posts" in found["Numbers"].words


def test_the_invented_town_and_its_snapshot_are_a_go(town: Town, tmp_path: Path) -> None:
    """With the moment of the snapshot, and what is made up or failed said."""
    taken = snapshot.take(town.settings, town.store, tmp_path / "meeting", now=door.now())
    settings = load(taken.settings, {})
    found = rehearsal.rehearse(settings, door.store_of(settings), app=APP, now=taken.taken_at)
    by_name = {one.what: one for one in found}
    assert set() == verdicts(by_name, "no go")
    assert {"Data", "Places"} == verdicts(by_name, "look")
    assert "Frozen" in by_name["Snapshot"].words


@BRIEFLY
def test_nothing_to_show_is_a_no_go(settings: Settings) -> None:
    """The room would see an empty page."""
    found = rehearsal.rehearse(settings, door.store_of(settings), app=APP, now=door.now())
    assert {"Posts"} == verdicts({one.what: one for one in found}, "no go")


@BRIEFLY
@pytest.mark.parametrize(
    ("place", "what"),
    [("Posts of @anna@harbor.example", "Names"), ("Fucking buses", "Strong language"), (WORDS, "Hidden posts")],
)
def test_what_nobody_should_see_is_found_wherever_it_stands(
    rehearsed: Rehearse, filled: Store, save: Save, mention: MakeMention, place: str, what: str
) -> None:
    """Here in the name of a place, which the page shows as it is."""
    at = door.now() - timedelta(hours=1)
    save(
        filled,
        mention(topics=("Buses",), feed=place, published_at=at),
        mention(topics=("Buses",), text=WORDS, sensitive=True, published_at=at),
    )
    found = rehearsed()
    assert {what} == verdicts(found, "no go")
    assert "Last 24 hours: " in found[what].words


def test_a_view_that_breaks_is_a_no_go(rehearsed: Rehearse, monkeypatch: pytest.MonkeyPatch) -> None:
    """All others are drawn all the same."""

    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("the chart fell over")

    real = trend.days

    def only_large(*given: Any, room: bool, **named: Any) -> None:
        (broken if room else real)(*given, room=room, **named)

    monkeypatch.setattr(trend, "days", only_large)
    found = rehearsed()
    assert {"On a projector", "In the corridor"} == verdicts(found, "no go")
    assert "the chart fell over" in found["On a projector"].words


@BRIEFLY
def test_a_number_that_opens_another_number_of_posts_is_a_no_go(
    rehearsed: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the list left one out."""
    real = Reader.mentions
    monkeypatch.setattr(Reader, "mentions", lambda *given, **named: real(*given, **named)[1:])
    found = rehearsed()
    assert {"Numbers"} == verdicts(found, "no go")
    assert "“See the 3 posts” opens 2 posts" in found["Numbers"].words


@BRIEFLY
def test_a_request_to_another_machine_is_refused_and_a_no_go(
    rehearsed: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is one that nobody has; what stands on this machine may be asked."""
    real = trend.where

    def asks_around(*given: Any) -> None:
        with socket.socket() as outside, pytest.raises(OSError, match="No network"):
            outside.connect(("192.0.2.1", 80))
        real(*given)

    monkeypatch.setattr(trend, "where", asks_around)
    found = rehearsed()
    assert {"Network"} == verdicts(found, "no go")
    assert "192.0.2.1" in found["Network"].words


@BRIEFLY
def test_a_picture_from_elsewhere_is_a_no_go(rehearsed: Rehearse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser would fetch it, and somebody would know that we look."""
    monkeypatch.setattr(markup, "key", lambda _tags: '<img alt="" src="https://pictures.example/1.png">')
    assert {"Network"} == verdicts(rehearsed(), "no go")


@BRIEFLY
def test_a_slow_view_is_said(rehearsed: Rehearse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every view counts as slow."""
    monkeypatch.setattr(rehearsal, "SLOW", 0.0)
    found = rehearsed()
    assert found["On a projector"].verdict == "look"
    assert "is felt in the room" in found["On a projector"].words


def test_the_command_says_go_or_no_go(
    settings: Settings, filled: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a table, or as JSON, and in its exit code; of a snapshot too."""
    monkeypatch.setattr(rehearsal, "SLOW", 600.0)  # whatever else this machine has to do
    monkeypatch.setattr(rehearsal, "TOO_SLOW", 600.0)
    assert main(["check", "--meeting"]) == 0
    said = capsys.readouterr().out
    assert "On a projector" in said
    assert said.rstrip().endswith("GO. Know about one thing.")
    assert main(["snapshot", "-o", "meeting"]) == 0
    capsys.readouterr()
    assert main(["check", "--meeting", "--snapshot", "meeting", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["go"] is True
    assert {"what": "Names", "verdict": "go", "words": "No private person’s handle is shown."} in told["findings"]


@BRIEFLY
def test_the_command_fails_where_nothing_can_be_shown(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """So that a script notices."""
    door.store_of(settings)
    assert main(["check", "--meeting"]) == 1
    assert "NO GO. One thing must be mended first." in capsys.readouterr().out


def test_a_snapshot_is_rehearsed_only_for_a_meeting(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Its feeds cannot be asked."""
    assert main(["check", "--snapshot", "meeting"]) == 2
    assert "--meeting" in capsys.readouterr().err
    assert main(["check", "--meeting", "--snapshot", "meeting", "--settings", "listening.toml"]) == 2
