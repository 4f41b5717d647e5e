"""What a team says of itself, and whether the settings would take it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from listening.errors import SettingsError
from listening.models import Feed
from listening.settings.read import examine
from listening.settings.write import feed_lines, written

NAME = "Town of Quillhaven"
"""A name that stands for any, where another answer is tried."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Who a team is, as it typed it.

    ``region`` is its state or country, which tells it from others of its name. ``accounts`` are its own, ``papers``
    local outlets and other places that it names, each as people write them.
    """

    name: str
    short_name: str = ""
    region: str = ""
    site: str = ""
    contact: str = ""
    timezone: str = ""
    accounts: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


def machine_zone() -> str | None:
    """This computer's time zone by its IANA name, where it says one; UTC is no answer, for that is how servers run."""
    found = os.environ.get("TZ", "").removeprefix(":")
    if not found:
        link = Path("/etc/localtime")
        where = str(link.resolve()) if link.is_symlink() else ""
        found = where.split("zoneinfo/", 1)[1] if "zoneinfo/" in where else ""
    if not found and Path("/etc/timezone").is_file():
        found = Path("/etc/timezone").read_text(encoding="utf-8", errors="replace").strip()
    if "/" not in found or found.startswith("Etc/") or refused("timezone", found):
        return None
    return found


def refused(key: str, value: str | Sequence[str]) -> SettingsError | None:
    """What the settings would say against a value under [agency]; None where they take it."""
    return trial(agency={key: value})


def trial(
    *, agency: Mapping[str, str | Sequence[str]] | None = None, feed: Feed | None = None, query: str = "trial"
) -> SettingsError | None:
    """What a settings file with just this in it would be refused for."""
    values = {"name": NAME, "timezone": "UTC", **(agency or {})}
    lines = ["[agency]", *(f"{key} = {written(value)}" for key, value in values.items())]
    lines += ["[[topics]]", 'name = "trial"', f"query = {written(query)}"]
    if feed is not None:
        lines += ["[[feeds]]", *feed_lines(feed)]
    _, found = examine("\n".join(lines), None)
    return found[0] if found else None


def named_apart(feeds: Sequence[Feed], taken: Sequence[Feed] = ()) -> list[Feed]:
    """The feeds, each once, with names that differ from each other's and from those that are ``taken``.

    What is among the taken ones already is left out.
    """
    named: dict[str, Feed] = {feed.name.casefold(): feed for feed in taken}
    given: list[Feed] = []
    for feed in feeds:
        if any(each.source == feed.source and each.options == feed.options for each in named.values()):
            continue
        name, number = feed.name, 2
        while name.casefold() in named:
            name, number = f"{feed.name} ({number})", number + 1
        named[name.casefold()] = replace(feed, name=name)
        given.append(named[name.casefold()])
    return given
