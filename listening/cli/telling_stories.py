"""`listening stories`: which texts came up more than once, why they are one story, and what a person says of it."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from listening import door
from listening.cli import terminal
from listening.cli.exporting import view_of
from listening.cli.telling import stored
from listening.errors import InputError
from listening.insights import sentences
from listening.store import Reader, Store, Story, log_access
from listening.store import stories as stories_of
from listening.stories import explained


def stories(arguments: Namespace) -> int:
    """List the stories of a view; or join, split, or explain one."""
    settings = door.load(arguments.settings)
    store = stored(settings)
    if sum(bool(asked) for asked in (arguments.why, arguments.join, arguments.split)) > 1:
        raise InputError("--why, --join and --split do not go together.", "Use one after the other.")
    if arguments.join or arguments.split:
        return _by_hand(store, arguments)
    if arguments.why:
        return _why(store, arguments.why)
    now = door.now().astimezone(settings.agency.timezone)
    with store.reading() as connection:
        reader = Reader(store, connection)
        view = view_of(arguments, settings, now=now, oldest=reader.oldest_at())
        told = reader.stories(view, limit=max(arguments.most, 1))
        mentions, count = reader.total(view), reader.story_count(view)
    if arguments.json:
        terminal.say_json(
            {"mentions": mentions, "stories": count, "repeated": [_as_json(story) for story in told]},
        )
        return 0
    terminal.say(f"{sentences.stories_words(mentions, count)}.")
    if told:
        terminal.table(
            ["posts", "places", "when", "story", "id of its first post"],
            [_row(story, now) for story in told],
            numbers=["posts", "places"],
            spare=["when"],
        )
    else:
        terminal.say("No text came up more than once.")
    return 0


def _row(story: Story, now: datetime) -> list[str]:
    assert story.first.published_at is not None
    first, last = (at.astimezone(now.tzinfo).date() for at in (story.first.published_at, story.last_at))
    when = f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%m-%d}"
    return [
        f"{story.count:,}",
        f"{len(story.feeds):,}",
        when,
        sentences.story_name(story.first),
        story.first.id,
    ]


def _as_json(story: Story) -> dict[str, object]:
    return {
        "story": story.first.story,
        "first": story.first.id,
        "words": sentences.story_name(story.first),
        "mentions": story.count,
        "tags": story.tags,
        "feeds": sorted(story.feeds),
        "first_at": story.first.published_at,
        "last_at": story.last_at,
    }


def _by_hand(store: Store, arguments: Namespace) -> int:
    try:
        with store.writing() as connection:
            if arguments.split:
                stories_of.split(connection, arguments.split)
                said = "It is a story of its own now, and stays so."
            else:
                story = stories_of.join(connection, arguments.join)
                count = len(stories_of.members(connection, story))
                said = f"They are one story of {terminal.plural(count, 'post')} now, and stay so."
    except KeyError as unknown:
        raise _unknown(str(unknown.args[0])) from unknown
    what = "split" if arguments.split else "join"
    detail = " ".join(arguments.join or [arguments.split])
    log_access(store, at=door.now(), who=door.who(), what=f"stories: {what}", detail=detail)
    terminal.say(said)
    return 0


def _why(store: Store, id_: str) -> int:
    try:
        with store.reading() as connection:
            found = stories_of.explain(connection, id_)
    except KeyError as unknown:
        raise _unknown(id_) from unknown
    if found is None:
        terminal.say("No other post carries this text: it is a story of its own.")
        return 0
    like, mine, other = found
    if like is None:
        terminal.say("Somebody put it into its story by hand.")
        return 0
    assert mine.published_at is not None
    assert other.published_at is not None
    why = explained(like, mine.published_at - other.published_at)
    terminal.say(f"{why[0].upper()}{why[1:]}, as in {other.feed}: {sentences.story_name(other)} ({other.id})")
    return 0


def _unknown(id_: str) -> InputError:
    return InputError(
        f"No mention has the id {id_}.", "Ids stand in the last column of listening stories, and in an export under id."
    )
