"""What was learned from the team's labels, and its file: small, readable, and undone by removing it.

``listening.sentiment.learn`` makes it; only that needs numpy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from listening.models import Tag
from listening.sentiment.features import NUMBERS
from listening.sentiment.model import CLASSES, Model, Sure, Weight

FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How well tags agree with people: macro-F1, and the share of right tags, both 0 to 1."""

    macro_f1: float
    right: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What was learned: numbers that are added to the weights of the model of that version."""

    model: str
    labels: int
    offsets: Weight
    words: dict[str, Weight]
    numbers: list[Weight]
    sure: dict[Tag, Sure]
    before: Agreement
    after: Agreement

    @property
    def version(self) -> str:
        """The model's version, and a mark that changes with what was learned."""
        mark = hashlib.blake2b(encode(self).encode(), digest_size=3).hexdigest()
        return f"{self.model}+{mark}"


def fits(model: Model, learned: Learned) -> bool:
    """Whether what was learned counts with this model: it was learned with the same weights."""
    return learned.model.partition(".")[0] == model.version.partition(".")[0]


def applied(model: Model, learned: Learned) -> Model:
    """The model with what was learned added; unchanged where that was learned with other weights."""
    if not fits(model, learned):
        return model
    return model.changed(
        version=learned.version,
        start=learned.offsets,
        terms=learned.words,
        numbers=learned.numbers,
        sure=learned.sure,
    )


def save(learned: Learned, file: Path) -> None:
    """Write what was learned; removing the file undoes it."""
    file.write_text(encode(learned), encoding="utf-8")


def load(file: Path) -> Learned:
    """What was learned, from its file; ValueError where it is not such a file."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"It has format {content['format']}, and this program reads {FORMAT}.")
        return Learned(
            model=content["model"],
            labels=content["labels"],
            offsets=Weight(*content["offsets"]),
            words={words: Weight(bad, good) for words, (bad, good) in content["words"].items()},
            numbers=[Weight(*pair) for pair in content["numbers"].values()],
            sure={tag: Sure(*content["sure"][tag]) for tag in CLASSES},
            before=Agreement(**content["before"]),
            after=Agreement(**content["after"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("It is not what this program wrote.") from error


def encode(learned: Learned) -> str:
    """The file: JSON with a line a word, the strongest change first. A pair counts toward bad and toward good."""
    ordered = sorted(learned.words.items(), key=lambda item: (-abs(item[1].good - item[1].bad), item[0]))
    content = {
        "what": "What the tagger learned from the team's labels. Remove this file to undo it. "
        "Each pair is added to a word's weight: toward bad, toward good.",
        "format": FORMAT,
        "model": learned.model,
        "labels": learned.labels,
        "before": asdict(learned.before),
        "after": asdict(learned.after),
        "sure": {tag: _rounded(learned.sure[tag]) for tag in CLASSES},
        "offsets": _rounded(learned.offsets[:2]),
        "numbers": {name: _rounded(weight[:2]) for name, weight in zip(NUMBERS, learned.numbers, strict=False)},
    }
    head = json.dumps(content, ensure_ascii=False, indent=1).removesuffix("\n}")
    lines = ",\n".join(f"  {json.dumps(word, ensure_ascii=False)}: {_rounded(pair[:2])}" for word, pair in ordered)
    return f'{head},\n "words": {{\n{lines}\n }}\n}}\n'


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(value, 3) for value in values]
