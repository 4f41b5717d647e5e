"""A tag for a text and the reasons for it: by the learned model over VADER, or by the rules alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType

from listening.models import Engine, Reason, Tag, TextKind
from listening.sentiment import minilm
from listening.sentiment.minilm import PART, Sentences
from listening.sentiment.model import CLASSES, Model, load, softmax
from listening.sentiment.reading import FEW_SENTENCES, Reader, Reading, fixed_fingerprint
from listening.sentiment.why import model_reasons, rules_reasons, whole_sentence

RULES = 2
"""The version of the rules: raised whenever code in this package can change a tag of theirs, or their features."""

GOOD_CUT: Mapping[TextKind, float] = MappingProxyType({"headline": 0.30, "post": 0.40, "feedback": 0.25})
BAD_CUT = -0.05
MEAN_CUT = 0.10


@dataclass(frozen=True, kw_only=True, slots=True)
class Tagged:
    """What the tagger concluded from a text.

    ``score`` is the number the tag was cut from: by the rules VADER's compound under our rules, by the model p(good) -
    p(bad). ``vader`` is VADER's compound score of the text as it stands with nothing masked. Both are -1 to 1, and both
    missing where the text is unscored. ``confidence`` is how often such a tag is right, 0 to 1; missing by the rules,
    and where the text says nothing. ``why`` has the strongest reason first.
    """

    tag: Tag
    score: float | None
    vader: float | None
    tagger: str
    why: tuple[Reason, ...]
    confidence: float | None = None


class Tagger:
    """Tags texts; built once a process.

    ``names`` are masked (the agency's, the topics', own handles), ``neutral`` adds words or phrases to the neutral
    list, ``scored`` takes some off it. ``engine`` is the learned model over VADER, the rules around VADER alone, or
    the model together with MiniLM (raises ``minilm.Missing`` where that extra is not installed); ``model`` is one that
    learned from the team's corrections, where there is one; ``sentences`` are other weights than the packaged ones.
    """

    version: str
    """Engine, model and lexicon version; it changes with every word list, weight and setting."""

    def __init__(
        self,
        *,
        names: Iterable[str] = (),
        neutral: Iterable[str] = (),
        scored: Iterable[str] = (),
        engine: Engine = "model",
        model: Model | None = None,
        sentences: Sentences | None = None,
    ) -> None:
        self._reader = Reader(names=names, neutral=neutral, scored=scored)
        self._model = None if engine == "rules" else model or load()
        self._sentences = sentences or minilm.load() if engine == "minilm" else None
        self._shipped: Model | None = None
        if self._sentences is not None:
            minilm.embedder()  # raises Missing here, not at the first text
            self._shipped = load() if model is not None and model.version != load().version else None
        self.version = self._version()

    def _version(self) -> str:
        known = f"vaderSentiment {version('vaderSentiment')}, words {self._reader.fingerprint}"
        return f"{self._engine}, rules {RULES} ({known})" if self._model is not None else f"rules {RULES} ({known})"

    @property
    def _engine(self) -> str:
        if self._model is None:
            return "rules"
        model = f"model {self._model.version}"
        return model if self._sentences is None else f"{model}, minilm {self._sentences.version}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are masked, folded."""
        return self._reader.names

    @property
    def reader(self) -> Reader:
        """How texts are read: with the names masked and the neutral words set aside."""
        return self._reader

    @property
    def ingredients(self) -> dict[str, object]:
        """What this version is made of, for JSON.

        Two that differ in ``neutral``, ``own`` and ``names`` alone differ only on texts with one of these words.
        """
        return {
            "engine": self._engine,
            "rules": RULES,
            "vader": version("vaderSentiment"),
            "fixed": fixed_fingerprint(),
            "neutral": list(self._reader.entries),
            "own": list(self._reader.own_entries),
            "names": list(self._reader.names),
        }

    def masking(self, names: Iterable[str]) -> Tagger:
        """A tagger with the same settings that masks these names instead."""
        other = copy(self)
        other._reader = self._reader.masking(names)
        other.version = other._version()
        return other

    def tag(
        self,
        text: str,
        *,
        title: str = "",
        kind: TextKind = "post",
        language: str | None = None,
        allowed: bool | None = None,
    ) -> Tagged:
        """Tag a text with its title.

        ``allowed`` is the answer of ``language.gate``; without it a language other than English (or unknown) leaves
        the text unscored, as does a text without any word.
        """
        reading = None
        if _english(language) if allowed is None else allowed:
            reading = self._reader.read(text, title)
        if reading is None:
            return Tagged(tag="unscored", score=None, vader=None, tagger=self.version, why=())
        if self._model is None:
            return self._by_rules(reading, kind)
        return self._by_model(reading, kind, self._model)

    def _by_rules(self, reading: Reading, kind: TextKind) -> Tagged:
        parts = reading.parts
        score = parts[0].compound if len(parts) == 1 else round(sum(part.compound for part in parts) / len(parts), 4)
        return Tagged(
            tag=cut(score, kind, len(parts)),
            score=score,
            vader=reading.raw,
            tagger=self.version,
            why=rules_reasons(reading),
        )

    def _by_model(self, reading: Reading, kind: TextKind, model: Model) -> Tagged:
        judged = model.judge(reading)
        why = model_reasons(reading, judged, model)
        if judged.says_nothing and not any(part.effects for part in reading.parts):
            # Only names, links, marks, or words that nobody knows.
            return Tagged(tag="neutral", score=0.0, vader=reading.raw, tagger=self.version, why=why)
        probabilities = judged.probabilities
        sure: Model | Sentences = model
        if self._sentences is not None:
            said = self._sentences.log_odds(reading.text, reading)
            corrected = None if self._shipped is None else self._shipped.judge(reading).log_odds
            probabilities = together(judged.log_odds, said, corrected)
            why = whole_sentence(why, PART * (said[1] - said[0]), 1.0 if self._shipped else 1 - PART)
            sure = model if self._shipped else self._sentences
        likeliest = max(probabilities)
        tag = CLASSES[probabilities.index(likeliest)]
        bad, _, good = probabilities
        return Tagged(
            tag=tag,
            score=round(good - bad, 4),
            vader=reading.raw,
            tagger=self.version,
            why=why,
            confidence=sure.confidence(tag, likeliest, kind),
        )


def together(
    words: tuple[float, float], sentence: tuple[float, float], shipped: tuple[float, float] | None
) -> tuple[float, float, float]:
    """The probabilities of bad, neutral and good by the words and the whole sentence, each with its part.

    All are log-odds of bad and good against neutral. ``shipped`` is what the words say by the weights as they were
    shipped, where ``words`` holds what was learned from the team: that counts in full.
    """
    if shipped is None:
        shipped = words
    bad, good = (
        word - PART * before + PART * whole for word, before, whole in zip(words, shipped, sentence, strict=True)
    )
    return softmax(bad, good)


def cut(score: float, kind: TextKind, sentences: int) -> Tag:
    """The rules' tag of a score: by the kind of text, or, for the mean of over three sentences, at +-0.10."""
    good, bad = (MEAN_CUT, -MEAN_CUT) if sentences > FEW_SENTENCES else (GOOD_CUT[kind], BAD_CUT)
    if score >= good:
        return "good"
    return "bad" if score <= bad else "neutral"


def _english(language: str | None) -> bool:
    return not language or language.lower().replace("_", "-").split("-")[0] in ("en", "und")
