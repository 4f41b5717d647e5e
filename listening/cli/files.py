"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from listening.errors import InputError

STDOUT = "-"


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8, line ends as written) that takes its place only when all of it is there."""
    with _whole(path, "", encoding="utf-8", newline="", errors="replace") as file:
        yield file


@contextmanager
def bytes_written_whole(path: Path) -> Iterator[BinaryIO]:
    """The same for a file that is no text."""
    with _whole(path, "b") as file:
        yield file


def write_whole(path: Path, content: bytes) -> None:
    """The same at once."""
    with bytes_written_whole(path) as file:
        file.write(content)


@contextmanager
def _whole(path: Path, kind: str, **how: str) -> Iterator[Any]:
    if path.exists() and not path.is_file():
        with _in_words(path), path.open(f"w{kind}", **how) as file:  # type: ignore[call-overload] # a device: /dev/null
            yield file
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with _in_words(path, partial):
        try:
            with partial.open(f"x{kind}", **how) as file:  # type: ignore[call-overload]
                if path.exists():
                    shutil.copymode(path, partial)
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def stdout_as_file() -> Iterator[TextIO]:
    """Standard output for data: line ends as written."""
    sys.stdout.flush()
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(newline="")
    yield sys.stdout
    sys.stdout.flush()


@contextmanager
def _in_words(path: Path, partial: Path | None = None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Only what concerns this file is ours to explain; a full disk names no file.
        if isinstance(error, BrokenPipeError) or error.filename not in (None, str(path), str(partial)):
            raise
        raise InputError(
            f"{path} could not be written: {(error.strerror or 'unknown reason').lower()}.",
            "Its folder must exist, your account must be able to write in it, and the disk must have room. What was "
            "there before is as it was.",
        ) from error
