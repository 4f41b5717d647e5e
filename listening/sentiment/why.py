"""The words that made a tag, with their share, in words a reader understands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import mul

from listening.models import Reason
from listening.sentiment.features import NO_WORD, of_values
from listening.sentiment.model import Judged, Model, Use
from listening.sentiment.reading import Part, Reading
from listening.sentiment.rules import EMOJI_OF, NAME
from listening.sentiment.slurs import is_slur
from listening.sentiment.vader import NEGATIONS, Effect, Words

STRONG_PAIR = 0.12
"""From this effect on a word pair is shown as a phrase; a weaker one counts for its two words."""
LEAST, LEAST_SHARE, SMALL_SHARE = 0.15, 0.2, 0.5
"""A weaker reason is not shown, nor one below a share of the strongest: for small words and marks below the half."""
MOST_REASONS = 8
LONGEST_PHRASE = 5
WHOLE_SENTENCE = "the sentence as a whole"
"""The reason that no single word is, where MiniLM has read along."""

_MARKS = ".,;:!?\"'()[]"
_STOPS = ".;:!?"
_DENYING = NEGATIONS | {"no"}
_SMALL = """
    a an the and or of to in on at for from by with as is are was were be been am it its it's this that these those
    i you he she we they me my your his her our their them us i'm i've i'd you're we're they're there here
    have has had do does did will would can could should so if then than when what which who how just
    s t d m re ll ve
"""
SMALL_WORDS = frozenset(_SMALL.split())
"""Words that tell a reader nothing by themselves; shown only where they decide."""


def rules_reasons(reading: Reading) -> tuple[Reason, ...]:
    """Why the rules tag a text so; ``effect`` is in VADER's valence units. Strongest first, then what was set aside."""
    moved: dict[str, float] = {}
    neutral: dict[str, None] = {}
    for part in reading.parts:
        for effect in part.about:
            words = _label(part.read, effect.first, effect.last)
            moved[words] = moved.get(words, 0.0) + effect.value
        for _, words in part.aside:
            neutral[words] = None
    return (
        *_strongest_first(moved),
        *(Reason(words=words, effect=0.0, role="neutral") for words in neutral),
        *_names(reading.masked),
    )


def model_reasons(reading: Reading, judged: Judged, model: Model) -> tuple[Reason, ...]:
    """Why the model tags a text so; ``effect`` is in log-odds of good against bad. Strongest first, then the names.

    A word's effect is the sum of what the model learned of it and of its part in what VADER found.
    """
    moved: dict[str, float] = {}
    share = 1 / len(reading.parts)
    faint = 0.9 * LEAST if len(reading.parts) == 1 else 0.0
    for part, uses, numbers in zip(reading.parts, judged.used, judged.numbers, strict=True):
        for words, effect in _phrases(part, uses, _vaders_part(part, numbers, model), model, faint):
            moved[words] = moved.get(words, 0.0) + share * effect
    strongest = max(map(abs, moved.values()), default=0.0)
    least, least_small = max(LEAST, LEAST_SHARE * strongest), max(LEAST, SMALL_SHARE * strongest)
    shown = {
        words: effect
        for words, effect in moved.items()
        if abs(effect) >= least and (abs(effect) >= least_small or not _small(words))
    }
    silenced = dict.fromkeys(_bare(part.read.lower[place]) for part in reading.parts for place in sorted(part.silenced))
    neutral = (Reason(words=_decent(word), effect=0.0, role="neutral") for word in silenced)
    return (*_strongest_first(shown, MOST_REASONS), *neutral, *_names(reading.masked))


def whole_sentence(why: Sequence[Reason], effect: float, words_part: float) -> tuple[Reason, ...]:
    """The reasons where the whole sentence had a part: the words' effects times their part, and the sentence's own."""
    moved = [replace(reason, effect=round(words_part * reason.effect, 4)) for reason in why if reason.role == "moved"]
    if abs(effect) >= LEAST:
        moved.append(Reason(words=WHOLE_SENTENCE, effect=round(effect, 4)))
    strongest = max((abs(reason.effect) for reason in moved), default=0.0)
    shown = [
        reason
        for reason in sorted(moved, key=lambda reason: -abs(reason.effect))
        if abs(reason.effect) >= (SMALL_SHARE if _small(reason.words) else LEAST_SHARE) * strongest
    ]
    return (*shown[:MOST_REASONS], *(reason for reason in why if reason.role != "moved"))


def reasons_text(why: Iterable[Reason]) -> str:
    """The reasons in one line: ``late -1.2; thanks +1.9 (neutral here: help; name: Department of Justice)``."""
    reasons = list(why)
    moved = [f"{reason.words} {_signed(reason.effect)}" for reason in reasons if reason.role == "moved"]
    neutral = [reason.words for reason in reasons if reason.role == "neutral"]
    names = [reason.words for reason in reasons if reason.role == "masked"]
    notes = [f"neutral here: {', '.join(neutral)}"] if neutral else []
    if names:
        notes.append(f"{'name' if len(names) == 1 else 'names'}: {', '.join(names)}")
    line = "; ".join(moved) or "no word for good or bad"
    return f"{line} ({'; '.join(notes)})" if notes else line


def _vaders_part(part: Part, numbers: Sequence[float], model: Model) -> list[tuple[Effect, float]]:
    """The effect of VADER's numbers, divided among the words that VADER scored.

    First between the good words and the bad ones: each side has the mean of what it adds first and what it adds last
    (Shapley's division). Then among the words of a side by their valence. The shares add up to the whole.
    """
    if not part.effects:
        return []
    weights = model.numbers_effects
    everything = _worth(numbers, weights)
    nothing = weights[NO_WORD]
    if everything == nothing:
        return []
    good = [effect for effect in part.effects if effect.value > 0]
    bad = [effect for effect in part.effects if effect.value < 0]
    if good and bad:
        only_good, only_bad = _worth(_numbers_of(good, part), weights), _worth(_numbers_of(bad, part), weights)
        sides = [
            (good, (only_good - nothing + everything - only_bad) / 2),
            (bad, (only_bad - nothing + everything - only_good) / 2),
        ]
    else:
        sides = [(good or bad, everything - nothing)]
    shares = []
    for effects, whole in sides:
        total = sum(effect.value for effect in effects)
        shares += [(effect, whole * effect.value / total) for effect in effects]
    return shares


def _numbers_of(effects: Sequence[Effect], part: Part) -> list[float]:
    """The numbers that a part would have with these effects only."""
    values = [effect.value for effect in effects]
    if part.about is part.effects:
        return of_values(values, values, part.read)
    counted = {effect.position for effect in part.about}
    return of_values(values, [effect.value for effect in effects if effect.position in counted], part.read)


def _worth(numbers: Sequence[float], weights: Sequence[float]) -> float:
    """What the numbers about scored words add to the log-odds of good against bad."""
    total: float = sum(map(mul, numbers[: NO_WORD + 1], weights))
    return total


def _phrases(
    part: Part, uses: Sequence[Use], vaders: Iterable[tuple[Effect, float]], model: Model, faint: float
) -> list[tuple[str, float]]:
    """The words of a part with their effects, those that belong together as one phrase, without faint ones."""
    effects: dict[int, float] = {}
    together: list[tuple[int, int]] = []
    learned = model.effects
    lower = part.read.lower
    for term, first, last, value in uses:
        effect = value * learned[term]
        if first == last:
            effects[first] = effects.get(first, 0.0) + effect
            continue
        if lower[first] == NAME or lower[last] == NAME:  # "… says": the word beside the name is the reason
            beside = last if lower[first] == NAME else first
            effects[beside] = effects.get(beside, 0.0) + effect
            continue
        if effect >= STRONG_PAIR or effect <= -STRONG_PAIR:
            together.append((first, last))
        effects[first] = effects.get(first, 0.0) + effect / 2
        effects[last] = effects.get(last, 0.0) + effect / 2
    for vaders_effect, effect in vaders:
        effects[vaders_effect.position] = effects.get(vaders_effect.position, 0.0) + effect
        if vaders_effect.first < vaders_effect.last:
            together.append((vaders_effect.first, vaders_effect.last))

    if not _DENYING.isdisjoint(part.read.lower):
        together += _denied(part.read, effects)
    phrases: list[tuple[str, float]] = []
    for first, last in _joined(effects, together) if together else zip(effects, effects, strict=True):
        if first == last:
            effect = effects[first]
            if -faint <= effect <= faint:
                continue
        else:
            effect = sum(effects.get(position, 0.0) for position in range(first, last + 1))
            # A phrase does not reach over a stop: "No reply. Awful" is "awful".
            stops = [at for at in range(first, last) if part.read.raw[at][-1] in _STOPS]
            first = stops[-1] + 1 if stops else first
            while first < last and _bare(part.read.lower[first]) in SMALL_WORDS:
                first += 1
            while first < last and _bare(part.read.lower[last]) in SMALL_WORDS:
                last -= 1
        if effect > faint or effect < -faint:
            phrases.append((_label(part.read, first, last), effect))
    return phrases


def _denied(read: Words, effects: Mapping[int, float]) -> Iterator[tuple[int, int]]:
    """A negation with its neighbours that speak for the same side: "still no answer" is one reason."""
    for position, effect in effects.items():
        if read.lower[position] not in _DENYING:
            continue
        for first in (position - 1, position):
            other = effects.get(2 * first + 1 - position, 0.0)
            if effect * other > 0 and read.raw[first][-1] not in _MARKS:
                yield first, first + 1


def _small(words: str) -> bool:
    return words in SMALL_WORDS or (not any(map(str.isalpha, words)) and words.isascii())


def _joined(positions: Iterable[int], together: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each position once, by itself or in a span; spans that overlap are one, up to the longest phrase."""
    spans: list[tuple[int, int]] = []
    for first, last in sorted(together):
        if spans and first <= spans[-1][1]:
            start = spans[-1][0]
            if last - start < LONGEST_PHRASE:
                spans[-1] = (start, max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    within = {position for first, last in spans for position in range(first, last + 1)}
    return spans + [(position, position) for position in positions if position not in within]


def _label(read: Words, first: int, last: int) -> str:
    """Words as a reader knows them: emojis as emojis, a name as an ellipsis, no marks around."""
    said: list[str] = []
    for at in range(first, last + 1):
        emoji = EMOJI_OF.get(read.raw[at]) or read.spelled.get(read.lower[at])
        if emoji is None:
            bare = _bare(read.lower[at])
            said.append(bare if first == last else bare.replace(NAME, "…"))
        elif said[-1:] != [emoji]:  # an emoji that is spelled out in several words stands once
            said.append(emoji)
    return " ".join(said)


def _bare(word: str) -> str:
    """A word without the marks around it; an emoticon stays."""
    return word if word.isalnum() or not any(map(str.isalnum, word)) else word.strip(_MARKS) or word


def _strongest_first(moved: dict[str, float], most: int | None = None) -> list[Reason]:
    """Equals stay in the order of the text."""
    ordered = sorted(moved.items(), key=lambda item: -abs(item[1]))
    return [Reason(words=_decent(words), effect=round(effect, 4)) for words, effect in ordered[:most]]


def _decent(words: str) -> str:
    return " ".join("a slur" if is_slur(word) else word for word in words.split(" "))


def _names(masked: Iterable[str]) -> list[Reason]:
    names: dict[str, str] = {}
    for name in masked:
        names.setdefault(name.casefold(), " ".join(name.split()))
    return [Reason(words=name, effect=0.0, role="masked") for name in names.values()]


def _signed(effect: float) -> str:
    return f"{effect:+.1f}" if abs(effect) >= 0.05 else f"{effect:+.2f}"
