"""The fault campaign's children: a program that has loaded Listening and starts a process of its own for every deed.

    python tests/campaign_stem.py

Loading the program costs four times as much as a small deed, so a stem loads it once and forks. Each child is a process
like any other: it runs ``listening.cli.main`` (or one of the campaign's own small programs that write to the store as
the page does), can be killed, and is held by its own limits. Where an order says so it is started anew from the
beginning instead, as ``python -m listening``.

With ``--clock`` the stem loads everything under a clock that can jump: ``time.time``, ``datetime.now`` and
``date.today`` of that process then tell a shifted time. That is the child's environment; Listening knows nothing of it.

Orders come as lines of JSON on stdin, one child at a time; "kill" ends the child. Answers are lines of JSON on stdout:
first the child's number, and when it has ended its return code (below zero: the signal that ended it).
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any


class Clock:
    """A clock that jumps at its so-manieth reading, and leaves a file behind when it has."""

    readings = 0
    jump_at: int | None = None
    by = 0.0
    told = ""
    real = time.time

    @classmethod
    def shift(cls) -> float:
        """How far off the clock is, in seconds."""
        if cls.jump_at is None:
            return 0.0
        cls.readings += 1
        if cls.readings == cls.jump_at:
            Path(cls.told).touch()
        return cls.by if cls.readings >= cls.jump_at else 0.0

    @classmethod
    def time(cls) -> float:
        """In place of ``time.time``."""
        return cls.real() + cls.shift()

    @classmethod
    def time_ns(cls) -> int:
        """In place of ``time.time_ns``."""
        return int(cls.time() * 1e9)


def install_clock() -> None:
    """Give this process the clock, before anything of ours has taken the true one.

    What others wrote in C has to see the true classes when it is loaded, so that comes first.
    """
    import datetime as module

    for name in ("aiohttp", "pandas", "sqlalchemy.dialects.sqlite"):
        import_module(name)

    time.time = Clock.time
    time.time_ns = Clock.time_ns
    real_datetime: Any = module.datetime
    real_date: Any = module.date

    class Alike(type):
        """What was made by the true class is of the false one, too."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real_datetime if issubclass(cls, real_datetime) else real_date)

    class datetime(real_datetime, metaclass=Alike):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(Clock.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(Clock.time(), module.UTC).replace(tzinfo=None)

    class date(real_date, metaclass=Alike):  # type: ignore[misc]
        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(Clock.time())

    module.datetime = datetime  # type: ignore[misc]
    module.date = date  # type: ignore[misc]


def child(order: dict[str, Any]) -> int:
    """What the child does; its return code."""
    for path, number in ((order["out"], 1), (order["err"], 2)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.chdir(order["folder"])
    os.environ.update(order.get("environment", {}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if (most := order.get("largest_file")) is not None:
        # Who wants to write beyond it is either told so or ended in the middle of that write.
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if order.get("ended_there") else signal.SIG_IGN)
    if order.get("anew"):
        os.execv(sys.executable, [sys.executable, "-m", *order["anew"]])
    if (jump := order.get("clock")) is not None:
        Clock.jump_at, Clock.by, Clock.told = jump["at"], jump["by"], jump["told"]
    if (seconds := order.get("patience")) is not None:
        from functools import partial

        from listening import door
        from listening.store import open_store

        door.open_store = partial(open_store, wait_seconds=seconds)  # type: ignore[attr-defined]
    if order["work"] == "listening":
        from listening.cli import main

        return main(order["arguments"])
    import campaign_work

    return campaign_work.WORK[order["work"]](*order["arguments"])


def forked(order: dict[str, Any]) -> int:
    """Start a child; its number."""
    number = os.fork()
    if number:
        return number
    code = 70
    try:
        code = child(order)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - the campaign reads it, and counts it as a fault of ours
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
            if Clock.told:
                Path(Clock.told).with_suffix(".readings").write_text(str(Clock.readings), encoding="utf-8")
        finally:
            os._exit(code)


def serve() -> None:
    """Carry out orders until stdin is closed."""
    waiting = b""
    while True:
        while b"\n" not in waiting:
            more = os.read(0, 65536)
            if not more:
                return
            waiting += more
        line, _, waiting = waiting.partition(b"\n")
        if line == b"kill":
            continue  # it came too late: that child has ended
        number = forked(json.loads(line))
        tell({"started": number})
        while True:
            ended, status = os.waitpid(number, os.WNOHANG)
            if ended:
                break
            if select.select([0], [], [], 0.001)[0]:
                more = os.read(0, 65536)
                if not more or b"kill" in more:
                    os.kill(number, signal.SIGKILL)
        tell({"ended": os.waitstatus_to_exitcode(status)})


def tell(answer: dict[str, int]) -> None:
    """A line to the campaign."""
    os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    if "--clock" in sys.argv:
        install_clock()
    for name in ("collecting", "telling", "keeping", "forgetting", "closing", "judging", "importing"):
        import_module(f"listening.cli.{name}")
    import_module("listening.demo")
    # What every child would read anew from its files: the tagger's words, the phrases that ask, the languages.
    import_module("listening.sentiment.tagger").Tagger().tag("The library is lovely.")
    import_module("listening.questions").asked("", "When does the library open?", kind="post")
    import_module("listening.language").detect("Cuando abre la biblioteca de nuestra ciudad por la manana")
    # A child that collects garbage would copy what it shares with the stem.
    gc.collect()
    gc.freeze()
    import_module("campaign_work")
    serve()
