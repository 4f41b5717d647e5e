"""Find ``listening.toml`` and read it: settings, or everything that is wrong with them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from listening.errors import SettingsError
from listening.settings.check import check, store_url
from listening.settings.shape import Settings, SettingsRefused
from listening.settings.syntax import read_text, read_toml

FILE_NAME = "listening.toml"
_SECRET_NAME = re.compile(r"LISTENING_(?:\w+_)?(?:TOKEN|PASSWORD|KEY|USER|SECRET)")


def find(explicit: Path | None, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """The settings file: the one named, else LISTENING_SETTINGS, else ``listening.toml`` in the working directory.

    A file that was named is given back even if it is not there, so that ``load`` says so; none means that nobody
    named one and there is none here.
    """
    if explicit is not None:
        return cwd / explicit.expanduser()
    if named := environ.get("LISTENING_SETTINGS", "").strip():
        return cwd / Path(named).expanduser()
    here = cwd / FILE_NAME
    return here if here.exists() else None


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from a file; LISTENING_STORE takes the place of its store.

    Raises ``SettingsRefused`` with file, line, key and advice of the first problem, and the others with it.
    """
    text = read_text(path)
    settings, found = examine(text, path)
    if named := environ.get("LISTENING_STORE", "").strip():
        try:
            url = store_url(named, path)
        except SettingsError as error:
            found.append(SettingsError(error.problem, error.advice, key="LISTENING_STORE"))
        else:
            settings = settings and replace(settings, store_url=url)
    if settings is None or found:
        raise SettingsRefused(found[0], tuple(found[1:]))
    return settings


def problems(path: Path) -> list[SettingsError]:
    """Everything that is wrong with a file, in its order; an empty list if it can be used."""
    try:
        return examine(read_text(path), path)[1]
    except SettingsError as error:
        return [error]


def examine(text: str, path: Path | None) -> tuple[Settings | None, list[SettingsError]]:
    """Settings from a text, or none, and its problems in the order of its lines."""
    try:
        values, places = read_toml(text, path)
    except SettingsError as error:
        return None, [error]
    settings, refusals = check(values, places, path)
    return settings, sorted(refusals.found, key=lambda error: error.line or 0)


def learned_file(settings: Settings) -> Path:
    """Where what was learned from the team's labels is kept: beside the settings."""
    folder = settings.path.parent if settings.path else Path()
    return folder / "listening-learned.json"


def secrets(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The secrets in the environment by their full names, such as LISTENING_BLUESKY_PASSWORD; empty ones left out.

    A secret is never read from the settings file, and never written anywhere.
    """
    return {name: value.strip() for name, value in environ.items() if value.strip() and _SECRET_NAME.fullmatch(name)}


def contact_needed(settings: Settings) -> str:
    """The contact that servers are shown when we collect; a refusal where there is none.

    A file without a contact can be read, tried on saved files and shown; only asking servers needs one.
    """
    if not settings.agency.contact:
        raise SettingsError(
            "agency.contact is missing, and without it no server is asked.",
            "Servers turn away programs that do not say whose they are, and an administrator who sees trouble can "
            'only block what he cannot write to. Write a mail or web address: contact = "press@quillhaven.example".',
            file=settings.path,
            key="agency.contact",
        )
    return settings.agency.contact


def remarks(settings: Settings) -> tuple[str, ...]:
    """What is allowed but worth knowing, a sentence each: nothing to collect from, no contact, no own accounts."""
    said = []
    if not settings.feeds and settings.paused:
        said.append("All feeds are paused: nothing is collected.")
    elif not settings.feeds:
        said.append("There are no feeds yet: nothing is collected. Add places to listen to under [[feeds]].")
    if not settings.agency.contact:
        said.append("agency.contact is missing: nothing is collected until servers can see who asks.")
    if not settings.agency.own_accounts:
        said.append(
            "agency.own_accounts is empty: the agency's own posts are counted as conversation, and its answers are "
            "not recognised."
        )
    old, kept = settings.privacy.retention_days, settings.retention.mentions
    if old and old != kept:
        said.append(
            f"privacy.retention_days ({old}) does not count, because retention.mentions says {kept}. Take it out."
        )
    return tuple(said)
