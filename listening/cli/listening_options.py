"""The options of `collect` and `status`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any

SHORTEST_WAIT = 60
"""Seconds: asking servers more often is rude, and they answer with refusals."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

Add = Callable[..., Any]


def add(command: Add, settings: Add, json: Add) -> None:
    """Add them; ``settings`` and ``json`` add the options that all commands have."""
    collect = command(
        "collect",
        "collecting:collect",
        "Every place is asked at once; with --every or --due only those whose time has come, busy ones more often than "
        "quiet ones. One collection at a time: the next waits for its turn. Says nothing in cron while all is well.",
    )
    settings(collect)
    how = collect.add_mutually_exclusive_group()
    how.add_argument(
        "--every",
        type=wait,
        metavar="TIME",
        help="go on for good and ask who is due, no place more often than that: 15m, 2h or 90s (at least a minute)",
    )
    how.add_argument("--due", action="store_true", help="ask who is due, once: for cron and other timers")
    collect.add_argument(
        "--retry", action="store_true", help="ask feeds that failed before at once, instead of waiting a while"
    )
    json(collect)

    status = command("status", "telling:status", "Nothing is fetched.")
    settings(status)
    status.add_argument(
        "--health",
        action="store_true",
        help="one line for monitoring: OK, WARNING or CRITICAL, and why; exit code 0, 1 or 2",
    )
    status.add_argument(
        "--silence",
        type=_length,
        metavar="TIME",
        default=6 * 3600,
        help="with --health: critical when no place has answered for so long (6h)",
    )
    status.add_argument(
        "--failing",
        type=_percent,
        metavar="PERCENT",
        default=50,
        help="with --health: a warning when so many in a hundred places fail (50)",
    )
    status.add_argument(
        "--room",
        type=_megabytes,
        metavar="MB",
        default=500,
        help="with --health: a warning when the disk has less room; with a fifth of it, critical (500)",
    )
    json(status)


def wait(text: str) -> int:
    """A length of time from the command line, in seconds, not shorter than servers bear."""
    seconds = _length(text)
    if seconds < SHORTEST_WAIT:
        raise argparse.ArgumentTypeError(
            "at least 60 seconds lie between two collections: servers turn away who asks more often. 15m is good."
        )
    return seconds


def _length(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})\s*([smhd])", text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"“{text}” is no length of time. Write it like 15m, 2h or 90s.")
    return int(found[1]) * _UNITS[found[2]]


def _percent(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError("write a number from 1 to 100.")
    return int(text)


def _megabytes(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError("write a number of megabytes, such as 500.")
    return int(text)
