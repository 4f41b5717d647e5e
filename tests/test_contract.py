"""Our own collectors keep the contract that others' must keep; and a collector of another package is found and used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from contract_answers import SAVED, Saved

from listening.collectors import COLLECTORS, hackernews
from listening.collectors.contract import CollectorContract
from listening.errors import FeedUnreadable
from listening.models import Answer, Feed, Page, Post

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
CHECKS = [name for name in dir(CollectorContract) if name.startswith("test_")]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("saved", SAVED.values(), ids=SAVED)
def test_ours_keep_the_contract(saved: Saved, check: str) -> None:
    """Each promise, with saved answers."""
    getattr(type("TestOurs", (CollectorContract,), saved.contract)(), check)()


def test_each_of_ours_is_held_to_it() -> None:
    """None is left out."""
    assert {saved.source for saved in SAVED.values()} == {module.SOURCE for module in COLLECTORS}


# --- the contract finds what is wrong ---------------------------------------------------------------------------------

GOOD = json.dumps({"notices": [{"id": 1, "text": "The Quillhaven pool opens.", "likes": 3}]}).encode()


def board(**changes: Any) -> Any:
    """A collector that keeps the contract, but for the changes."""

    def parse(answer: Answer, feed: Feed) -> Page:
        try:
            notices: Any = json.loads(answer.body)["notices"] if answer.status == 200 else 0
            posts = tuple(
                Post(source=feed.source, feed=feed.name, key=str(each["id"]), text=str(each["text"]))
                for each in {str(each["id"]): each for each in notices}.values()
            )
        except (ValueError, TypeError, KeyError):
            raise FeedUnreadable("The board did not answer with notices.", "Try again later.") from None
        return Page(posts=posts)

    names = {name: getattr(hackernews, name) for name in ("KIND", "CANNOT_SEE", "DELETIONS", "EMPTY_MEANS_BLOCKED")}
    made = {**names, "SOURCE": "board", "LABEL": "Board", "KEYS": {"search": "What to look for."}}
    return SimpleNamespace(
        **{**made, "check": hackernews.check, "locate": hackernews.locate, "parse": parse, **changes}
    )


def kept(module: Any, check: str) -> None:
    """Whether a board keeps one of the promises."""
    bodies = {"one notice": GOOD}
    made = type("TestBoard", (CollectorContract,), {"collector": module, "options": {"search": "x"}, "answers": bodies})
    getattr(made(), check)()


def page(**fields: Any) -> Any:
    """A way of reading that gives one post with these fields, whatever was answered."""
    return lambda answer, feed: Page(posts=(Post(**{"source": "board", "feed": "Feed", "key": "1", **fields}),))


def raising(answer: Answer, feed: Feed) -> Page:
    raise KeyError("notices")


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_collector_passes(check: str) -> None:
    """Nothing is asked of it that ours do not do."""
    kept(board(), check)


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        ({"LABEL": ""}, "test_it_says_what_it_is", "LABEL"),
        ({"CANNOT_SEE": "much"}, "test_it_says_what_it_is", "CANNOT_SEE"),
        ({"parse": raising}, "test_half_an_answer_breaks_nothing", "KeyError"),
        ({"parse": raising}, "test_wrong_types_break_nothing", "KeyError"),
        ({"parse": page(likes=-1)}, "test_good_answers_give_posts", "counts -1"),
        ({"parse": page(url="javascript:alert(1)")}, "test_good_answers_give_posts", "javascript"),
        ({"parse": page(feed="Elsewhere")}, "test_good_answers_give_posts", "another place"),
        ({"parse": page()}, "test_what_is_no_answer_is_refused", "gives posts"),
        ({"parse": lambda answer, feed: Page(posts=())}, "test_what_is_no_answer_is_refused", "silence"),
        ({"parse": lambda answer, feed: Page(posts=())}, "test_a_refusal_is_a_sentence", "silence"),
    ],
)
def test_a_broken_promise_is_found(changes: dict[str, Any], check: str, said: str) -> None:
    """In words that say what is wrong."""
    with pytest.raises(AssertionError, match=re.escape(said)):
        kept(board(**changes), check)


# --- a package of others ----------------------------------------------------------------------------------------------


def example() -> dict[str, str]:
    """The files of the README's example, by their names."""
    part = README.split("<!-- example: a source of your own -->", 1)[1].split("<!-- end of example -->", 1)[0]
    found: list[tuple[str, str]] = re.findall(r"`([\w./]+)`:?\n\n```\w+\n(.*?)```", part, re.DOTALL)
    return dict(found)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The README's example, as pip would install it: its modules and its entry points in a folder on the path."""
    files = example()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    points = re.search(r'\[project\.entry-points\."listening\.collectors"\]\n(.+)\n', files["pyproject.toml"])
    assert points is not None
    info = tmp_path / "listening_noticeboard-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: listening-noticeboard\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[listening.collectors]\n" + points[1].replace('"', "") + "\n")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command with that folder on the path."""
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_example_is_short() -> None:
    """Under 60 lines, all files together."""
    files = example()
    assert set(files) == {"pyproject.toml", "noticeboard.py", "test_noticeboard.py"}
    assert sum(text.strip().count("\n") + 1 for text in files.values()) < 60


def test_the_example_keeps_the_contract(installed: Path) -> None:
    """Its own tests pass, and they are the whole contract."""
    done = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_noticeboard.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CHECKS)} passed" in done.stdout


def test_the_example_is_a_source_like_any_other(installed: Path) -> None:
    """A saved answer of it is read by `listening try`, and the settings take it."""
    body = {"notices": [{"id": 4, "text": "The Quillhaven pool opens.", "at": "2026-03-04T12:00:00Z", "by": "ada"}]}
    (installed / "saved.json").write_text(json.dumps(body), encoding="utf-8")
    tried = run(installed, "-m", "listening", "try", "saved.json", "--kind", "noticeboard", "--json")
    assert json.loads(tried.stdout)["text"] == "The Quillhaven pool opens.", tried.stderr
    (installed / "listening.toml").write_text(
        '[agency]\nname = "Quillhaven"\ntimezone = "UTC"\n[[topics]]\nname = "Town"\nquery = "quillhaven"\n'
        '[[feeds]]\nname = "Board"\nsource = "noticeboard"\nurl = "https://board.example/notices.json"\n',
        encoding="utf-8",
    )
    asked = "from listening import door; print(door.load('listening.toml').feeds[0].source)"
    assert run(installed, "-c", asked).stdout.strip() == "noticeboard"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('no board today')", "does not start (RuntimeError: no board today)"),
        ("SOURCE = 'noticeboard'", "it has no LABEL"),
    ],
)
def test_a_broken_package_stops_nobody_else(installed: Path, text: str, said: str) -> None:
    """Its source is refused with the reason; all others work."""
    (installed / "noticeboard.py").write_text(text, encoding="utf-8")
    asked = (
        "from listening.collectors import collector, every\n"
        "from listening.errors import SettingsError\n"
        "print(len(every()), collector('rss').SOURCE)\n"
        "try: collector('noticeboard')\n"
        "except SettingsError as error: print(error.problem)\n"
    )
    done = run(installed, "-c", asked)
    assert done.stdout.startswith(f"{len(COLLECTORS)} rss\n"), done.stderr
    assert said in done.stdout


def test_nobody_takes_the_place_of_our_own(installed: Path) -> None:
    """A package that calls its source rss is passed over."""
    points = installed / "listening_noticeboard-1.0.dist-info" / "entry_points.txt"
    points.write_text("[listening.collectors]\nrss = noticeboard\n")
    asked = "from listening.collectors import collector; print(collector('rss').__name__)"
    assert run(installed, "-c", asked).stdout.strip() == "listening.collectors.rss"
