"""From an empty folder to the first mention, as a new user goes: in a browser, without an editor."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NOBODY_OUTSIDE
from playwright.sync_api import Locator, expect
from pytest_httpserver import HTTPServer
from town_kit import kind_town

from listening.settings import load

if TYPE_CHECKING:
    from browser_kit import OpenPage, Scheme, Server, Tab

pytest_plugins = ["browser_kit"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("true_clock")]

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


def told() -> list[str]:
    """What the README tells a new user to type behind the program's name."""
    readme = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
    line = readme.split("<!-- command: first page -->\n```sh\n", 1)[1].splitlines()[0]
    assert line.startswith("mkdir press && cd press && ../.venv/bin/listening ")
    return line.rpartition("/listening ")[2].split()


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The page, started in a folder as the README tells a new user."""
    from browser_kit import SECONDS_TO_START, Server, free_port

    port, log = free_port(), folder.parent / f"{folder.name}.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LISTENING_")}
    environment |= {"NO_COLOR": "1", "TZ": "America/New_York", "PYTHONUNBUFFERED": "1", **NOBODY_OUTSIDE}
    command = [sys.executable, "-m", "listening", *told(), "--no-browser", "--port", str(port)]
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            until = time.monotonic() + SECONDS_TO_START
            while "The page: " not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield Server(url=f"http://127.0.0.1:{port}", log=log)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def serve_in() -> Iterator[Callable[[Path], Server]]:
    """Starts the page in a folder; it runs until the test's tabs are closed."""
    with ExitStack() as running:
        yield lambda folder: running.enter_context(served(folder))


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "press"
    folder.mkdir()
    return folder


def text_box(tab: Tab, label: str) -> Locator:
    return tab.page.get_by_role("textbox", name=label)


def type_in(tab: Tab, origin: str) -> None:
    """Who the town is."""
    text_box(tab, "Name of your agency").fill("Town of Quillhaven")
    text_box(tab, "Short name").fill("Quillhaven")
    text_box(tab, "Your website").fill(origin)
    text_box(tab, "Contact (needed)").fill("press@quillhaven.example")
    text_box(tab, "Your own accounts").fill(f"@townhall@{origin}")
    text_box(tab, "Local papers").fill(f"{origin}/herald/\n{origin}/nowhere\nr/quillhaven")


def propose(tab: Tab, origin: str) -> None:
    type_in(tab, origin)
    tab.page.get_by_role("button", name="Propose topics and places").click()
    expect(tab.page.get_by_role("button", name="Write the settings")).to_be_enabled()
    tab.settle()


def test_from_an_empty_folder_to_the_first_mention(
    empty: Path, httpserver: HTTPServer, serve_in: Callable[[Path], Server], open_page: OpenPage
) -> None:
    """One command, six boxes, three clicks: the leaders' page shows what the paper said."""
    origin = kind_town(httpserver)
    began = time.monotonic()
    server = serve_in(empty)
    tab = open_page(server, width=1280, height=720)
    expect(tab.page).to_have_title("Set up")
    propose(tab, origin)
    shown = time.monotonic()
    tab.page.get_by_role("button", name="Write the settings").click()
    link = tab.page.get_by_role("link", name="See what people are saying")
    link.wait_for()
    expect(link, "the result is where the eye is, though its button lay far below").to_be_in_viewport()
    expect(tab.page.get_by_role("heading", name="Your first collection")).to_be_in_viewport()
    if folder := os.environ.get("LISTENING_SCREENSHOTS"):
        tab.page.screenshot(path=f"{folder}/setup-begun.png")
    link.click()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("It’s already happening")
    tab.settle()
    ended = time.monotonic()
    tab.page.get_by_text("Quillhaven opens a lovely library").first.wait_for()
    print(
        f"\nfrom the command to the proposals {shown - began:.1f} s, to the first mention {ended - began:.1f} s, "
        "6 boxes filled, 3 clicks"
    )
    settings = load(empty / "listening.toml", {})
    assert ("Town of Quillhaven", "America/New_York") == (settings.agency.name, settings.agency.timezone.key)


def test_the_whole_way_by_keyboard(
    empty: Path, httpserver: HTTPServer, serve_in: Callable[[Path], Server], open_page: OpenPage
) -> None:
    """Tab and Enter alone: every box, every tick and both buttons can be reached and are seen to be reached."""
    origin = kind_town(httpserver)
    server = serve_in(empty)
    tab = open_page(server)
    type_in(tab, origin)
    _tab_to(tab, "Propose topics and places")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("button", name="Write the settings")).to_be_enabled()
    tab.settle()
    _tab_to(tab, "Town news")
    tab.page.keyboard.press("Space")
    tab.settle()
    expect(tab.page.get_by_role("checkbox", name="Town news", exact=True)).not_to_be_checked()
    _tab_to(tab, "Write the settings")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("link", name="See what people are saying")).to_be_visible()
    assert "Town news" not in {feed.name for feed in load(empty / "listening.toml", {}).feeds}


def _tab_to(tab: Tab, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(120):
        tab.page.keyboard.press("Tab")
        said = tab.page.evaluate(
            """() => { const one = document.activeElement;
                       return (one.getAttribute("aria-label") || one.closest("label")?.innerText || one.innerText || "")
                              .trim(); }"""
        )
        if said.startswith(name):
            return
    raise AssertionError(f"{name} is not reached by Tab")


@SCHEMES
def test_nobody_is_kept_out(
    empty: Path, httpserver: HTTPServer, serve_in: Callable[[Path], Server], open_page: OpenPage, scheme: Scheme
) -> None:
    """axe-core finds no barrier: on the empty page, with proposals, and on settings that are there."""
    origin = kind_town(httpserver)
    server = serve_in(empty)
    tab = open_page(server, scheme=scheme)
    assert [] == tab.barriers()
    propose(tab, origin)
    assert [] == tab.barriers()
    tab.page.get_by_role("button", name="Write the settings").click()
    expect(tab.page.get_by_role("link", name="See what people are saying")).to_be_visible()
    tab.go("/setup")
    assert [] == tab.barriers()


def test_nothing_is_wider_than_the_screen(
    empty: Path, httpserver: HTTPServer, serve_in: Callable[[Path], Server], open_page: OpenPage
) -> None:
    """From a phone to a projector: no sideways scroll."""
    origin = kind_town(httpserver)
    server = serve_in(empty)
    tab = open_page(server, width=1920, height=1080)
    propose(tab, origin)
    for width, height in ((1920, 1080), (1280, 720), (390, 844), (320, 640)):
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.settle()
        assert 0 == tab.beyond_the_edge(), width
        if folder := os.environ.get("LISTENING_SCREENSHOTS"):
            tab.page.screenshot(path=f"{folder}/setup-{width}.png")


def test_the_invented_town_is_a_click_away_and_so_is_the_way_back(
    empty: Path, serve_in: Callable[[Path], Server], open_page: OpenPage
) -> None:
    """Who wants to look first sees that it is made up, on every page, with the way to set-up but for the rooms."""
    server = serve_in(empty)
    tab = open_page(server)
    tab.page.get_by_role("link", name="The invented town of Quillhaven").click()
    expect(tab.page.get_by_text("This town and all that is said in it are made up.")).to_be_visible()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("It’s already happening")
    tab.settle()
    tab.page.get_by_role("link", name="Set up for your own agency").click()
    expect(text_box(tab, "Name of your agency")).to_be_visible()
    for room in ("room", "wall"):
        tab.go(f"/?view={room}&invented=1")
        expect(tab.page.get_by_text("Made-up data", exact=True)).to_be_visible()
        expect(tab.page.get_by_text("This town and all that is said in it are made up.")).to_be_hidden()
    assert [] == list(empty.iterdir())


def test_a_new_topic_that_is_refused_stays_in_sight(
    empty: Path, serve_in: Callable[[Path], Server], open_page: OpenPage
) -> None:
    """What is said above the boxes does not close the one that was being written in. Here somebody else was quicker."""
    file = empty / "listening.toml"
    file.write_text(
        '[agency]\nname = "Quillhaven"\ntimezone = "UTC"\n\n[[topics]]\nname = "Town"\nquery = "quillhaven"\n'
    )
    tab = open_page(serve_in(empty), "/setup")
    tab.page.get_by_text("Add a topic").click()
    name, query = tab.page.get_by_label("Its name, as leaders choose it"), tab.page.get_by_label("Its query")
    name.fill("Green")
    query.fill("trees")
    query.blur()
    button = tab.page.get_by_role("button", name="Add this topic")
    expect(button).to_be_visible()
    tab.settle()
    file.write_text(f'{file.read_text()}\n[[topics]]\nname = "Green"\nquery = "parks"\n')
    button.click()
    expect(tab.page.get_by_role("alert").filter(has_text="There is a topic of this name already.")).to_be_visible()
    tab.settle()
    assert ("Green", "trees") == (name.input_value(), query.input_value())
    expect(name).to_be_visible()
    assert ["quillhaven", "parks"] == [topic.query for topic in load(file, {}).topics]
