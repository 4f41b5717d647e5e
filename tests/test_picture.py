"""The chart as a picture: it says what the page says, every letter is drawn, and nothing is asked of a network."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import builtins
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import TIMEZONE
from PIL import Image

from listening import demo, door, picture
from listening.cli import main
from listening.insights import sentences
from listening.insights.periods import period
from listening.insights.tables import Bars, bars
from listening.settings import Settings
from listening.store import Reader, View

INK, PAPER = (0x0F, 0x17, 0x20), (255, 255, 255)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The invented town, collected."""
    return demo.build(tmp_path_factory.mktemp("town"), door.now)


@pytest.fixture
def run(town: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command in the town: its exit code, and what it said and complained of."""
    monkeypatch.setenv("LISTENING_SETTINGS", str(town.path))
    monkeypatch.setenv("LISTENING_STORE", town.store_url)

    def command(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def week(town: Settings) -> Bars:
    store = door.store_of(town)
    chosen = period("week", door.now().astimezone(TIMEZONE), TIMEZONE)
    with store.reading() as connection:
        return bars(Reader(store, connection), View(start=chosen.start, end=chosen.end), chosen, TIMEZONE)


def dark(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    """How many pixels of a part of the picture are not paper."""
    part = image.convert("L").crop(box)
    return sum(part.histogram()[:200])


def test_a_picture_holds_what_the_page_says_beside_the_chart(run: Any, town: Settings, tmp_path: Path) -> None:
    """The finding, measure and days, whose posts they are and that they are made up, the key, each day, the peak."""
    file = tmp_path / "week.svg"
    code, out, _ = run("chart", "-o", str(file), "--period", "week")
    table = week(town)
    assert (0, f"{file}: {sentences.chart_words(table)}\n") == (code, " ".join(out.split()) + "\n")
    svg = file.read_text(encoding="utf-8")
    words = re.findall(r">([^<>\n]+)</t(?:ext|span)>", svg)
    for wanted in (sentences.chart_title(table, "us"), "Town of Quillhaven, made-up data", "Good", "Neutral", "Bad"):
        assert wanted in words, wanted
    assert any(each.startswith("Public posts a day, ") for each in words)
    assert {str(bar.first.day) for bar in table.bars} <= {each.split(" ")[0] for each in words}
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", svg)


def test_every_letter_of_a_png_is_drawn(run: Any, tmp_path: Path) -> None:
    """A font that is not there draws nothing, and says nothing: so the strips of the words are looked at."""
    file = tmp_path / "days.png"
    assert 0 == run("chart", "-o", str(file), "--topic", "library and parks", "--period", "30d")[0]
    image = Image.open(file).convert("RGB")
    width, height = image.size
    assert width > 1_600
    assert PAPER == image.getpixel((2, 2))
    assert dark(image, (0, 0, width, height // 6)) > 2_000  # title
    assert dark(image, (0, height - height // 7, width, height)) > 500  # days
    assert dark(image, (0, height // 3, 110, height - height // 6)) > 60  # the numbers of the axis
    colours = {colour for _, colour in image.getcolors(1 << 20) or []}
    assert {tuple(bytes.fromhex(picture.COLOURS[name][1:])) for name in ("Good", "Neutral", "Bad")} <= colours


def test_the_specification_stands_alone(town: Settings) -> None:
    """All its data inside, as plain JSON; no address, no click."""
    made = picture.specification(week(town), title="A title", under="Posts a day", source="A town")
    text = json.dumps(made)
    assert "params" not in made
    assert {"bars", "parts", "call_out", "ceiling"} == set(made["datasets"])
    assert "http" not in text.replace(made["$schema"], "")


def test_what_cannot_be_drawn_is_refused_in_words(run: Any, tmp_path: Path) -> None:
    """Another kind of file, a file that is there, a topic that is not, no posts; nothing is written."""
    there = tmp_path / "there.png"
    there.write_bytes(b"mine")
    for words, said in (
        (("-o", str(tmp_path / "a.jpg")), "of a kind that is not made here: “.jpg”"),
        (("-o", str(there)), "exists already"),
        (("-o", str(tmp_path / "a.png"), "--topic", "Librarie"), "There is no topic “Librarie”"),
        (("-o", str(tmp_path / "a.png"), "--period", "8d"), "There is no period “8d”"),
        (("-o", str(tmp_path / "nowhere" / "a.png")), "Its folder must exist"),
    ):
        code, _, err = run("chart", *words)
        assert code
        assert said in " ".join(err.split())
    assert b"mine" == there.read_bytes()
    assert [there] == list(tmp_path.iterdir())


def test_without_the_extra_it_says_what_to_install(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what the page can do all the same."""
    real = builtins.__import__

    def without(name: str, *given: Any, **named: Any) -> Any:
        if name == "vl_convert":
            raise ImportError(name)
        return real(name, *given, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    code, _, err = run("chart", "-o", str(tmp_path / "a.png"))
    assert 1 == code
    assert "pip install -e '.[png]'" in " ".join(err.split())
    assert [] == list(tmp_path.iterdir())


def test_the_pictures_colours_are_the_pages() -> None:
    """Those of the light theme, by the names of the scale."""
    import tomllib

    from listening.charts import COLOURS

    config = Path(picture.__file__).resolve().parent.parent / ".streamlit" / "config.toml"
    theme = tomllib.loads(config.read_text(encoding="utf-8"))["theme"]["light"]["chartCategoricalColors"]
    assert dict(zip(COLOURS, theme, strict=True)) == dict(picture.COLOURS)
