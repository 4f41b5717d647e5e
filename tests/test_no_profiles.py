"""Nobody gets a list, a page, a search or a file about one private person, however it is asked for."""

from __future__ import annotations

import ast
import csv
import re
from dataclasses import fields
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from conftest import MakeMention, Save
from streamlit.testing.v1 import AppTest

import listening
from listening import door
from listening.cli import main
from listening.cli.parser import COMMANDS, parser
from listening.errors import QueryError, SettingsError
from listening.leaflet import leaflet
from listening.models import Mention
from listening.settings import load
from listening.store import Reader, Store, View

PACKAGE = Path(listening.__file__).resolve().parent
PROJECT = PACKAGE.parent

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"
own_accounts = ["@townhall@harbor.example"]

[[topics]]
name = "The town"
query = "{query}"

[[feeds]]
name = "Herald"
source = "rss"
url = "https://herald.example/feed"
outlet = true

[[feeds]]
name = "Tag"
source = "mastodon"
server = "harbor.example"
tag = "millbrook"
"""

ADA = "@ada.k@harbor.example"
ACCOUNT = "https://harbor.example/@ada.k"

MARK = re.compile(r"person-[0-9a-f]{8}")
"""What stands for a private person. Its digits are drawn anew in each file and may spell anything, also “ada”."""

SEARCHES = (
    "author:ada.k",
    f"author:{ADA}",
    "bus author:ada.k@harbor.example",
    "bus OR author:ada.k",
    "NOT NOT author:ada.k",
    'author:"Ada K"',
    "url:harbor.example/@ada.k",
    'url:"/users/ada.k"',
    "topic:Hidden",
)
"""Ways to ask for what Ada writes. Topic “Hidden” stands in no settings."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, in which commands are run."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS.format(query="millbrook"), encoding="utf-8")
    return tmp_path


@pytest.fixture
def busy(here: Path, save: Save, mention: MakeMention) -> Store:
    """A store in which Ada, a private person, has written more than everybody else together, and with most likes."""
    store = door.store_of(door.load())
    now = door.now()

    def post(number: int, author: str, **changes: object) -> Mention:
        name = author.strip("@").partition("@")[0]
        at = now - timedelta(hours=3 * number, minutes=number)
        return mention(
            feed="Tag",
            key=f"https://harbor.example/users/{name}/statuses/{number}",
            url=f"https://harbor.example/@{name}/{number}",
            author=author,
            author_url=f"https://harbor.example/@{name}",
            published_at=at,
            topics=("The town",),
            text=f"Millbrook note {number}: {TEXTS[number % len(TEXTS)]}",
            **changes,
        )

    ada = [post(n, ADA, likes=500 + n, tag=("good", "bad")[n % 2], author_followers=9_000) for n in range(40)]
    save(store, *ada, *(post(n, f"@neighbour{n}@harbor.example", likes=n) for n in range(40, 52)))
    return store


TEXTS = (
    "the swan boats are back on the pond",
    "where can I renew a library card?",
    "the new crossing by the school is a relief",
    "does the ferry run on Sunday?",
)


@pytest.mark.parametrize("words", SEARCHES)
def test_no_search_finds_what_one_person_writes(
    here: Path, busy: Store, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not on the page, in an export, in stories and quotes, nor in a notebook."""
    settings = door.load()
    with pytest.raises(QueryError):
        door.query_of(settings, words)
    with pytest.raises(QueryError):
        listening.mentions(settings, query=words)
    for command in (["export", "-o", "ada.csv"], ["stories"], ["quotes"]):
        assert main([*command, "--search", words]) == 2
    assert not (here / "ada.csv").exists()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [words for words in SEARCHES if '"' not in words])
def test_no_topic_and_no_department_is_one_person(here: Path, words: str) -> None:
    """A query in the settings is held to the same."""
    file = here / "listening.toml"
    file.write_text(SETTINGS.format(query=words), encoding="utf-8")
    with pytest.raises(SettingsError):
        load(file, {})
    routed = f'{SETTINGS.format(query="millbrook")}\n[[departments]]\nname = "Works"\nwords = "{words}"\n'
    file.write_text(routed, encoding="utf-8")
    with pytest.raises(SettingsError):
        load(file, {})


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_two_files_cannot_be_joined_by_their_authors(here: Path, busy: Store) -> None:
    """One person has one mark in a file and another in the next: weeks of one author cannot be put together."""
    assert main(["export", "--since", "2d", "-o", "new.csv"]) == 0
    assert main(["export", "--since", "4d", "--until", "3d", "-o", "old.csv"]) == 0
    new, old = rows(here / "new.csv"), rows(here / "old.csv")
    assert len(new) > 10
    assert len(old) > 5
    assert len({row["author"] for row in new}) == len({row["author"] for row in old}) == 1  # all of it is Ada's
    assert {row["author"] for row in new}.isdisjoint({row["author"] for row in old})
    for name in ("author_url", "url", "key", "reply_to"):
        assert {row[name] for row in (*new, *old)} == {""}
    for file in ("new.csv", "old.csv"):
        assert "ada" not in MARK.sub("", (here / file).read_text(encoding="utf-8-sig")).casefold()


def test_a_mark_finds_nothing(here: Path, busy: Store) -> None:
    """Who copies a mark out of a file into a search gets no post of that person, nor of anybody."""
    assert main(["export", "--since", "2d", "-o", "new.csv"]) == 0
    mark = rows(here / "new.csv")[0]["author"]
    assert MARK.fullmatch(mark)
    for words in (mark, f'"{mark}"', f'raw:"{mark}"', mark.removeprefix("person-")):
        assert main(["export", "--since", "30d", "--search", words, "-o", "found.csv"]) == 0
        assert rows(here / "found.csv") == []
    with pytest.raises(QueryError):
        door.query_of(door.load(), f"author:{mark}")


def shown_on(page: AppTest) -> str:
    assert [problem.message for problem in page.exception] == []
    return " ".join(unescape(piece.proto.body) for piece in page.get("html") if "<style" not in piece.proto.body)


@pytest.mark.parametrize("audience", ["cautious", "curious", "numbers"])
def test_the_page_names_and_ranks_nobody(
    here: Path, busy: Store, audience: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the person who wrote nearly everything: no name, and no mark beside more than one quote of a side."""
    monkeypatch.setenv("LISTENING_SETTINGS", str(here / "listening.toml"))
    page = AppTest.from_file(str(PROJECT / "app.py"))
    page.default_timeout = 60
    page.query_params["audience"] = audience
    page.query_params["period"] = "30d"
    said = shown_on(page.run())
    assert "ada.k" not in said
    assert "neighbour" not in said
    quotes = MARK.findall(said.split('class="newest"')[0])
    assert len(quotes) == len(set(quotes))


def test_the_page_refuses_to_search_for_one_person(here: Path, busy: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the words stand in its address."""
    monkeypatch.setenv("LISTENING_SETTINGS", str(here / "listening.toml"))
    page = AppTest.from_file(str(PROJECT / "app.py"))
    page.default_timeout = 60
    page.query_params["q"] = "author:ada.k"
    said = shown_on(page.run()) + " ".join(str(each.value) for each in (*page.error, *page.text, *page.warning))
    assert "does not search for what one person writes" in said


def test_the_page_as_a_file_names_nobody(here: Path, busy: Store) -> None:
    """Nor does it rank: each mark of a person is as good as another."""
    said = leaflet(door.load(), busy, now=door.now(), key="30d").html
    assert "ada.k" not in said
    assert "neighbour" not in said


def test_a_view_knows_no_author() -> None:
    """What is counted, listed and exported can be narrowed by many things, and not by a person."""
    assert not [field.name for field in fields(View) if "author" in field.name or "person" in field.name]


def test_only_forgetting_takes_an_author() -> None:
    """No command lists, exports or shows what one author wrote."""
    taking = set()
    commands = next(action for action in parser()._actions if action.dest == "command").choices
    assert isinstance(commands, dict)
    for name in COMMANDS:
        options = {option for action in commands[name]._actions for option in action.option_strings}
        if any("author" in option or "handle" in option.removesuffix("handles") for option in options):
            taking.add(name)
    assert taking == {"forget"}


def test_nothing_is_counted_by_author() -> None:
    """In the whole program one question groups by author: how many followers, which names nobody."""
    grouping = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if name in ("group_by", "groupby", "value_counts") and "author" in ast.unparse(node).split(f"{name}(")[-1]:
                grouping.append(str(path.relative_to(PACKAGE)))
    assert grouping == ["store/reading.py"]


def test_followers_are_told_without_names(busy: Store) -> None:
    """How many authors, the largest audience, all together: numbers only."""
    with busy.reading() as connection:
        now = door.now()
        told = Reader(busy, connection).followers(View(start=now - timedelta(days=30), end=now))
    assert all(isinstance(getattr(told, field.name), int) for field in fields(told))
    assert told.authors == 1
