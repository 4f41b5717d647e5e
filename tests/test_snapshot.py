"""A snapshot shows in the meeting what was seen at the desk: on another computer, without a network, for good."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import MakeMention, Save
from streamlit.testing.v1 import AppTest

from listening import door, snapshot
from listening.cli import main
from listening.errors import InputError
from listening.settings import load
from listening.store import Reader, Store, View

if TYPE_CHECKING:
    from browser_kit import Town

pytest_plugins = ["browser_kit"]

PROJECT = Path(__file__).resolve().parent.parent
SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"

[[topics]]
name = "The town"
query = '''millbrook
OR "the mill"'''
department = "Press"

[[feeds]]
name = "Alerts"
source = "rss"
url = "https://alerts.example/feeds/1234567/8901234"
outlet = true
audience = 900

[[feeds]]
name = "Tag"
source = "mastodon"
server = "harbor.example"
tag = "millbrook"
paused = true

[[asks]]
what = "An account on Mastodon"
risk = "Late answers"

[privacy]
listed_accounts = ["@herald@harbor.example"]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, in which commands are run."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def filled(here: Path, save: Save, mention: MakeMention) -> Store:
    """A store with a few mentions beside the settings."""
    store = door.store_of(load(here / "listening.toml", {}))
    now = door.now()
    save(
        store,
        *(mention(feed="Alerts", source="rss", published_at=now - timedelta(hours=hours)) for hours in range(1, 6)),
    )
    return store


def everything(store: Store) -> list[str]:
    now = door.now()
    with store.reading() as connection:
        view = View(start=now - timedelta(days=400), end=now + timedelta(days=1))
        return [mention.id for mention in Reader(store, connection).stream(view)]


def test_the_command_writes_a_folder_that_opens_elsewhere(
    here: Path, filled: Store, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """All mentions, the settings, the moment; it says how to show it."""
    assert main(["snapshot", "-o", "meeting"]) == 0
    said = capsys.readouterr().out
    assert "5 mentions as of" in said
    assert "listening serve --snapshot meeting" in said
    elsewhere = tmp_path_factory.mktemp("another computer") / "copied"
    shutil.copytree(here / "meeting", elsewhere)
    frozen = snapshot.of_folder(elsewhere)
    assert abs(frozen.taken_at - door.now()) < timedelta(minutes=5)
    settings = load(frozen.settings, {})
    assert everything(door.store_of(settings)) == everything(filled)
    own = load(here / "listening.toml", {})
    assert (settings.agency.name, settings.topics, settings.asks) == (own.agency.name, own.topics, own.asks)
    assert settings.privacy == own.privacy
    assert [(feed.name, feed.outlet, feed.audience) for feed in settings.feeds] == [("Alerts", True, 900)]
    assert [feed.name for feed in settings.paused] == ["Tag"]


def test_nothing_private_of_the_settings_goes_along(here: Path, filled: Store) -> None:
    """The address of a feed may be a secret, and whom servers may write to is nobody's business in the room."""
    main(["snapshot", "-o", "meeting"])
    written = (here / "meeting" / "listening.toml").read_text(encoding="utf-8")
    assert "8901234" not in written
    assert "press@millbrook.example" not in written
    assert tomllib.loads(written)["feeds"][0]["url"] == "https://alerts.example/"


def test_a_snapshot_overwrites_nothing_and_leaves_no_half_of_itself(
    here: Path, filled: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is there stays as it is; one that cannot be written is said in words."""
    (here / "meeting").mkdir()
    assert main(["snapshot", "-o", "meeting"]) == 2
    assert "exists already" in capsys.readouterr().err
    (here / "file").write_text("", encoding="utf-8")
    assert main(["snapshot", "-o", "file/meeting"]) == 2
    assert "could not be written" in capsys.readouterr().err
    assert sorted(path.name for path in here.glob("*.partial")) == []


@pytest.mark.parametrize("broken", ["no mark", "no store", "no time", "not a snapshot"])
def test_what_is_no_snapshot_is_refused(
    here: Path, filled: Store, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the page is started."""
    main(["snapshot", "-o", "meeting"])
    folder = here / "meeting"
    match broken:
        case "no mark":
            (folder / snapshot.MARK).unlink()
        case "no store":
            (folder / snapshot.STORE).unlink()
        case "no time":
            (folder / snapshot.MARK).write_text("{}", encoding="utf-8")
        case _:
            folder = here
    capsys.readouterr()
    assert main(["serve", "--no-browser", "--snapshot", str(folder)]) == 2
    assert "snapshot" in capsys.readouterr().err


def test_nothing_is_collected_into_a_snapshot(
    here: Path, filled: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stays as it was, by the command and by the door."""
    main(["snapshot", "-o", "meeting"])
    before = (here / "meeting" / snapshot.STORE).read_bytes()
    capsys.readouterr()
    assert main(["collect", "--settings", "meeting/listening.toml"]) == 2
    assert "nothing is collected into it" in capsys.readouterr().err
    with pytest.raises(InputError, match="nothing is collected into it"):
        door.listen(load(here / "meeting" / "listening.toml", {}))
    assert (here / "meeting" / snapshot.STORE).read_bytes() == before


def test_a_store_in_use_is_copied_whole(here: Path, filled: Store, save: Save, mention: MakeMention) -> None:
    """What was written last is in it, although it still lies in the log beside the file."""
    with sqlite3.connect(here / "mentions.db") as reader:  # keeps the log from being folded into the file
        reader.execute("SELECT count(*) FROM mentions").fetchone()
        save(filled, mention(feed="Alerts", source="rss", published_at=door.now() - timedelta(minutes=9)))
        main(["snapshot", "-o", "meeting"])
    frozen = snapshot.of_folder(here / "meeting")
    assert len(everything(door.store_of(load(frozen.settings, {})))) == 6


def page(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str | None = None) -> list[str]:
    """What the page shows of a snapshot, as HTML."""
    frozen = snapshot.of_folder(folder)
    monkeypatch.setenv("LISTENING_SETTINGS", str(frozen.settings))
    monkeypatch.setenv("LISTENING_STORE", frozen.store_url)
    shown = AppTest.from_file(str(PROJECT / "app.py")) if script is None else AppTest.from_string(script)
    shown.default_timeout = 60
    shown.run()
    assert [problem.message for problem in shown.exception] == []
    return [piece.proto.body for piece in shown.get("html") if "<style" not in piece.proto.body]


def test_the_page_shows_the_same_a_month_later_and_says_of_when_it_is(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers, days and "2 h ago" are those of the moment at which it was taken."""
    taken = snapshot.take(town.settings, town.store, tmp_path / "meeting", now=door.now())
    local = taken.taken_at.astimezone(town.settings.agency.timezone)
    first = page(taken.folder, monkeypatch)
    assert f"Snapshot of {local:%A} {local.day} {local:%B}, {local:%H:%M}" in " ".join(first)
    later = door.now() + timedelta(days=31)
    monkeypatch.setattr(door, "now", lambda: later)
    assert page(taken.folder, monkeypatch) == first


def test_the_sources_page_of_a_snapshot_collects_nothing(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button is not there."""
    taken = snapshot.take(town.settings, town.store, tmp_path / "meeting", now=door.now())
    shown = " ".join(page(taken.folder, monkeypatch, "from listening.pages import sources\nsources.show()"))
    assert "This is a snapshot" in shown
    assert "Collect now" not in shown


def test_the_mark_names_the_moment_with_its_zone(here: Path, filled: Store) -> None:
    """So that a computer in another zone shows the same."""
    main(["snapshot", "-o", "meeting"])
    said = json.loads((here / "meeting" / snapshot.MARK).read_text(encoding="utf-8"))
    assert datetime.fromisoformat(said["taken_at"]).utcoffset() == timedelta(0)
