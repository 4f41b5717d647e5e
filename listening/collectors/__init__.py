"""The sources we can listen to: one module each, named here and nowhere else, and those that other packages bring.

A collector knows how to ask its source (``locate``) and what its answers mean (``parse``); what it must have stands in
``protocols``. It is pure: it has no network and no clock, so that it can be tried with a saved answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from listening.collectors import (
    bluesky,
    gdelt,
    hackernews,
    lemmy,
    mastodon,
    news,
    reddit,
    rss,
    stackexchange,
    threads,
    x,
    youtube,
)
from listening.collectors.contract import NEEDED
from listening.collectors.imported import IMPORTED, Imported
from listening.collectors.protocols import Collector, Rechecker, Refresher
from listening.errors import SettingsError
from listening.models import TextKind

COLLECTORS: tuple[Collector, ...] = (
    rss,
    mastodon,
    reddit,
    bluesky,
    youtube,
    x,
    lemmy,
    hackernews,
    gdelt,
    stackexchange,
    threads,
    news,
)
"""Those that are part of this program."""

GROUP = "listening.collectors"
"""The entry point under which other packages bring collectors: each names a source, and its module or object."""


@cache
def every() -> tuple[Collector, ...]:
    """All collectors that work: ours, and those of other packages."""
    return (*COLLECTORS, *(found for found in _brought().values() if not isinstance(found, SettingsError)))


__all__ = [
    "COLLECTORS",
    "GROUP",
    "IMPORTED",
    "Collector",
    "Rechecker",
    "Refresher",
    "check",
    "collector",
    "every",
    "kind_of",
    "kinds",
    "label_of",
    "looks_up",
    "rechecker",
    "refresher",
]


def collector(source: str) -> Collector:
    """Return the collector of a source, by its name in the settings."""
    for module in every():
        if source == module.SOURCE:
            return module
    broken = _brought().get(source)
    if isinstance(broken, SettingsError):
        raise broken
    names = [module.SOURCE for module in every()]
    if source in IMPORTED:
        raise SettingsError(
            f"{IMPORTED[source].LABEL} cannot be listened to: no program may read there.",
            "Import what another tool found: listening import FILE.",
            key="source",
        )
    raise SettingsError(f"There is no source “{source}”.", _suggestion(source, names, "Sources are"), key="source")


@cache
def _brought() -> Mapping[str, Collector | SettingsError]:
    """What other packages bring, by the name of the source; in place of one that does not work, the reason."""
    found: dict[str, Collector | SettingsError] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if any(point.name == ours.SOURCE for ours in COLLECTORS) or point.name in found:
            continue  # nobody takes the place of another
        found[point.name] = _loaded(point)
    return found


def _loaded(point: EntryPoint) -> Collector | SettingsError:
    package = point.dist.name if point.dist is not None else point.value
    advice = "Update or remove that package; the other sources are not affected."
    try:
        module = point.load()
    except Exception as error:  # noqa: BLE001 - whatever is wrong in another's package must not stop ours
        said = f"{type(error).__name__}: {error}"
        return SettingsError(
            f"Source “{point.name}” of the package {package} does not start ({said}).", advice, key="source"
        )
    missing = [name for name in NEEDED if not hasattr(module, name)]
    if missing or point.name != module.SOURCE:
        lacks = f"it has no {', no '.join(missing)}" if missing else f"it calls itself “{module.SOURCE}”"
        return SettingsError(
            f"Source “{point.name}” of the package {package} cannot be used: {lacks}.", advice, key="source"
        )
    loaded: Collector = module
    return loaded


def rechecker(source: str) -> Rechecker | None:
    """A source's way of asking whether a post is still there, if it has one."""
    module = collector(source)
    return module if isinstance(module, Rechecker) else None


def refresher(source: str) -> Refresher | None:
    """A source's way of asking for many known posts again, if it has one."""
    module = collector(source)
    return module if isinstance(module, Refresher) else None


def looks_up(source: str) -> bool:
    """Whether posts of a source are looked up again: whether they are still there, and as they were."""
    return rechecker(source) is not None or refresher(source) is not None


def kind_of(source: str) -> TextKind:
    """The kind of text that a source gives, also one whose posts are imported only."""
    return imported.KIND if (imported := _imported(source)) is not None else collector(source).KIND


def label_of(source: str) -> str:
    """A source as people call it, also one whose posts are imported only."""
    return imported.LABEL if (imported := _imported(source)) is not None else collector(source).LABEL


def kinds() -> dict[str, TextKind]:
    """Every source that a stored mention may be of, with the kind of text that it gives."""
    return {**{name: each.KIND for name, each in IMPORTED.items()}, **{each.SOURCE: each.KIND for each in every()}}


def _imported(source: str) -> Imported | None:
    """A source without a collector; another package may bring one for it."""
    found = IMPORTED.get(source)
    return None if found is None or any(source == module.SOURCE for module in every()) else found


def check(source: str, options: Mapping[str, str]) -> None:
    """Refuse options that a source does not know, or cannot use."""
    module = collector(source)
    for key in options:
        if key not in module.KEYS:
            raise SettingsError(
                f"A feed of source “{source}” has no option “{key}”.",
                _suggestion(key, list(module.KEYS), "Its options are"),
                key=key,
            )
    module.check(options)


def _suggestion(word: str, known: list[str], otherwise: str) -> str:
    """Suggest the word that was probably meant, else name them all."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean “{near[0]}”?" if near else f"{otherwise} {', '.join(known)}."
