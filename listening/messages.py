"""Messages leave the house here and nowhere else: by mail, or into a chat, through Apprise.

A secret (the mail account's password, the address of a chat) comes from the environment, and is in no sentence, log or
representation.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from listening.errors import ListeningError
from listening.settings import Department, Send, secrets

PASSWORD = "LISTENING_MAIL_PASSWORD"  # noqa: S105 - a name, no password
CHATS = "LISTENING_SEND_"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://")
_MODES = {"starttls": "starttls", "ssl": "ssl", "none": "insecure"}
_LONGEST_REASON = 200


class MessageError(ListeningError):
    """A message could not go out."""


class NotInstalled(MessageError):
    """The part that sends is not there: no message can go out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way to a department: mail to all of its addresses, or one chat.

    ``key`` is its name in the store, ``shown`` what a person may read of it; ``problem`` says why it cannot be used.
    """

    key: str
    shown: str
    url: str = field(repr=False)
    to: tuple[str, ...] = ()
    server: str = ""
    variable: str = ""
    hidden: str = field(default="", repr=False)
    problem: MessageError | None = None


def chats_variable(department: str) -> str:
    """The name in the environment under which a department's chats stand: LISTENING_SEND_PUBLIC_WORKS."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", department) if not unicodedata.combining(sign))
    return CHATS + re.sub(r"[\W_]+", "_", plain).strip("_").upper()


def ways(department: Department, send: Send, environ: Mapping[str, str]) -> tuple[Way, ...]:
    """The ways to a department that the settings and the environment name; none where nobody has named any."""
    variable = chats_variable(department.name)
    found = [_mail(department, send, environ)] if department.send_to else []
    for number, url in enumerate(environ.get(variable, "").split(), start=1):
        scheme = _SCHEME.match(url)
        name = f"{scheme[1].lower()}://…" if scheme else "no address"
        problem = None if scheme else _no_chat(variable)
        found.append(Way(key=f"chat {number}", shown=f"chat ({name})", url=url, variable=variable, problem=problem))
    return tuple(found)


def deliver(way: Way, subject: str, body: str) -> str:
    """Send a message; a sentence about who of several did not get it, else "".

    Raises MessageError where it did not go out, NotInstalled where none can.
    """
    if way.problem is not None:
        raise way.problem
    apprise = _apprise()
    asset = apprise.AppriseAsset(
        app_id="Listening",
        app_desc="Listening",
        app_url="",
        image_url_mask="",  # else chats would load a picture from elsewhere
        image_url_logo="",
        async_mode=False,
        interpret_emojis=False,
        interpret_escapes=False,
        storage_mode="memory",
    )
    with _overheard() as said:
        plugin = apprise.Apprise.instantiate(way.url, asset=asset)
        if plugin is None:
            raise _no_chat(way.variable) if way.variable else _no_mail(way)
        if way.to:
            _exactly(way, plugin)
        elif "overflow=" not in way.url:
            plugin.overflow_mode = "split"  # a chat that takes short messages only would refuse a long one for good
        sender = apprise.Apprise(asset=asset)
        sender.add(plugin)
        done = bool(sender.notify(body=body, title=subject, body_format=apprise.NotifyFormat.TEXT))
    lines = [each.replace(way.hidden, "…") if way.hidden else each for each in said]
    refused = [found[1] for each in lines if (found := re.match(r"SMTP recipient (\S+) was refused", each))]
    if way.to and refused and len(set(refused)) < len(way.to):
        # The others have it: sending it again would bring it to them again.
        return f"The mail server refused {', '.join(dict.fromkeys(refused))}; the others got the mail."
    if not done:
        raise MessageError(*(_mail_reason(way, lines) if way.to else _chat_reason(way, lines)))
    return ""


def _mail(department: Department, send: Send, environ: Mapping[str, str]) -> Way:
    """All addresses in one mail, so that each sees who else was asked."""
    password = secrets(environ).get(PASSWORD, "") if send.user else ""
    problem = None
    if missing := [key for key, given in (("from", send.sender), ("server", send.server)) if not given]:
        problem = MessageError(
            f"The settings do not say {' and '.join(f'[send] {key}' for key in missing)}.",
            'Mail needs both: from = "press@quillhaven.example" and server = "mail.quillhaven.example".',
        )
    elif send.user and not password:
        problem = MessageError(
            f"There is no password for “{send.user}” on {send.server}.",
            f"Set {PASSWORD} in the environment, or leave [send] user out where the server wants no login.",
        )
    elif not (send.user + password).isascii():
        problem = MessageError(
            f"The login on {send.server} holds letters that mail programs cannot send, such as é.",
            f"Choose a password of plain letters, digits and signs, and set it as {PASSWORD}.",
        )
    first, *others = dict.fromkeys(department.send_to)
    values = {"smtp": send.server, "mode": _MODES[send.security], "format": "text", "from": send.sender, "to": first}
    if others:
        values["cc"] = ",".join(others)
    login = f"{_quoted(send.user)}:{_quoted(password)}@" if password else ""
    words = "&".join(f"{name}={_quoted(value)}" for name, value in values.items())
    scheme = "mailto" if send.security == "none" else "mailtos"
    return Way(
        key="mail",
        shown=f"mail to {', '.join((first, *others))}",
        url=f"{scheme}://{login}{send.server}:{send.port}/?{words}",
        to=(first, *others),
        server=f"{send.server}, port {send.port}",
        hidden=password,
        problem=problem,
    )


def _quoted(value: str) -> str:
    return quote(value, safe="")


def _apprise() -> Any:
    try:
        import apprise  # an extra, and slow to load
    except ImportError:
        raise NotInstalled(
            "Messages are sent by an extra part, Apprise, which is not installed.",
            "Install it with .venv/bin/pip install -e '.[send]' (Windows: .venv\\Scripts\\pip), or, where Listening "
            "was installed by its name, pip install 'listening[send]'. `listening send --dry-run` works without it.",
        ) from None
    return apprise


def _exactly(way: Way, plugin: Any) -> None:
    """Refuse where Apprise would write to others than those that are meant: it drops or cuts what it cannot read."""
    meant = {address.casefold() for address in way.to}
    read = {address.casefold() for address in (*(target[1] for target in plugin.targets), *plugin.cc)}
    if meant != read:
        raise MessageError(
            f"Mail cannot be sent to {', '.join(sorted(meant - read)) or way.to[0]}.",
            "Look at send_to in the settings: plain addresses like roads@quillhaven.example can be used.",
        )


def _no_chat(variable: str) -> MessageError:
    return MessageError(
        f"An address in {variable} is none of a chat that Apprise knows.",
        "Write it as Apprise wants it for your chat (slack://…, msteams://…, ntfys://…), several with a blank between.",
    )


def _no_mail(way: Way) -> MessageError:
    return MessageError(
        f"The addresses of a mail to {', '.join(way.to)} cannot be used.",
        "Look at send_to and [send] from in the settings: plain addresses like press@quillhaven.example can be used.",
    )


# --- why not --------------------------------------------------------------------------------------------------------


class _Ear(logging.Handler):
    """Keeps what is said, and passes nothing on."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What Apprise logs meanwhile. It goes no further: it may hold the address of a chat."""
    logger, ear = logging.getLogger("apprise"), _Ear()
    before = (logger.level, logger.propagate, list(logger.handlers))
    logger.handlers[:] = [ear]
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield ear.lines
    finally:
        logger.setLevel(before[0])
        logger.propagate = before[1]
        logger.handlers[:] = before[2]


_WHY = re.compile(r"(?:Socket Exception|Reason): (.+)", re.DOTALL)
"""Apprise 2 says the one, Apprise 1.9 the other."""

_MAIL_REASONS: tuple[tuple[str, str, str], ...] = (
    (r"refused\b.*connect|connection refused|errno 111|winerror 10061", "nothing answers at {server}",
     "Look at [send] server and port."),
    (r"getaddrinfo|name or service not known|nodename nor servname|name resolution", "there is no server {server}",
     "Look at [send] server, and whether this computer is online."),
    (r"timed out", "{server} does not answer", "Look at [send] server and port."),
    (r"certificate", "the certificate of {server} is not one to trust",
     "Write the name in [send] server that stands in its certificate; your computer people know it."),
    (r"starttls extension not supported", "{server} knows no STARTTLS",
     'Write security = "ssl" under [send], or "none" for a server within the house.'),
    (r"wrong_version_number|wrong version number|record layer", "{server} does not begin with SSL",
     'Write security = "starttls" under [send].'),
    (r"\(530,.*starttls", "{server} takes nothing without STARTTLS", 'Write security = "starttls" under [send].'),
    (r"\(53[0-9],|auth extension not supported|no suitable authentication", "{server} refuses the login",
     f"Look at [send] user and {PASSWORD}."),
)  # fmt: skip
"""What is found in the reason, what it means, and what to do."""


def _mail_reason(way: Way, lines: list[str]) -> tuple[str, str]:
    why = next((found[1] for each in reversed(lines) if (found := _WHY.search(each))), "")
    for pattern, words, advice in _MAIL_REASONS:
        if re.search(pattern, why, re.IGNORECASE):
            return f"{words[0].upper()}{words[1:]}.".replace("{server}", way.server), advice
    said = " ".join(why.split())[:_LONGEST_REASON]
    told = f", and says: {said}" if said else ""
    return f"The mail server {way.server} did not take it{told}", "Ask who looks after it."


def _chat_reason(way: Way, lines: list[str]) -> tuple[str, str]:
    """Only the number of the refusal: the other words may hold the address."""
    code = next((int(found[1]) for each in reversed(lines) if (found := re.search(r"error=(\d{3})\b", each))), 0)
    if code in (401, 403, 404, 410):
        return f"The chat says no ({code}).", f"Look whether the address in {way.variable} is still right."
    if code:
        return f"The chat did not take it ({code}).", "It may be better later."
    return "The chat could not be reached.", f"Look at the address in {way.variable}, and whether you are online."
