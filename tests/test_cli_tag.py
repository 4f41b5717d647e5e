"""`listening tag`: any CSV file in, the same columns and three more out."""

from __future__ import annotations

import csv
import io
import os
import pty
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import listening
from listening.cli import main
from listening.spreadsheet import Notes, as_text, free_name, rows, shape

PROJECT = Path(listening.__file__).resolve().parent.parent
SENTIMENT_DATA = os.environ.get("LISTENING_SENTIMENT_DATA")


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has an empty working directory and no settings of the machine's own."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def tag(content: str | bytes, *words: str, name: str = "posts.csv") -> list[dict[str, str]]:
    """The rows of the output for a file with this content."""
    file = Path(name)
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    assert main(["tag", name, "-o", "out.csv", *words]) == 0
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as out:
        delimiter = max(",;\t|", key=out.readline().count)
        out.seek(0)
        return list(csv.DictReader(out, delimiter=delimiter))


POSTS = "id,message\n1,Thank you for the wonderful library!\n2,The bus is late again. Terrible.\n3,Office hours\n"


def test_the_columns_are_kept_and_three_come_behind_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns and values stay as they are; score, tag and why follow, and why adds up what moved the score."""
    found = tag(POSTS)
    assert list(found[0]) == ["id", "message", "score", "tag", "why"]
    assert [row["tag"] for row in found] == ["good", "bad", "neutral"]
    assert [row["message"] for row in found] == [line.split(",", 1)[1] for line in POSTS.splitlines()[1:]]
    assert float(found[0]["score"]) > 0.5
    assert found[1]["why"].startswith("terrible -")
    said = capsys.readouterr().err
    assert "Texts are read from the column “message”." in said
    assert "3 rows: 1 good, 1 neutral, 1 bad, 0 unscored. Written to out.csv." in said


def test_a_name_that_is_taken_gets_a_number() -> None:
    """A file that was tagged before keeps its old columns."""
    found = tag("text,score,tag,tag_2\nThank you,7,x,y\n")
    assert list(found[0]) == ["text", "score", "tag", "tag_2", "score_2", "tag_3", "why"]
    assert (found[0]["score"], found[0]["tag"], found[0]["tag_2"]) == ("7", "x", "y")
    assert free_name("why", ["why", "why_2", "why_3"]) == "why_4"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(encoding: str, delimiter: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Umlauts and typographic quotes come through from every encoding that spreadsheets write."""
    text = f'who{delimiter}text{delimiter}day\nJürgen{delimiter}"It’s wonderful, really; thanks"{delimiter}Mon\n'
    found = tag(text.encode(encoding))
    assert (found[0]["who"], found[0]["text"], found[0]["day"]) == ("Jürgen", "It’s wonderful, really; thanks", "Mon")
    assert found[0]["tag"] == "good"
    assert ("Windows-1252" in capsys.readouterr().err) == (encoding == "cp1252")


def test_a_few_damaged_letters_do_not_change_the_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    """A UTF-8 file with one broken byte stays UTF-8, and the damage is said."""
    found = tag("text\nGrüße aus dem Süden – schön\n".encode() + b"Caf\xe9\n")
    assert [row["text"] for row in found] == ["Grüße aus dem Süden – schön", "Caf�"]
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    "header", ["Text", " Tweet Text", "full_text", "Message", "CONTENT", "Comment", "Hit Sentence", "Title"]
)
def test_the_text_column_is_known_by_its_name(header: str) -> None:
    """The names that other tools use are known, whatever their case and blanks."""
    assert tag(f"id,{header},date\n1,Wonderful,2026\n")[0]["tag"] == "good"


def test_an_unknown_text_column_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """The columns are listed, and nothing is written."""
    Path("a.csv").write_text("number,words\n1,Wonderful\n")
    assert main(["tag", "a.csv", "-o", "out.csv"]) == 2
    assert "Name it with --text; the columns are “number”, “words”." in capsys.readouterr().err
    assert main(["tag", "a.csv", "-o", "out.csv", "--text", "wrods"]) == 2
    assert "no column “wrods”" in capsys.readouterr().err
    assert not Path("out.csv").exists()
    assert main(["tag", "a.csv", "-o", "out.csv", "--text", "words"]) == 0


def test_lines_above_the_column_names_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Some tools write about the query first: the column names are found further down."""
    found = tag('Report:,Mentions\nBrand:,Midvale\n\n"Date","Full Text"\n2026-01-01,Wonderful\n')
    assert [(row["Date"], row["tag"]) for row in found] == [("2026-01-01", "good")]
    assert "The 2 lines above the column names are left out." in capsys.readouterr().err


def test_rows_of_another_width_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """Short rows are filled up, what is too much goes into the last column, and both are counted."""
    found = tag("id,text\n1\n2,Wonderful, really, thanks\n3,Terrible\n")
    assert [(row["id"], row["text"]) for row in found] == [
        ("1", ""),
        ("2", "Wonderful, really, thanks"),
        ("3", "Terrible"),
    ]
    assert [row["tag"] for row in found] == ["unscored", "good", "bad"]
    said = capsys.readouterr().err
    assert "1 row had too few columns" in said
    assert "1 row had too many columns" in said


def test_empty_columns_behind_a_row_are_no_part_of_its_text() -> None:
    """Spreadsheets leave delimiters behind short rows; those within a text stay."""
    found = tag("id;text\n1;Thank you all;;\n2;a lovely; warm day\n")
    assert [row["text"] for row in found] == ["Thank you all", "a lovely; warm day"]


def test_what_is_not_english_is_unscored() -> None:
    """An unscored row has no score, and why says why."""
    found = tag("text\nDer Bus kommt heute leider wieder nicht, das ist sehr schade für alle Fahrgäste.\n")
    assert (found[0]["tag"], found[0]["score"], found[0]["why"]) == ("unscored", "", "not English (de)")


def test_names_are_no_opinion() -> None:
    """--name masks a name; without settings nothing else is masked."""
    text = "text\nThe Hope Center opens at nine\n"
    assert tag(text)[0]["tag"] == "good"
    masked = tag(text, "--name", "Hope Center")[0]
    assert masked["tag"] == "neutral"
    assert abs(float(masked["score"])) < 0.1
    assert "name: Hope Center" in masked["why"]


def test_the_names_of_the_settings_are_masked_too() -> None:
    """With a listening.toml in the folder the agency's own name is no praise."""
    Path("listening.toml").write_text(
        '[agency]\nname = "Office of Happy Trails"\ntimezone = "UTC"\n[[topics]]\nname = "us"\nquery = "trails"\n'
    )
    assert tag("text\nThe Office of Happy Trails opens at nine\n")[0]["tag"] == "neutral"


def test_the_kind_of_text_decides_how_much_praise_is_good() -> None:
    """By the rules alone the same words are good in a headline and neutral in a post."""
    Path("listening.toml").write_text(
        '[agency]\nname = "Quillhaven"\ntimezone = "UTC"\n[[topics]]\nname = "us"\nquery = "path"\n'
        '[tags]\ntagger = "rules"\n'
    )
    text = "text\nVisitors like the new path\n"
    assert [tag(text, "--kind", kind)[0]["tag"] for kind in ("headline", "post", "feedback")] == [
        "good",
        "neutral",
        "good",
    ]


def test_formulas_of_others_are_passed_on_and_ours_are_safe() -> None:
    """The input's cells are not touched; the column why never begins like a formula."""
    found = tag('text,note\n"=cmd()|wonderful",+1\n@good =good,-2\n')
    assert [row["text"] for row in found] == ["=cmd()|wonderful", "@good =good"]
    assert [row["note"] for row in found] == ["+1", "-2"]
    assert [row["why"][:1] for row in found if row["why"][:1] in "=+-@"] == []


def test_the_input_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    """Not by its own name, nor by another name for the same file."""
    Path("a.csv").write_text(POSTS)
    Path("b.csv").hardlink_to("a.csv")
    for target in ("a.csv", "./a.csv", "b.csv"):
        assert main(["tag", "a.csv", "-o", target]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert Path("a.csv").read_text() == POSTS


def test_a_broken_run_leaves_what_was_there() -> None:
    """A cell that never ends stops the work; the old output stays whole and no half file is left."""
    Path("a.csv").write_text('id,text\n1,good\n2,"never closed\n' + "x" * 11_000_000)
    Path("out.csv").write_text("what was there")
    assert main(["tag", "a.csv", "-o", "out.csv"]) == 2
    assert Path("out.csv").read_text() == "what was there"
    assert sorted(file.name for file in Path().iterdir()) == ["a.csv", "out.csv"]


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"PK\x03\x04\x00\x00data", "is not a CSV file"), (None, "no file")]
)
def test_what_is_no_csv_is_refused(content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Empty files, workbooks and missing files are named as such."""
    if content is not None:
        Path("a.csv").write_bytes(content)
    assert main(["tag", "a.csv", "-o", "out.csv"]) == 2
    assert said in capsys.readouterr().err


def test_without_a_terminal_the_rows_go_to_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Piped, the output is CSV alone; what is said goes to stderr."""
    Path("a.csv").write_text(POSTS)
    assert main(["tag", "a.csv"]) == 0
    out = capsysbinary.readouterr().out.decode("utf-8")
    assert [row["tag"] for row in csv.DictReader(io.StringIO(out))] == ["good", "bad", "neutral"]
    assert list(Path().iterdir()) == [Path("a.csv")]


def test_on_a_terminal_a_new_file_is_written_beside_the_old() -> None:
    """FILE-tagged.csv, and the next free name where that is taken."""
    Path("a.csv").write_text(POSTS)
    master, terminal = pty.openpty()
    command = [sys.executable, "-m", "listening", "tag", "a.csv"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TERM": "xterm"}
    Path("a-tagged.csv").write_text("mine")
    with subprocess.Popen(command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        assert process.wait(60) == 0
    os.close(master)
    assert Path("a-tagged.csv").read_text() == "mine"
    assert "good" in Path("a-tagged-2.csv").read_text()


def test_memory_stays_flat() -> None:
    """Ten times the rows take no more memory: 20,000 rows of a kilobyte are 20 MB on disk."""
    filler = "word " * 200
    with Path("big.csv").open("w") as file:
        file.write("text,filler\n")
        file.writelines(f",{filler}\n" for _ in range(20_000))
    tag(POSTS)  # load the word lists first
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert main(["tag", "big.csv", "-o", "out.csv"]) == 0
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 8_000  # kilobytes


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=12)


@settings(max_examples=150)
@given(
    cells=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=5),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_value_comes_back_as_it_was(
    cells: list[tuple[str, str, str]], delimiter: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in the cells, delimiters, quotes and line ends among them, is read as it was written."""
    file = tmp_path_factory.mktemp("csv") / "a.csv"
    with file.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(["id", "text", "end"])
        writer.writerows(cells)
    found = shape(file, "text")
    with file.open("rb") as source, as_text(found, source) as readable:
        read = list(rows(found, readable, Notes()))
    assert (found.delimiter, found.header) == (delimiter, ("id", "text", "end"))
    assert [tuple(row) for row in read] == cells


@pytest.mark.skipif(not SENTIMENT_DATA, reason="LISTENING_SENTIMENT_DATA names no folder of labelled texts")
def test_real_texts_come_through_whole() -> None:
    """Every row of a real file comes out with its own values and a tag."""
    source = Path(SENTIMENT_DATA or "") / "transport.csv"
    with source.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    found = tag(source.read_bytes())
    assert [{name: row[name] for name in expected[0]} for row in found] == expected
    assert {row["tag"] for row in found} <= {"good", "neutral", "bad", "unscored"}
