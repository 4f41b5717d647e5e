"""A frozen, dated copy of what the meeting will show: a folder that opens on another computer, without a network."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from listening.errors import InputError
from listening.settings import Settings, frozen_text
from listening.store import Store, backup, without_names

SETTINGS, STORE, MARK = "listening.toml", "mentions.db", "snapshot.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A snapshot's folder and the moment it shows, for good."""

    folder: Path
    taken_at: datetime

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return self.folder / SETTINGS

    @property
    def store_url(self) -> str:
        """The address of its store."""
        return f"sqlite:///{(self.folder / STORE).resolve()}"


def take(settings: Settings, store: Store, folder: Path, *, now: datetime) -> Snapshot:
    """Copy the store, also while it is in use, and the settings without what is private, into a new folder.

    Raises InputError where there is something already or nothing can be written, StoreError where the copy fails.
    """
    if folder.exists():
        raise InputError(f"{folder} exists already.", "Name a new folder: a snapshot never overwrites anything.")
    partial = folder.with_name(folder.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)  # what a snapshot that was stopped left behind
        partial.mkdir(parents=True)
        backup(store, partial / STORE)
        without_names(partial / STORE)
        (partial / SETTINGS).write_text(frozen_text(settings), encoding="utf-8")
        (partial / MARK).write_text(json.dumps({"taken_at": now.isoformat()}), encoding="utf-8")
        partial.rename(folder)
    except OSError as error:
        raise InputError(f"{folder} could not be written: {error.strerror}.", "Name another place.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Snapshot(folder=folder, taken_at=now)


def of_folder(folder: Path) -> Snapshot:
    """The snapshot in a folder; raises InputError where there is none."""
    try:
        taken_at = datetime.fromisoformat(json.loads((folder / MARK).read_text(encoding="utf-8"))["taken_at"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} is not a snapshot.", "Name the folder that `listening snapshot -o FOLDER` wrote."
        ) from error
    if not (folder / STORE).is_file() or taken_at.tzinfo is None:
        raise InputError(f"The snapshot {folder} is not whole.", "Take it again, and copy the whole folder.")
    return Snapshot(folder=folder, taken_at=taken_at)


def of_settings(settings: Settings) -> Snapshot | None:
    """The snapshot that these settings belong to; None for settings that are in use."""
    if settings.path is None or not (settings.path.parent / MARK).is_file():
        return None
    return of_folder(settings.path.parent)


def refuse(settings: Settings) -> None:
    """Raise InputError where settings belong to a snapshot: it stays as it is."""
    if (found := of_settings(settings)) is not None:
        raise InputError(
            f"{found.folder} is a snapshot: nothing is collected into it.",
            "Collect with your own settings, and take a new snapshot.",
        )
