"""The soak benchmark, small: the collector that runs by itself against one that asks every hour."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "benchmarks"))
from bench_soak import main, report


def test_by_itself_it_asks_less_and_sees_sooner() -> None:
    """Sixty feeds for most of a day, with servers that fail: fewer requests, no long delay, nothing stored twice and
    nothing missed that the other way has.

    How much sooner it sees is measured with a thousand feeds: the few mentions of sixty leave that to chance.
    """
    fixed, own = outcomes = main(["--feeds", "60", "--days", "0.85", "--warm", "0.25", "--every", "25"])
    assert own.requests < fixed.requests
    assert own.median < 2 * fixed.median
    assert own.mentions >= fixed.mentions - 3
    assert own.missed <= fixed.missed + 1
    assert (fixed.stored_twice, own.stored_twice) == (0, 0)
    assert own.doubles > 0
    assert "a mention is seen after" in report(outcomes)
