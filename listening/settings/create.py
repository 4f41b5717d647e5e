"""A first ``listening.toml``: a few keywords become a query, and remarks say what may be changed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from listening.errors import InputError, QueryError
from listening.models import Feed, Topic
from listening.query import parse, tokens
from listening.settings.read import examine
from listening.settings.shape import SettingsRefused
from listening.settings.write import feed_lines, topic_lines, written

_HANDLE = re.compile(r"@[A-Za-z0-9_]+")
_SPECIAL = re.compile(r'["“”„‟«»＂*\\]')  # quotation marks and stars mean something within a phrase
_PLAIN_WORD = re.compile(r"[^\W_]+")
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR", "ONEAR"})


def suggest_query(name: str, short_name: str = "", keywords: Sequence[str] = (), hashtags: Sequence[str] = ()) -> str:
    """A query for any of an agency's names and keywords: ``"Town of Quillhaven" OR Quillhaven OR #quillhaven``.

    Words all in capitals are searched as they stand (raw:"ICE"), or every "ice" would be found.
    """
    terms = [query_term(word) for word in (name, short_name, *keywords)]
    terms += [hashtag_term(word) for word in hashtags]
    once = {term.casefold(): term for term in reversed(terms) if term}
    return " OR ".join(reversed(once.values()))


def query_term(word: str) -> str:
    """One keyword in the query language, or nothing where there is no word in it."""
    plain = " ".join(_SPECIAL.sub(" ", word).split())
    phrase = f'"{plain}"'
    if not tokens(plain):
        return ""
    if plain.startswith("#") and " " not in plain:
        return hashtag_term(plain)
    if plain.isupper() and " " not in plain:
        return _readable(f'raw:"{plain}"', phrase)
    if _HANDLE.fullmatch(plain) or (_PLAIN_WORD.fullmatch(plain) and plain.upper() not in _OPERATORS):
        return _readable(plain, phrase)
    return _readable(phrase)


def hashtag_term(word: str) -> str:
    tag = re.sub(r"\W", "", word)
    return _readable(f"#{tag}", f'"{tag}"') if tokens(tag) else ""


def handle_term(handle: str) -> str:
    """A handle with its @ in the query language; one that no network has is looked for as it stands."""
    return _readable(handle, query_term(handle))


def _readable(*terms: str) -> str:
    """The first of the ways to write a term that the query language can read."""
    for term in terms:
        try:
            parse(term)
        except QueryError:
            continue
        return term
    return ""


def write_new(
    path: Path,
    *,
    name: str,
    timezone: str,
    short_name: str = "",
    contact: str = "",
    keywords: Sequence[str] = (),
    hashtags: Sequence[str] = (),
    topics: Sequence[Topic] = (),
    feeds: Sequence[Feed] = (),
    own_accounts: Sequence[str] = (),
    made_up: bool = False,
) -> None:
    """Write a settings file with remarks that a press officer can read; an existing file is never touched.

    Without ``topics`` there is one, for the agency itself. Raises ``InputError`` where the file is there already or
    cannot be written, ``SettingsRefused`` where what was given cannot be used; then nothing is written.
    """
    if not topics:
        topics = [Topic(name=short_name or name, query=suggest_query(name, short_name, keywords, hashtags))]
    text = _text(name, short_name, timezone, contact, own_accounts, made_up, topics, feeds)
    if path.exists():
        raise _already_there(path)
    _, found = examine(text, path)
    if found:
        raise SettingsRefused(found[0], tuple(found[1:]))
    try:
        with path.open("xb") as file:
            try:
                file.write(text.encode())
            except OSError:
                with contextlib.suppress(OSError):
                    path.unlink()
                raise
    except FileExistsError as error:
        raise _already_there(path) from error
    except OSError as error:
        raise InputError(
            f"{path} could not be written: {(error.strerror or 'unknown reason').lower()}.",
            "Its folder must exist, and your account must be able to write in it.",
        ) from error


def _already_there(path: Path) -> InputError:
    return InputError(
        f"{path} is there already, and was left as it is.", "Edit it, or move it away first, or choose another name."
    )


def _text(
    name: str,
    short_name: str,
    timezone: str,
    contact: str,
    own_accounts: Sequence[str],
    made_up: bool,
    topics: Sequence[Topic],
    feeds: Sequence[Feed],
) -> str:
    """The whole file."""
    return f"""\
# What Listening listens for, and where. Lines that start with # are remarks; take the # away to use an example.
# After a change, run: listening check

[agency]
name = {written(name)}
{_or_example("short_name", short_name, "Quillhaven")}{"  # used in sentences"}
# Days and weeks are cut at this place's midnight.
timezone = {written(timezone)}
# Servers are shown it when we ask them for posts: a mail or web address where somebody answers.
{_or_example("contact", contact, "press@quillhaven.example")}
# Your own accounts and site: what they publish is not counted as conversation, and their replies are answers.
own_accounts = {_lines(own_accounts)}
# More names of yours, so that they are not taken for praise or blame.
# names = ["Quillhaven Safety Office"]
{"made_up = true  # an invented agency; the page says so" + chr(10) if made_up else ""}
# What to listen for. Each topic starts with [[topics]]. A query knows AND, OR, NOT, "a phrase", word*, #tag and
# raw:"NWS" for capitals exactly so.

{_blocks([topic_lines(topic) for topic in topics], "topics")}

[store]
url = "mentions.db"  # a file beside this one

[privacy]
# Accounts that may be shown by name: outlets and agencies, never private people.
listed_accounts = []

# For how many days what is stored is kept, then removed by itself; what is left out here is kept for good.
[retention]
# mentions = 365    # posts about you
# replies = 365     # posts of your own accounts
# reviews = 730     # who judged what, and notes
# reports = 365     # files that were written: exports, reports, snapshots
# access_log = 730  # who searched, opened and exported what

# What only you can say in the public notice (`listening notice`); what is left out stands there as to be added.
[notice]
# legal_basis = "Article 6(1)(e) GDPR, with section 3 of the Town Act"
# officer = "Data protection officer, Town Hall, privacy@quillhaven.example"
# authority = "State Commissioner for Data Protection, https://commissioner.example"

# Where to listen. Each place starts with [[feeds]]; paused = true sets one aside. No passwords here: they go into
# the environment.

{_blocks([feed_lines(feed) for feed in feeds], "feeds") or _FEED_EXAMPLE}
"""


_FEED_EXAMPLE = """\
# [[feeds]]
# name = "Quillhaven Herald"
# source = "rss"
# url = "https://herald.example/feed.xml"
# outlet = true"""


def _or_example(key: str, value: str, example: str) -> str:
    return f"{key} = {written(value)}" if value.strip() else f"# {key} = {written(example)}"


def _lines(values: Sequence[str]) -> str:
    """A list, with a line for each value where it is long."""
    line = written(values)
    return line if len(line) < 90 else "[\n" + "".join(f"    {written(value)},\n" for value in values) + "]"


def _blocks(blocks: list[list[str]], name: str) -> str:
    return "\n\n".join("\n".join([f"[[{name}]]", *lines]) for lines in blocks)
