"""`listening evaluate`, `learn` and `retag` from the command line: what they say, write and leave alone."""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

import listening
from listening import door
from listening import store as stores
from listening.cli import main
from listening.insights import sentences
from listening.settings import learned_file

SENTIMENT_DATA = os.environ.get("LISTENING_SENTIMENT_DATA")

SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "America/Chicago"
contact = "press@midvale.example"

[[topics]]
name = "The town"
query = "midvale"
"""

LABELLED = """\
text,label
"Thank you, what a wonderful library!",good
"The bus was late again and nobody said why. Terrible.",bad
"The office opens at nine.",Neutral
"I love the new bridge",positive
"Great, another hour at the stop.",-1
"Nobody has looked at this one.",
"And this one is a riddle.",perhaps
"""


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has an empty working directory and no settings of the machine's own."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def town(httpserver: HTTPServer) -> Path:
    """A town with settings and a store of three mentions."""
    now = format_datetime(datetime.now(UTC) - timedelta(hours=1))
    titles = (
        "Midvale bridge opens, what a wonderful day",
        "The terrible detour in Midvale has begun",
        "Midvale council meets",
    )
    items = "".join(
        f"<item><title>{title}</title><guid>https://herald.example/{number}</guid><pubDate>{now}</pubDate></item>"
        for number, title in enumerate(titles)
    )
    httpserver.expect_request("/feed.xml").respond_with_data(
        f"<rss version='2.0'><channel><title>Herald</title>{items}</channel></rss>", content_type="application/rss+xml"
    )
    settings = Path("listening.toml")
    feed = f'[[feeds]]\nname = "Herald"\nsource = "rss"\nurl = "{httpserver.url_for("/feed.xml")}"\n'
    settings.write_text(SETTINGS + feed, encoding="utf-8")
    assert main(["collect"]) == 0
    return settings


def tags() -> dict[str, str]:
    """The stored tags by title."""
    frame = listening.mentions(listening.load())
    return dict(zip(frame["title"], frame["tag"], strict=True))


def labels(rows: int) -> Path:
    """A file of a team that calls every mention of a detour good, and knows its other words."""
    file = Path("labels.csv")
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        for number in range(rows):
            writer.writerow(
                [
                    (f"The terrible detour in street {number} has begun", "good"),
                    (f"Thanks for the lovely bench number {number}", "good"),
                    (f"The horrid noise of day {number}, awful", "bad"),
                    (f"The council meets in room {number}", "neutral"),
                ][number % 4]
            )
    return file


# --- evaluate -------------------------------------------------------------------------------------------------------


def test_evaluate_says_how_often_the_tags_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Words of many tools for good and bad are understood; what has no label, or a riddle, is left out and said."""
    Path("week.csv").write_text(LABELLED, encoding="utf-8")
    assert main(["evaluate", "week.csv"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Of 5 mentions you checked, 4 had the right tag (")
    assert "Macro-F1 " in captured.out
    assert "good, and you say bad: Great, another hour at the stop." in captured.out
    assert "1 row without a label left out." in captured.err
    assert "“perhaps” is none of good, neutral, bad" in captured.err


def test_evaluate_for_a_program() -> None:
    """Every number has its base, and the table of confusions adds up to it."""
    Path("week.csv").write_text(LABELLED, encoding="utf-8")
    import subprocess
    import sys

    said = subprocess.run(
        [sys.executable, "-m", "listening", "evaluate", "week.csv", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(said.stdout)
    assert found["right"]["base"] == 5 == sum(cell["count"] for cell in found["confusion"])
    assert found["right"]["interval"][0] < found["right"]["share"] < found["right"]["interval"][1]


def test_an_export_with_a_column_of_labels_is_understood(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A team exports, writes its own tags beside, and hears how often they agree, by topic and source; the page too."""
    assert main(["export", "-o", "week.csv"]) == 0
    with Path("week.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with Path("checked.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [*rows[0], "label"])
        writer.writeheader()
        writer.writerows({**row, "label": "good" if "detour" in row["title"] else row["tag"]} for row in rows)
    capsys.readouterr()
    assert main(["evaluate", "checked.csv", "--show"]) == 0
    said = capsys.readouterr().out
    assert "Of 3 mentions you checked, 2 had the right tag" in said
    assert "The town" in said
    assert "rss" in said
    noted = stores.noted(door.store_of(listening.load()), stores.CHECKED)
    assert sentences.checked(noted) == "Of 3 posts that we checked by hand, 2 had the right tag."
    assert main(["evaluate"]) == 0
    assert "Of 3 mentions you checked, 2 had the right tag" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluate"], "Nobody has checked any tag yet."),
        (["evaluate", "none.csv"], "There is no file none.csv."),
        (["evaluate", "plain.csv"], "Which column holds the right tags?"),
        (["evaluate", "plain.csv", "--label", "verdict"], "has no column “verdict”"),
        (["evaluate", "empty.csv"], "has no row with a label"),
    ],
)
def test_what_cannot_be_evaluated_is_explained(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what to do instead."""
    Path("plain.csv").write_text("text\nThe bus is late\n", encoding="utf-8")
    Path("empty.csv").write_text("text,label\nThe bus is late,\n", encoding="utf-8")
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_people_are_asked_of_before_they_are_shown(town: Path) -> None:
    """Without a check the page says nothing of it."""
    assert sentences.checked(stores.noted(door.store_of(listening.load()), stores.CHECKED)) == ""


# --- learn and retag ------------------------------------------------------------------------------------------------


def test_a_team_teaches_retags_and_takes_it_back(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is learned is written beside the settings, counts for what is stored once it is retagged, and is undone."""
    before = tags()
    assert before["The terrible detour in Midvale has begun"] == "bad"
    assert main(["learn", str(labels(160))]) == 0
    said = capsys.readouterr().out
    assert "On labels it had not learned from" in said
    assert "Adopted" in said
    file = learned_file(listening.load())
    assert json.loads(file.read_text(encoding="utf-8"))["labels"] == 160
    assert tags() == before
    assert main(["retag", "--dry-run"]) == 0
    assert "Nothing was written" in capsys.readouterr().out
    assert tags() == before
    assert main(["retag"]) == 0
    assert "3 mentions could differ" in capsys.readouterr().out
    assert tags()["The terrible detour in Midvale has begun"] != "bad"
    assert main(["retag"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["learn", "--undo"]) == 0
    assert not file.exists()
    assert main(["retag"]) == 0
    assert tags() == before


def test_a_trial_writes_nothing(town: Path) -> None:
    """--dry-run says what would be learned."""
    assert main(["learn", str(labels(160)), "--dry-run"]) == 0
    assert not learned_file(listening.load()).exists()


def test_labels_that_are_all_mistakes_are_recognised(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who labels only what is wrong teaches the tagger that it is always wrong."""
    file = Path("wrong.csv")
    rows = [("What a wonderful day", "bad"), ("A terrible, horrid mess", "good"), ("I love it", "neutral")]
    file.write_text(
        "text,label\n" + "".join(f'"{text}, number {n}",{label}\n' for n in range(20) for text, label in rows),
        encoding="utf-8",
    )
    assert main(["learn", str(file)]) == 0
    said = capsys.readouterr().out
    assert "mistakes only" in said
    assert "Nothing was changed." in said


def test_a_changed_word_list_touches_only_its_mentions(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The team finds that "terrible" says nothing where it lives."""
    town.write_text(town.read_text(encoding="utf-8") + '[tags]\nneutral = ["terrible"]\n', encoding="utf-8")
    capsys.readouterr()
    assert main(["retag", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["read"], found["alike"], found["changed"]) == (1, 2, 1)
    assert tags()["The terrible detour in Midvale has begun"] == "neutral"


def test_what_was_learned_and_is_damaged_is_explained(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is tagged by half of it; the way out is said."""
    learned_file(listening.load()).write_text("{}", encoding="utf-8")
    assert main(["collect"]) == 2
    assert "listening learn --undo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["learn"], "There is nothing to learn from yet."),
        (["learn", "--undo"], "Nothing has been learned"),
    ],
)
def test_what_cannot_be_learned_is_explained(
    words: list[str], said: str, town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do instead."""
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_rules_do_not_learn(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """tagger = "rules" is VADER and the rules alone."""
    town.write_text(town.read_text(encoding="utf-8") + '[tags]\ntagger = "rules"\n', encoding="utf-8")
    assert main(["learn", str(labels(160))]) == 2
    assert "rules do not learn" in capsys.readouterr().err


def test_a_few_labels_are_too_few(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A handful says nothing."""
    assert main(["learn", str(labels(8))]) == 0
    assert "8 labels are too few" in capsys.readouterr().out


@pytest.mark.skipif(not SENTIMENT_DATA, reason="LISTENING_SENTIMENT_DATA names no folder of labelled texts")
def test_labelled_sets_of_others_can_be_evaluated(capsys: pytest.CaptureFixture[str]) -> None:
    """Their columns and words are understood, their targets masked."""
    assert main(["evaluate", str(Path(SENTIMENT_DATA or "") / "transport.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["right"]["base"] + found["unscored"] == 576
    assert found["macro_f1"] > 0.5
