"""The departments that answer, which mentions are proposed to them, and how mail to them leaves the house."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from listening.errors import QueryError
from listening.query import parse
from listening.settings.shape import Department, Send
from listening.settings.table import Table, nearest

KEYS = ("name", "topics", "words", "places", "send_to")
SEND_KEYS = ("from", "server", "port", "security", "user")
SECURITIES = ("starttls", "ssl", "none")
ADDRESS = re.compile(r"[^@\s<>()\",;:?&#]+@[^@\s<>()\",;:?&#]+")


def check_departments(
    tables: Sequence[Table], topics: Mapping[str, str], feeds: Iterable[str], listed_authors: tuple[str, ...]
) -> tuple[Department, ...]:
    """The departments in the file's order; what is wrong with one is noted. ``topics`` are queries by name."""
    known = tuple(feeds)
    return tuple(found for table in tables if (found := _department(table, topics, known, listed_authors)) is not None)


def _department(
    table: Table, topics: Mapping[str, str], feeds: tuple[str, ...], listed_authors: tuple[str, ...]
) -> Department | None:
    table.only(KEYS, where="A department")
    name = table.text("name", required='Write what the department is called: name = "Public Works".')
    named = table.texts("topics")
    places = table.texts("places")
    for key, given, there in (("topics", named, tuple(topics)), ("places", places, feeds)):
        for number, each in enumerate(given):
            if each not in there:
                near = nearest(each, there)
                what = "topic" if key == "topics" else "feed"
                advice = f"Did you mean “{near}”?" if near else f"Write the name of one of your {what}s."
                table.refusals.add((*table.path, key, number), f"There is no {what} “{each}”.", advice)
    words = table.text("words", lines=True)
    if words:
        try:
            parse(words, topics=topics, listed_authors=listed_authors)
        except QueryError as error:
            advice = f"{error.advice}\n{error.picture()}" if error.query else error.advice
            table.refuse("words", f"The words of “{name}” cannot be read: {error.problem}", advice)
            words = ""
    send_to = table.texts("send_to")
    for number, address in enumerate(send_to):
        if not ADDRESS.fullmatch(address):
            table.refusals.add(
                (*table.path, "send_to", number),
                f"“{address}” is not a mail address.",
                'Write it like send_to = ["roads@quillhaven.example"]. The address of a chat may hold a secret: set it '
                "in the environment (LISTENING_SEND_ and the department's name) instead.",
            )
    return Department(name=name, topics=named, words=words, places=places, send_to=send_to) if name else None


def check_send(table: Table) -> Send:
    """How mail leaves the house."""
    sender, server, user = table.text("from"), table.text("server"), table.text("user")
    if sender and not ADDRESS.fullmatch(sender):
        table.refuse("from", f"“{sender}” is not a mail address.", 'Write it like from = "press@quillhaven.example".')
    if server and (re.search(r"[\s/@:]", server) or not server.isascii()):
        table.refuse(
            "server", f"“{server}” is not a server's name.", 'Write it like server = "mail.quillhaven.example".'
        )
    security = table.text("security", "starttls")
    if security not in SECURITIES:
        near = nearest(security, SECURITIES) or "starttls"
        table.refuse("security", f"There is no security “{security}”.", f'Write security = "{near}", or leave it out.')
    usual = {"starttls": 587, "ssl": 465}.get(security, 25)
    port = int(table.number("port", usual, least=1, most=65_535, whole=True))
    return Send(sender=sender, server=server, port=port, security=security, user=user)
