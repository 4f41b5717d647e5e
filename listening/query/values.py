"""What stands after a field's colon, read into the form that is compared with a post."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from listening.query.words import tokens

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*://", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:[a-z][a-z0-9+.\-]*:)?//(?:[^/?#@]*@)?([^/?#:\\]+)", re.IGNORECASE)
_ANY_HOST = re.compile(r"(?:\*\.|www\.|\.)+")
_ACCOUNT = re.compile(r"(?:[@＠]|\busers?/|\bprofile/|\bu/|\bu_)([\w.\-]+)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Unusable(Exception):
    """A value or a term that cannot be: what is wrong, how many characters into it, and what would be right."""

    def __init__(self, problem: str, advice: str, *, at: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.at = at


def host(url: str) -> str:
    """The host of a URL in lower case and ASCII, empty where it has none."""
    authority = _AUTHORITY.match(url)
    return _plain_host(authority[1]) if authority else ""


def _plain_host(name: str) -> str:
    name = name.casefold().rstrip(".")
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name


def name(written: str) -> str:
    """An account's or an outlet's name as it is compared: its folded words, with or without the @ before it."""
    return " ".join(tokens(written)) or written.strip().casefold()


def account_in(address: str) -> str:
    """The account that a part of an address names (/@ada, /users/ada, /user/ada, /profile/ada), or nothing."""
    found = _ACCOUNT.search(address)
    return found[1] if found else ""


def _site(written: str) -> str:
    bare = _SCHEME.sub("", written.strip(), count=1).rstrip("/")
    value = _plain_host(_ANY_HOST.sub("", bare.casefold(), count=1) if _ANY_HOST.match(bare.casefold()) else bare)
    if not value or re.search(r"[/?#@\s*]", value):
        raise Unusable(
            f'"{written[:60]}" is not the name of a site.',
            "Write the host alone, such as site:herald.example; for a part of an address use url:.",
        )
    return value


def _language(written: str) -> str:
    value = written.strip().replace("_", "-").lower()
    if not _LANGUAGE.fullmatch(value):
        raise Unusable(
            f'"{written[:60]}" is not a language code.',
            "Write two or three letters, such as lang:en for English or lang:es for Spanish.",
        )
    return value


def _day(written: str) -> date:
    value = written.strip()
    try:
        if not _DAY.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise Unusable(f'"{written[:60]}" is not a day.', "Write year, month and day, such as 2026-11-05.") from None


def _something(fold: Callable[[str], str]) -> Callable[[str], str]:
    def read(written: str) -> str:
        value = fold(written)
        if not value:
            raise Unusable("There is nothing between the quotation marks.", "Write what to look for there.")
        return value

    return read


READ: dict[str, Callable[[str], str | date]] = {
    "site": _site,
    "url": _something(lambda written: written.strip().casefold()),
    "author": _something(name),
    "lang": _language,
    "source": _something(lambda written: written.strip().casefold()),
    "since": _day,
    "until": _day,
}
"""How the value of each field is read; ``title``, ``raw`` and ``topic`` are the parser's."""
