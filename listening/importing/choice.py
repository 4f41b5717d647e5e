"""How a file is to be read: as its tool writes, as was kept for such files, as somebody says; or nobody knows yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal
from zoneinfo import ZoneInfo

from listening.errors import InputError
from listening.importing.layout import FIELDS, Dates, Layout, check, from_json
from listening.importing.tools import TOOLS, guessed, recognised

_NO_WORDS = re.compile(r"_|(?<!\d)-|-(?!\d)")
How = Literal["tool", "kept", "said", "guessed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A layout, and how it was come by; ``label`` is the tool's name, or that under which it was kept."""

    layout: Layout
    how: How
    label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What somebody says of a file; empty where nothing is said.

    ``kind`` is a tool (``auto``: by the column names), ``kept`` a layout's name, ``columns`` the columns by field.
    """

    kind: str = "auto"
    kept: str = ""
    columns: Mapping[str, tuple[str, ...]] | None = None
    source: str = ""
    dates: Dates = ""
    timezone: str = ""
    day: str = ""


def choose(header: Sequence[str], wishes: Wishes, layouts: Mapping[str, Mapping[str, Any]]) -> Choice:
    """How a file with these column names is to be read; raises InputError for a wish that cannot be.

    One that is ``guessed`` is to be shown to a person before anything is read by it.
    """
    found = _base(header, wishes, layouts)
    layout = replace(
        found.layout,
        source=wishes.source or found.layout.source,
        dates=wishes.dates or found.layout.dates,
        timezone=wishes.timezone or found.layout.timezone,
        day=wishes.day or found.layout.day,
    )
    zone_of(layout, ZoneInfo("UTC"))
    if layout.day:
        _real_day(layout.day)
    return replace(found, layout=layout)


def _base(header: Sequence[str], wishes: Wishes, layouts: Mapping[str, Mapping[str, Any]]) -> Choice:
    if wishes.kept:
        if wishes.kept not in layouts:
            known = ", ".join(f"“{name}”" for name in layouts) or "none yet; --save-mapping NAME keeps one"
            raise InputError(f"No mapping “{wishes.kept}” is kept.", f"There is: {known}.")
        base = Choice(layout=from_json(layouts[wishes.kept]["layout"]), how="kept", label=wishes.kept)
    elif wishes.kind != "auto":
        base = _named(header, wishes.kind)
    else:
        base = _by_header(header, layouts)
    if wishes.columns:
        if base.how == "guessed":  # what somebody says is all there is: nothing is guessed beside it
            return Choice(layout=Layout(columns=dict(wishes.columns)), how="said")
        return replace(base, layout=base.layout.with_columns(wishes.columns))
    return base


def _named(header: Sequence[str], kind: str) -> Choice:
    keys = sorted({tool.key for tool in TOOLS})
    if kind not in keys:
        near = get_close_matches(kind, keys, n=1)
        meant = f"Did you mean “{near[0]}”? " if near else ""
        raise InputError(f"There is no tool “{kind}”.", f"{meant}There is: auto, {', '.join(keys)}.")
    tool = recognised(header, kind)
    if tool is None:
        columns = ", ".join(f"“{name}”" for name in header[:40])
        raise InputError(
            f"This is no export of {kind.title()} as we know it: its columns are {columns}.",
            "Leave --kind out, or say which column holds what: --map text=COLUMN --map date=COLUMN --map url=COLUMN",
        )
    return Choice(layout=tool.layout.within(header), how="tool", label=_short(tool.label))


def _by_header(header: Sequence[str], layouts: Mapping[str, Mapping[str, Any]]) -> Choice:
    """A kept layout for just these column names comes first: somebody made it for them."""
    for name, kept in layouts.items():
        if tuple(kept["header"]) == tuple(header):
            return Choice(layout=from_json(kept["layout"]), how="kept", label=name)
    if (tool := recognised(header)) is not None:
        return Choice(layout=tool.layout.within(header), how="tool", label=_short(tool.label))
    return Choice(layout=guessed(header), how="guessed")


def _short(label: str) -> str:
    return re.sub(r" \(fields .*\)$", "", label)


def columns_said(said: Sequence[str], header: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What ``--map text=COLUMN`` says; several columns are several of the same field. Raises InputError."""
    found: dict[str, tuple[str, ...]] = {}
    for each in said:
        what, sign, column = each.partition("=")
        what = what.strip().casefold().replace("-", "_")
        if not sign or what not in FIELDS:
            raise InputError(f"--map {each} is not understood.", f"Write FIELD=COLUMN; fields are {', '.join(FIELDS)}.")
        if column.strip():
            if not Layout(columns={what: (column,)}).place(header, what):
                near = get_close_matches(column, header, n=1)
                meant = f"Did you mean “{near[0]}”? " if near else ""
                listed = ", ".join(f"“{name}”" for name in header[:40])
                raise InputError(f"The file has no column “{column}”.", f"{meant}Its columns are {listed}.")
            found[what] = (*found.get(what, ()), column)
        else:
            found[what] = ()
    return found


def usable(choice: Choice, header: Sequence[str]) -> InputError | None:
    """Why a file cannot be read like this; None where it can."""
    try:
        check(choice.layout, header)
    except InputError as error:
        return error
    return None


def zone_of(layout: Layout, usual: ZoneInfo) -> ZoneInfo:
    """The zone of dates that name none; raises InputError for one that there is not."""
    if not layout.timezone:
        return usual
    try:
        return ZoneInfo(layout.timezone)
    except (KeyError, OSError, ValueError):
        raise InputError(
            f"“{layout.timezone}” is no time zone.", "Write it like America/New_York, Europe/Berlin or UTC."
        ) from None


def _real_day(day: str) -> None:
    try:
        date.fromisoformat(day)
    except ValueError:
        raise InputError(f"“{day}” is no day.", "Write it like 2026-11-22.") from None


def name_for(choice: Choice, stem: str) -> str:
    """What a file's posts are called as a place: “Idea box” for idea_box.csv, “Brandwatch: week 47” for week-47.csv.

    A dash between two digits stays, as in 2026-11-22; a tool that the file's name begins with is not named twice.
    """
    plain = " ".join(_NO_WORDS.sub(" ", stem).split())[:60].strip() or stem[:60]
    if choice.label:
        rest = plain[len(choice.label) :] if plain.casefold().startswith(choice.label.casefold()) else f" {plain}"
        if not rest or rest.startswith(" "):
            return f"{choice.label}:{rest}" if rest else choice.label
        return f"{choice.label}: {plain}"
    return plain[:1].upper() + plain[1:]
