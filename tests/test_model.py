"""The learned model: what it makes of a text, what it never does, and the reasons it gives."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from math import log
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import listening
from listening.conclude import Concluder
from listening.models import ENGINES, Post, Tag, Topic
from listening.sentiment import Tagged, Tagger, reasons_text, scorer
from listening.sentiment.features import MARKS, NUMBERS, numbers, of_values, terms
from listening.sentiment.labelled import TRAINING, Labelled, macro_f1, opposite, rows
from listening.sentiment.model import CLASSES, KINDS, Sure, decode, encode, load, softmax
from listening.sentiment.reading import Reader
from listening.sentiment.slurs import is_slur
from listening.sentiment.words import BAD_EMOJIS, GOOD_EMOJIS, UNCLEAR_EMOJIS

DATA = os.environ.get("LISTENING_SENTIMENT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LISTENING_SENTIMENT_DATA does not name the labelled texts")
PROJECT = Path(listening.__file__).resolve().parent.parent

NAMES = (
    "Department of Justice",
    "Department of War",
    "Federal Emergency Management Agency",
    "National Crime Agency",
    "Serious Fraud Office",
    "NHS Foundation Trust",
    "Supreme Court",
    "Save the Harbour",
    "@united",
)


@cache
def tagger(*names: str) -> Tagger:
    return Tagger(names=names)


def effects(tagged: Tagged) -> dict[str, float]:
    return {reason.words: reason.effect for reason in tagged.why if reason.role == "moved"}


# --- what must hold for any text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", ["{}", "#{}", "{}!", "{}: https://quillhaven.example/pool", "{0} {0}", "@someone {}"])
def test_a_name_alone_is_neutral(name: str, shape: str) -> None:
    """A name, marked or linked, says nothing: neutral, no confidence to speak of, and no word as a reason."""
    tagged = tagger(*NAMES).tag(shape.format(name))
    assert (tagged.tag, tagged.score, tagged.confidence, effects(tagged)) == ("neutral", 0.0, None, {})


@pytest.mark.parametrize("name", NAMES)
def test_which_name_it_is_changes_nothing(name: str) -> None:
    """What is said about one agency gets the tag that it would get about another."""
    said = "{} answered within a day, thank you"
    ours, other = (tagger(*NAMES, "Harbour Trust").tag(said.format(who)) for who in (name, "Harbour Trust"))
    if not name.startswith("@"):
        assert (ours.tag, ours.score) == (other.tag, other.score)


def test_an_article_is_not_extreme_by_its_length() -> None:
    """A long text has the mean of its sentences, however long it is."""
    one = "The market was a great success. It opens again on Friday. The council meets on Monday. A bus stops there. "
    short, long = tagger().tag(one), tagger().tag(one * 60)
    assert long.vader == pytest.approx(0.999, abs=0.001)
    assert long.score is not None
    assert short.score is not None
    assert abs(long.score) < 0.9
    assert long.score == pytest.approx(short.score, abs=0.05)


@pytest.mark.parametrize(("emojis", "tag"), [(GOOD_EMOJIS, "good"), (BAD_EMOJIS, "bad")])
def test_emojis_that_say_something_are_not_neutral(emojis: str, tag: Tag) -> None:
    """Thumbs down is bad, alone and behind a word, and thumbs up is good."""
    assert [tagger().tag(emoji).tag for emoji in emojis] == [tag] * len(emojis)
    assert [tagger().tag(f"Bus 7 {emoji}\U0001f3fd").tag for emoji in emojis] == [tag] * len(emojis)


def test_emojis_that_may_mean_anything_are_neutral() -> None:
    """Tears of joy are shed over good and bad news."""
    assert [tagger().tag(emoji).tag for emoji in UNCLEAR_EMOJIS] == ["neutral"] * len(UNCLEAR_EMOJIS)


@pytest.mark.parametrize("text", ["", "  \n ", "\u00a0"])
def test_no_text_is_unscored(text: str) -> None:
    """Where nothing is said there is nothing to tag."""
    assert tagger().tag(text) == Tagged(tag="unscored", score=None, vader=None, tagger=tagger().version, why=())


@settings(max_examples=200)
@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_gets_a_tag(text: str, title: str) -> None:
    """Whatever the characters: a tag, a score and a confidence within their bounds, and the same the second time."""
    first = tagger("Quillhaven").tag(text, title=title)
    assert first == tagger("Quillhaven").tag(text, title=title)
    assert (first.tag == "unscored") == (first.score is None)
    assert first.score is None or -1.0 <= first.score <= 1.0
    assert first.confidence is None or 0.0 <= first.confidence <= 1.0


@pytest.mark.parametrize(
    "unit", ["good but bad. ", "good but bad ", "late ", "Harbour Trust ", "''''", "👍", "a-b!?", ". "]
)
def test_a_giant_text_is_done_quickly(unit: str) -> None:
    """A text of a hundred thousand characters takes bounded time, whatever it is made of."""
    start = time.process_time()
    tagger("Harbour Trust").tag(unit * (100_000 // len(unit)))
    assert time.process_time() - start < 5.0


# --- numbers


def test_score_tag_and_confidence_come_from_the_probabilities() -> None:
    """The likeliest tag is given, the score is p(good) - p(bad), the confidence the calibrated probability."""
    text = "Thanks to the crew at the library"
    reading = Reader().read(text)
    assert reading is not None
    bad, neutral, good = load().judge(reading).probabilities
    tagged = tagger().tag(text)
    assert bad + neutral + good == pytest.approx(1)
    assert (tagged.tag, max(bad, neutral, good)) == ("good", good)
    assert tagged.score == pytest.approx(good - bad, abs=0.0001)
    assert tagged.confidence == load().confidence("good", good)
    assert tagged.vader == scorer().compound(text)


def test_confidence_grows_with_the_probability() -> None:
    """A surer model is never less trusted."""
    for kind in KINDS:
        for tag in CLASSES:
            values = [load().confidence(tag, chance / 100, kind) for chance in range(101)]
            assert values == sorted(values)
    assert Sure(1.0, 0.0).of(0.7) == pytest.approx(0.7)


def test_confidence_is_that_of_the_kind_of_text() -> None:
    """Feedback is seldom neutral: where a post is as likely to be, the tag is righter."""
    for kind in KINDS:
        tagged = tagger().tag("The library opens on Sunday from 9 to 5", kind=kind)
        reading = Reader().read("The library opens on Sunday from 9 to 5")
        assert reading is not None
        likeliest = max(load().judge(reading).probabilities)
        assert tagged.confidence == load().confidence(tagged.tag, likeliest, kind)
    assert load().confidence("neutral", 0.6, "post") > load().confidence("neutral", 0.6, "feedback")
    assert load().confidence("neutral", 0.6, "post") < load().confidence("neutral", 0.6, "headline"), (
        "of posts it is less sure"
    )


def test_vaders_numbers_have_a_name_each() -> None:
    """The numbers of a part are as many as their names, with and without a scored word."""
    for text in ("A great, great day!", "A bus stop", "No good but no bad?"):
        reading = Reader().read(text)
        assert reading is not None
        assert len(numbers(reading.parts[0])) == len(NUMBERS) == len(load().numbers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Late again", ["late", "again", "late again"]),
        ("Sooo late, again", ["soo", "late", "soo late", "again"]),
        ("@someone late", ["late"]),
        ("Harbour Trust says no", ["says", "… says", "no", "says no"]),
        ("late!!! 1,200 :)", ["late", "!!", "late !!", "0", "!! 0", ":)", "0 :)"]),
        ("Don’t like 👎", ["don't", "like", "don't like", "👎", "like 👎"]),
    ],
)
def test_words_and_pairs(text: str, expected: list[str]) -> None:
    """Words in small letters and neighbours as pairs, over no stop or handle; a name stands only within a pair."""
    reading = Reader(names=["Harbour Trust"]).read(text)
    assert reading is not None
    assert [term for part in reading.parts for term, _, _ in terms(part.read)] == expected


# --- reasons


def test_the_words_that_made_the_tag_are_the_reasons() -> None:
    """Praise counts up and blame down, the strongest first, phrases in one, the name left out."""
    names = tagger("Quillhaven Transit")
    assert next(iter(effects(names.tag("Thanks to the crew at Quillhaven Transit")))) == "thanks"
    delayed = effects(names.tag("Quillhaven Transit delayed for the third time this week"))
    assert next(iter(delayed)) == "delayed"
    assert delayed["delayed"] < 0
    assert effects(names.tag("We are not happy with the new timetable"))["not happy"] < 0
    assert effects(names.tag("Still no answer about the permit"))["still no answer"] < 0
    why = names.tag("Thanks to the crew at Quillhaven Transit").why
    assert [reason.words for reason in why if reason.role == "masked"] == ["Quillhaven Transit"]
    assert "name: Quillhaven Transit" in reasons_text(why)


def test_small_words_are_no_reason_beside_others() -> None:
    """ "The" and "of" are not shown where a word decided."""
    shown = effects(tagger().tag("The answer of the office to the letter was wonderful"))
    assert "wonderful" in shown
    assert {"the", "of", "to", "was"}.isdisjoint(shown)


@pytest.mark.parametrize(
    "text",
    [
        "Great staff but a terrible queue, not good at all",
        "The bus was late",
        "Very kind people. Awful weather. A good day for the market. We took the train home. No complaints!",
    ],
)
def test_the_effects_add_up_to_the_odds(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the model's start and the marks nothing but the reasons moves the odds: they are the whole truth."""
    from listening.sentiment import why

    for limit in ("LEAST", "LEAST_SHARE", "SMALL_SHARE"):
        monkeypatch.setattr(why, limit, 0.0)
    monkeypatch.setattr(why, "MOST_REASONS", 1_000)
    reading = Reader().read(text)
    assert reading is not None
    model = load()
    judged = model.judge(reading)
    bad, _, good = judged.probabilities
    nothing = list(of_values((), (), reading.parts[0].read))
    rest = model.start.good - model.start.bad
    for found in judged.numbers:
        unexplained = [*nothing, *found[-MARKS:]]
        rest += sum(
            value * (weight.good - weight.bad) for value, weight in zip(unexplained, model.numbers, strict=True)
        ) / len(reading.parts)
    moved = sum(reason.effect for reason in why.model_reasons(reading, judged, model))
    assert moved + rest == pytest.approx(log(good / bad), abs=0.01)


# --- the file, the version, the settings


def test_the_model_is_a_small_file() -> None:
    """At most 200 kB and 10,000 terms, and packing it again gives the same bytes."""
    packed = files("listening.sentiment").joinpath("model.json.gz").read_bytes()
    assert len(packed) <= 200_000
    assert len(load().terms) <= 10_000
    assert encode(decode(packed)) == packed


def test_the_model_knows_no_handle_and_no_slur() -> None:
    """Its terms are words and pairs of words, none an address of anybody."""
    assert not [term for term in load().terms if "@" in term or any(is_slur(word) for word in term.split())]


def test_another_format_is_refused() -> None:
    """A file of another version of the program says so instead of giving wrong tags."""
    with pytest.raises(ValueError, match="reads 2"):
        decode(gzip.compress(b'{"format": 1}'))


def test_the_version_names_engine_model_and_words() -> None:
    """A tag says what made it, so that later it is known which tags are of an older make."""
    assert tagger().version.startswith(f"model {load().version}, rules 2 (vaderSentiment 3.3.2, words ")
    assert Tagger(engine="rules").version.startswith("rules 2 (vaderSentiment 3.3.2, words ")
    assert tagger().version != tagger("Quillhaven").version
    assert tagger().masking(["Quillhaven"]).version == tagger("Quillhaven").version
    learned = replace(load(), version="1+abc")
    assert Tagger(model=learned).version.startswith("model 1+abc, rules 2 ")


def test_the_settings_choose_the_engine() -> None:
    """The model is the default; with the rules alone there is no confidence."""
    post = Post(source="rss", feed="Herald", key="1", text="Thank you for the wonderful new library")
    said = {}
    for engine in ENGINES:
        concluder = Concluder(topics=[Topic(name="Library", query="library")], tagger=Tagger(engine=engine))
        mention = concluder.mention(post, kind="headline", now=datetime(2026, 3, 4, tzinfo=UTC))
        assert mention is not None
        said[engine] = mention
    assert said["model"].tag == said["rules"].tag == "good"
    assert said["model"].confidence is not None
    assert said["rules"].confidence is None
    assert said["model"].tagger.startswith("model ")
    assert said["rules"].tagger.startswith("rules ")


def test_tagging_needs_no_trainer() -> None:
    """scikit-learn and scipy are for making the model only."""
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('sklearn', 'scipy', 'numpy')))\n"
        "from listening.sentiment import Tagger\n"
        "print(Tagger().tag('Thanks, what a wonderful day').tag)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (answer.stdout, answer.stderr) == ("good\n", "")


# --- training

LITTLE: Mapping[str, list[Labelled]] = {
    "first": [
        *(
            Labelled(f"what a lovely {word} in town", "good")
            for word in ("day", "park", "pool", "bridge", "market", "bus")
        ),
        *(
            Labelled(f"the {word} was horrid and late", "bad")
            for word in ("day", "park", "pool", "bridge", "market", "bus")
        ),
        *(
            Labelled(f"the {word} opens at nine", "neutral")
            for word in ("day", "park", "pool", "bridge", "market", "bus")
        ),
    ],
}


def test_training_twice_gives_the_same_weights() -> None:
    """The same texts and the same trainer make the same model, and it has learned from them."""
    from listening.sentiment import train

    first, second = (train.train(train.see(LITTLE)) for _ in range(2))
    assert encode(first) == encode(second)
    assert first.terms["lovely"].good > first.terms["lovely"].bad
    assert first.terms["horrid"].bad > first.terms["horrid"].good


def test_of_posts_the_confidence_is_measured_on_unknown_sets_too() -> None:
    """Guesses at sets of which a model had seen nothing, mostly wrong, lower what it says of posts, of nothing else."""
    from listening.sentiment import train

    chances: dict[Tag, tuple[float, float, float]] = {
        "bad": (0.6, 0.3, 0.1),
        "neutral": (0.2, 0.7, 0.1),
        "good": (0.1, 0.1, 0.8),
    }

    def guesses(name: str, right: int) -> list[train.Guess]:
        """Ten guesses at each tag of a set; so many of them are right."""
        return [
            (SimpleNamespace(label=place if number < right else (place + 1) % 3, set=name), guess)
            for place, guess in enumerate(chances.values())
            for number in range(10)
        ]

    known = [*guesses("semeval1316", 8), *guesses("sentfin", 8), *guesses("nhs", 8)]
    of_one = (8 + 2 * train.STRANGERS) / (10 * (1 + train.STRANGERS))
    plain, found = train.sure(known), train.sure(known, guesses("semeval1316", 2))
    for tag, chance in chances.items():
        assert plain["post"][tag].of(max(chance)) == pytest.approx(0.8, abs=0.01)
        assert found["post"][tag].of(max(chance)) == pytest.approx((of_one + 0.8) / 2, abs=0.01), "sets count equally"
        assert found["headline"][tag] == plain["headline"][tag]
        assert found["feedback"][tag] == plain["feedback"][tag]


def test_names_of_people_are_no_terms() -> None:
    """A word that is nearly always written with a capital within sentences is left out; others stay."""
    from listening.sentiment import train

    texts = [f"we met Ferdinand at the pool {number} times and it was lovely" for number in range(6)]
    names = train.proper_names(texts)
    assert names == {"ferdinand"}
    seen = train.see({"set": [Labelled(text, "good") for text in texts]})
    assert "ferdinand" not in train.vocabulary(seen, names)
    assert "pool" in train.vocabulary(seen, names)


@needs_data
@pytest.mark.training
def test_the_packaged_model_can_be_made_again(tmp_path: Path) -> None:
    """The named files and the pinned trainer give the packaged weights, within 0.002."""
    from listening.sentiment import train

    assert train.main([str(DATA), "-o", str(tmp_path / "model.json.gz")]) == 0
    again, packaged = decode((tmp_path / "model.json.gz").read_bytes()), load()
    assert list(again.terms) == list(packaged.terms)
    pairs = [
        *zip(again.terms.values(), packaged.terms.values(), strict=True),
        *zip(again.numbers, packaged.numbers, strict=True),
        (again.start, packaged.start),
    ]
    assert max(abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True)) <= 0.002
    for kind, tags in packaged.sure.items():
        for tag, said in tags.items():
            assert again.sure[kind][tag] == pytest.approx(said, abs=0.02), f"{kind}, {tag}"


@needs_data
def test_other_files_are_not_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not the one named, by its SHA-256, is refused by its name."""
    from listening.sentiment import train

    for source in TRAINING:
        (tmp_path / f"{source.name}.csv").write_bytes((Path(str(DATA)) / f"{source.name}.csv").read_bytes())
    with (tmp_path / "nhs.csv").open("a") as file:
        file.write("x,y,neg,nhs,\n")
    assert train.main([str(tmp_path), "-o", str(tmp_path / "model.json.gz")]) == 1
    assert "nhs" in capsys.readouterr().err
    assert not (tmp_path / "model.json.gz").exists()


# --- against people's judgement


@needs_data
@pytest.mark.parametrize(
    ("file", "floor", "gain", "share"),
    [
        ("airline", 58.0, 12.0, 0.45),
        ("transport", 56.0, 7.0, 0.5),
        ("sanders", 55.0, 2.0, 1.0),
        ("omd", 47.0, 0.0, 0.8),
    ],
)
def test_the_model_agrees_better_with_people_than_plain_vader(
    file: str, floor: float, gain: float, share: float
) -> None:
    """On kinds of text that it never saw, macro-F1 stays above its floor, and praise is seldom called blame."""
    texts = rows(Path(str(DATA)) / f"{file}.csv", mask_all=True)
    ours = tagger(*texts[0].names)
    tagged = [ours.tag(text.text) for text in texts]
    gold = [text.label for text in texts]
    plain: list[Tag] = [
        "good" if (raw := each.vader or 0) >= 0.05 else "bad" if raw <= -0.05 else "neutral" for each in tagged
    ]
    given: list[Tag] = [each.tag for each in tagged]
    assert 100 * macro_f1(gold, given) >= floor
    assert 100 * (macro_f1(gold, given) - macro_f1(gold, plain)) >= gain
    assert opposite(gold, given) <= share * opposite(gold, plain)


def test_softmax_bears_any_odds() -> None:
    """No odds are too large."""
    assert softmax(1_000.0, -1_000.0) == (1.0, 0.0, 0.0)
    assert sum(softmax(0.3, -0.2)) == pytest.approx(1)
