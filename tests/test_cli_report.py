"""`listening report` and the other formats of `listening export`, from end to end."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pytest
from conftest import MakeMention, Save
from sqlalchemy import select

from listening import door, weeks
from listening import store as stores
from listening.cli import main
from listening.models import Mention
from listening.settings import load
from listening.store import Store
from listening.store.files import digest_of, written
from listening.store.schema import access_log
from listening.takeaway import REPORT_FORMATS

NEW_YORK = ZoneInfo("America/New_York")
SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "America/New_York"

[[topics]]
name = "The town"
query = "midvale"

[[topics]]
name = "Buses"
query = "bus"
"""


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def town(tmp_path: Path) -> Store:
    """listening.toml of a town, and the empty store beside it."""
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return stores.open_store(f"sqlite:///{tmp_path / 'mentions.db'}", NEW_YORK)


@pytest.fixture
def week() -> str:
    """The last full week."""
    return weeks.last_ended(door.now(), NEW_YORK)


@pytest.fixture
def post(mention: MakeMention, week: str) -> Callable[..., Mention]:
    """Makes a post of the last full week's Tuesday, or so many weeks before it."""

    def make(back: int = 0, **changes: object) -> Mention:
        at = weeks.period_of(week, NEW_YORK).start + timedelta(days=1, hours=12, weeks=-back)
        return mention(
            published_at=at.astimezone(UTC), topics=("The town",), text="Midvale has a lovely park.", **changes
        )

    return make


def log(store: Store) -> list[tuple[str, str]]:
    with store.reading() as connection:
        return [(row.what, row.detail) for row in connection.execute(select(access_log).order_by(access_log.c.no))]


@pytest.mark.parametrize("ending", REPORT_FORMATS)
def test_a_report_is_of_the_last_full_week(
    ending: str, week: str, town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """By the file's ending; what it says stands on the terminal, and that it was taken in the access log."""
    save(town, post(), post(), post(back=1))
    assert 0 == main(["report", "-o", f"week.{ending}"])
    said = capsys.readouterr().out
    days = weeks.period_of(week, NEW_YORK).words(NEW_YORK)
    assert f"It’s already happening: 2 public posts about us in the week of {days}, in one place." in said
    assert f": week.{ending}\n" in said.replace(f"of {days}", "")
    content = Path(f"week.{ending}").read_bytes()
    assert content.startswith(b"<!doctype html>" if ending == "html" else b"PK")
    ((what, detail),) = log(town)
    assert "report" == what
    assert detail.startswith(f"{ending}, ")
    assert detail.endswith(f"; to week.{ending}")


def test_another_week_a_period_a_topic_a_search(
    week: str, town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's own choices; a week is named by its days."""
    save(town, post(), post(back=1), post(back=1), post(back=1))
    before = weeks.key_of(weeks.monday_of(week) - timedelta(days=7))
    for options, said in (
        (
            ["--week", before],
            f"3 public posts about us in the week of {weeks.period_of(before, NEW_YORK).words(NEW_YORK)}",
        ),
        (["--week", before.lower()], "3 public posts"),
        (["--period", "30d"], "4 public posts about us in the last 30 days"),
        (["--period", "30d", "--topic", "buses"], "No public posts about us under “Buses” in the last 30 days"),
        (["--period", "30d", "--search", "park"], "4 public posts about “park” in the last 30 days"),
    ):
        assert 0 == main(["report", "-o", "some.html", *options])
        assert said in capsys.readouterr().out
        assert said.split(" in the ")[0] in Path("some.html").read_text(encoding="utf-8")
    assert "; topic: Buses; to some.html" in log(town)[3][1]
    assert "; search: park; to some.html" in log(town)[4][1]


def test_a_closed_week_says_so_and_what_moved_since(
    week: str, town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """The frozen number beside today's, as on the page."""
    save(town, post())
    weeks.close(town, load(Path("listening.toml"), {}), week, "Ana Brook", door.now())
    save(town, post())
    assert 0 == main(["report", "-o", "week.html"])
    said = "public posts 1 when it was closed, 2 now: 1 late post"
    assert said in capsys.readouterr().out
    page = Path("week.html").read_text(encoding="utf-8")
    assert said in page
    assert "Ana" not in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "week"], ["week does not say what to write.", "html: brief for a browser (HTML); pptx: slides"]),
        (["-o", "week.pdf"], ["There is no report in the format “pdf”.", "What there is: html"]),
        (["-o", "week.html", "--format", "ppt"], ["There is no report in the format “ppt”.", "Did you mean pptx?"]),
        (["-o", "week.html", "--format", "docx"], ["week.html is named like another format than docx."]),
        (["-o", "week.html", "--week", "2026"], ["There is no week “2026”.", "2026-W47"]),
        (
            ["-o", "week.html", "--week", "2099-W01"],
            ["The week 2099-W01 has not ended yet."],
        ),
        (["-o", "week.html", "--week", "0001-W10"], ["Nothing is known of the week 0001-W10."]),
        (["-o", "week.html", "--search", "b\udce4r"], ["--search holds signs that cannot be read."]),
        (["-o", "-"], ["A report cannot be printed.", "-o week.docx"]),
        (["-o", "week.html", "--week", "2026-W47", "--period", "7d"], ["--week and --period do not go together."]),
        (["-o", "week.html", "--topic", "Busses"], ["There is no topic “Busses”.", "Did you mean “Buses”?"]),
        (["-o", "week.html", "--search", "a OR OR"], ["The query cannot be read"]),
        (["-o", "none/week.html"], ["could not be written: no such file or directory"]),
        (["-o", "mentions.db", "--format", "html"], ["mentions.db is a file that Listening needs."]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_refused_in_words(
    words: list[str],
    said: list[str],
    town: Store,
    save: Save,
    post: Callable[..., Mention],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, the reason and what would be right; nothing is written."""
    save(town, post())
    before = Path("mentions.db").stat().st_size
    assert 2 == main(["report", *words])
    shown = capsys.readouterr()
    assert [] == [part for part in said if part not in shown.err]
    assert "Traceback" not in shown.err
    assert ["listening.toml"] == sorted(each.name for each in Path.cwd().iterdir() if "mentions.db" not in each.name)
    assert before == Path("mentions.db").stat().st_size


def test_every_file_is_noted_so_that_a_forgotten_post_can_be_looked_for_in_it(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exports, also printed ones, and reports; `listening forget` names them."""
    one = post()
    save(town, one)
    assert 0 == main(["export", "-o", "a.csv", "--period", "30d"])
    assert 0 == main(["export", "-o", "-", "--period", "30d"])
    assert 0 == main(["report", "-o", "week.docx"])
    with town.reading() as connection:
        files = written(connection)
    assert [("export", "a.csv", 1), ("export", "", 1), ("report", "week.docx", 1)] == [
        (each.kind, Path(each.path).name, each.rows) for each in files
    ]
    assert [digest_of(Path("a.csv")), "", digest_of(Path("week.docx"))] == [each.digest for each in files]
    capsys.readouterr()
    assert 0 == main(["forget", one.id, "--yes"])
    said = capsys.readouterr().out
    assert "a.csv" in said
    assert "printed on a terminal" in said
    assert "week.docx" in said


def test_what_somebody_filled_in_is_not_written_over(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """As it was written it may be written anew; changed only where that is said."""
    save(town, post())
    assert 0 == main(["report", "-o", "week.html"])
    assert 0 == main(["report", "-o", "week.html"])
    file = Path("week.html")
    file.write_text(file.read_text(encoding="utf-8").replace("<main>", "<main>We call the bakery."), encoding="utf-8")
    changed = file.read_bytes()
    capsys.readouterr()
    assert 2 == main(["report", "-o", "week.html"])
    assert "was changed since it was written" in capsys.readouterr().err
    assert changed == file.read_bytes()
    assert 0 == main(["report", "-o", "week.html", "--overwrite"])
    assert changed != file.read_bytes()


def test_an_export_writes_over_nothing_of_ours_or_of_somebodys(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """What was learned from corrections is a file beside the settings; a read-me may be called like somebody's file."""
    save(town, post())
    learned = Path("listening-learned.json")
    learned.write_text("{}", encoding="utf-8")
    assert 2 == main(["export", "-o", str(learned)])
    assert "is a file that Listening needs" in capsys.readouterr().err
    Path("a.csv.readme.txt").write_text("My own notes", encoding="utf-8")
    assert 2 == main(["export", "-o", "a.csv"])
    assert "is no read-me of ours" in capsys.readouterr().err
    assert "My own notes" == Path("a.csv.readme.txt").read_text(encoding="utf-8")
    assert not Path("a.csv").exists()
    assert 0 == main(["export", "-o", "b.csv"])
    assert 0 == main(["export", "-o", "b.csv", "--since", "1000-01-01"])


def test_exports_in_every_format(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """By the file's ending or by name; a read-me lies beside the texts, the others hold it."""
    save(town, post(), post())
    for name in ("a.xlsx", "a.json", "a.jsonl", "a.parquet"):
        assert 0 == main(["export", "-o", name, "--period", "30d"])
        assert "2 mentions of" in capsys.readouterr().err
    assert 2 == openpyxl.load_workbook("a.xlsx")["Mentions"].max_row - 1 == pq.read_table("a.parquet").num_rows
    lines = Path("a.json").read_text(encoding="utf-8").splitlines()
    assert ["Midvale has a lovely park."] * 2 == [json.loads(line)["text"] for line in lines]
    assert 2 == len(Path("a.jsonl").read_text(encoding="utf-8").splitlines())
    beside = sorted(each.name for each in Path.cwd().glob("*.readme.txt"))
    assert ["a.json.readme.txt", "a.jsonl.readme.txt"] == beside
    assert Path("a.json.readme.txt").read_text(encoding="utf-8").startswith("Public posts about Town of Midvale\n---")
    assert 0 == main(["export", "-o", "-", "--format", "json", "--period", "30d"])
    assert 2 == len([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    assert ["export"] * 5 == [what for what, _ in log(town)]
    assert log(town)[0][1].startswith("xlsx, 2 mentions, ")
