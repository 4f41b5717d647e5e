"""`listening quotes`: what the page quotes, and what a person keeps and leaves out."""

from __future__ import annotations

from argparse import Namespace

from listening import door, snapshot
from listening.cli import terminal
from listening.cli.exporting import view_of
from listening.cli.telling import stored
from listening.errors import InputError
from listening.insights import picks as picking
from listening.insights.picks import Picks
from listening.insights.quotes import quotes as quotes_of
from listening.insights.sentences import TAG_LABELS, excerpt, picked, spoken
from listening.models import Mention
from listening.settings import Settings
from listening.store import Reader, Store

WORDS = 70


def quotes(arguments: Namespace) -> int:
    """Change what is quoted where that is asked, and list what is."""
    settings = door.load(arguments.settings)
    store = stored(settings)
    if arguments.keep or arguments.leave_out or arguments.by_rule:
        _change(settings, store, arguments)
    now = door.now().astimezone(settings.agency.timezone)
    picks = picking.picks(store)
    with store.reading() as connection:
        reader = Reader(store, connection)
        view = view_of(arguments, settings, now=now, oldest=reader.oldest_at())
        chosen = quotes_of(reader, view, picks)
        left_out = reader.of_ids(view, picks.hidden)
    if arguments.json:
        terminal.say_json(
            {
                "good": [_as_json(mention, picks) for mention in chosen.good],
                "bad": [_as_json(mention, picks) for mention in chosen.bad],
                "left_out": [_as_json(mention, picks) for mention in left_out],
            }
        )
        return 0
    rows = [*chosen.good, *chosen.bad, *left_out]
    if not rows:
        terminal.say("There is nothing to quote in this period.")
        return 0
    terminal.table(["tag", "quoted", "words", "id"], [_row(mention, picks) for mention in rows])
    if words := picked(chosen.pinned, chosen.hidden):
        terminal.say(f"\n{words}")
    return 0


def _change(settings: Settings, store: Store, arguments: Namespace) -> None:
    snapshot.refuse(settings)
    asked = {"keep": arguments.keep or [], "leave": arguments.leave_out or [], "rule": arguments.by_rule or []}
    every = [id_ for ids in asked.values() for id_ in ids]
    with store.reading() as connection:
        missing = [id_ for id_ in every if Reader(store, connection).find(id_) is None]
    if missing:
        raise InputError(
            f"There is no stored post {missing[0]}.", "Ids stand in the column “id” of an export; nothing was changed."
        )
    if len(set(every)) < len(every):
        raise InputError("A post is named twice.", "Name each once; nothing was changed.")

    def change(picks: Picks) -> Picks:
        for id_ in asked["keep"]:
            picks = picks.pin(id_)
        for id_ in asked["leave"]:
            picks = picks.hide(id_)
        for id_ in asked["rule"]:
            picks = picks.free(id_)
        return picks

    picking.choose(store, change)


def _row(mention: Mention, picks: Picks) -> list[str]:
    return [TAG_LABELS[mention.tag], _state(mention, picks), excerpt(spoken(mention), WORDS), mention.id]


def _state(mention: Mention, picks: Picks) -> str:
    if mention.id in picks.hidden:
        return "left out"
    return "kept" if mention.id in picks.pinned else "by the rule"


def _as_json(mention: Mention, picks: Picks) -> dict[str, object]:
    return {"id": mention.id, "tag": mention.tag, "quoted": _state(mention, picks), "words": spoken(mention)}
