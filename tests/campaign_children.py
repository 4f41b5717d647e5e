"""The fault campaign's side of its children: starting them in a stem, waiting for them, ending them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds after which a child that does not end is ended."""
STEM = Path(__file__).resolve().with_name("campaign_stem.py")


class Stem:
    """A program that starts children, one at a time."""

    def __init__(self, *arguments: str, caches: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LISTENING_", "PYTHON"))}
        self._process = subprocess.Popen(
            [sys.executable, str(STEM), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # a line that waits in a buffer would not be seen by select
            env={**kept, "PYTHONPYCACHEPREFIX": str(caches), "PYTHONHASHSEED": "0"},
        )
        self.child: Child | None = None

    def send(self, line: bytes) -> None:
        """Tell it something."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def heard(self, seconds: float) -> dict[str, int] | None:
        """Its next answer, if it comes in time."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            return None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the stem has ended")
        said: dict[str, int] = json.loads(line)
        return said

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.wait(PATIENCE)
        self._process.stdout.close()


@dataclass
class Child:
    """A process that does a deed."""

    stem: Stem
    out: Path
    err: Path
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    code: int | None = None
    hung: bool = False

    def within(self, seconds: float) -> int | None:
        """Its return code, if it ends in this time."""
        if self.code is None and (said := self.stem.heard(max(0.0, seconds))) is not None:
            self.code, self.seconds = said["ended"], time.monotonic() - self.began
            self.stem.child = None
        return self.code

    def wait(self) -> int:
        """Its return code, once it has ended; one that does not end in a minute is ended."""
        if self.within(PATIENCE) is None:
            self.hung = True
            self.kill()
        assert self.code is not None
        return self.code

    def kill(self) -> int:
        """End it at once; its return code: below zero where it had not ended by itself."""
        if self.code is None:
            self.stem.send(b"kill")
            while self.within(PATIENCE) is None:
                pass
        assert self.code is not None
        return self.code

    def printed(self) -> str:
        """What it has printed, as far as whole lines go."""
        text = self.out.read_text(encoding="utf-8")
        return text[: text.rfind("\n") + 1]

    def complained(self) -> str:
        """What stands on its stderr."""
        return self.err.read_text(encoding="utf-8")


class Stems:
    """As many stems as there are children at the same time, each made when it is first wanted."""

    def __init__(self, caches: Path) -> None:
        self._caches = caches
        self._plain: list[Stem] = []
        self._clocked: list[Stem] = []

    def start(self, order: dict[str, Any], folder: Path, files: Path) -> Child:
        """Start a child in a folder; what it prints goes to two files."""
        stems, arguments = (self._clocked, ("--clock",)) if "clock" in order else (self._plain, ())
        stem = next((each for each in stems if each.child is None), None)
        if stem is None:
            stem = Stem(*arguments, caches=self._caches)
            stems.append(stem)
        out, err = files.with_suffix(".out"), files.with_suffix(".err")
        for file in (out, err):
            file.write_bytes(b"")
        child = Child(stem, out, err)
        stem.child = child
        stem.send(json.dumps({**order, "folder": str(folder), "out": str(out), "err": str(err)}).encode())
        while stem.heard(PATIENCE) is None:
            pass
        child.began = time.monotonic()
        return child

    def close(self) -> None:
        """End them all."""
        for stem in (*self._plain, *self._clocked):
            stem.close()
