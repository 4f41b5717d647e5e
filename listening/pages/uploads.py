"""Files that somebody uploads: on the disk only while they are read, and imported by a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from listening.importing import Layout
from listening.pages.ground import Ground
from listening.store import imports
from listening.store.imports import Import

PREFIX = "listening-upload-"
LEFT_BEHIND = 24 * 3600
"""Seconds after which a folder is one that a killed process left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """An uploaded file: what it is called where it came from, its content, and what tells it from any other."""

    name: str
    content: bytes = field(repr=False)
    mark: str

    @property
    def stem(self) -> str:
        """Its name without its ending."""
        return self.name.rpartition(".")[0] or self.name


@dataclass(kw_only=True, slots=True)
class Running:
    """An import that this session has begun; ``done``: its process has ended, and what it said stands here."""

    process: subprocess.Popen[str]
    file: str
    name: str
    began: datetime
    said: str = ""
    complained: str = ""
    done: Event = field(default_factory=Event)

    @property
    def over(self) -> bool:
        """Whether it has ended, and has said what came of it."""
        return self.done.is_set()


@contextmanager
def on_disk(upload: Upload) -> Iterator[Path]:
    """The file as one that can be opened, in a folder of this account's own; gone afterwards."""
    folder = _folder()
    try:
        yield _written(upload, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def begin(base: Ground, upload: Upload, layout: Layout, name: str, now: datetime, *, keep_as: str = "") -> Running:
    """Begin to import it; its copy on the disk goes with the end of the process."""
    sweep()
    path = base.settings.path
    assert path is not None
    folder = _folder()
    file = _written(upload, folder)
    # With "=", since what a person has called something may begin with a dash.
    options = [f"--layout={layout.as_json()}", f"--name={name}", f"--called={upload.name}", "--delete", "--json"]
    if keep_as:
        options.append(f"--save-mapping={keep_as}")
    process = subprocess.Popen(  # noqa: S603 - our own program, with options of ours
        [sys.executable, "-m", "listening", "import", *options, "--", str(file)],
        env={**os.environ, "LISTENING_SETTINGS": str(path), "LISTENING_STORE": base.settings.store_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    running = Running(process=process, file=upload.name, name=name, began=now)
    Thread(target=wait, args=(running, folder), daemon=True).start()
    return running


def wait(running: Running, folder: Path) -> None:
    """Wait for its end, keep what it said, and remove its copy of the file."""
    try:
        running.said, running.complained = running.process.communicate()
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        running.done.set()


def result_of(running: Running) -> dict[str, Any] | None:
    """What an import that is over has said of itself; None where it could not be done.

    One that was done and could read no row ends with 1, and has said so.
    """
    lines = running.said.strip().splitlines()
    if running.process.returncode not in (0, 1) or not lines:
        return None
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def state_of(base: Ground, running: Running, result: Mapping[str, Any] | None = None) -> Import | None:
    """How far an import is; None before it has begun to write. One that is over has said its number (``result``)."""
    with base.store.reading() as connection:
        if result is not None:
            return imports.by_number(connection, result["number"])
        latest = imports.latest(connection)
    return next((one for one in latest if (one.file, one.name) == (running.file, running.name)), None)


def sweep() -> None:
    """Remove what killed processes left of uploaded files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > LEFT_BEHIND:
                shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix=PREFIX))  # for this account alone


def _written(upload: Upload, folder: Path) -> Path:
    file = folder / "file"
    file.write_bytes(upload.content)
    return file
