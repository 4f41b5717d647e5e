"""`listening init`: a few questions, or as many options, and the first settings file."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from listening import settings as settings_files
from listening.cli import terminal
from listening.cli.proposing import answers_of, proposed
from listening.errors import InputError, SettingsError
from listening.models import Feed, Topic
from listening.settings.read import FILE_NAME
from listening.setup.answers import NAME, Answers, machine_zone, named_apart, refused, trial
from listening.setup.outline import read_outline
from listening.setup.place import confirmed
from listening.setup.writing import write_first
from listening.setup.written import FORMS, feed_of

Answer = TypeVar("Answer")


def init(arguments: Namespace) -> int:
    """Write a settings file from options and answers; an existing one is never touched."""
    path = settings_files.find(_named(arguments), os.environ, Path.cwd()) or Path.cwd() / FILE_NAME
    if path.exists():
        raise InputError(
            f"{path} is there already, and was left as it is.", "Edit it, or choose another: --settings FILE."
        )
    if not path.parent.is_dir():
        raise InputError(f"The folder {path.parent} does not exist.", "Make it first, or choose another place.")
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    if asking:
        terminal.say("A few questions; Enter takes what stands in [brackets] or leaves a thing out.\n")
    name = _one(asking, arguments.name, "The agency's name, as the public knows it", "--name", "name", required=NAME)
    short = _one(asking, arguments.short_name, "Its short name or acronym", "--short-name", "short_name")
    zone = _zone(asking, arguments.timezone)
    contact = _one(
        asking,
        arguments.contact,
        "A mail or web address, shown to servers that we ask",
        "--contact",
        "contact",
    )
    own = _several(
        asking,
        arguments.own,
        "Your own accounts and site, so that they are not counted as conversation",
        "@townhall@quillhaven.social, u/quillhaven_townhall or https://www.quillhaven.example",
        lambda text: _checked("own_accounts", [text], text),
    )
    keywords = _several(
        asking,
        arguments.keyword,
        f"More words, phrases and #hashtags to listen for, beside “{short or name}”",
        "Harbor Line, #quillhaven",
        _keyword,
    )
    places = _several(
        asking,
        arguments.feed,
        "Places to listen to",
        FORMS,
        lambda text: _place(text, own, confirm=arguments.terms_confirmed),
    )
    listed = _from_list(arguments.opml)
    answers = answers_of(
        name=name,
        short_name=short,
        region=(arguments.region or "").strip(),
        site=(arguments.site or "").strip(),
        contact=contact,
        timezone=zone,
        own=own,
        papers=places,
        keywords=keywords,
    )
    if arguments.propose or (asking and _yes("Look on the network for places that fit, and try them?")):
        topics, feeds, own = proposed(answers)
    else:
        _only_with_propose(arguments)
        topics, feeds = [_plain_topic(answers)], [confirmed(feed_of(text)) for text in places]
    feeds = named_apart([*feeds, *listed])
    write_first(path, answers, topics, feeds, own)
    _tell_next(path, zone, contact, feeds)
    return 0


def _named(arguments: Namespace) -> Path | None:
    return None if arguments.settings is None else Path(arguments.settings)


def _one(asking: bool, given: str | None, question: str, option: str, key: str, *, required: str = "") -> str:
    """One text: the option's, else the answer; asked again until it can be used."""
    if given is not None:
        text = given.strip()
        if not text and required:
            raise InputError(f"{option} is empty.", f'Write it in quotes: {option} "{required}".')
        return _checked(key, text, text) if text else ""
    if not asking:
        if required:
            raise InputError(f"{option} is missing.", f'Write it in quotes: {option} "{required}".')
        return ""
    while True:
        text = _ask(f"{question}: ").strip()
        if not text and required:
            terminal.say(f"  This one is needed: {required}, for example.")
        elif not text or _usable(lambda each: _checked(key, each, each), text) is not None:
            return text


def _zone(asking: bool, given: str | None) -> str:
    """The time zone: the option's, else the answer, with this computer's own proposed."""
    if given is not None:
        return _checked("timezone", given.strip(), given.strip())
    guess = machine_zone()
    if not asking:
        if guess is None:
            raise InputError(
                "--timezone is missing, and this computer does not say in which zone it stands.",
                "Days and weeks are cut at the agency's midnight: --timezone America/New_York.",
            )
        return guess
    while True:
        proposed = f" [{guess}]" if guess else ""
        text = _ask(f"Time zone, such as America/New_York{proposed}: ").strip() or guess or ""
        if not text:
            terminal.say("  This one is needed: days and weeks are cut at your midnight.")
        elif _usable(lambda each: _checked("timezone", each, each), text) is not None:
            return text


def _several(
    asking: bool, given: Sequence[str], question: str, example: str, read: Callable[[str], Answer]
) -> list[Answer]:
    """Several answers: the options', else a line each until an empty one."""
    if given or not asking:
        return [read(text.strip()) for text in given if text.strip()]
    terminal.say(f"{question}, one a line, an empty line to end.\n  Like: {example}")
    answers: list[Answer] = []
    while text := _ask("> ").strip():
        answer = _usable(read, text)
        if answer is not None:
            answers.append(answer)
    return answers


def _ask(prompt: str) -> str:
    """An answer; the end of all input (Ctrl+D) stops as Ctrl+C does."""
    try:
        with suppress(ImportError):  # with it, arrow keys move in the line; not on every system
            import readline  # noqa: F401
        return input(prompt)
    except EOFError:
        raise KeyboardInterrupt from None


def _usable(read: Callable[[str], Answer], text: str) -> Answer | None:
    """What an answer means, or None after saying why it cannot be used."""
    try:
        return read(text)
    except (InputError, SettingsError) as error:
        terminal.say(f"  {error.problem} {error.advice}".rstrip())
        return None


def _keyword(text: str) -> str:
    if not settings_files.suggest_query("", keywords=[text]):
        raise InputError(f"“{text}” holds no letter and no digit.", "Write a word, a phrase or a #hashtag.")
    return text


def _place(text: str, own: Sequence[str], *, confirm: bool) -> str:
    feed = feed_of(text)
    if error := trial(agency={"own_accounts": own} if own else None, feed=confirmed(feed) if confirm else feed):
        needed = error.key.endswith(".terms")
        advice = "If your counsel agrees to your use, add --terms-confirmed; google_alerts:name needs no such word."
        raise InputError(error.problem, advice if needed else error.advice)
    return text


def _plain_topic(answers: Answers) -> Topic:
    """The topic without proposals: the names and the keywords, nothing else."""
    words = [word for word in answers.keywords if not word.startswith("#")]
    tags = [word for word in answers.keywords if word.startswith("#")]
    query = settings_files.suggest_query(answers.name, answers.short_name, words, tags)
    return Topic(name=answers.short_name or answers.name, query=query)


def _from_list(file: str | None) -> list[Feed]:
    """The places of an OPML file that the settings take; what they do not is said."""
    if file is None:
        return []
    try:
        content = Path(file).expanduser().read_bytes()
    except OSError as error:
        raise InputError(f"{file} could not be read: {(error.strerror or 'unknown reason').lower()}.") from error
    outline = read_outline(content, file)
    for note in outline.skipped:
        terminal.warn(f"{file}: left out {note}.")
    taken = []
    for feed in outline.feeds:
        if refusal := trial(feed=feed):
            terminal.warn(f"{feed.name}: left out. {refusal.problem} {refusal.advice}")
        else:
            taken.append(feed)
    return taken


def _yes(question: str) -> bool:
    return _ask(f"{question} [Y/n] ").strip().casefold() in ("", "y", "yes")


def _only_with_propose(arguments: Namespace) -> None:
    for option, given in (("--site", arguments.site), ("--region", arguments.region)):
        if given:
            raise InputError(f"{option} goes with --propose.", f"listening init --propose {option} …")


def _checked(key: str, value: str | Sequence[str], answer: Answer) -> Answer:
    """The answer, if the settings would take the value under [agency]; else InputError with their reason."""
    if error := refused(key, value):
        raise InputError(error.problem, error.advice)
    return answer


def _tell_next(path: Path, zone: str, contact: str, feeds: Sequence[Feed]) -> None:
    terminal.say(f"\nWritten: {path} (days end at midnight in {zone}). It is a text file; look through it once.")
    if not contact:
        terminal.say("Before you collect, put a contact into it: servers want to see who asks.")
    if not feeds:
        terminal.say("Before you collect, put places to listen to into it, as [[feeds]].")
    named = "" if path == Path.cwd() / FILE_NAME else f", each with --settings {path}"
    terminal.say(f"\nWhat comes next{named}:")
    terminal.say("  listening check    is everything written right, and does every feed answer?")
    terminal.say("  listening collect  the first collection")
    terminal.say("  listening serve    the page")
