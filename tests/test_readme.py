"""What the README promises is there: its commands, settings, columns, benchmarks and its notebook lines."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from email.utils import format_datetime
from pathlib import Path

import pytest
from conftest import MakeMention
from pytest_httpserver import HTTPServer

import listening
from listening import door
from listening.cli.parser import COMMANDS, parser
from listening.collectors import COLLECTORS
from listening.export.columns import HEADER, NAMING
from listening.insights.periods import CHOICES
from listening.models import COLUMNS
from listening.privacy import Mask
from listening.query import parse
from listening.settings.check import TABLES

PROJECT = Path(listening.__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading."""
    return README.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(title: str) -> list[str]:
    """The first column of a section's first table, without its heading."""
    table = [line for line in section(title).splitlines() if line.startswith("|")]
    return [line.split("|")[1].strip() for line in table[2:]]


def code(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


def under(marker: str) -> str:
    """The code block below a marker."""
    return re.split(r"```\w*\n", README.split(f"<!-- command: {marker} -->", 1)[1], maxsplit=1)[1].split("```")[0]


def test_every_command_is_told() -> None:
    """The table has just the commands that there are."""
    assert {code(cell)[0].split()[1] for cell in first_cells("Commands")} == set(COMMANDS)


def test_every_setting_is_told() -> None:
    """The table has just the keys that the settings know."""
    told = set(code(" ".join(first_cells("Settings")) + " " + section("Settings")))
    for table, keys in TABLES.items():
        assert set(keys) <= told, table


def test_every_key_of_a_place_is_told_with_its_source() -> None:
    """A row of the table of places has just the keys that its collector knows; some are those of every feed, too."""
    told = {code(cell)[0]: set(code(cell)[1:]) for cell in first_cells("Places") if code(cell)}
    for module in COLLECTORS:
        assert told.get(module.SOURCE) == set(module.KEYS), module.SOURCE


def test_the_data_dictionary_has_every_column_in_order() -> None:
    """Each once, in the order of the file."""
    told = [name for cell in first_cells("The columns") for name in code(cell)]
    assert told == list(HEADER)


def test_the_data_dictionary_marks_what_is_empty_for_private_people(mention: MakeMention) -> None:
    """What a masked post has lost is marked in the table, and nothing else is."""
    whole = mention(
        author="ada",
        author_url="https://harbor.example/@ada",
        url="https://harbor.example/@ada/1",
        reply_to="https://harbor.example/@ben/2",
        source="mastodon",
    )
    masked = Mask(feeds=()).mention(whole)
    empty = {name for name in COLUMNS if getattr(whole, name) and not getattr(masked, name)}
    marked = {name for cell in first_cells("The columns") for name in re.findall(r"`(\w+)` †", cell)}
    assert marked == empty
    assert all(f"`{name}`" in section("The columns").split("| column |")[0] for name in NAMING)


def test_every_link_within_the_page_leads_to_a_heading() -> None:
    """As a reader of Markdown makes their marks: small letters, a hyphen for a blank, no other signs."""
    headings = re.findall(r"^##+ (.+)$", README, re.MULTILINE)
    marks = {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}
    linked = set(re.findall(r"\]\(#([^)]+)\)", README))
    assert linked <= marks
    contents = next(line for line in README.splitlines() if line.startswith("[Try it]"))
    assert len(re.findall(r"^## ", README, re.MULTILINE)) == len(re.findall(r"\]\(#", contents))


def test_every_query_in_the_table_can_be_read() -> None:
    """Whoever copies an example gets no error."""
    topics = {"Buses and roads": "bus OR road"}
    for cell in first_cells("Query language"):
        for example in code(cell):
            if not example.endswith(":") and not example.startswith(("ONEAR", "AND OR", "until")):
                parse(example, topics=topics)


def test_every_benchmark_is_there() -> None:
    """Each that is named, and no other."""
    scripts = {path.name for path in (PROJECT / "tests" / "benchmarks").glob("bench_*.py")}
    assert scripts == set(re.findall(r"\bbench_\w+\.py", README))


def test_every_trouble_in_the_table_has_its_test() -> None:
    """A row of "When something goes wrong" is a promise that a test holds."""
    tests = {
        "A feed does not answer": "test_one_dead_feed_does_not_stop_the_others",
        "A feed becomes a web page": "test_a_feed_that_turns_into_a_web_page_is_said_and_keeps_what_it_gave",
        "A login wall, or": "test_a_login_wall_is_a_refusal",
        "Reddit answers with nothing": "test_an_empty_list_where_there_were_posts_is_blocked_not_quiet",
        "A settings file with mistakes": "test_every_problem_of_the_settings_is_said",
        "The store is locked": "test_a_locked_store_says_so",
        "The disk is full": "test_a_run_that_finds_no_room_on_the_disk_says_so_and_keeps_what_was_there",
        "The computer's clock is wrong": "test_a_wrong_clock_is_noticed",
        "The store is from a newer version": "test_a_newer_store_is_refused_and_left_alone",
        "The store is damaged, or no store": "test_a_file_that_is_no_store_is_refused_and_left_alone",
        "No network at all": "test_without_a_network_no_feed_is_blamed",
        "The program is killed": "test_a_killed_collection_leaves_a_store_that_the_next_one_completes",
    }
    rows = first_cells("When something goes wrong")
    assert len(rows) == len(tests)
    written = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "tests").glob("test_*.py"))
    for row, (begins, test) in zip(rows, tests.items(), strict=True):
        assert row.startswith(begins)
        assert f"def {test}(" in written, test


def test_the_notebook_lines_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five lines from a file of settings to counts by tag."""
    now = format_datetime(door.now())
    httpserver.expect_request("/feed.xml").respond_with_data(
        "<rss version='2.0'><channel><title>Herald</title><item><title>Midvale bridge opens, wonderful</title>"
        f"<guid>https://herald.example/1</guid><pubDate>{now}</pubDate></item></channel></rss>",
        content_type="application/rss+xml",
    )
    (tmp_path / "listening.toml").write_text(
        '[agency]\nname = "Town of Midvale"\ntimezone = "UTC"\ncontact = "press@midvale.example"\n'
        '[[topics]]\nname = "The town"\nquery = "midvale"\n'
        f'[[feeds]]\nname = "Herald"\nsource = "rss"\nurl = "{httpserver.url_for("/feed.xml")}"\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    exec(compile(under("notebook"), "README.md", "exec"), {})
    said = capsys.readouterr().out
    assert said.startswith("1 tag")
    assert "good    1" in said


def test_the_periods_of_the_address_are_those_of_the_export() -> None:
    """The README's link example names a period that there is."""
    assert set(re.findall(r"period=(\w+)", README)) <= set(CHOICES)


def units() -> dict[str, str]:
    """The unit files of the README, by name."""
    found = re.findall(r"<!-- unit: (\S+) -->\n```ini\n(.*?)```", README, re.DOTALL)
    return dict(found)


def test_the_units_for_systemd_are_such(tmp_path: Path) -> None:
    """They can be read, name commands that there are, and where systemd can be asked, it has nothing to say."""
    assert set(units()) == {"listening.service", "listening-due.service", "listening-due.timer"}
    program = Path(sys.executable)
    for name, text in units().items():
        parsed = configparser.ConfigParser(interpolation=None)
        parsed.optionxform = str  # type: ignore[assignment,method-assign]
        parsed.read_string(text)
        if name.endswith(".service"):
            said = parsed["Service"]["ExecStart"].split()
            assert said[0] == "/home/press/listening/.venv/bin/listening"
            parser().parse_args(said[1:])
        # The reader's own account, folder and program, as they are here.
        here = text.replace("/home/press/listening/.venv/bin/listening", str(program)).replace("User=press\n", "")
        (tmp_path / name).write_text(here.replace("/home/press/listening", str(tmp_path)), encoding="utf-8")
    if shutil.which("systemd-analyze"):
        files = [str(tmp_path / name) for name in units()]
        run = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
        ours = [line for line in run.stderr.splitlines() if "listening" in line]
        assert (run.returncode, ours) == (0, [])


def test_the_lines_for_cron_services_and_windows_name_commands_that_there_are() -> None:
    """Whoever copies one gets a command that is understood."""
    program = r"(?:\.venv/bin/listening|listening\.exe\\\") "
    said = re.findall(program + r"((?:--settings \S+ )?(?:collect|status|serve|backup|send)\b[ a-z0-9-]*)", README)
    assert {"backup", "collect", "send", "serve", "status"} <= {word for words in said for word in words.split()}
    for words in said:
        parser().parse_args(words.split())
