"""The import page in a real browser: an upload, its mapping, its first rows, the import, and its mentions."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from export_kit import brandwatch
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from listening import door
from listening.pages.import_columns import as_it_stands
from listening.pages.uploads import PREFIX
from listening.store import Store, imports
from listening.store.access import accesses

if TYPE_CHECKING:
    from browser_kit import OpenPage, Scheme, Server, Tab

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser

SETTINGS = """
[agency]
name = "Town of Quillhaven"
timezone = "America/New_York"
contact = "press@quillhaven.example"

[[topics]]
name = "Town"
query = "quillhaven"
"""

STREAMLITS_OWN = ("presentation-role-conflict",)
"""What axe finds in the box for uploads, which is not ours."""

POSTS = (
    "The Quillhaven ferry was on time again, thank you!",
    "Why is the Quillhaven library closed on Mondays?",
    "Quillhaven’s new bridge is a joy to walk over in the evening; the lamps on it are the loveliest in the county.",
    "The bus to Quillhaven was late and cold. <script>alert(1)</script>",
    "Nothing about the town, only about cats.",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with Quillhaven's settings, which listen to nobody."""
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def page(folder: Path, serve: Callable[..., Server]) -> Server:
    """The page on these settings."""
    return serve({"LISTENING_SETTINGS": str(folder / "listening.toml"), "TMPDIR": str(folder)})


def store_of(folder: Path) -> Store:
    """The store beside the settings."""
    return door.store_of(door.load(folder / "listening.toml"))


def export(folder: Path, rows: int = 25) -> Path:
    """A made-up export of Brandwatch; one row has no text, one no date that can be read."""
    posts = [
        {"Url": f"https://twitter.com/ada_w/status/{1_990_000_000_000_000_001 + number}", "Author": "ada_w",
         "Date": f"2026-11-{10 + number % 12} 14:{number % 60:02}:00.0", "Page Type": "twitter", "Likes": str(number),
         "Full Text": f"{POSTS[number % len(POSTS)]} ({number})"}
        for number in range(rows)
    ]  # fmt: skip
    posts[2]["Full Text"] = ""
    posts[3]["Date"] = "some day"
    return brandwatch(folder / "week 47.csv", posts)


def ideas(folder: Path) -> Path:
    """A file that no tool we know has written, whose dates can be read in two ways."""
    file = folder / "ideas.csv"
    lines = [
        "nr,what they said,written,votes",
        "1,Quillhaven needs a tram,03/04/2026,12",
        "2,More benches,05/06/2026,3",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def upload(tab: Tab, file: Path) -> None:
    """Choose a file and wait until the page has read it.

    After an import the page puts another box in place of the one that held the file; what is handed to a box that is
    just going is lost, and handed over once more here.
    """
    chips = tab.page.get_by_test_id("stFileChipName")
    for _ in range(3):
        with suppress(AssertionError):
            expect(chips).to_have_count(0, timeout=10_000)
        tab.page.locator("input[type=file]").set_input_files(file)
        with suppress(AssertionError):
            expect(chips.filter(has_text=file.name)).to_have_count(1, timeout=20_000)
        tab.settle()
        if chips.filter(has_text=file.name).count() == 1:
            return
    raise AssertionError(f"the page did not take {file.name}")


def ours(tab: Tab) -> list[str]:
    """What axe-core finds that is ours."""
    return [one for one in tab.barriers() if not one.startswith(STREAMLITS_OWN)]


def left_on_the_disk(folder: Path) -> list[Path]:
    """Copies of uploads that are still there."""
    return [path for place in (folder, Path(tempfile.gettempdir())) for path in place.glob(f"{PREFIX}*")]


def picture(tab: Tab, name: str) -> None:
    """A picture for people to look at, where a folder for it is named."""
    if where := os.environ.get("LISTENING_PICTURES"):
        size = tab.page.viewport_size
        assert size is not None
        tab.page.set_viewport_size({**size, "height": 2_000})  # the page scrolls within itself
        tab.page.wait_for_timeout(500)
        tab.page.screenshot(path=f"{where}/{name}.png")
        tab.page.set_viewport_size(size)


@pytest.mark.parametrize(("scheme", "width", "height"), [("light", 1280, 720), ("dark", 390, 844)])
def test_an_export_is_recognised_shown_imported_and_its_mentions_open(
    folder: Path, page: Server, open_page: OpenPage, scheme: Scheme, width: int, height: int
) -> None:
    """No question is asked; what cannot be read is said before; afterwards nothing of the file is on the disk."""
    tab = open_page(page, "/import", scheme=scheme, width=width, height=height)
    expect(tab.page).to_have_title("Import")
    expect(tab.page.get_by_text("Larger ones: in a terminal")).to_be_visible()
    assert [] == ours(tab)
    picture(tab, f"empty-{width}-{scheme}")
    upload(tab, export(folder))
    expect(tab.page.get_by_role("heading", name="week 47.csv is an export of Brandwatch")).to_be_visible()
    expect(tab.page.get_by_role("heading", name="The first 20 of 25 rows, as they would be stored")).to_be_visible()
    expect(tab.page.get_by_text("2 rows of the file cannot be read: 1 without text")).to_be_visible()
    lines = tab.page.get_by_role("region", name="The first rows").get_by_role("row")
    expect(lines).to_have_count(21)
    expect(lines.nth(1)).to_contain_text("X (Twitter)")
    expect(lines.nth(1)).to_contain_text("@ada_w")
    expect(lines.nth(1)).to_contain_text("Good")
    expect(lines.nth(3)).to_contain_text("Left out: without text")
    expect(lines.nth(5)).to_contain_text("no topic")
    assert 0 == tab.beyond_the_edge()
    assert [] == ours(tab)
    assert [] == left_on_the_disk(folder)
    picture(tab, f"preview-{width}-{scheme}")
    tab.page.get_by_role("button", name="Import 25 rows").click()
    expect(
        tab.page.get_by_text("25 rows read: 18 new mentions, 0 known already, 5 that no topic matches.")
    ).to_be_visible()
    tab.settle()
    assert [] == left_on_the_disk(folder)
    assert [] == ours(tab)
    picture(tab, f"done-{width}-{scheme}")
    tab.page.get_by_role("button", name="See the 18 mentions").click()
    expect(tab.dialog.get_by_role("listitem").first).to_contain_text("Quillhaven")
    with store_of(folder).reading() as connection:
        (line,) = accesses(connection, what="import")
    assert "week 47.csv: 25 rows, 18 new mentions; as “Brandwatch: week 47”" == line.detail


def test_an_unknown_file_is_mapped_its_dates_are_asked_for_and_the_mapping_is_kept(
    folder: Path, page: Server, open_page: OpenPage
) -> None:
    """Column by column and with one question for all dates; the next file with these columns needs no answer."""
    tab = open_page(page, "/import", height=1200)
    upload(tab, ideas(folder))
    expect(tab.page.get_by_role("heading", name="ideas.csv: which column holds what?")).to_be_visible()
    own = tab.page.get_by_role("region", name="The file’s own rows")
    expect(own.get_by_role("columnheader")).to_have_text(["Line", "nr", "what they said", "written", "votes"])
    expect(own.get_by_role("row").nth(1)).to_have_text("21Quillhaven needs a tram03/04/202612")
    own.focus()
    expect(own).to_be_focused()
    still = tab.page.locator(".still li")
    expect(still).to_have_count(3)
    expect(still.nth(0)).to_have_text("the column with the texts")
    expect(still.nth(1)).to_contain_text("where they were published")
    expect(still.nth(2)).to_have_text("the column with the dates")
    assert [] == ours(tab)
    picture(tab, "mapping")
    choose(tab, "Date", "written")
    expect(tab.page.get_by_role("heading", name="Dates like “03/04/2026”: which comes first?")).to_be_visible()
    expect(still).to_have_count(2)
    choose(tab, "Text", "what they said")
    choose(tab, "Where they were published", "Surveys and ideas")
    expect(still).to_have_count(0)
    expect(tab.page.get_by_role("heading", name="Dates like “03/04/2026”: which comes first?")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Import 2 rows")).to_have_count(0)
    picture(tab, "dates")
    tab.page.get_by_text("The day, as in most of the world").click()
    expect(tab.page.get_by_role("region", name="The first rows")).to_contain_text("03 Apr 2026")
    box = tab.page.get_by_role("textbox", name="Keep this for the next file")
    box.fill("Idea box")
    box.press("Enter")
    tab.settle()
    expect(box).to_have_value("Idea box")
    picture(tab, "mapped")
    tab.page.get_by_role("button", name="Import 2 rows").click()
    expect(tab.page.get_by_text("2 rows read: 1 new mention")).to_be_visible()
    tab.settle()
    more = ideas(folder).rename(folder / "more ideas.csv")
    upload(tab, more)
    expect(tab.page.get_by_role("heading", name="more ideas.csv has the columns of “Idea box”")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Import 2 rows")).to_be_visible()


def test_what_is_typed_right_before_the_click_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who types a name and clicks at once leaves the box with the click: both reach the page together."""
    monkeypatch.setenv("LISTENING_SETTINGS", str(folder / "listening.toml"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    shown = AppTest.from_string("from listening.pages import importing\nimporting.show()", default_timeout=60).run()
    file = ideas(folder)
    shown.file_uploader[0].set_value((file.name, file.read_bytes(), "text/csv")).run()
    for label, option in (("Date", "written"), ("Text", "what they said")):
        next(box for box in shown.selectbox if box.label == label).select(option)
    next(box for box in shown.selectbox if box.label == "Where they were published").select("Surveys and ideas")
    shown.run()
    shown.radio[0].set_value("day-first").run()
    next(box for box in shown.text_input if box.label.startswith("Keep this")).set_value("Idea box")
    shown.button(key="import_now").click().run()
    assert [] == [problem.message for problem in shown.exception]
    running = shown.session_state["import_running"]
    assert running.done.wait(60)
    assert "Idea box" in imports.layouts(store_of(folder))


def test_the_files_own_rows_are_text_and_at_most_twenty() -> None:
    """What stands in a cell is shown as it is, a long text cut, a thousand columns bounded."""
    header = ("<b>text", *(f"column {number}" for number in range(2, 1_001)))
    row = ["<script>alert(1)</script>", "\u202egnp.exe", "word " * 100, *([""] * 997)]
    drawn = as_it_stands(header, [(2, row)])
    assert "<bdi>&lt;b&gt;text</bdi>" in drawn
    assert "<td><bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi></td>" in drawn
    assert f'<td class="long"><bdi>{("word " * 24).strip()}…</bdi></td>' in drawn
    assert "900 more columns are not shown here." in drawn
    assert "no row below them" in as_it_stands(header, [])


def test_the_same_file_again_changes_nothing_and_what_is_no_table_is_refused(
    folder: Path, page: Server, open_page: OpenPage
) -> None:
    """Both in words, by the name that the file has where it came from."""
    tab = open_page(page, "/import")
    for said in ("Imported.", "with the same queries: nothing has changed."):
        upload(tab, export(folder))
        tab.page.get_by_role("button", name="Import 25 rows").click()
        expect(tab.page.get_by_text(said).first).to_be_visible()
        tab.settle()
    expect(tab.page.get_by_text("This very file was imported on ")).to_be_visible()
    expect(tab.page.get_by_text("week 47.csv had brought: 25 rows read: 18 new mentions")).to_be_visible()
    before = tab.page.get_by_role("row").filter(has_text="week 47.csv")
    expect(before).to_contain_text("18 new, 0 known already; 2 could not be read")
    picture(tab, "again")
    spoiled = folder / "soon.csv"
    spoiled.write_text("text,date,url\nQuillhaven,soon,https://harbor.example/1\n", encoding="utf-8")
    upload(tab, spoiled)
    tab.page.get_by_role("button", name="Import 1 row").click()
    expect(tab.page.get_by_text("No row of the file could be read.")).to_be_visible()
    tab.settle()
    page_file = folder / "login.csv"
    page_file.write_text("<html><body>Please log in</body></html>", encoding="utf-8")
    upload(tab, page_file)
    expect(tab.page.get_by_text("login.csv is a web page or XML, no table.")).to_be_visible()
    assert [] == left_on_the_disk(folder)


def choose(tab: Tab, label: str, option: str) -> None:
    """Choose from a list by the keyboard."""
    box = tab.page.get_by_role("combobox", name=label, exact=True)
    box.click()
    tab.page.get_by_role("option", name=option, exact=True).click()
    tab.settle()
