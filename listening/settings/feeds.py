"""One [[feeds]] table: its source, what its collector asks for, and no secrets."""

from __future__ import annotations

import re
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from listening.errors import SettingsError
from listening.models import Feed
from listening.settings.table import SECRET_WORDS, Table, listing, nearest, unprintable

_NO_SECRETS = (
    "This file is copied and sent around: use an address that works without. A secret that a source needs comes from "
    "the environment, such as LISTENING_REDDIT_FEED_TOKEN. If the file has left this machine, change the secret."
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
# Names that also serve other ends: a secret only where the value looks like one.
_OFTEN_SECRET = ("key", "auth", "sig", "signature", "pass", "pwd")
_LOOKS_RANDOM = re.compile(r"[A-Za-z0-9_\-.~+/=]{16,}")


def check_feed(table: Table, own_keys: tuple[str, ...]) -> Feed | None:
    """A feed from its table, or none where something is wrong with it."""
    from listening.collectors import collector, every  # here: collectors may need settings' words one day

    before = len(table.refusals.found)
    name = table.text("name", required='Write a name for this feed, as it shall stand on the page: name = "Herald".')
    known = sorted(each.SOURCE for each in every())
    source = table.text("source", required=f"Write what kind of place it is: {', '.join(known)}.")
    outlet, language = table.yes_no("outlet"), table.text("language")
    audience = int(table.number("audience", 1, least=1, most=10_000_000_000, whole=True))
    if language and not _LANGUAGE.fullmatch(language):
        table.refuse("language", f"“{language}” is not the short name of a language.", 'Write language = "en".')
    if source and source not in known and (broken := _broken(source)) is not None:
        table.refuse("source", broken.problem, broken.advice)
    elif source and source not in known:
        near = nearest(source, known)
        hint = f"Did you mean “{near}”? " if near else ""
        table.refuse("source", f"There is no source “{source}”.", f"{hint}The sources are {listing(known)}.")
    if source not in known:
        return None
    module = collector(source)
    table.only((*own_keys, *module.KEYS), where=f"A feed of source “{source}”")
    options = _options(table, tuple(module.KEYS))
    secret = [key for key, value in options.items() if _refused_secret(table, key, value)]
    if not secret and len(table.refusals.found) == before:
        try:
            module.check(options)
        except SettingsError as error:
            table.refuse(error.key, error.problem, error.advice)
    if len(table.refusals.found) > before:
        return None
    return Feed(
        name=name,
        source=source,
        options=MappingProxyType(options),
        outlet=outlet,
        language=language or None,
        audience=audience if "audience" in table.values else None,
    )


def _broken(source: str) -> SettingsError | None:
    """Why a source of another package cannot be used, where there is one of this name."""
    from listening.collectors import collector

    try:
        collector(source)
    except SettingsError as error:
        return error if "package" in error.problem else None
    return None


def _options(table: Table, keys: tuple[str, ...]) -> dict[str, str]:
    """What the collector asks for, as texts."""
    options = {}
    for key in keys:
        value = table.values.get(key)
        if isinstance(value, bool):
            options[key] = str(value).lower()
        elif isinstance(value, int | float):
            options[key] = str(value)
        elif isinstance(value, str):
            if bad := unprintable(value, lines=False):
                table.refuse(key, f"{table.name(key)} holds {bad}.", "Write it on one line of plain text.")
            else:
                options[key] = value.strip()
        elif value is not None:
            table.wrong_type(key, value, f'text in quotes: {key} = "..."')
    return options


def _refused_secret(table: Table, key: str, value: str) -> bool:
    """Refuse an address with a password or a token in it, without repeating it."""
    if key not in ("url", "server") and "://" not in value:
        return False  # words to search for
    try:
        parts = urlsplit(value if "://" in value else f"//{value}")
        if parts.password:
            table.refuse(key, "This address holds a password.", _NO_SECRETS)
            return True
        host = parts.hostname or ""
    except ValueError:
        return False  # the collector says what is wrong with the address
    if not host or re.search(r"\s", value):
        return False
    if f".{host}".endswith(".google.com") and parts.path.startswith("/alerts/feeds/"):
        table.refuse(
            key,
            "This is the private address of a Google alert: whoever has it reads the alert.",
            'Set it in the environment as LISTENING_GOOGLE_ALERTS_SECRET="harbor=https://…" and write here: '
            'source = "news", service = "google_alerts", alert = "harbor".',
        )
        return True
    for parameter, given in parse_qsl(parts.query):
        if parameter in ("feed", "user") and f".{host}".endswith(".reddit.com"):
            table.refuse(
                key,
                f"This address holds your account's own “{parameter}=”: whoever has it reads your private feeds.",
                "Take feed= and user= out of the address and set LISTENING_REDDIT_FEED_TOKEN and "
                "LISTENING_REDDIT_USER in the environment instead.",
            )
            return True
        folded = parameter.casefold()
        often = folded in _OFTEN_SECRET and _LOOKS_RANDOM.fullmatch(given)
        if often or any(word in folded for word in SECRET_WORDS):
            table.refuse(key, f"This address holds a secret, “{parameter}=”.", _NO_SECRETS)
            return True
    return False
