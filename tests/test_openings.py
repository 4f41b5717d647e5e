"""When somebody opens the posts behind a number, that stands in the access log: once, and without their words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from listening.store import Store
from listening.store.access import accesses

if TYPE_CHECKING:
    from browser_kit import Town

pytest_plugins = ["browser_kit"]

PROJECT = Path(__file__).resolve().parent.parent


def openings(store: Store) -> list[str]:
    with store.reading() as connection:
        return [line.detail for line in accesses(connection, what="open")]


def test_an_opening_is_noted_once(town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not again when more of it is shown, nor when something else is chosen meanwhile."""
    for name, value in town.environment.items():
        monkeypatch.setenv(name, value)
    page = AppTest.from_file(str(PROJECT / "app.py"))
    page.default_timeout = 60
    page.run()
    before = openings(town.store)
    page.button(key="open_bad").click().run()
    assert len(page.get("dialog")) == 1
    (line,) = openings(town.store)[len(before) :]
    assert line.endswith("tag: bad")
    assert re.match(r"Bad posts: \d+ posts, .* \d+ \w+ 2\d\d\d; tag: bad$", line)
    page.button(key="opened_more").click().run()
    page.run()
    assert len(openings(town.store)) == len(before) + 1
