"""`listening teach`: what the review's corrections propose, with what each would change; and applying one."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass

from listening import door, teaching
from listening.cli import terminal
from listening.cli.judging import REVIEW
from listening.cli.telling import stored
from listening.errors import InputError
from listening.insights.sentences import excerpt
from listening.models import Mention
from listening.rematch import Rematched
from listening.retag import Retagged
from listening.settings import Settings
from listening.store import Store, size
from listening.teaching import ExclusionProposal, Lesson, WordProposal
from listening.teaching.neutral import turns

MOST_EXAMPLES = 3
EXCERPT = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proposed:
    """Everything that the corrections propose."""

    words: list[WordProposal]
    exclusions: list[ExclusionProposal]
    lesson: Lesson | None


def teach(arguments: Namespace) -> int:
    """List what corrections propose, or apply one of them."""
    settings = door.load(arguments.settings)
    store = stored(settings)
    if arguments.neutral is not None and arguments.exclude is not None:
        raise InputError("One at a time: --neutral or --exclude.", "Run the command twice.")
    if arguments.neutral is not None:
        return _neutral(arguments, settings, store)
    if arguments.exclude is not None:
        return _exclude(arguments, settings, store)
    found = _Proposed(
        words=teaching.neutral_words(store, settings),
        exclusions=teaching.exclusions(store, settings),
        lesson=teaching.lesson(store, settings),
    )
    if arguments.json:
        terminal.say_json(_as_json(found))
    else:
        _tell(found)
    return 0


def _tell(found: _Proposed) -> None:
    number = 0
    for word in found.words:
        number += 1
        terminal.say(f"{number}. Make “{word.word}” neutral. {word.reason} {word.effect}")
        for before, after in word.preview.examples[:MOST_EXAMPLES]:
            terminal.say(f"   {before.tag} → {after.tag}: {_excerpt(before)}")
        terminal.say(f"   listening teach --neutral {_quoted(word.word)}\n")
    for each in found.exclusions:
        number += 1
        terminal.say(f"{number}. Leave “{each.words}” out of {each.topic}. {each.reason} {each.effect}")
        _tell_leaving(each)
        terminal.say(f"   listening teach --exclude {_quoted(f'{each.topic}:{each.words}')}\n")
    if found.lesson is not None and found.lesson.worth:
        number += 1
        terminal.say(f"{number}. {found.lesson.said}\n   listening learn --dry-run\n")
    if number:
        terminal.say("Nothing was changed: each of these is applied by its command, and says how to take it back.")
        return
    terminal.say("Your corrections propose nothing yet.")
    terminal.say(f"{REVIEW}." if found.lesson is None else found.lesson.said)


def _neutral(arguments: Namespace, settings: Settings, store: Store) -> int:
    """Make a word neutral, or say what that would change."""
    if arguments.dry_run:
        found, undo = teaching.neutral_word(store, settings, arguments.neutral), ""
    else:
        with terminal.progress("Tagging", max(size(store)[0], 1), unit="mentions") as report:
            applied = teaching.make_neutral(settings, store, arguments.neutral, progress=report)
        found, undo = applied.found, applied.undo
    if arguments.json:
        terminal.say_json({"word": arguments.neutral, "applied": not arguments.dry_run, **_moves_as_json(found)})
        return 0
    if arguments.dry_run:
        terminal.say(f"{turns(found)}\n\nNothing was written (--dry-run).")
        return 0
    terminal.say(f"“{arguments.neutral}” is neutral now. {terminal.plural(found.changed, 'tag')} changed.")
    terminal.say(undo)
    return 0


def _exclude(arguments: Namespace, settings: Settings, store: Store) -> int:
    """Leave words out of a topic, or say what that would change."""
    topic, words = _parted(settings, arguments.exclude)
    proposal = teaching.exclusion(store, settings, topic, words)
    if arguments.dry_run:
        if arguments.json:
            terminal.say_json(_exclusion_as_json(proposal) | {"applied": False})
            return 0
        terminal.say(proposal.effect)
        _tell_leaving(proposal)
        terminal.say("\nNothing was written (--dry-run).")
        return 0
    with terminal.progress("Matching", max(size(store)[0], 1), unit="mentions") as report:
        applied = teaching.exclude(settings, store, proposal, progress=report)
    if arguments.json:
        terminal.say_json(_exclusion_as_json(proposal) | {"applied": True, **_dropped_as_json(applied.found)})
        return 0
    dropped = terminal.plural(applied.found.dropped[topic], "post")
    terminal.say(f"{topic} leaves “{words}” out now. {dropped} left it.")
    terminal.say(applied.undo)
    return 0


def _parted(settings: Settings, said: str) -> tuple[str, str]:
    """A topic's name and the words after its colon; a name may hold colons itself."""
    names = [topic.name for topic in settings.topics if said.startswith(f"{topic.name}:")]
    if not names:
        names_there = ", ".join(topic.name for topic in settings.topics)
        raise InputError(
            f"“{said}” begins with no topic's name and a colon.",
            f'Write it like --exclude "{settings.topics[0].name}:lake county". There are: {names_there}.',
        )
    topic = max(names, key=len)
    return topic, said[len(topic) + 1 :].strip()


def _tell_leaving(proposal: ExclusionProposal) -> None:
    for mention in proposal.preview.examples[:MOST_EXAMPLES]:
        terminal.say(f"   out: {_excerpt(mention)}")


def _excerpt(mention: Mention) -> str:
    return excerpt(mention.title or mention.text, EXCERPT)


def _quoted(words: str) -> str:
    """Words as one argument of a command line."""
    return f'"{words}"' if not words.isalnum() else words


# --- for programs ---------------------------------------------------------------------------------------------------


def _as_json(found: _Proposed) -> dict[str, object]:
    lesson = found.lesson
    return {
        "neutral": [
            {
                "word": word.word,
                "side": word.side,
                "corrections": word.corrections,
                "base": word.base,
                **_moves_as_json(word.preview),
            }
            for word in found.words
        ],
        "exclude": [_exclusion_as_json(each) for each in found.exclusions],
        "learn": None
        if lesson is None
        else {
            "labels": lesson.labels,
            "since": lesson.since,
            "enough": lesson.enough,
            "worth": lesson.worth,
            "said": lesson.said,
        },
    }


def _moves_as_json(found: Retagged) -> dict[str, object]:
    moves = [{"from": old, "to": new, "count": count} for (old, new), count in found.moves.items()]
    return {"read": found.read, "changed": found.changed, "moves": moves}


def _exclusion_as_json(each: ExclusionProposal) -> dict[str, object]:
    return {
        "topic": each.topic,
        "words": each.words,
        "query": each.query,
        "stories": each.stories,
        "leave": each.preview.leave,
        "gone": each.preview.gone,
        "marked": each.preview.marked,
        "about_us": each.preview.about_us,
    }


def _dropped_as_json(found: Rematched) -> dict[str, object]:
    return {"read": found.read, "dropped": found.dropped, "left": found.left}
