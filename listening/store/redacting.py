"""Forgetting, as far as others name it: ids, addresses and names that stand in answers, notes and the access log."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Table, select, update

from listening.models import Mention
from listening.store import conversing
from listening.store.forgotten import bare_author
from listening.store.opening import note_within, noted_within
from listening.store.rematching import QUERIES, query_mark
from listening.store.removing import listed
from listening.store.rows import mention_of
from listening.store.schema import access_log, files, mentions, reviews, verdicts

_LONG_KEY = 16
"""A key of fewer signs may be any word or number: it is taken for a key only where it is an address."""
_REDDIT_KEY = re.compile(r"t[0-9]_[0-9a-z]{5,}")
_STATUS = re.compile(r"/(?:@[^/]+|statuses)/(\d{6,})/?$")
_PLACES = "@|users/|user/|u/|profile/"
"""What stands before an account's name in its addresses."""


def names_pattern(authors: Iterable[str]) -> re.Pattern[str] | None:
    """Finds an author's name in a text: his handle with or without its server, u/name, author:name, a full name.

    A single plain word is a name only behind @, u/ or author:. Each name is looked for as it is written, casefolded,
    and with its accents as signs of their own.
    """
    written: set[str] = set()
    for author in authors:
        for name in spellings(author):
            short = name.partition("@")[0]
            if not short:
                continue
            written |= {rf"(?:@|u/|author:[@\"“]?){re.escape(each)}" for each in (name, short)}
            if "@" in name or " " in name:
                written.add(rf"@?{re.escape(name)}")
    if not written:
        return None
    longest_first = sorted(written, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)


def spellings(author: str) -> set[str]:
    """The ways in which a name may be written: ß and ss, É as one sign and as two."""
    bare = bare_author(author)
    return {unicodedata.normalize(form, each) for each in (bare, bare.casefold()) for form in ("NFC", "NFD")}


def addresses_pattern(forgotten: Iterable[Mention]) -> re.Pattern[str] | None:
    """Finds ids, keys and addresses of mentions in a text, where they stand as words of their own."""
    found: set[str] = set()
    for each in forgotten:
        found.add(re.escape(each.id))
        found |= {_address(said) for said in (each.key, each.url, each.author_url) if said and _telling(said)}
    if not found:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(found, key=len, reverse=True))})(?!\w)")


def _telling(said: str) -> bool:
    """Whether it means this one post or account wherever it stands: a feed's own “42” does not."""
    mixed = any(sign.isdigit() for sign in said) and any(sign.isalpha() for sign in said)
    return "://" in said or _REDDIT_KEY.fullmatch(said) is not None or (len(said) >= _LONG_KEY and mixed)


def _address(said: str) -> str:
    # The address of a whole site, as some feeds give for their authors, is no part of its pages' addresses.
    whole_site = "://" in said and not urlsplit(said).path.strip("/")
    return re.escape(said) + (r"(?!/?\w)" if whole_site else "")


def naming(
    connection: Connection, forgotten: Sequence[Mention], authors: Iterable[str], without: Iterable[int]
) -> list[Mention]:
    """Other mentions whose words name one of these authors, or the address of one of these posts."""
    names = list(authors)
    patterns = [each for each in (names_pattern(names), addresses_pattern(forgotten)) if each is not None]
    if not patterns:
        return []
    starts = {name.casefold().partition("@")[0] for author in names for name in spellings(author)} - {""}
    starts |= {said.casefold() for each in forgotten for said in (each.id, each.key, each.url, each.author_url) if said}
    left_out, found = set(without), []
    for row in connection.execute(select(mentions.c.n, mentions.c.title, mentions.c.text)):
        text = f"{row.title}\n{row.text}"
        folded = text.casefold()
        near = row.n not in left_out and any(start in folded for start in starts)
        if near and any(pattern.search(text) for pattern in patterns):
            found.append(row.n)
    talked = [
        post
        for number, post in conversing.said_by_others(connection).items()
        if -number not in left_out
        and any(start in f"{post.title}\n{post.text}".casefold() for start in starts)
        and any(pattern.search(f"{post.title}\n{post.text}") for pattern in patterns)
    ]
    return [*_read(connection, found), *talked]


def _read(connection: Connection, numbers: Sequence[int]) -> list[Mention]:
    query = select(mentions).where(mentions.c.n.in_(listed(numbers))).order_by(mentions.c.published_at, mentions.c.n)
    return [mention_of(row) for row in connection.execute(query).mappings()]


def redact(connection: Connection, forgotten: Sequence[Mention], authors: Iterable[str]) -> None:
    """Take ids and addresses of mentions, and authors' names, out of what is noted elsewhere in the store: answers to
    them, notes, the access log, and the queries by which it was filled."""
    names = list(authors)
    patterns = [each for each in (addresses_pattern(forgotten), names_pattern(names)) if each is not None]
    places: list[tuple[Table, Any, Any]] = [
        (access_log, access_log.c.no, access_log.c.detail),
        (reviews, reviews.c.no, reviews.c.note),
        (verdicts, verdicts.c.n, verdicts.c.note),
        (files, files.c.n, files.c.detail),
    ]
    for table, key, column in places:
        for number, text in connection.execute(select(key, column).where(column != "")).all():
            cleaned = text
            for pattern in patterns:
                cleaned = pattern.sub("…", cleaned)
            if cleaned != text:
                connection.execute(update(table).where(key == number).values({column.name: cleaned}))
    _answer_nobody(connection, forgotten, names)
    _hide_queries(connection)


def _answer_nobody(connection: Connection, forgotten: Sequence[Mention], authors: Iterable[str]) -> None:
    """Answers to these posts, and to others of these authors, do not say any more what they answer."""
    exact = {said for each in forgotten for said in (each.id, *_as_answered(each)) if said}
    accounts = [re.compile(each, re.IGNORECASE) for each in _accounts(forgotten, authors)]
    said = set(
        connection.execute(select(mentions.c.reply_to).where(mentions.c.reply_to.is_not(None)).distinct()).scalars()
    )
    said |= set(conversing.names(connection, "reply_to"))
    theirs = [each for each in said if each in exact or any(account.match(each) for account in accounts)]
    for answered in theirs:
        connection.execute(update(mentions).where(mentions.c.reply_to == answered).values(reply_to=None))
    conversing.answer_nobody(connection, theirs)


def _as_answered(mention: Mention) -> Iterator[str]:
    """How an answer may name a mention: by its key, its address, or (Mastodon) its number on its server."""
    yield from (mention.key, mention.url)
    for address in (mention.key, mention.url):
        if (found := _STATUS.search(address)) is not None:
            yield f"{urlsplit(address).netloc}:{found[1]}"


def _accounts(forgotten: Iterable[Mention], authors: Iterable[str]) -> Iterator[str]:
    """Patterns for what lies under the addresses of the authors' accounts."""
    for each in forgotten:
        if each.author_url and urlsplit(each.author_url).path.strip("/"):
            yield rf"{re.escape(each.author_url.rstrip('/'))}(?:[/?#]|$)"
    for author in authors:
        for name in spellings(author):
            short, _, server = name.partition("@")
            if short and server:
                yield rf"https?://{re.escape(server)}/(?:{_PLACES})?{re.escape(short)}(?:[/?#]|$)"
            elif short and author.strip().lower().lstrip("/").startswith("u/"):
                yield rf"https?://[^/]+/(?:user|u)/{re.escape(short)}(?:[/?#]|$)"


def _hide_queries(connection: Connection) -> None:
    """Queries may name anybody; whether they have changed can be told from marks of them as well."""
    if said := noted_within(connection, QUERIES):
        note_within(
            connection,
            QUERIES,
            json.dumps({name: query_mark(query) for name, query in json.loads(said).items()}, ensure_ascii=False),
        )
