"""Words of posts that people said are not about us: proposals for what a topic's query could leave out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from listening import door, rematch
from listening import settings as settings_files
from listening.errors import InputError, QueryError
from listening.models import Topic
from listening.query import tokens
from listening.rematch import Rematched
from listening.settings import Settings
from listening.store import Reader, Store, reviewing
from listening.teaching.applied import Applied, Progress, changeable, silent
from listening.teaching.candidates import Evidence, Own, candidates, evidence_of, holds
from listening.teaching.trying import ExclusionProposal, Trial, phrase_of, posts

LEAST_STORIES = 2
"""Stories that are not about us in which a word must stand."""
MOST = 3
"""Proposals for a topic."""
TRIED = 20
"""So many of the best candidates of a topic are looked at."""
MOST_LEAVING = 0.5
"""Words that more than this part of a topic's posts hold are what it is about, whatever has been read so far."""


def exclusions(store: Store, settings: Settings) -> list[ExclusionProposal]:
    """What the topics' queries could leave out, by what people marked as not about us; of each topic the best first.

    The best stand in most of these stories; of equals the longest. Words whose stories are all covered by words before
    them are left out.
    """
    with store.reading() as connection:
        evidence = evidence_of(reviewing.judged(connection))
        if not any(each.out for each in evidence.values()):
            return []
        tried = Trial(Reader(store, connection), settings)
        names = frozenset(word for name in settings_files.no_themes(settings) for word in tokens(name))
        found = []
        for topic in settings.topics:
            if len(evidence[topic.name].out) >= LEAST_STORIES:
                found += list(_best(tried, topic, evidence[topic.name], names))
        return found


def exclusion(store: Store, settings: Settings, topic: str, words: str) -> ExclusionProposal:
    """What leaving words out of a topic would change; nothing is written.

    Raises InputError for a topic that there is not, and for words that cannot be left out.
    """
    with store.reading() as connection:
        tried = Trial(Reader(store, connection), settings)
        evidence = evidence_of(reviewing.judged(connection))[topic]
        proposal = tried.proposal(_named(settings, topic), words)
        wanted = phrase_of(words)
        stories = [held for held in evidence.out.values() if any(holds(one, wanted) for _, one in held)]
        return replace(
            proposal,
            stories=len(stories),
            about_us=len(evidence.kept_stories),
            numbers=tuple(sorted(number for held in stories for number, one in held if holds(one, wanted))),
        )


def exclude(
    settings: Settings, store: Store, proposal: ExclusionProposal, *, progress: Progress = silent
) -> Applied[Rematched]:
    """Write a topic's new query into the settings, and match what is stored anew.

    The query is made anew from the settings as they are now; where a post that people read as about us would leave, it
    is refused.
    """
    path, now = changeable(settings)
    fresh = exclusion(store, now, proposal.topic, proposal.words)
    if fresh.preview.about_us:
        raise InputError(
            f"{posts(fresh.preview.about_us)} with “{fresh.words}” that you read as about you would leave "
            f"{fresh.topic}.",
            "Choose other words, or mark these posts as not about you first.",
        )
    number = [topic.name for topic in now.topics].index(fresh.topic) + 1
    end = "\n" if "\n" in fresh.query else ""  # so that what closes it stands on a line of its own
    settings_files.set_value(path, f"topics[{number}].query", fresh.query + end)
    after = settings_files.load(path)
    return Applied(
        settings=after,
        found=rematch.carry_out(store, door.queries_of(after), door.who_asks(after), progress=progress),
        undo=f'To take it back: take AND NOT "{fresh.words}" out of the query of {fresh.topic} in {path.name}, and run '
        "listening rematch. Nothing was deleted.",
    )


def _best(tried: Trial, topic: Topic, evidence: Evidence, names: Collection[str]) -> Iterator[ExclusionProposal]:
    """The best proposals for a topic."""
    stories, forms = candidates(evidence)
    own = Own(tried.queries[topic.name].root, names)
    good = [
        words
        for words, held in stories.items()
        if len(held) >= LEAST_STORIES and words not in evidence.kept and not own.all_of(words)
    ]
    good.sort(key=lambda words: (-len(stories[words]), -words.count(" "), -len(words), words))
    covered: set[str] = set()
    chosen = tries = 0
    most = MOST_LEAVING * tried.counted(topic.name)
    for words in good:
        if chosen == MOST or tries == TRIED:
            return
        if covered.issuperset(stories[words]):
            continue
        tries += 1
        written = forms[words].most_common(1)[0][0]
        try:
            proposal = tried.proposal(topic, written if tokens(written) == words.split() else words)
        except (QueryError, InputError):  # the query is as long as one may be
            continue
        if proposal.preview.about_us or proposal.preview.leave > most:
            continue
        covered |= stories[words].keys()
        chosen += 1
        yield replace(
            proposal,
            stories=len(stories[words]),
            about_us=len(evidence.kept_stories),
            numbers=tuple(sorted(number for held in stories[words].values() for number in held)),
        )


def _named(settings: Settings, name: str) -> Topic:
    for topic in settings.topics:
        if topic.name == name:
            return topic
    raise InputError(
        f"There is no topic “{name}”.", f"There are: {', '.join(topic.name for topic in settings.topics)}."
    )
