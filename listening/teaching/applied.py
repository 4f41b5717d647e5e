"""Applying a proposal: to a settings file that is in use, as it is at that moment; and what that changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from listening import demo, snapshot
from listening import settings as settings_files
from listening.errors import InputError
from listening.settings import Settings

T = TypeVar("T")

Progress = Callable[[int], None]
"""Told how many mentions have been read."""


def silent(done: int) -> None:
    """A progress that tells nobody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied(Generic[T]):
    """What applying changed: the settings as they are now, what became of the stored mentions, how to take it back."""

    settings: Settings = field(repr=False)
    found: T
    undo: str


def changeable(settings: Settings) -> tuple[Path, Settings]:
    """The file of settings that may be changed, and what it says at this moment.

    Raises InputError for a snapshot and for the invented town, which stay as they are, and for settings in no file.
    """
    snapshot.refuse(settings)
    if demo.is_saved(settings):
        raise InputError(
            "These are the settings of the invented town, which stay as they are.",
            "What you see of a proposal is what it would change; with your own settings it is carried out.",
        )
    if settings.path is None:
        raise InputError(
            "These settings are in no file, so nothing can be written into them.",
            "Make a settings file with `listening init`, and show the page with it.",
        )
    return settings.path, settings_files.load(settings.path)
