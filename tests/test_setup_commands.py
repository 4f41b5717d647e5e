"""Set-up by commands: `listening init --propose`, and lists from and for other feed readers."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from town_kit import kind_town

from listening.cli import main
from listening.settings import load
from listening.setup.outline import read_outline

pytestmark = pytest.mark.usefixtures("nobody_outside")

LIST = """<?xml version="1.0"?><opml version="2.0"><body><outline text="Local">
<outline text="Harbor Radio" xmlUrl="https://radio.example/feed.xml"/>
<outline text="Somebody" xmlUrl="https://www.reddit.com/user/somebody/.rss"/></outline></body></opml>"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and nothing in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE", "LISTENING_BLUESKY_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_init_proposes_tries_and_says_why_not(
    folder: Path, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each place with what it gave; what is not written with its sentence; what led nowhere on stderr."""
    origin = kind_town(httpserver)
    words = ["init", "--propose", "--name", "Town of Quillhaven", "--timezone", "UTC", "--site", origin]
    words += ["--contact", "press@quillhaven.example", "--feed", f"{origin}/herald/", "--feed", f"{origin}/nowhere"]
    assert 0 == main(words)
    said = capsys.readouterr()
    assert "Quillhaven Herald" in said.out
    assert "1 about you in the last week" in said.out
    assert "Google says in its news feed" in said.out
    assert f"{origin}/nowhere: There is nothing at this address (404)." in said.err
    settings = load(folder / "listening.toml", {})
    assert ["Town news", "Quillhaven Herald"] == [feed.name for feed in settings.feeds]
    assert (origin,) == settings.agency.own_accounts


def test_options_of_proposing_need_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A site is not silently left out."""
    words = ["init", "--name", "Town of Quillhaven", "--timezone", "UTC", "--site", "https://quillhaven.example"]
    assert 2 == main(words)
    assert "--site goes with --propose." in capsys.readouterr().err
    assert [] == list(folder.iterdir())


def test_places_of_another_feed_reader_are_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that the settings allow; a private person's feed is left out, and said."""
    (folder / "mine.opml").write_text(LIST)
    assert 0 == main(["init", "--name", "Town of Quillhaven", "--timezone", "UTC", "--opml", "mine.opml"])
    assert ["Harbor Radio"] == [feed.name for feed in load(folder / "listening.toml", {}).feeds]
    said = capsys.readouterr().err
    assert "Somebody: left out." in said
    assert "Nobody is followed by name" in said


@pytest.mark.parametrize(
    ("content", "problem"), [("<opml><body>", "broken in line 1"), (None, "could not be read: no such file")]
)
def test_a_list_that_cannot_be_read_is_said_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str | None, problem: str
) -> None:
    """Whatever is wrong with it."""
    if content is not None:
        (folder / "mine.opml").write_text(content)
    assert 2 == main(["init", "--name", "Town of Quillhaven", "--timezone", "UTC", "--opml", "mine.opml"])
    assert problem in capsys.readouterr().err
    assert not (folder / "listening.toml").exists()


def test_places_are_given_to_other_feed_readers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without asking anybody; searches, which have no feed, are named."""
    words = ["init", "--name", "Town of Quillhaven", "--timezone", "UTC", "--feed", "https://herald.invalid/feed.xml"]
    assert 0 == main([*words, "--feed", "#quillhaven@harbor.invalid", "--feed", "hackernews:quillhaven"])
    assert 0 == main(["check", "--opml", "places.opml"])
    feeds = read_outline((folder / "places.opml").read_bytes(), "places.opml").feeds
    assert ["https://herald.invalid/feed.xml", "https://harbor.invalid/tags/quillhaven.rss"] == [
        feed.options["url"] for feed in feeds
    ]
    said = capsys.readouterr().out
    assert "with 2 places" in said
    assert "Hacker News: quillhaven" in said


def test_a_news_search_needs_its_terms_confirmed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the word Google's own sentence is said; with it the place is written; an alert needs none."""
    words = ["init", "--name", "Town of Quillhaven", "--timezone", "UTC", "--feed", "google_news:Quillhaven"]
    assert 2 == main(words)
    said = capsys.readouterr().err
    assert "any other use is prohibited" in said
    assert "--terms-confirmed" in said
    assert 0 == main([*words, "--feed", "google_alerts:harbor", "--terms-confirmed"])
    assert [
        {"service": "google_news", "search": "Quillhaven", "terms": "confirmed"},
        {"service": "google_alerts", "alert": "harbor"},
    ] == [dict(feed.options) for feed in load(folder / "listening.toml", {}).feeds]
