"""The command line: what it says, its exit codes, and what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import import_module
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pytest
from clock_kit import day_said
from pytest_httpserver import HTTPServer

import listening
from listening import door
from listening.cli import main
from listening.cli.parser import COMMANDS, parser
from listening.cli.starting import is_free
from listening.settings import load
from listening.setup.answers import named_apart
from listening.setup.written import feed_of

PROJECT = Path(listening.__file__).resolve().parent.parent

SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "America/Chicago"
contact = "press@midvale.example"
own_accounts = ["@town@midvale.example"]

[[topics]]
name = "The town"
query = "midvale"

[[topics]]
name = "Buses"
query = "midvale AND bus"
"""


CHICAGO = ZoneInfo("America/Chicago")

pytestmark = pytest.mark.usefixtures("true_clock")


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has an empty working directory and no settings of the machine's own."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def free_port() -> int:
    """A port at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def rss(*titles: str) -> str:
    """A feed with an entry for each title, published just now."""
    now = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><title>{escape(title)}</title><link>https://herald.example/{number}</link>"
        f"<guid>https://herald.example/{number}</guid><pubDate>{now}</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Herald</title>{items}</channel></rss>'


@pytest.fixture
def settings(tmp_path: Path, httpserver: HTTPServer) -> Callable[..., Path]:
    """Writes listening.toml with feeds on the little server: one for each body, or status."""

    def write(**feeds: str | int) -> Path:
        text = SETTINGS
        for name, given in feeds.items():
            body, status = (given, 200) if isinstance(given, str) else ("", given)
            httpserver.expect_request(f"/{name}").respond_with_data(body, status, content_type="application/rss+xml")
            text += f'\n[[feeds]]\nname = "{name}"\nsource = "rss"\nurl = "{httpserver.url_for("/" + name)}"\n'
        file = tmp_path / "listening.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


# --- The command itself ---------------------------------------------------------------------------------------------


def test_alone_it_shows_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`listening` alone is help, not an error, and names every command."""
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  listening {name}" not in shown] == []
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == shown


def test_every_command_has_help_and_work_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself, and the function that does its work is there."""
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert f"usage: listening {name}" in capsys.readouterr().out
    for words in (["demo"], ["init"], ["try", "x"], ["export", "-o", "x"], ["tag", "x"], ["backup", "x"]):
        module, function = parser().parse_args(words).run.split(":")
        assert callable(getattr(import_module(module), function))


def test_the_help_names_no_few_kinds_as_if_they_were_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it names kinds of places, it says that there are more; where it says how places are written, too."""
    named = 0
    for name in COMMANDS:
        main([name, "--help"])
        said = " ".join(capsys.readouterr().out.split())
        for found in re.finditer(r"\brss, mastodon|#tag@server", said):
            named += 1
            assert "..." in said[found.start() : found.start() + 60], name
    assert named >= 5


def test_the_help_promises_no_more_than_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    """As many good as bad quotes only where there are both; labels from the review too; a folder that names people."""
    words = {
        "quotes": "as many, where there are both",
        "evaluate": "with the review, or with a CSV",
        "snapshot": "hand on only the file page.html",
        "chart": "in the project's folder: .venv/bin/pip install -e '.[png]'",
        "send": "in the project's folder: .venv/bin/pip install -e '.[send]'",
    }
    for name, wanted in words.items():
        main([name, "--help"])
        assert wanted in " ".join(capsys.readouterr().out.split()), name


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version says which version this is."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"listening {listening.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["colect"], "Did you mean `listening collect`?"),
        (["dance"], "There is no command “dance”."),
        (["collect", "--every", "10s"], "at least 60 seconds"),
        (["collect", "--every", "soon"], "“soon” is no length of time"),
        (["collect", "--evry", "1h"], "not understood here: --evry 1h"),
        (["demo", "--port", "http"], "--port: a port is a number"),
        (["export"], "Something is missing: -o/--output."),
        (["tag", "x.csv", "--kind", "song"], "--kind cannot be “song”."),
        (["tag", "x.csv", "--text"], "--text needs a value after it."),
    ],
)
def test_a_wrong_command_line_is_explained(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong is said on stderr in a sentence, with exit code 2."""
    assert main(words) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("command", ["collect", "check", "status", "backup b.db", "export -o x.csv"])
def test_without_settings_it_says_what_to_do(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Commands that need settings point to init and demo."""
    assert main(command.split()) == 2
    said = capsys.readouterr().err
    assert "There is no listening.toml here." in said
    assert "`listening init`" in said
    assert "`listening demo`" in said


def test_every_problem_of_the_settings_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with two mistakes shows both, each with its line."""
    file = tmp_path / "own.toml"
    file.write_text('[agency]\nname = "Midvale"\ntimezone = "Chicago"\nsize = 3\n[[topics]]\nname="a"\nquery="a"\n')
    assert main(["check", "--settings", str(file)]) == 2
    said = capsys.readouterr().err
    assert f"{file}, line 3, agency.timezone:" in said
    assert f"{file}, line 4, agency.size:" in said


def test_a_query_that_cannot_be_read_shows_where(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The place of the mistake stands under the query."""
    settings(herald=rss("Midvale opens a park"))
    assert main(["collect"]) == 0
    assert main(["export", "-o", "x.csv", "--search", "bus OR OR"]) == 2
    assert re.search(r"  bus OR OR\n +\^", capsys.readouterr().err)
    assert not Path("x.csv").exists()


def test_importing_stays_light(settings: Callable[..., Path]) -> None:
    """Neither help nor status nor a collection loads what only the page and notebooks need."""
    settings(herald=rss("Midvale opens a park"))
    code = (
        "import sys; from listening.cli import main; "
        "codes = [main([word]) for word in ('--help', 'collect', 'status', 'check')]; "
        "print(sorted({'streamlit', 'altair', 'pandas'} & set(sys.modules)), codes)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == "[] [0, 0, 0, 0]"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full at once")
def test_the_exit_code_says_it_where_nothing_can_be_written(settings: Callable[..., Path]) -> None:
    """A service manager tells by it that the settings cannot be used, also when the log's disk is full."""
    settings().write_text("[agency\n", encoding="utf-8")
    with Path("/dev/full").open("w") as full:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        command = [sys.executable, "-m", "listening", "collect", "--every", "15m"]
        assert subprocess.run(command, env=environment, stdout=full, stderr=full, check=False).returncode == 2


def test_a_reader_that_leaves_early_is_no_error(settings: Callable[..., Path]) -> None:
    """`listening try ... | head` ends without a traceback."""
    file = settings(herald=rss("Midvale opens a park")).with_name("many.xml")
    file.write_text(rss(*(f"Headline {number} of Midvale" for number in range(300))), encoding="utf-8")
    command = [sys.executable, "-m", "listening", "try", str(file), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


# --- collect, status, backup ----------------------------------------------------------------------------------------


def test_a_good_collection_says_nothing_in_cron(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without a terminal and without trouble there is no output, and the mentions are stored."""
    settings(herald=rss("Midvale opens a park", "Weather"))
    assert main(["collect"]) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "mentions.db").exists()


def test_a_failed_feed_is_said_and_the_others_are_stored(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, one line for the feed with what to do, and the good feed's mention is there."""
    settings(herald=rss("Midvale opens a park"), courier=404)
    assert main(["collect"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"courier: .*\(404\).*browser.*\n", shown.err)
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["store"]["mentions"] == 1


def test_collecting_for_a_program(settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """--json gives one result a feed; the second run finds nothing new."""
    settings(herald=rss("Midvale opens a park", "Midvale bus on time", "Weather"), courier=500)
    assert main(["collect", "--json"]) == 1
    first = json.loads(capsys.readouterr().out)
    assert {each["feed"]: (each["state"], each["posts"], each["new"]) for each in first["feeds"]} == {
        "herald": ("ok", 3, 2),
        "courier": ("unreachable", 0, 0),
    }
    assert (first["new"], first["failed"]) == (2, 1)
    main(["collect", "--json", "--retry"])
    assert json.loads(capsys.readouterr().out)["new"] == 0


def test_nobody_is_asked_without_a_contact(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str], httpserver: HTTPServer
) -> None:
    """Servers want to know who asks: without a contact nothing goes out."""
    file = settings(herald=rss("Midvale opens a park"))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('contact = "press@midvale.example"', ""), encoding="utf-8")
    assert main(["collect"]) == 2
    assert "agency.contact is missing" in capsys.readouterr().err
    assert httpserver.log == []


def test_no_feeds_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to collect from: that is no success."""
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    assert main(["collect"]) == 2
    assert "There are no feeds to collect from." in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_the_loop_ends_cleanly(settings: Callable[..., Path]) -> None:
    """A loop collects at once, goes on, and ends on SIGTERM as on Ctrl+C: exit code 0 and no traceback."""
    settings(herald=rss("Midvale opens a park"))
    command = [sys.executable, "-m", "listening", "collect", "--every", "15m", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["new"] == 1
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
        assert (process.wait(20), said) == (0, "Stopped. What was collected is stored.\n")


def test_status_in_words(settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first collection nothing is made up; after it each feed's state stands there, and why one fails."""
    file = settings(herald=rss("Midvale opens a park"), courier=403)
    file.write_text(
        file.read_text(encoding="utf-8")
        + '\n[[feeds]]\nname = "later"\nsource = "rss"\nurl = "https://later.example/f"\npaused = true\n',
        encoding="utf-8",
    )
    assert main(["status"]) == 0
    before = capsys.readouterr().out
    assert "nothing yet" in before
    assert "not asked yet" in before
    assert not (file.parent / "mentions.db").exists()
    began = door.now() - timedelta(seconds=5)  # the feed was written before
    main(["collect"])
    capsys.readouterr()
    assert main(["status"]) == 0
    after = capsys.readouterr().out
    now = door.now()
    day = day_said(began, now, CHICAGO)
    assert re.search(f"1 mention, the newest from {day}", after)
    assert "1 new mention, 2 of 2 feeds gone through, 1 failed" in after
    assert re.search(r"^herald +rss +answers +" + day, after, re.MULTILINE)
    assert re.search(r"^courier +rss +says no +never", after, re.MULTILINE)
    assert re.search(r"^later +rss +paused +never", after, re.MULTILINE)
    later = day_said(began, now + timedelta(minutes=20), CHICAGO)
    assert re.search(rf"^courier \(since {day} .*not asked before {later} .*\): .*\(403\)", after, re.MULTILINE)


def test_status_for_a_program(settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """--json holds the store, the last run and the feeds, failing since and next try among them."""
    settings(herald=rss("Midvale opens a park"), courier=403)
    main(["collect"])
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    herald, courier = said["feeds"]
    assert (said["run"]["new"], said["run"]["failed"], said["run"]["running"]) == (1, 1, False)
    assert (herald["state"], herald["failing_since"], courier["state"]) == ("ok", None, "refused")
    assert courier["next_try_at"] > courier["failing_since"]


def test_health_where_the_settings_cannot_be_used(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Monitoring reads one line of stdout, whatever is wrong."""
    file = settings(herald=rss("Midvale opens a park"))
    file.write_text(file.read_text(encoding="utf-8") + "\nyes", encoding="utf-8")
    assert main(["status", "--health"]) == 2
    said = capsys.readouterr()
    assert said.out.startswith("CRITICAL: ")
    assert said.out.count("\n") == 1
    assert main(["status", "--health", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["level"] == "CRITICAL"


def test_without_a_network_no_place_is_blamed_and_a_timer_says_it_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line in a terminal; in cron none more while it lasts, and exit code 1 each time."""
    port = free_port()
    text = SETTINGS + "".join(
        f'\n[[feeds]]\nname = "{name}"\nsource = "rss"\nurl = "http://127.0.0.1:{port}/{name}"\n'
        for name in ("herald", "courier")
    )
    (tmp_path / "listening.toml").write_text(text, encoding="utf-8")
    assert main(["collect", "--due"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "this computer is probably offline, or all of its places are down" in said
    assert main(["collect", "--due", "--retry"]) in (0, 1)
    assert capsys.readouterr().err == ""
    assert main(["collect"]) == 1
    assert "probably offline" in capsys.readouterr().err


def test_a_backup_is_a_whole_store_and_overwrites_nothing(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The copy can be used in place of the store; a second backup into it is refused with exit code 1."""
    settings(herald=rss("Midvale opens a park"))
    assert main(["backup", "copy.db"]) == 2
    assert "Nothing is stored yet" in capsys.readouterr().err
    main(["collect"])
    assert main(["backup", "copy.db"]) == 0
    capsys.readouterr()
    assert main(["backup", "copy.db"]) == 1
    assert "exists already" in capsys.readouterr().err
    monkeypatch.setenv("LISTENING_STORE", str(tmp_path / "copy.db"))
    main(["status", "--json"])
    assert json.loads(capsys.readouterr().out)["store"]["mentions"] == 1


def test_a_file_that_is_no_store_is_explained(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit code 1, in words, and the file is left as it was."""
    settings(herald=rss("Midvale opens a park"))
    other = tmp_path / "mentions.db"
    other.write_text("These are my holiday notes, and no store at all.\n" * 50, encoding="utf-8")
    before = other.read_bytes()
    assert main(["collect"]) == 1
    assert "is not a Listening store" in capsys.readouterr().err
    assert other.read_bytes() == before


# --- check ----------------------------------------------------------------------------------------------------------


def test_check_shows_how_every_feed_answers(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A row a feed with how many posts are about us; a failure is explained; nothing is stored."""
    settings(herald=rss("Midvale opens a park", "Weather"), courier="<html><body>Hello</body></html>")
    assert main(["check"]) == 1
    shown = capsys.readouterr()
    day = day_said(door.now() - timedelta(seconds=5), door.now(), CHICAGO)
    assert re.search(r"^herald +rss +yes +2 +1 +" + day, shown.out, re.MULTILINE)
    assert re.search(r"^courier +rss +no$", shown.out, re.MULTILINE)
    assert "1 of 2 feeds answered. Nothing was stored." in shown.out
    assert "courier: " in shown.err
    assert "web page" in shown.err
    assert not (tmp_path / "mentions.db").exists()


def test_check_warns_of_queries_that_are_hardly_meant(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A small "or" is a word, not an operator: check says so, and for which topic."""
    file = settings(herald=rss("Midvale opens a park"))
    file.write_text(file.read_text(encoding="utf-8").replace("midvale AND bus", "midvale or bus"), encoding="utf-8")
    assert main(["check", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert any("Topic “Buses”" in warning and "OR" in warning for warning in said["warnings"])
    assert [(feed["feed"], feed["posts"], feed["matched"]) for feed in said["feeds"]] == [("herald", 1, 1)]


def test_check_warns_of_what_was_learned_for_an_older_model(
    settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """An update of the program may bring other weights: what was learned then lies there and does nothing."""
    file = settings(herald=rss("Midvale opens a park"))
    learned = {
        "format": 1,
        "model": "1+abc",
        "labels": 124,
        "offsets": [0.1, -0.1],
        "words": {},
        "numbers": {},
        "sure": {tag: [0.0, 1.0] for tag in ("good", "neutral", "bad")},
        "before": {"macro_f1": 0.5, "right": 0.5},
        "after": {"macro_f1": 0.6, "right": 0.6},
    }
    (file.parent / "listening-learned.json").write_text(json.dumps(learned), encoding="utf-8")
    assert main(["check"]) == 0
    assert "learned from 124 labels of yours belongs to an older model" in capsys.readouterr().out


# --- init -----------------------------------------------------------------------------------------------------------


def test_init_from_options(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """All in options: the file can be read at once and holds what was given."""
    words = ["init", "--name", "Town of Midvale", "--short-name", "Midvale", "--timezone", "America/Chicago"]
    words += ["--contact", "press@midvale.example", "--own", "@town@midvale.example", "--keyword", "#midvale"]
    words += ["--feed", "https://herald.example/feed.xml", "--feed", "#midvale@harbor.example", "--feed", "r/midvale"]
    assert main(words) == 0
    assert "listening check" in capsys.readouterr().out
    made = load(tmp_path / "listening.toml")
    assert made.agency.timezone.key == "America/Chicago"
    assert "#midvale" in made.topics[0].query
    assert [(feed.source, dict(feed.options)) for feed in made.feeds] == [
        ("rss", {"url": "https://herald.example/feed.xml"}),
        ("mastodon", {"server": "https://harbor.example", "tag": "midvale"}),
        ("reddit", {"subreddit": "midvale"}),
    ]


def test_init_never_overwrites(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    (tmp_path / "listening.toml").write_text("# mine\n")
    assert main(["init", "--name", "Midvale", "--timezone", "UTC"]) == 2
    assert (tmp_path / "listening.toml").read_text() == "# mine\n"
    assert "was left as it is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--timezone", "UTC"], "--name is missing"),
        (["--name", "Midvale", "--timezone", "Chicago"], "America/Chicago"),
        (["--name", "Midvale", "--timezone", "UTC", "--contact", "nobody"], "neither a mail address"),
        (["--name", "Midvale", "--timezone", "UTC", "--feed", "herald"], "no place to listen to"),
        (["--name", "Midvale", "--timezone", "UTC", "--feed", "https://h.example/?token=abcdefghijklm"], "secret"),
        (["--name", "Midvale", "--timezone", "UTC", "--keyword", "!!"], "no letter"),
    ],
)
def test_init_refuses_what_cannot_be_used(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nothing is written, and the reason is said."""
    assert main(["init", *words]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_init_asks_again_where_an_answer_cannot_be_used(tmp_path: Path) -> None:
    """On a terminal each question is asked until its answer can be used; Enter takes what is proposed."""
    import pty

    answers = ["", "Town of Midvale", "", "Chicago", "", "nobody", "press@midvale.example"]
    answers += ["", "#midvale", "", "herald", "https://herald.example/feed.xml", "", "n"]
    master, terminal = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TZ": "America/Denver", "TERM": "xterm"}
    command = [sys.executable, "-m", "listening", "init"]
    with subprocess.Popen(command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        os.write(master, "".join(f"{answer}\n" for answer in answers).encode())
        assert process.wait(30) == 0
    os.close(master)
    made = load(tmp_path / "listening.toml")
    assert (made.agency.name, made.agency.timezone.key) == ("Town of Midvale", "America/Denver")
    assert made.agency.contact == "press@midvale.example"
    assert [feed.options["url"] for feed in made.feeds] == ["https://herald.example/feed.xml"]


def test_feeds_of_one_host_get_names_that_differ() -> None:
    """The same place twice is one feed; two places of one name are told apart."""
    feeds = [
        feed_of(text)
        for text in ("r/midvale", "https://www.reddit.com/r/midvale/", "https://h.example", "http://h.example")
    ]
    assert [feed.name for feed in named_apart(feeds)] == ["r/midvale", "h.example", "h.example (2)"]


# --- demo -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.skipif(
    not (PROJECT / "app.py").exists() or not (PROJECT / "sample_feeds").exists(), reason="installed without the page"
)
def test_the_demo_shows_a_page_and_leaves_nothing(tmp_path: Path) -> None:
    """It says where the page is once the page answers; Ctrl+C ends both, and the temporary folder is gone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(temporary), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "listening", "demo", "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        assert lines[1] == f"The page: http://localhost:{port} – press Ctrl+C to stop.\n"
        assert not is_free(port)
        folders = list(temporary.glob("listening-demo-*"))
        assert [folder.stat().st_mode & 0o077 for folder in folders] == [0]
        assert (folders[0] / "quillhaven.db").exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert list(temporary.glob("listening-demo-*")) == []
    assert is_free(port)


def test_a_port_in_use_is_said(settings: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A port that was named and is taken is refused, not silently changed."""
    settings(herald=rss("Midvale opens a park"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["serve", "--no-browser", "--port", str(port)]) == 2
    assert f"Port {port} is in use" in capsys.readouterr().err
