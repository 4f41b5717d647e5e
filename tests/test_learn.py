"""Learning from the team's labels: what moves, when it is kept, and how it is undone."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from listening.models import Tag
from listening.sentiment import Tagger
from listening.sentiment.labelled import macro_f1, rows
from listening.sentiment.learn import ENOUGH_FOR_WORDS, FEWEST_LABELS, Label, Outcome, learn
from listening.sentiment.learned import applied, encode, load, save
from listening.sentiment.minimum import minimum
from listening.sentiment.model import CLASSES
from listening.sentiment.model import load as shipped
from listening.sentiment.reading import Reader

DATA = os.environ.get("LISTENING_SENTIMENT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LISTENING_SENTIMENT_DATA does not name the labelled texts")

THINGS = ("ferry", "library", "tram", "pool", "market", "museum", "bridge", "park", "school", "harbour")
DAYS = ("on Monday", "on Tuesday", "on Friday", "this morning", "last week", "today", "again", "near the mill")
SAID: dict[Tag, tuple[str, ...]] = {
    # For the shipped model the first two kinds are mostly neutral; this team knows what they mean.
    "bad": ("no sign of the {} {}", "the {} is behind the fence {}", "still looking for the {} {}"),
    "good": ("the {} is open longer {}", "two more doors at the {} {}", "the {} has a ramp now {}"),
    "neutral": ("the {} opens at nine {}", "is the {} near the station {}", "we saw the {} {}"),
}


def team(number: int, *, seed: int = 1) -> list[Label]:
    """So many labels of an invented team: what is bad and good to it only it can say."""
    source = random.Random(seed)
    labels = []
    for at in range(number):
        tag = CLASSES[at % 3]
        text = source.choice(SAID[tag]).format(source.choice(THINGS), source.choice(DAYS))
        labels.append(Label(text=f"{text} {source.choice(THINGS)} {at}", tag=tag))
    return labels


@cache
def outcome(number: int) -> Outcome:
    return learn(team(number), shipped())


def right(model_of: Outcome | None, labels: list[Label]) -> float:
    model = shipped() if model_of is None or model_of.learned is None else applied(shipped(), model_of.learned)
    tagger = Tagger(model=model)
    return sum(tagger.tag(label.text).tag == label.tag for label in labels) / len(labels)


def test_below_a_hundred_labels_only_the_offsets_move() -> None:
    """Few labels say how often each tag is meant, and nothing about words."""
    labels = team(60)
    found = learn(labels, shipped(), even_if_worse=True)
    assert found.learned is not None
    assert found.learned.words == {}
    assert found.learned.offsets != (0.0, 0.0, 1.0)
    assert found.changes == ()


def test_from_a_hundred_labels_on_words_are_learned() -> None:
    """The team's own words change the tags of texts that it did not label."""
    found = outcome(150)
    assert found.learned is not None
    assert found.after is not None
    assert found.before is not None
    assert found.after.macro_f1 > found.before.macro_f1
    others = team(90, seed=2)
    assert right(found, others) > right(None, others) + 0.1
    assert found.learned.words["behind"].bad > found.learned.words["behind"].good
    assert ENOUGH_FOR_WORDS == 100


def test_it_says_by_how_much_and_for_which_words() -> None:
    """The sentences name the share of right tags before and after, and the words that changed most."""
    found = outcome(150)
    assert "150 in all" in found.said[0]
    assert "instead of" in found.said[0]
    assert any(line.startswith("Now more bad: “") for line in found.said)
    assert any(line.startswith("Now more good: “") for line in found.said)
    effects = [abs(change.effect) for change in found.changes]
    assert effects == sorted(effects, reverse=True)
    assert all(change.texts >= 2 for change in found.changes)


def test_the_same_labels_teach_the_same() -> None:
    """Nothing in it is left to chance."""
    first, second = learn(team(150), shipped()), outcome(150)
    assert first.learned is not None
    assert second.learned is not None
    assert encode(first.learned) == encode(second.learned)
    assert first.chance == second.chance


def test_what_is_not_better_is_not_adopted() -> None:
    """Where the team mostly agrees with the tagger there is nothing to gain: nothing changes, and that is said."""
    tagger, source = Tagger(), random.Random(3)
    texts = [f"{said} {label.text}" for said, label in zip(("", "awful", "lovely") * 50, team(150), strict=True)]
    labels = [Label(text=text, tag=tagger.tag(text).tag) for text in texts]
    labels = [replace(label, tag=source.choice(CLASSES)) if at % 15 == 0 else label for at, label in enumerate(labels)]
    found = learn(labels, shipped())
    assert found.learned is None
    assert "stay as they were" in found.said[-1]
    assert found.before is not None


@pytest.mark.parametrize("labels", [[], team(FEWEST_LABELS - 1), [Label(text="fine by us", tag="good")] * 50])
def test_too_few_labels_teach_nothing(labels: list[Label]) -> None:
    """Under twenty labels, or of one tag only, there is nothing to measure."""
    found = learn(labels, shipped())
    assert (found.learned, found.before) == (None, None)
    assert "too few" in found.said[0]


@pytest.mark.parametrize("known", [True, False])
def test_labels_of_mistakes_only_are_recognised(known: bool) -> None:
    """If the team labelled only what was wrong, nobody can tell how often the tagger is right: it says so."""
    tagger = Tagger()
    labels = []
    for at, label in enumerate(team(60)):
        given = tagger.tag(label.text).tag
        wrong = CLASSES[(CLASSES.index(given) + 1 + at % 2) % 3]
        labels.append(replace(label, tag=wrong, given=given if known else None))
    found = learn(labels, shipped())
    assert found.biased
    assert found.learned is None
    assert "mistakes" in found.said[0]
    assert not outcome(150).biased


def test_the_file_is_readable_and_comes_back(tmp_path: Path) -> None:
    """One line a word, small, with what it is; read again it is the same."""
    learned = outcome(150).learned
    assert learned is not None
    file = tmp_path / "learned.json"
    save(learned, file)
    content = json.loads(file.read_text(encoding="utf-8"))
    assert "Remove this file to undo it" in content["what"]
    assert len(content["words"]) == len(learned.words)
    assert file.stat().st_size < 60_000
    assert load(file) == learned
    assert not [label.text for label in team(150) if label.text in file.read_text(encoding="utf-8")]


def test_what_was_learned_is_used_without_what_learning_needs(tmp_path: Path) -> None:
    """Each start of the program loads it; nobody waits for numpy, or needs it, who only tags."""
    learned = outcome(150).learned
    assert learned is not None
    save(learned, tmp_path / "learned.json")
    code = (
        "import sys\n"
        "sys.modules['numpy'] = None\n"
        "from pathlib import Path\n"
        "from listening.workers import Workers\n"
        "import listening.teaching\n"
        "from listening.sentiment import learned, model\n"
        "print(learned.applied(model.load(), learned.load(Path('learned.json'))).version)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (said.stdout.strip(), said.stderr) == (learned.version, "")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 9}', '{"format": 1, "model": "1"}', "\x00"])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    """What is not such a file is a ValueError, never half an answer."""
    file = tmp_path / "learned.json"
    file.write_text(content)
    with pytest.raises(ValueError):
        load(file)


def test_without_it_everything_is_as_it_was() -> None:
    """The shipped model is not touched, and what another model learned is not used."""
    learned = outcome(150).learned
    assert learned is not None
    before = Tagger().tag("no sign of the ferry again")
    changed = applied(shipped(), learned)
    assert changed.version == learned.version
    assert changed.version.startswith(f"{shipped().version}+")
    assert Tagger(model=changed).tag("no sign of the ferry again").score != before.score
    assert Tagger().tag("no sign of the ferry again") == before
    assert applied(replace(shipped(), version="other"), learned) == replace(shipped(), version="other")


def test_what_a_team_learned_outlives_a_better_confidence() -> None:
    """The weights are the same where only what stands behind the dot of the version differs."""
    learned = outcome(150).learned
    assert learned is not None
    weights = shipped().version.partition(".")[0]
    later = applied(replace(shipped(), version=f"{weights}.99"), learned)
    assert later.version == learned.version
    assert Tagger(model=later).tag("no sign of the ferry again") == Tagger(model=applied(shipped(), learned)).tag(
        "no sign of the ferry again"
    )


def test_names_are_masked_while_learning() -> None:
    """The agency's name does not become a word with a tag, however often it stands beside blame."""
    labels = [
        replace(label, text=f"Harbour Trust: {label.text}" if label.tag == "bad" else label.text) for label in team(150)
    ]
    found = learn(labels, shipped(), Reader(names=["Harbour Trust"]), even_if_worse=True)
    assert found.learned is not None
    assert not {"trust", "harbour trust"} & found.learned.words.keys()
    tagged = Tagger(names=["Harbour Trust"], model=applied(shipped(), found.learned)).tag("Harbour Trust")
    assert (tagged.tag, tagged.score) == ("neutral", 0.0)


def test_confidence_is_measured_again() -> None:
    """Where the team agrees more often with the tagger than it believed, its confidence rises."""
    found = outcome(150)
    assert found.learned is not None
    model = applied(shipped(), found.learned)
    others = [Tagger(model=model).tag(label.text) for label in team(90, seed=2)]
    mean = float(np.mean([each.confidence or 0.0 for each in others]))
    assert mean == pytest.approx(right(found, team(90, seed=2)), abs=0.15)


def test_the_minimum_of_a_bowl_is_its_bottom() -> None:
    """The search finds where a convex function is least, far away and badly scaled."""
    scale = np.array([1.0, 100.0, 0.01])
    bottom = np.array([3.0, -2.0, 5.0])
    found = minimum(lambda at: (float(scale @ (at - bottom) ** 2), 2 * scale * (at - bottom)), 3)
    assert found == pytest.approx(bottom, abs=0.01)


@needs_data
@pytest.mark.parametrize(("file", "lift"), [("airline", 4.0), ("omd", 4.0), ("sanders", 1.0)])
def test_a_hundred_labels_lift_the_agreement(file: str, lift: float) -> None:
    """A hundred labels of one half of a set bring the tags of the other half nearer to people's, on average."""
    texts = rows(Path(str(DATA)) / f"{file}.csv", mask_all=True)
    reader = Reader(names=texts[0].names)
    gains = []
    for draw in range(3):
        order = np.random.default_rng(draw).permutation(len(texts))
        half = len(texts) // 2
        labels = [Label(text=texts[at].text, tag=texts[at].label) for at in order[:100]]
        others = [texts[at] for at in order[half : half + 1_500]]
        found = learn(labels, shipped(), reader, even_if_worse=True)
        assert found.learned is not None
        scores = []
        for model in (shipped(), applied(shipped(), found.learned)):
            tagger = Tagger(names=texts[0].names, model=model)
            scores.append(macro_f1([text.label for text in others], [tagger.tag(text.text).tag for text in others]))
        gains.append(100 * (scores[1] - scores[0]))
    assert float(np.mean(gains)) >= lift
