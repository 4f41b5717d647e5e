"""Settings changed by name, as the page does it: by several people at once, and nothing is lost."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from listening.errors import InputError
from listening.models import Feed
from listening.settings import add_feed, load, set_named

TWO_PLACES = """\
[agency]
name = "Town of Quillhaven"
timezone = "UTC"

[[topics]]
name = "Town"  # ours
query = "quillhaven"  # keep me

[[feeds]]
name = "First"
source = "rss"
url = "https://first.example/rss"

[[feeds]]
name = "Second"  # the second
source = "rss"
url = "https://second.example/rss"
"""


def test_a_place_is_paused_by_its_name_wherever_it_stands(tmp_path: Path) -> None:
    """Somebody put another place before it meanwhile: the right one is paused, and only a line comes in."""
    path = tmp_path / "listening.toml"
    path.write_text(
        TWO_PLACES.replace(
            '[[feeds]]\nname = "First"\n',
            '[[feeds]]\nname = "New"\nsource = "rss"\nurl = "https://new.example/rss"\n\n[[feeds]]\nname = "First"\n',
            1,
        )
    )
    before = path.read_text()
    set_named(path, "feeds", "Second", "paused", True)
    got = load(path, {})
    assert (["New", "First"], ["Second"]) == ([each.name for each in got.feeds], [each.name for each in got.paused])
    assert ["paused = true"] == [line for line in path.read_text().splitlines() if line not in before.splitlines()]

    set_named(path, "feeds", "Second", "paused", False)
    assert () == load(path, {}).paused


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    """Two people change one query: the second is told, and the first one's words stay."""
    path = tmp_path / "listening.toml"
    path.write_text(TWO_PLACES)
    set_named(path, "topics", "Town", "query", "quillhaven OR harbor", before="quillhaven")
    with pytest.raises(InputError, match="Somebody else has changed “Town”"):
        set_named(path, "topics", "Town", "query", "quillhaven OR library", before="quillhaven")
    assert ["quillhaven OR harbor"] == [topic.query for topic in load(path, {}).topics]
    assert "# keep me" in path.read_text()


def test_a_name_that_is_gone_is_said(tmp_path: Path) -> None:
    """Whoever renamed it did so on purpose."""
    path = tmp_path / "listening.toml"
    path.write_text(TWO_PLACES)
    with pytest.raises(InputError, match="no “Third” in the settings any more"):
        set_named(path, "feeds", "Third", "paused", True)
    assert TWO_PLACES == path.read_text()


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    """Ten people add a place at the same moment: all ten are there."""
    path = tmp_path / "listening.toml"
    path.write_text(TWO_PLACES)
    names = [f"Paper {number}" for number in range(10)]

    def add(name: str) -> None:
        add_feed(path, Feed(name=name, source="rss", options={"url": f"https://{name[6:]}.example/rss"}))

    with ThreadPoolExecutor(10) as people:
        list(people.map(add, names))
    assert {"First", "Second", *names} == {each.name for each in load(path, {}).feeds}
