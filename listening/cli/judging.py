"""`listening evaluate`, `learn` and `retag`: how often the tags are right, better ones, what is stored tagged anew."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from listening import door, language, teaching
from listening import rematch as rematching
from listening import retag as retagging
from listening import settings as settings_files
from listening import store as stores
from listening.agreement import SCORED, Agreement, Judged, Share, agreement, sentence
from listening.cli import terminal
from listening.cli.labels import Counted, Labelled, labelled
from listening.cli.tagging import found_settings
from listening.cli.telling import stored
from listening.collectors import kind_of
from listening.errors import InputError
from listening.insights.sentences import excerpt
from listening.rematch import Rematched
from listening.sentiment import Tagger, reasons_text
from listening.sentiment.learned import save
from listening.settings import Settings
from listening.store import size
from listening.teaching import People

if TYPE_CHECKING:
    from listening.sentiment.learn import Label

MOST_CHANGES = 12
MOST_EXAMPLES = 8
EXCERPT = 100


REVIEW = "Read some posts on the page (listening serve, Review) and say what they are"
"""What to do first."""


def evaluate(arguments: Namespace) -> int:
    """Compare the tags with people's: those of a file, else those of the review."""
    settings = found_settings(arguments.settings)
    people = None
    if arguments.file is None:
        store = None if settings is None else stored(settings)
        judged = [] if store is None else teaching.judged(store)
        if store is None or not judged:
            return _last(settings, arguments)
        people = teaching.people_agree(store)
    else:
        counted = Counted()
        path = Path(arguments.file).expanduser()
        labels = labelled(path, arguments.text, arguments.label, counted, arguments.kind)
        judged = list(_judged(labels, door.tagger_of(settings, arguments.name)))
        _tell_left_out(counted)
        if not judged:
            raise InputError(
                f"{path} has no row with a label.", "Write good, neutral or bad into its column of labels."
            )
    found = agreement(judged)
    if arguments.show:
        if settings is None:
            raise InputError("--show needs settings: it is their page that shows the sentence.", "Leave --show out.")
        noted = {"part": found.right.part, "base": found.right.base, "at": terminal.iso(door.now())}
        stores.note(stored(settings), stores.CHECKED, json.dumps(noted))
    if arguments.json:
        terminal.say_json(_as_json(found) | ({} if people is None else {"people": _people_as_json(people)}))
        return 0
    _tell(found)
    if people is not None:
        _tell_people(people)
    if arguments.show:
        terminal.say("\nThe page now says so under “How we count”.")
    return 0


def _last(settings: Settings | None, arguments: Namespace) -> int:
    """What the last evaluation that was shown on the page found."""
    noted = None if settings is None else stores.noted(stored(settings), stores.CHECKED)
    if noted is None:
        raise InputError(
            "Nobody has checked any tag yet.",
            f"{REVIEW}. Or export mentions (listening export -o week.csv), add a column “label” with good, neutral or "
            "bad as you would tag them, and run: listening evaluate week.csv --show",
        )
    last = json.loads(noted)
    if arguments.json:
        terminal.say_json(last)
        return 0
    share = Share(part=last["part"], base=last["base"])
    terminal.say(f"Of {share.base:,} mentions you checked, {share.part:,} had the right tag{_range(share)}.")
    return 0


def _judged(labels: Iterable[Labelled], tagger: Tagger) -> Iterator[Judged]:
    """Each labelled text with the tag that it gets today."""
    masks: dict[str, Tagger] = {}
    for one in labels:
        by = tagger
        if one.target:
            by = masks.setdefault(one.target, tagger.masking((*tagger.names, one.target)))
        _, understood = language.gate(f"{one.title}\n{one.text}", None)
        tagged = by.tag(one.text, title=one.title, kind=one.kind, allowed=understood)
        yield Judged(
            text=f"{one.title}. {one.text}".strip(". ") if one.title else one.text,
            person=one.label,
            machine=tagged.tag,
            score=tagged.score,
            confidence=tagged.confidence,
            topic=one.topic,
            source=one.source,
            why=reasons_text(tagged.why),
        )


def _tell_left_out(counted: Counted) -> None:
    if counted.empty:
        terminal.warn(f"{terminal.plural(counted.empty, 'row')} without a label left out.")
    if counted.unknown:
        terminal.warn(
            f"{terminal.plural(counted.unknown, 'row')} left out: “{counted.example}” is none of good, neutral, bad."
        )


def _range(share: Share) -> str:
    if share.interval is None:
        return ""
    low, high = share.interval
    return f" ({round(100 * low)} to {round(100 * high)} of 100, with 95 % certainty)"


def _percent(share: Share) -> tuple[str, str, str]:
    """A share, its interval and its base, as cells."""
    if share.share is None or share.interval is None:
        return "–", "", "0"
    low, high = share.interval
    return f"{100 * share.share:.0f} %", f"{100 * low:.0f} to {100 * high:.0f}", f"{share.base:,}"


def _tell(found: Agreement) -> None:
    terminal.say(f"{sentence(found)[:-1]}{_range(found.right)}.")
    if found.macro_f1 is not None and found.macro_f1_interval is not None:
        low, high = found.macro_f1_interval
        terminal.say(
            f"Macro-F1 {found.macro_f1:.2f} ({low:.2f} to {high:.2f}); people agree with each other at 0.67 to 0.81."
        )
    terminal.say(
        f"Good taken for bad, or bad for good: {found.opposite.part:,} of {found.opposite.base:,}"
        f"{_range(found.opposite)}."
    )
    if found.calibration is not None:
        terminal.say(f"Where it says how sure it is, it is off by {100 * found.calibration:.0f} points on average.")
    if found.unscored:
        terminal.say(f"{terminal.plural(found.unscored, 'mention')} without a tag (not English) left out.")
    terminal.say("\nWhat you say, against what the machine says:\n")
    terminal.table(
        ("You say", *(f"machine: {tag}" for tag in SCORED), "found", "95 %"),
        [
            (
                person,
                *(f"{found.confusion[person, machine]:,}" for machine in SCORED),
                *_percent(found.recall[person])[:2],
            )
            for person in SCORED
        ],
        numbers=tuple(f"machine: {tag}" for tag in SCORED),
    )
    terminal.say()
    terminal.table(
        ("The machine says", "right", "95 %", "of"),
        [(tag, *_percent(found.precision[tag])) for tag in SCORED],
        numbers=("of",),
    )
    for title, groups in (("Topic", found.by_topic), ("Source", found.by_source)):
        if groups:
            terminal.say()
            terminal.table(
                (title, "right", "95 %", "of"),
                [(name, *_percent(share)) for name, share in groups.items()],
                numbers=("of",),
            )
    if found.worst:
        terminal.say("\nThe worst mistakes:")
        for one in found.worst:
            terminal.say(f"  {one.machine}, and you say {one.person}: {excerpt(one.text, EXCERPT)}\n    {one.why}")


def _tell_people(people: People) -> None:
    share = people.share
    if share.base:
        read = f"{terminal.plural(people.mentions, 'mention')} {'was' if people.mentions == 1 else 'were'} read twice"
        pairs = terminal.plural(share.base, "pair")
        terminal.say(f"\n{read}: of {pairs} of readers {share.part:,} gave the same tag{_range(share)}.")
    if people.differ:
        terminal.say(f"On {terminal.plural(len(people.differ), 'mention')} you gave different tags.")


def _people_as_json(people: People) -> dict[str, object]:
    return {**_share_as_json(people.share), "mentions": people.mentions, "differ": list(people.differ)}


def _share_as_json(one: Share) -> dict[str, object]:
    return {"part": one.part, "base": one.base, "share": one.share, "interval": one.interval}


def _as_json(found: Agreement) -> dict[str, object]:
    share = _share_as_json
    return {
        "sentence": sentence(found),
        "right": share(found.right),
        "opposite": share(found.opposite),
        "macro_f1": found.macro_f1,
        "macro_f1_interval": found.macro_f1_interval,
        "calibration_error": found.calibration,
        "unscored": found.unscored,
        "precision": {tag: share(one) for tag, one in found.precision.items()},
        "recall": {tag: share(one) for tag, one in found.recall.items()},
        "confusion": [
            {"person": person, "machine": machine, "count": count}
            for (person, machine), count in found.confusion.items()
        ],
        "by_topic": {name: share(one) for name, one in found.by_topic.items()},
        "by_source": {name: share(one) for name, one in found.by_source.items()},
        "worst": [asdict(one) for one in found.worst],
    }


# --- learning -------------------------------------------------------------------------------------------------------


def learn(arguments: Namespace) -> int:
    """Adapt the tags to the team's labels where that makes them better; or undo it."""
    settings = door.load(arguments.settings)
    file = settings_files.learned_file(settings)
    if arguments.undo:
        if not file.exists():
            raise InputError("Nothing has been learned that could be undone.")
        file.unlink()
        terminal.say("Undone: the tags are as they were shipped. To tag what is stored anew: listening retag")
        return 0
    outcome = teaching.learn_from(_labels_of(arguments, settings), settings)
    adopted = outcome.learned is not None and not arguments.dry_run
    if adopted:
        assert outcome.learned is not None
        save(outcome.learned, file)
    if arguments.json:
        terminal.say_json(
            {
                "labels": outcome.labels,
                "adopted": adopted,
                "better": outcome.learned is not None,
                "before": None if outcome.before is None else asdict(outcome.before),
                "after": None if outcome.after is None else asdict(outcome.after),
                "biased": outcome.biased,
                "said": list(outcome.said),
                "changes": [asdict(change) for change in outcome.changes],
                "file": str(file) if adopted else None,
            }
        )
        return 0
    for said in outcome.said:
        terminal.say(said)
    if outcome.changes:
        terminal.say("\nThe words that changed most:")
        for change in outcome.changes[:MOST_CHANGES]:
            way = "good" if change.effect > 0 else "bad"
            terminal.say(
                f"  {change.words}: {abs(change.effect):.1f} more {way} (in {terminal.plural(change.texts, 'text')})"
            )
    if adopted:
        terminal.say(
            f"\nAdopted, and written to {file}; to undo it: listening learn --undo.\n"
            "New mentions are tagged so from now on. To tag what is stored anew: listening retag"
        )
    elif outcome.learned is not None:
        terminal.say("\nNothing was written (--dry-run).")
    else:
        terminal.say("\nNothing was changed.")
    return 0


def _labels_of(arguments: Namespace, settings: Settings) -> list[Label]:
    """The labels of a file, else those of the review; raises InputError where there are none."""
    if arguments.file is None:
        found = teaching.labels(stored(settings))
        if not found:
            raise InputError(
                "There is nothing to learn from yet.",
                f"{REVIEW}, the right ones too. Or export mentions (listening export -o week.csv), add a column "
                "“label” with good, neutral or bad as you would tag them, and run: listening learn week.csv",
            )
        return found
    from listening.sentiment.learn import Label

    counted = Counted()
    path = Path(arguments.file).expanduser()
    found = [
        Label(text=one.text, title=one.title, tag=one.label, kind=one.kind, given=one.given)
        for one in labelled(path, arguments.text, arguments.label, counted, arguments.kind)
    ]
    _tell_left_out(counted)
    return found


# --- tagging anew ---------------------------------------------------------------------------------------------------


def retag(arguments: Namespace) -> int:
    """Tag what is stored anew, as far as it can differ."""
    settings = door.load(arguments.settings)
    store = stored(settings)
    tagger = door.tagger_of(settings)
    waiting = retagging.pending(store, tagger)
    if arguments.dry_run:
        found = retagging.preview(store, tagger, kind_of)
    else:
        with terminal.progress("Tagging", max(waiting, 1), unit="mentions") as report:
            found = retagging.carry_out(store, tagger, kind_of, progress=report)
    if arguments.json:
        moves = [{"from": old, "to": new, "count": count} for (old, new), count in found.moves.items()]
        terminal.say_json({"read": found.read, "alike": found.alike, "changed": found.changed, "moves": moves})
        return 0
    if not waiting:
        terminal.say("All that is stored was tagged by this very tagger: nothing to do.")
        return 0
    would = "would change" if arguments.dry_run else "changed"
    terminal.say(
        f"{terminal.plural(found.read, 'mention')} could differ and {'was' if found.read == 1 else 'were'} read again, "
        f"{found.alike:,} could not. {terminal.plural(found.changed, 'tag')} {would}."
    )
    for (old, new), count in sorted(found.moves.items(), key=lambda item: -item[1]):
        terminal.say(f"  {count:,} from {old} to {new}")
    for before, after in found.examples[:MOST_EXAMPLES]:
        said = excerpt(before.title or before.text, EXCERPT)
        terminal.say(f"  {before.tag} → {after.tag}: {said}\n    {reasons_text(after.why)}")
    if arguments.dry_run:
        terminal.say("\nNothing was written (--dry-run).")
    return 0


# --- matching anew --------------------------------------------------------------------------------------------------


def rematch(arguments: Namespace) -> int:
    """Match what is stored by the queries of now, as far as it can differ."""
    settings = door.load(arguments.settings)
    store = stored(settings)
    queries = door.queries_of(settings)
    names = rematching.pending(store, queries)
    if arguments.dry_run:
        found = rematching.preview(store, queries)
    else:
        with terminal.progress("Matching", max(size(store)[0], 1), unit="mentions") as report:
            found = rematching.carry_out(store, queries, door.who_asks(settings), progress=report)
    if arguments.json:
        terminal.say_json(
            {
                "topics": names,
                "read": found.read,
                "changed": found.changed,
                "added": found.added,
                "dropped": found.dropped,
                "came": found.came,
                "left": found.left,
            }
        )
        return 0
    if not names:
        terminal.say("All that is stored was matched by these very queries: nothing to do.")
        return 0
    _tell_rematched(found, dry_run=arguments.dry_run)
    return 0


def _tell_rematched(found: Rematched, *, dry_run: bool) -> None:
    would = "would be" if dry_run else "were"
    terminal.say(
        f"{terminal.plural(found.read, 'stored post')} could differ and {'was' if found.read == 1 else 'were'} read. "
        f"{terminal.plural(found.came, 'post')} {would} counted anew, {found.left:,} {would} counted no longer."
    )
    for name in sorted({*found.added, *found.dropped}):
        terminal.say(f"  {name}: {found.added[name]:,} added, {found.dropped[name]:,} dropped")
    for before, after in found.examples[:MOST_EXAMPLES]:
        came = sorted(set(after.topics) - set(before.topics))
        gone = sorted(set(before.topics) - set(after.topics))
        moved = "; ".join([*(f"into {name}" for name in came), *(f"out of {name}" for name in gone)])
        terminal.say(f"  {moved}: {excerpt(before.title or before.text, EXCERPT)}")
    if dry_run:
        terminal.say("\nNothing was written (--dry-run).")
    else:
        terminal.say("Posts that no topic finds any more stay stored; they count again when a query finds them.")
