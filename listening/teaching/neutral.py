"""Words that pushed tags to the wrong side again and again: proposals for the settings' list of neutral words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from listening import door, retag
from listening import settings as settings_files
from listening.collectors import kind_of as kind_of_source
from listening.errors import InputError
from listening.models import Reason, Tag
from listening.retag import KindOf, Retagged
from listening.sentiment import Tagger
from listening.sentiment.why import WHOLE_SENTENCE
from listening.settings import Settings
from listening.store import Store, can_be_found, reviewing
from listening.store.reviewing import Said
from listening.teaching.applied import Applied, Progress, changeable, silent

LEAST_STORIES = 3
"""Corrections, each of another story, from which on a word is proposed."""
MOSTLY = 0.8
"""Of the mentions in which a word moved the score, so many must have been wrong in its direction."""
MOST = 8
"""Proposals."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WordProposal:
    """A word that could be neutral.

    ``side`` is where it pushed: of ``base`` reviewed stories in which it moved the score, people corrected
    ``corrections`` that the machine had put on that side; ``numbers`` are theirs. ``preview`` is what would change in
    all that is stored if the word were neutral: the machine's tags, also where a person's stands over them.
    """

    word: str
    side: Tag
    corrections: int
    base: int
    numbers: tuple[int, ...] = ()
    preview: Retagged = field(default_factory=Retagged)

    @property
    def reason(self) -> str:
        """Why it is proposed, in a sentence."""
        of = "all" if self.corrections == self.base else f"{self.corrections:,} of the"
        read = f"{of} {self.base:,} posts that you read in which “{self.word}” moved the tag"
        return f"You corrected {read}: they were called {self.side}."

    @property
    def effect(self) -> str:
        """What it would change, in a sentence."""
        return turns(self.preview)


@dataclass(slots=True)
class _Pushed:
    """The reviewed stories in which a word moved the score, and those that it pushed to the wrong side."""

    stories: set[str] = field(default_factory=set)
    wrong: dict[str, int] = field(default_factory=dict)
    effect: float = 0.0


def neutral_words(store: Store, settings: Settings, kind_of: KindOf = kind_of_source) -> list[WordProposal]:
    """The words that people's corrections speak against, most corrections first, each with what it would change.

    A word whose corrections are all those of a word before it is left out, and so is one that would change nothing.
    """
    with store.reading() as connection:
        said = reviewing.judged(connection)
    listed = set(map(_plain, (*settings.tags.neutral, *settings.tags.scored)))
    found = [each for each in _against(said) if each.word not in listed]
    now = door.tagger_of(settings) if found else None
    chosen: list[WordProposal] = []
    explained: set[int] = set()
    for each in found:
        if len(chosen) == MOST or now is None:
            break
        if explained.issuperset(each.numbers):
            continue
        tried = replace(each, preview=_preview(store, settings, now, each.word, kind_of))
        if tried.preview.changed:
            explained.update(each.numbers)
            chosen.append(tried)
    return chosen


def neutral_word(store: Store, settings: Settings, word: str, kind_of: KindOf = kind_of_source) -> Retagged:
    """What making a word neutral would change in what is stored; nothing is written."""
    return _preview(store, settings, door.tagger_of(settings), _new_word(settings, word), kind_of)


def make_neutral(
    settings: Settings,
    store: Store,
    word: str,
    *,
    kind_of: KindOf = kind_of_source,
    progress: Progress = silent,
) -> Applied[Retagged]:
    """Write a word into the settings' list of neutral words, and tag what is stored anew."""
    path, now = changeable(settings)
    plain = _new_word(now, word)
    settings_files.set_value(path, "tags.neutral", [*now.tags.neutral, plain])
    after = settings_files.load(path)
    return Applied(
        settings=after,
        found=retag.carry_out(store, door.tagger_of(after), kind_of, progress=progress),
        undo=f"To take it back: take “{plain}” out of neutral under [tags] in {path.name}, and run listening retag.",
    )


def turns(found: Retagged) -> str:
    """14 posts would turn neutral, 2 good."""
    counts: dict[Tag, int] = defaultdict(int)
    for (_, new), count in found.moves.items():
        counts[new] += count
    if not counts:
        return "No stored post would get another tag."
    (first, most), *others = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    whole = f"{most:,} stored post{'' if most == 1 else 's'} would turn {first}"
    return ", ".join([whole, *(f"{count:,} {tag}" for tag, count in others)]) + "."


def _against(said: Iterable[Said]) -> list[WordProposal]:
    """The words that corrections speak against, without what they would change."""
    pushed: dict[tuple[str, Tag], _Pushed] = defaultdict(_Pushed)
    moved: dict[str, set[str]] = defaultdict(set)
    for one in said:
        verdict = one.mention.verdict
        if verdict is None or verdict.tag is None or verdict.relevant is False:
            continue
        story = one.mention.story or one.mention.id
        for reason in one.mention.why:
            if not _is_word(reason):
                continue
            side: Tag = "good" if reason.effect > 0 else "bad"
            moved[reason.words].add(story)
            if side == verdict.machine != verdict.tag:
                push = pushed[reason.words, side]
                push.wrong.setdefault(story, one.n)
                push.effect += abs(reason.effect)
    enough = [
        (
            push.effect / len(push.wrong),
            WordProposal(
                word=word,
                side=side,
                corrections=len(push.wrong),
                base=len(moved[word]),
                numbers=tuple(sorted(push.wrong.values())),
            ),
        )
        for (word, side), push in pushed.items()
        if len(push.wrong) >= LEAST_STORIES and len(push.wrong) >= MOSTLY * len(moved[word])
    ]
    return [each for _, each in sorted(enough, key=lambda pair: (-pair[1].corrections, -pair[0], pair[1].word))]


def _is_word(reason: Reason) -> bool:
    """Whether a reason is a word that somebody wrote: no name, no slur's stand-in, no sign, not the whole sentence."""
    if reason.role != "moved" or not reason.effect or reason.words == WHOLE_SENTENCE:
        return False
    return can_be_found(reason.words) and "…" not in reason.words and "a slur" not in reason.words


def _preview(store: Store, settings: Settings, now: Tagger, word: str, kind_of: KindOf) -> Retagged:
    tags = replace(settings.tags, neutral=(*settings.tags.neutral, word))
    return retag.trial(store, now, door.tagger_of(replace(settings, tags=tags)), kind_of, holding=word)


def _plain(word: str) -> str:
    return " ".join(word.lower().split())


def _new_word(settings: Settings, word: str) -> str:
    """A word as it stands in the list; raises InputError where it cannot, or does already."""
    plain = _plain(word)
    if not can_be_found(plain):
        raise InputError(f"“{word}” is no word.", "Name a word or a phrase, as it stands among a tag's reasons.")
    if plain in map(_plain, settings.tags.neutral):
        raise InputError(f"“{plain}” is neutral already.", "It stands in neutral under [tags] in the settings.")
    if plain in map(_plain, settings.tags.scored):
        raise InputError(f"The settings say that “{plain}” is scored.", "Take it out of scored under [tags] first.")
    return plain
