"""Private people's handles are masked on the leaders' page and in exports; outlets' and listed accounts' are not.

A masked handle in a text keeps its length, so that the marks of matched words still stand where they should.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from listening.models import Feed, Mention, Span
from listening.strong import softened

SIGNS = "@＠﹫"
# Vowel signs and accents that are characters of their own belong to a name, and are no letters to a pattern.
_MARKS = "".join(chr(code) for code in range(0x300, 0x1E00) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
_LETTER = rf"[\w{_MARKS}]"
NAME = rf"\w(?:[\w{_MARKS}.\-]*{_LETTER})?"
HANDLE = re.compile(
    rf"[{SIGNS}]{NAME}(?:[{SIGNS}]{NAME})?|(?:(?<![\w/])/|(?<=/)|(?<![\w/]))u/[\w\-]{{2,}}"
    rf"|(?<=/)(?:users?|profile)/{NAME}|(?<=/)u_[\w\-]{{2,}}",
    re.IGNORECASE,
)
"""@name, @name@server and u/name, and accounts in web addresses (/user/, /users/, /profile/, /r/u_name); a full stop
after the name is not part of it."""

MAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
"""Looked for where a word begins only: else a long word without @ would be read once for each of its letters."""

PERSON = re.compile(r"person-[0-9a-f]{8}")


class Mask:
    """Masks handles. The same person has the same mask within one Mask, and another in the next.

    With ``soften`` strong language is masked too; with ``links`` a private person's post keeps its address, which
    often names its author.
    """

    def __init__(
        self,
        *,
        feeds: Iterable[Feed],
        listed: Iterable[str] = (),
        salt: bytes | None = None,
        soften: bool = False,
        links: bool = False,
    ) -> None:
        self._outlets = {feed.name for feed in feeds if feed.outlet}
        self._listed = {_plain(account) for account in listed}
        # In a post an account of the same server is named without it: @quillhaven for @quillhaven@social.example.
        self._short = {account.partition("@")[0] for account in self._listed}
        self._soften = soften
        self._links = links
        self._salt = secrets.token_bytes(16) if salt is None else salt

    def mention(self, mention: Mention, *, outlets: bool = True) -> Mention:
        """The mention as it may be shown or handed on.

        Below what an outlet publishes strangers answer: whoever answers is masked, and where not ``outlets``, everybody
        but our own and listed accounts.
        """
        text, title = self.text(mention.text), self.text(mention.title)
        matched = tuple(self._span(span, title=title, text=text) for span in mention.matched)
        why = tuple(replace(reason, words=self.words(reason.words)) for reason in mention.why)
        answers = mention.reply_to is not None and mention.source != "rss"  # a paper's own articles answer each other
        by_outlet = outlets and mention.feed in self._outlets and not answers
        if by_outlet or mention.own or self._is_listed(mention.author):
            answered = mention.reply_to
            if answered is not None and self.text(answered) != answered:  # the address of a private person's post
                answered = None
            return replace(mention, text=text, title=title, matched=matched, why=why, reply_to=answered)
        masked_before = not (mention.key or mention.url) and PERSON.fullmatch(mention.author or "")
        return replace(
            mention,
            text=text,
            title=title,
            why=why,
            matched=tuple(span for span in matched if span.field not in ("author", "url")),
            author=self.person(mention.author) if mention.author and not masked_before else mention.author,
            author_url=None,
            url=mention.url if self._links else "",
            key="",
            reply_to=None,
        )

    def text(self, text: str) -> str:
        """The text with private handles and mail addresses made unreadable, in the same length."""
        if "@" in text:
            text = MAIL.sub(lambda found: found[0] if self._ends_named(found) else "•" * len(found[0]), text)
        return self.words(HANDLE.sub(lambda found: found[0] if self._is_named(found[0]) else _dots(found[0]), text))

    def words(self, words: str) -> str:
        """Words that hold no handle, with strong language masked where that is wanted."""
        return softened(words) if self._soften else words

    def person(self, author: str) -> str:
        """A short mark in place of a name: the same for the same person within one file."""
        digest = hashlib.blake2b(_plain(author).encode(errors="replace"), key=self._salt, digest_size=4).hexdigest()
        return f"person-{digest}"

    def _is_listed(self, account: str | None) -> bool:
        return account is not None and _plain(account) in self._listed

    def _is_named(self, handle: str) -> bool:
        return _plain(handle) in self._listed or _plain(handle) in self._short

    def _ends_named(self, found: re.Match[str]) -> bool:
        """Whether what looks like a mail address is the rest of a named @account@server."""
        return found.start() > 0 and found.string[found.start() - 1] in SIGNS and self._is_named(found[0])

    def _span(self, span: Span, *, title: str, text: str) -> Span:
        # Cut out of the masked text: a span may be a part of a handle, which by itself does not look like one.
        if span.field == "title" or span.field == "text":
            return replace(span, words=(title if span.field == "title" else text)[span.start : span.end])
        return span


def _dots(handle: str) -> str:
    lead = 1 if handle[0] in SIGNS else handle.find("/") + 1 or len("u_")
    if handle[lead:].startswith(("u/", "U/")):  # /u/name
        lead += 2
    return handle[:lead] + "•" * (len(handle) - lead)


def _plain(account: str) -> str:
    plain = account.casefold().strip().removeprefix("/")
    for before in ("users/", "user/", "profile/", "u/", "u_"):
        plain = plain.removeprefix(before)
    return plain.lstrip(SIGNS)
