"""What `listening init --propose` proposes: the same words and places as the page “Set up”, said in the terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence

from listening import door
from listening import settings as settings_files
from listening.cli import terminal
from listening.models import Feed, Topic
from listening.setup import together
from listening.setup.accounts import read_account
from listening.setup.answers import Answers
from listening.setup.looking import Looked
from listening.setup.place import Place
from listening.setup.topic import Proposal, propose
from listening.setup.trials import Judge, in_words


def proposed(answers: Answers) -> tuple[list[Topic], list[Feed], list[str]]:
    """The topics, the places that are ticked, and the own accounts; each place is said with what it gave."""
    proposal = propose(answers)
    with terminal.progress("Trying", 1, unit="places") as report, terminal.stoppable():
        looked = together.propose_places(
            answers, settings_files.secrets(os.environ), lambda done, of: report(done, f"{done} of {of} places")
        )
    topics = [Topic(name=proposal.name, query=proposal.query)]
    _tell_topic(proposal)
    _tell_places(looked, Judge(topics, looked.own_accounts))
    return topics, [place.feed for place in looked.places if chosen(place)], looked.own_accounts


def chosen(place: Place) -> bool:
    """Whether a place is written without anybody being asked: proposed, and it answered."""
    return place.ticked and place.refusal is None


def _tell_topic(proposal: Proposal) -> None:
    terminal.say(f"\nWhat is listened for, as the topic “{proposal.name}”:\n")
    for term in proposal.terms:
        if term.ticked:
            terminal.say(f"  {'not ' if term.leaves_out else ''}{term.query}  –  {term.why}")
    left = [term for term in proposal.terms if not term.ticked]
    if left:
        terminal.say("\nNot written, because it would find others too:")
    for term in left:
        terminal.say(f"  {term.query}  –  {term.why}")
    if proposal.question:
        terminal.say(f"\n{proposal.question} (--region)")
    terminal.say()


def _tell_places(looked: Looked, judge: Judge) -> None:
    terminal.table(
        ("Place", "Written", "What it gave"),
        [(place.feed.name, "yes" if chosen(place) else "no", _gave(place, judge)) for place in looked.places],
    )
    sentences = dict.fromkeys(place.sentence for place in looked.places if place.sentence and not chosen(place))
    for sentence in sentences:
        terminal.say(f"\n{sentence}")
    masked = [place.feed.name for place in looked.places if chosen(place) and is_masked(place.feed)]
    if masked:
        terminal.say(
            f"\nWho writes there is masked on the page and in exports: {', '.join(masked)}. Where that is a paper, a "
            "station or an agency, whose names may be shown, write outlet = true under it in the settings, or tick it "
            "on the page Set up."
        )
    for missed in looked.missed:
        terminal.warn(f"\n{missed.typed}: {missed.error}")


def is_masked(feed: Feed) -> bool:
    """Whether a place may be an outlet's, and is not taken for one."""
    return feed.source == "rss" and not feed.outlet


def _gave(place: Place, judge: Judge) -> str:
    if place.refusal is not None:
        return place.refusal.problem
    if place.given is None:
        return "not asked: see below"
    return in_words(judge.of(place.given, door.now()), lambda moment: f"{moment:%Y-%m-%d}")


def answers_of(
    *,
    name: str,
    short_name: str,
    region: str,
    site: str,
    contact: str,
    timezone: str,
    own: Sequence[str],
    papers: Sequence[str],
    keywords: Sequence[str],
) -> Answers:
    """The answers, as the page would have them: the site apart from the accounts."""
    sites = [account for account in own if read_account(account).service == "site"]
    return Answers(
        name=" ".join(name.split()),
        short_name=" ".join(short_name.split()),
        region=region,
        site=site or (sites[0] if sites else ""),
        contact=contact,
        timezone=timezone,
        accounts=tuple(account for account in own if site or account not in sites[:1]),
        papers=tuple(papers),
        keywords=tuple(keywords),
    )
