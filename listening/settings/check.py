"""From the values of ``listening.toml`` to ``Settings``, every problem noted on the way."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from listening.errors import QueryError, SettingsError
from listening.models import ENGINES, Feed, Topic
from listening.query import parse
from listening.settings import departments, retention
from listening.settings.asks import KEYS, check_asks
from listening.settings.feeds import check_feed
from listening.settings.names import account_names, allowed_authors
from listening.settings.places import Places
from listening.settings.shape import Agency, FetchSettings, Privacy, PublicNotice, Settings, TagSettings
from listening.settings.table import Refusals, Table, kind, nearest

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "agency": ("name", "short_name", "timezone", "contact", "own_accounts", "names", "made_up"),
        "topics": ("name", "query", "department"),
        "feeds": ("name", "source", "outlet", "language", "audience", "paused"),
        "store": ("url",),
        "privacy": ("links_to_people", "listed_accounts", "retention_days", "strong_language"),
        "retention": retention.KEYS,
        "notice": ("legal_basis", "officer", "authority"),
        "fetch": (
            "connect_seconds",
            "answer_seconds",
            "max_megabytes",
            "at_once",
            "allow_private_redirects",
            "user_agent",
            "recheck",
            "conversations",
        ),
        "tags": ("tagger", "neutral", "scored"),
        "asks": KEYS,
        "departments": departments.KEYS,
        "send": departments.SEND_KEYS,
    }
)
"""The tables of the file and their keys; a feed has its collector's keys besides."""

LISTS = ("topics", "feeds", "asks", "departments")
ONCE = ("store", "privacy", "retention", "notice", "fetch", "tags", "send")

# Names that people use for their zone although they are none, or are one without summer time.
_MEANT_ZONES = {
    "est": "America/New_York",
    "edt": "America/New_York",
    "et": "America/New_York",
    "eastern": "America/New_York",
    "cst": "America/Chicago",
    "cdt": "America/Chicago",
    "ct": "America/Chicago",
    "central": "America/Chicago",
    "mst": "America/Denver",
    "mdt": "America/Denver",
    "mt": "America/Denver",
    "mountain": "America/Denver",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles",
    "bst": "Europe/London",
    "uk": "Europe/London",
}
_MAIL = re.compile(r"(?:mailto:)?[^@\s<>()\",;:]+@[^@\s<>()\",;:]+\.[A-Za-z0-9-]{2,}")


def check(values: Mapping[str, object], places: Places, path: Path | None) -> tuple[Settings | None, Refusals]:
    """Settings from a file's values, or none where there are problems."""
    refusals = Refusals(file=path, places=places)
    Table(values=values, path=(), refusals=refusals).only(TABLES, where="This file")
    agency = _agency(_table(values, "agency", refusals))
    tables = {name: _table(values, name, refusals) for name in ONCE}
    privacy = _privacy(tables["privacy"])
    kept = retention.check_retention(tables["retention"], privacy)
    feeds, paused = _feeds(_tables(values, "feeds", refusals), refusals)
    own = agency.own_accounts if agency else ()
    _follow_nobody(_tables(values, "feeds", Refusals(file=path, places=places)), refusals, own, privacy.listed_accounts)
    authors = allowed_authors(own, privacy.listed_accounts, (*feeds, *paused))
    topics = _topics(_tables(values, "topics", refusals), refusals, authors)
    fetch, tags = _fetch(tables["fetch"]), _tags(tables["tags"])
    url = _store(tables["store"], path)
    asks = check_asks(_tables(values, "asks", refusals))
    listed = _tables(values, "departments", refusals)
    _unlike(listed, "departments", refusals)
    answering = departments.check_departments(
        listed,
        {topic.name: topic.query for topic in topics if topic.query},
        [feed.name for feed in (*feeds, *paused)],
        authors,
    )
    send = departments.check_send(tables["send"])
    notice = _notice(tables["notice"])
    if agency is None or refusals.found:
        return None, refusals
    return (
        Settings(
            path=path,
            agency=agency,
            topics=topics,
            feeds=feeds,
            paused=paused,
            store_url=url,
            privacy=privacy,
            retention=kept,
            notice=notice,
            fetch=fetch,
            tags=tags,
            asks=asks,
            departments=answering,
            send=send,
        ),
        refusals,
    )


def _table(values: Mapping[str, object], name: str, refusals: Refusals) -> Table:
    """A table that is there once; one that is missing is empty."""
    value = values.get(name, {})
    if not isinstance(value, dict):
        advice = f"Write one heading in single brackets, [{name}], and its keys below."
        refusals.add((name,), f"{name} is {kind(value)}, and should be a table.", advice)
        value = {}
        return Table(values=value, path=(name,), refusals=Refusals(file=None, places=Places()))
    table = Table(values=value, path=(name,), refusals=refusals)
    table.only(TABLES[name], where=f"[{name}]")
    return table


def _tables(values: Mapping[str, object], name: str, refusals: Refusals) -> list[Table]:
    """The tables of a list of tables."""
    value = values.get(name, [])
    if not isinstance(value, list):
        advice = f"Each of the {name} starts with a heading in double brackets: [[{name}]]."
        refusals.add((name,), f"{name} is {kind(value)}, and should be a list of tables.", advice)
        return []
    tables = []
    for number, each in enumerate(value):
        if isinstance(each, dict):
            tables.append(Table(values=each, path=(name, number), refusals=refusals))
        else:
            advice = f"Each of the {name} starts with a heading in double brackets: [[{name}]]."
            refusals.add((name, number), f"{name} holds {kind(each)} where a table should be.", advice)
    return tables


def _agency(table: Table) -> Agency | None:
    name = table.text("name", required='Write the agency\'s name as the public knows it: name = "Town of Quillhaven".')
    zone_name = table.text(
        "timezone",
        required="Days and weeks are cut at the agency's midnight: write its time zone, such as "
        'timezone = "America/New_York".',
    )
    zone = _zone(table, zone_name) if zone_name else None
    contact = table.text("contact")
    if contact and not _is_contact(contact):
        table.refuse(
            "contact",
            "The contact is neither a mail address nor a web address.",
            "Servers show it to whoever wonders who asks: press@quillhaven.example or https://www.quillhaven.example.",
        )
    own_accounts = table.texts("own_accounts")
    for number, account in enumerate(own_accounts):
        if re.search(r"\s", account):
            table.refusals.add(
                (*table.path, "own_accounts", number),
                f"“{account}” is not an account.",
                "Write it as the source does: @townhall@quillhaven.social, u/quillhaven_townhall, or the address of "
                "your site; each in quotes of its own, with commas between.",
            )
    short_name, names, made_up = table.text("short_name"), table.texts("names"), table.yes_no("made_up")
    if zone is None:
        return None
    return Agency(
        name=name,
        short_name=short_name,
        timezone=zone,
        contact=contact,
        own_accounts=own_accounts,
        names=names,
        made_up=made_up,
    )


def _is_contact(contact: str) -> bool:
    """A mail or web address that can stand in a request's header."""
    if not contact.isascii() or re.search(r"\s", contact):
        return False
    if contact.startswith(("http://", "https://")):
        return "." in (urlsplit(contact).hostname or "")
    return _MAIL.fullmatch(contact) is not None


def _zone(table: Table, name: str) -> ZoneInfo | None:
    """A time zone by its IANA name; an unknown one is refused with the names that are near."""
    meant = _MEANT_ZONES.get(name.casefold().removesuffix(" time"))
    if meant is None:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    known = available_timezones()
    if not known:
        table.refuse("timezone", "This machine has no list of time zones.", "Install it: pip install tzdata")
        return None
    near = [meant] if meant else near_zones(name, known)
    advice = f"Did you mean {' or '.join(near)}?" if near else "Write a region and a city: America/New_York."
    problem = f"“{name}” has no rule for summer time." if meant and name in known else f"There is no zone “{name}”."
    table.refuse("timezone", problem, advice)
    return None


def near_zones(name: str, known: set[str]) -> list[str]:
    """At most three zones whose name, or whose city, is like a mistyped one."""
    wanted = name.strip().casefold().replace(" ", "_")
    whole = {zone.casefold(): zone for zone in sorted(known)}
    cities = {zone.casefold().rsplit("/", 1)[-1]: zone for zone in sorted(known, key=lambda zone: "/" in zone)}
    city = wanted.rsplit("/", 1)[-1]
    found = [whole[each] for each in get_close_matches(wanted, whole, n=3, cutoff=0.75)]
    found += [cities[each] for each in get_close_matches(city, cities, n=2, cutoff=0.75)]
    return list(dict.fromkeys(found))[:3]


def _feeds(tables: list[Table], refusals: Refusals) -> tuple[tuple[Feed, ...], tuple[Feed, ...]]:
    """The feeds we listen to and those that are paused."""
    _unlike(tables, "feeds", refusals)
    heard: list[Feed] = []
    paused: list[Feed] = []
    for table in tables:
        feed = check_feed(table, TABLES["feeds"])
        if feed is not None:
            (paused if table.yes_no("paused") else heard).append(feed)
    return tuple(heard), tuple(paused)


def _follow_nobody(tables: list[Table], refusals: Refusals, own: Sequence[str], listed: Sequence[str]) -> None:
    """Refuse a place that is the account of a private person: nobody is followed by name."""
    allowed = {name for account in (*own, *listed) for name in account_names(account)}
    for table in tables:
        if table.values.get("outlet") is True:
            continue
        key, account, where = _one_account(table)
        if account and allowed.isdisjoint(account_names(account, where)):
            refusals.add(
                (*table.path, key),
                f"This place is all that one account publishes, “{account}”, and it is not named as one of yours.",
                "Nobody is followed by name. If it is your own account, add it to own_accounts under [agency]; if it "
                "is another agency's or an outlet's, to listed_accounts under [privacy].",
            )


_ACCOUNTS_FEED = re.compile(r"https?://(?:www\.|old\.)?([^/]+)/(?:@|users?/|u/)([\w.-]+?)(?:/|\.rss|\.atom|$)")


def _one_account(table: Table) -> tuple[str, str, str]:
    """The key, the account and its server, where a place is all that one account publishes."""
    account, server, url = (table.values.get(key) for key in ("account", "server", "url"))
    if isinstance(account, str) and account.strip():
        return "account", account, server if isinstance(server, str) else ""
    if isinstance(url, str) and (found := _ACCOUNTS_FEED.match(url.strip())) is not None:
        on_reddit = found[1].endswith("reddit.com")
        return "url", f"u/{found[2]}" if on_reddit else f"@{found[2]}", "" if on_reddit else found[1]
    return "account", "", ""


def _unlike(tables: list[Table], what: str, refusals: Refusals) -> None:
    """Refuse two feeds or two topics of one name: mentions and links go by it."""
    seen: dict[str, Table] = {}
    for table in tables:
        name = table.values.get("name")
        if not isinstance(name, str) or not name.strip():
            continue
        if first := seen.setdefault(name.strip().casefold(), table):
            if first is table:
                continue
            line = refusals.places.line((*first.path, "name"))
            table.refuse("name", f"Two {what} have the name “{name}”.", f"Rename one; the first is in line {line}.")


def _topics(tables: list[Table], refusals: Refusals, listed_authors: tuple[str, ...]) -> tuple[Topic, ...]:
    if not tables and not any(error.key.startswith("topics") for error in refusals.found):
        refusals.add(
            ("topics",),
            "There are no topics, so nothing would be found.",
            'Add one: [[topics]], name = "The town", query = \'"Town of Quillhaven" OR #quillhaven\'.',
        )
    _unlike(tables, "topics", refusals)
    topics = []
    for table in tables:
        table.only(TABLES["topics"], where="A topic")
        name = table.text("name", required='Write a short name for this topic: name = "Roads".')
        query = table.text(
            "query",
            required="Write the words that this topic listens for: query = '\"Town of Quillhaven\" OR #quillhaven'.",
            lines=True,
        )
        topics.append(Topic(name=name, query=query, department=table.text("department")))
    queries = {topic.name: topic.query for topic in topics if topic.name and topic.query}
    for table, topic in zip(tables, topics, strict=True):
        if topic.query:
            _check_query(table, topic, queries, listed_authors)
    return tuple(topics)


def _check_query(table: Table, topic: Topic, queries: Mapping[str, str], listed_authors: tuple[str, ...]) -> None:
    try:
        parse(topic.query, topics=queries, listed_authors=listed_authors)
    except QueryError as error:
        column = f" at column {error.column}" if error.column else ""
        advice = f"{error.advice}\n{error.picture()}" if error.query else error.advice
        name = f" of “{topic.name}”" if topic.name else ""
        table.refuse("query", f"The query{name} cannot be read{column}: {error.problem}", advice)


def _privacy(table: Table) -> Privacy:
    days = table.number("retention_days", 0, least=0, most=36500, whole=True)
    return Privacy(
        listed_accounts=table.texts("listed_accounts"),
        retention_days=int(days),
        strong_language=table.yes_no("strong_language"),
        links_to_people=table.yes_no("links_to_people"),
    )


def _notice(table: Table) -> PublicNotice:
    return PublicNotice(**{key: table.text(key) for key in TABLES["notice"]})


def _fetch(table: Table) -> FetchSettings:
    usual = FetchSettings()
    user_agent = table.text("user_agent")
    if not user_agent.isascii():
        table.refuse("user_agent", "fetch.user_agent may hold plain English letters and signs only.", "Write it so.")
    return FetchSettings(
        connect_seconds=table.number("connect_seconds", usual.connect_seconds, least=0.1, most=300),
        answer_seconds=table.number("answer_seconds", usual.answer_seconds, least=0.1, most=3600),
        max_megabytes=table.number("max_megabytes", usual.max_megabytes, least=0.01, most=1000),
        at_once=int(table.number("at_once", usual.at_once, least=1, most=200, whole=True)),
        allow_private_redirects=table.yes_no("allow_private_redirects"),
        user_agent=user_agent,
        recheck=table.yes_no("recheck", usual.recheck),
        conversations=table.yes_no("conversations", usual.conversations),
    )


def _tags(table: Table) -> TagSettings:
    written = table.text("tagger", "model")
    tagger = next((engine for engine in ENGINES if engine == written), None)
    if tagger is None:
        near = nearest(written, ENGINES) or ENGINES[0]
        table.refuse("tagger", f"There is no tagger “{written}”.", f'Write tagger = "{near}", or leave it out.')
    neutral, scored = table.texts("neutral"), table.texts("scored")
    for number, word in enumerate(scored):
        if word.casefold() in {each.casefold() for each in neutral}:
            path = (*table.path, "scored", number)
            table.refusals.add(path, f"“{word}” is both in neutral and in scored.", "Keep it in one of the two.")
    return TagSettings(tagger=tagger or "model", neutral=neutral, scored=scored)


def _store(table: Table, path: Path | None) -> str:
    written = table.text("url", "mentions.db") or "mentions.db"
    try:
        return store_url(written, path)
    except SettingsError as error:
        table.refuse("url", error.problem, error.advice)
        return ""


def store_url(written: str, settings_path: Path | None) -> str:
    """An SQLAlchemy URL from a file name or URL; a relative file stands beside the settings file.

    Mentions are kept in a file of SQLite and in no other database: the address of one is refused, and not repeated, as
    there may be a password in it.
    """
    folder = settings_path.absolute().parent if settings_path else Path.cwd()
    scheme, separator, rest = written.partition("://")
    if not separator:
        return _sqlite_url(written, folder)
    if re.fullmatch(r"sqlite(\+\w+)?", scheme):
        name, question, options = rest.partition("?")
        if not name.startswith("/") or name in ("/", "/:memory:"):
            raise SettingsError(
                "The store would be in memory only, and forgotten at once.", "Name a file: sqlite:///mentions.db."
            )
        return _sqlite_url(name.removeprefix("/"), folder, scheme) + question + options
    raise SettingsError(
        f"The store cannot be kept in “{scheme}”.", "Mentions are kept in one file: name it, such as mentions.db."
    )


def _sqlite_url(name: str, folder: Path, scheme: str = "sqlite") -> str:
    if name == ":memory:" or "?" in name:
        raise SettingsError("The store's file cannot have this name.", "Name it like mentions.db.")
    file = Path(os.path.normpath(folder / Path(name).expanduser()))
    if file.is_dir() or name.endswith(("/", os.sep)):
        raise SettingsError("The store's address is a folder.", "Name a file in it: mentions.db.")
    return f"{scheme}:///{file.as_posix()}"
