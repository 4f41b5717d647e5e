"""A tag for a text and the reasons for it: VADER's score under our rules, cut by the kind of text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType

from listening.models import Reason, Tag, TextKind
from listening.sentiment.clause import about_target
from listening.sentiment.rules import EMOJI_OF, NAME, Cleaner, NeutralWords, sentences
from listening.sentiment.vader import Effect, Words, compound, scorer
from listening.sentiment.words import BAD_EMOJIS, GOOD_EMOJIS, NEUTRAL_PHRASES, NEUTRAL_WORDS, UNCLEAR_EMOJIS

RULES = 2
"""The version of the rules: raised whenever code here or in ``rules`` can change a tag."""

GOOD_CUT: Mapping[TextKind, float] = MappingProxyType({"headline": 0.30, "post": 0.40, "feedback": 0.25})
BAD_CUT = -0.05
FEW_SENTENCES = 3
"""Up to so many sentences a text is scored whole; of a longer one the mean of its sentences counts."""
MEAN_CUT = 0.10
MOST_CHARACTERS = 100_000
"""A longer text is tagged by its beginning."""

_TEXT_ENDS = ".!?…:;\"'”’)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tagged:
    """What the tagger concluded from a text.

    ``score`` is the number the tag was cut from, ``vader`` VADER's compound score of the text as it stands with nothing
    masked, both -1 to 1 and both missing where the text is unscored. ``why`` has the strongest reason first.
    """

    tag: Tag
    score: float | None
    vader: float | None
    tagger: str
    why: tuple[Reason, ...]


class Tagger:
    """Tags texts by rules; built once a process.

    ``names`` are masked (the agency's, the topics', own handles), ``neutral`` adds words or phrases to the neutral
    list, ``scored`` takes some off it.
    """

    version: str
    """Engine, model and lexicon version; it changes with every word list and setting."""

    def __init__(self, *, names: Iterable[str] = (), neutral: Iterable[str] = (), scored: Iterable[str] = ()) -> None:
        taken_off = {_entry(word) for word in scored}
        entries = ({_entry(word) for word in neutral} | NEUTRAL_WORDS | NEUTRAL_PHRASES) - taken_off
        self._vader = scorer()
        self._cleaner = Cleaner(names)
        self._neutral = NeutralWords(self._vader, entries)
        self.version = (
            f"rules {RULES} (vaderSentiment {version('vaderSentiment')}, "
            f"words {_fingerprint(self._cleaner.names, sorted(entries))})"
        )

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
        if not (_english(language) if allowed is None else allowed):
            return self._unscored()
        whole = with_title(text, title)[:MOST_CHARACTERS]
        plain = self._vader.read(whole)
        if not plain.words:
            return self._unscored()
        cleaned, masked = self._cleaner.clean(whole)
        unchanged = cleaned == whole
        parts = sentences(cleaned) if _may_be_long(cleaned) else ()
        reasons = _Reasons()
        raw_effects = self._vader.effects(plain)
        raw = compound(raw_effects, plain.emphasis)

        if len(parts) > FEW_SENTENCES:
            scores = [self._score(self._vader.read(part), reasons, named=bool(masked)) for part in parts]
            score = round(sum(scores) / len(scores), 4)
        else:
            read = plain if unchanged else self._vader.read(cleaned)
            score = self._score(read, reasons, raw_effects if unchanged else None, named=bool(masked))
        return Tagged(
            tag=cut(score, kind, len(parts)), score=score, vader=raw, tagger=self.version, why=reasons.listed(masked)
        )

    def _score(
        self, read: Words, reasons: _Reasons, effects: Sequence[Effect] | None = None, *, named: bool = False
    ) -> float:
        """The compound score with the neutral words set aside, of the clauses about the target where it is named.

        ``effects`` are the text's own where they are known.
        """
        replaced, aside = self._neutral.set_aside(read)
        if effects is None or aside:
            effects = self._vader.effects(replaced)
        if named:
            effects = about_target(read, effects)
        reasons.add(read, effects, aside)
        return compound(effects, read.emphasis)

    def _unscored(self) -> Tagged:
        return Tagged(tag="unscored", score=None, vader=None, tagger=self.version, why=())


class _Reasons:
    """Collects what moved a score, sentence by sentence."""

    def __init__(self) -> None:
        self._moved: dict[str, float] = {}
        self._neutral: dict[str, None] = {}

    def add(self, read: Words, effects: Iterable[Effect], aside: Iterable[tuple[int, str]]) -> None:
        for effect in effects:
            words = _label(read, effect)
            self._moved[words] = self._moved.get(words, 0.0) + effect.value
        for _, words in aside:
            self._neutral[words] = None

    def listed(self, masked: Iterable[str]) -> tuple[Reason, ...]:
        """Strongest first, equals in the order of the text; then what was set aside, then the names."""
        moved = sorted(self._moved.items(), key=lambda item: -abs(item[1]))
        names: dict[str, str] = {}
        for name in masked:
            names.setdefault(name.casefold(), " ".join(name.split()))
        return (
            *(Reason(words=words, effect=round(effect, 4)) for words, effect in moved),
            *(Reason(words=words, effect=0.0, role="neutral") for words in self._neutral),
            *(Reason(words=name, effect=0.0, role="masked") for name in names.values()),
        )


def cut(score: float, kind: TextKind, sentences: int) -> Tag:
    """The tag of a score: by the kind of text, or, for the mean of more than three sentences, at +-0.10."""
    good, bad = (MEAN_CUT, -MEAN_CUT) if sentences > FEW_SENTENCES else (GOOD_CUT[kind], BAD_CUT)
    if score >= good:
        return "good"
    return "bad" if score <= bad else "neutral"


def with_title(text: str, title: str) -> str:
    """Title and text as one; a title that the beginning of the text repeats is not said twice."""
    text = text[:MOST_CHARACTERS].strip()
    title = title[:MOST_CHARACTERS].strip()
    if not title or not text:
        return text or title
    said = " ".join(title.rstrip(".… ").split()).casefold()
    beginning = " ".join(text[: 2 * len(title) + 1_000].split()).casefold()
    # A title that was cut short may end within a word.
    if _has_words(beginning, said) or (title.endswith(("…", "...")) and beginning.startswith(said)):
        return text
    return f"{title} {text}" if title[-1] in _TEXT_ENDS else f"{title}. {text}"


def reasons_text(why: Iterable[Reason]) -> str:
    """The reasons in one line: ``late -1.2; thanks +1.9 (neutral here: help; name: Department of Justice)``."""
    reasons = list(why)
    moved = [f"{reason.words} {_signed(reason.effect)}" for reason in reasons if reason.role == "moved"]
    neutral = [reason.words for reason in reasons if reason.role == "neutral"]
    names = [reason.words for reason in reasons if reason.role == "masked"]
    notes = [f"neutral here: {', '.join(neutral)}"] if neutral else []
    if names:
        notes.append(f"{'name' if len(names) == 1 else 'names'}: {', '.join(names)}")
    line = "; ".join(moved) or "no word that VADER knows"
    return f"{line} ({'; '.join(notes)})" if notes else line


def _label(read: Words, effect: Effect) -> str:
    if effect.first == effect.last:
        return EMOJI_OF.get(read.raw[effect.position]) or read.lower[effect.position]
    words = range(effect.first, effect.last + 1)
    return " ".join(EMOJI_OF.get(read.raw[at]) or read.lower[at].replace(NAME, "…") for at in words)


def _signed(effect: float) -> str:
    return f"{effect:+.1f}" if abs(effect) >= 0.05 else f"{effect:+.2f}"


def _may_be_long(text: str) -> bool:
    return text.count(".") + text.count("!") + text.count("?") + text.count("\n") >= FEW_SENTENCES


def _english(language: str | None) -> bool:
    return not language or language.lower().replace("_", "-").split("-")[0] in ("en", "und")


def _entry(words: str) -> str:
    return " ".join(words.lower().split())


def _has_words(text: str, words: str) -> bool:
    """Whether the text holds these words, not as a part of longer ones."""
    at = text.find(words) if words else -1
    if at < 0:
        return False
    end = at + len(words)
    return not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum())


def _fingerprint(*tables: object) -> str:
    fixed = (GOOD_EMOJIS, BAD_EMOJIS, UNCLEAR_EMOJIS, sorted(GOOD_CUT.items()), BAD_CUT, FEW_SENTENCES, MEAN_CUT)
    everything = repr((fixed, MOST_CHARACTERS, tables, sorted(scorer().lexicon.items())))
    return hashlib.blake2b(everything.encode(), digest_size=4).hexdigest()
