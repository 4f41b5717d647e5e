"""Settings as types: what ``listening.toml`` says, checked, with the store's address made absolute."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from listening.errors import SettingsError
from listening.models import Engine, Feed, Topic


@dataclass(frozen=True, kw_only=True, slots=True)
class Agency:
    """Whose settings these are. ``made_up`` says that the agency is invented, and the page says so too."""

    name: str
    short_name: str = ""
    timezone: ZoneInfo
    contact: str = ""
    own_accounts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    made_up: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Privacy:
    """Accounts that may be shown by name; ``retention_days``, the old name of ``Retention.mentions``; whether the page
    shows strong language as it was written, and links to private people's posts."""

    listed_accounts: tuple[str, ...] = ()
    retention_days: int = 0
    strong_language: bool = False
    links_to_people: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """For how many days what is stored is kept, by class; 0: for good.

    ``replies`` are the posts of the agency's own accounts; what others said around a mention, or to us, is kept no
    longer than ``mentions``, and goes with the mention. ``reports`` are files that we wrote: exports, reports, pages,
    snapshots.
    """

    mentions: int = 0
    replies: int = 0
    reviews: int = 0
    reports: int = 0
    access_log: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicNotice:
    """What the public notice has to say and the program cannot know: the legal basis, the data protection officer and
    the authority to which people may complain."""

    legal_basis: str = ""
    officer: str = ""
    authority: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchSettings:
    """How the network is asked: seconds, megabytes, and how many hosts at once; ``recheck``: whether posts are looked
    up again at their source, to notice that they were deleted there; ``conversations``: whether what was said around
    posts is read."""

    connect_seconds: float = 10.0
    answer_seconds: float = 30.0
    max_megabytes: float = 10.0
    at_once: int = 40
    allow_private_redirects: bool = False
    user_agent: str = ""
    recheck: bool = True
    conversations: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class TagSettings:
    """Which tagger tags: the learned model, or the rules around VADER alone.

    ``neutral`` words never count, ``scored`` words count although our list sets them aside.
    """

    tagger: Engine = "model"
    neutral: tuple[str, ...] = ()
    scored: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """What leadership is asked for; what could go wrong, what keeps it from doing so, when we stop, what we leave."""

    what: str
    risk: str = ""
    safeguard: str = ""
    stop_rule: str = ""
    will_not: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """Who answers, and what is proposed to it: mentions of these topics, or with these words (a query), or from these
    places (feeds' names). ``send_to`` are mail addresses for what is new."""

    name: str
    topics: tuple[str, ...] = ()
    words: str = ""
    places: tuple[str, ...] = ()
    send_to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """How mail leaves the house: the sender's address, the server, its port, ``starttls``, ``ssl`` or ``none``, and the
    account there (its password comes from the environment)."""

    sender: str = ""
    server: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that ``listening.toml`` says.

    ``feeds`` are the ones we listen to and ``paused`` the ones set aside, both in the file's order. ``store_url`` is
    an SQLAlchemy URL; it may hold a password, so it is not in the representation.
    """

    path: Path | None
    agency: Agency
    topics: tuple[Topic, ...]
    feeds: tuple[Feed, ...] = ()
    paused: tuple[Feed, ...] = ()
    store_url: str = field(repr=False)
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    notice: PublicNotice = PublicNotice()
    fetch: FetchSettings = FetchSettings()
    tags: TagSettings = TagSettings()
    asks: tuple[Ask, ...] = ()
    departments: tuple[Department, ...] = ()
    send: Send = Send()


class SettingsRefused(SettingsError):
    """The first thing that is wrong with a settings file; ``others`` are the rest, in the file's order."""

    def __init__(self, first: SettingsError, others: tuple[SettingsError, ...] = ()) -> None:
        super().__init__(first.problem, first.advice, file=first.file, line=first.line, key=first.key)
        self.others = others
