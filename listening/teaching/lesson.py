"""Whether the review holds enough to learn from, what would be learned, and adopting it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listening import door, retag
from listening import settings as settings_files
from listening.agreement import SCORED
from listening.collectors import kind_of as kind_of_source
from listening.errors import InputError
from listening.models import Tag
from listening.retag import KindOf, Retagged
from listening.sentiment import learned
from listening.sentiment.model import load as shipped
from listening.settings import Settings
from listening.store import Store
from listening.teaching.applied import Applied, Progress, changeable, silent
from listening.teaching.labels import labels

if TYPE_CHECKING:
    from listening.sentiment.learn import Label, Outcome

AGAIN = 20
"""From so many more labels than last time it is worth learning anew."""
FEWEST_OF_A_TAG = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What there is to learn from: labels by tag, how many there were when the program last learned (0: never).

    ``fewest`` labels are needed. ``outdated``: so many labels were learned from with an older model, and that does
    not count any more.
    """

    counts: Mapping[Tag, int]
    learned_from: int
    fewest: int
    outdated: int = 0

    @property
    def labels(self) -> int:
        """All labels."""
        return sum(self.counts.values())

    @property
    def since(self) -> int:
        """How many more than at the last learning."""
        return max(0, self.labels - self.learned_from)

    @property
    def lacking(self) -> tuple[Tag, ...]:
        """The tags of which there are too few."""
        return tuple(tag for tag in SCORED if self.counts.get(tag, 0) < FEWEST_OF_A_TAG)

    @property
    def enough(self) -> bool:
        """Whether something can be learned at all."""
        return self.labels >= self.fewest and not self.lacking

    @property
    def worth(self) -> bool:
        """Whether to propose it: for the first time, or with a good number of new labels."""
        return self.enough and (not self.learned_from or self.since >= AGAIN)

    @property
    def said(self) -> str:
        """Where it stands, in a sentence or two."""
        return f"{_outdated(self.outdated)} {self._now}" if self.outdated else self._now

    @property
    def _now(self) -> str:
        if self.labels < self.fewest:
            return f"{_labels(self.labels)} so far: from {self.fewest} on the tags can learn from them."
        if self.lacking:
            tags = " and ".join(self.lacking)
            return f"{_labels(self.labels)} so far, and too few of them {tags}: {FEWEST_OF_A_TAG} of each are needed."
        if not self.learned_from:
            return f"The tags can learn from {_labels(self.labels)}."
        if self.worth:
            return f"The tags can learn anew: {_labels(self.since, 'new ')} since they last learned."
        return f"The tags have learned from {_labels(self.learned_from)}; {self.since:,} new since."


def lesson(store: Store, settings: Settings, kind_of: KindOf = kind_of_source) -> Lesson | None:
    """What the review holds to learn from; None where nobody has judged a tag, and for rules, which do not learn."""
    if settings.tags.tagger == "rules":
        return None
    found = labels(store, kind_of)
    if not found:
        return None
    from listening.sentiment import learn  # it needs numpy, which nobody waits for who has taught nothing

    learned_from, counts = _learned_from(settings)
    return Lesson(
        counts=Counter(label.tag for label in found),
        learned_from=learned_from if counts else 0,
        fewest=learn.FEWEST_LABELS,
        outdated=0 if counts else learned_from,
    )


def outdated(settings: Settings) -> str:
    """What to say where something was learned with an older model and does not count any more; else nothing."""
    labels, counts = (0, True) if settings.tags.tagger == "rules" else _learned_from(settings)
    again = "Learn again: listening learn (with your file, where you learned from one)."
    return "" if counts else f"{_outdated(labels)} {again}"


def _learned_from(settings: Settings) -> tuple[int, bool]:
    """From how many labels the tags have learned, and whether that counts with this model."""
    file = settings_files.learned_file(settings)
    if not file.exists():
        return 0, True
    try:
        known = learned.load(file)
    except (OSError, ValueError):  # the tagger itself says so, with what to do
        return 0, True
    return known.labels, learned.fits(shipped(), known)


def _outdated(labels: int) -> str:
    return f"What was learned from {_labels(labels)} belongs to an older model, and does not count with this one."


def learn_from(found: Iterable[Label], settings: Settings) -> Outcome:
    """Learn from labels, starting with the weights as they were shipped; nothing is written."""
    if settings.tags.tagger == "rules":
        raise InputError(
            'The settings say tagger = "rules", and rules do not learn.', "Take that line out to use the model."
        )
    from listening.sentiment import learn

    return learn.learn(found, shipped(), door.tagger_of(settings).reader)


def learn_now(store: Store, settings: Settings, kind_of: KindOf = kind_of_source) -> Outcome:
    """Learn from the review's labels; nothing is written."""
    return learn_from(labels(store, kind_of), settings)


def adopt(
    settings: Settings,
    store: Store,
    outcome: Outcome,
    *,
    kind_of: KindOf = kind_of_source,
    progress: Progress = silent,
) -> Applied[Retagged]:
    """Write what was learned beside the settings, and tag what is stored anew."""
    _, now = changeable(settings)
    if outcome.learned is None:
        raise InputError("What was learned is not better, so there is nothing to adopt.", " ".join(outcome.said))
    learned.save(outcome.learned, settings_files.learned_file(now))
    return Applied(
        settings=now,
        found=retag.carry_out(store, door.tagger_of(now), kind_of, progress=progress),
        undo="To take it back: listening learn --undo, then listening retag.",
    )


def _labels(count: int, new: str = "") -> str:
    return f"{count:,} {new}label{'' if count == 1 else 's'} of yours"
