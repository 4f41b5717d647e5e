"""How often spikes are false, and how often true ones are found: ``python tests/benchmarks/bench_spikes.py``.

Invented counts of many feeds' talk (seeded): weekends bring 0.4 of a weekday, the trend is level or one per cent a day,
counts are Poisson or bursty (negative binomial, variance 2 or 5 times the mean). Columns:

- ``false``: spikes in 60 quiet days, in a row as on the page; 1.00 is what is allowed. ``14 known``: the same where
  only the 14 days before are. ``after a spike``: the same where a day two weeks before had ten times its count.
- ``3x found``: of weekdays with three times the expected count, drawn around it, how many are found the same day.
  Beside it what the same tail finds if the true mean and variance are known: no method finds more at that chance.
  ``exactly 3x``: the same where the count is three times the expected one to the post.
- ``3x, after``: as ``3x found``, with ten times the count on a day two weeks before, and on the same weekday.

Then how long one call takes on a store, beside the chart's own question (``--rows``).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from listening.insights.spikes import FEWEST, RAREST, first_ones, unusual
from listening.insights.usual import BEFORE, chance

WEEKEND = 0.4
QUIET = 60
TIMES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Posts on a weekday, variance over mean, growth a day."""

    level: float
    dispersion: float
    trend: float


SETTINGS = [
    Setting(level=level, dispersion=dispersion, trend=trend)
    for level in (1, 3, 10, 30, 300, 3_000)
    for dispersion in ((1, 2, 5) if level >= 300 else (1, 2))
    for trend in (0.0, 0.01)
]


def means(setting: Setting, days: int) -> NDArray[np.float64]:
    """The true means of days in a row, shape (days,), the first a Monday; growth is level in the middle of them."""
    at = np.arange(days)
    return setting.level * np.where(at % 7 >= 5, WEEKEND, 1.0) * (1 + setting.trend) ** (at - days / 2)


def drawn(random: np.random.Generator, mean: NDArray[np.float64], dispersion: float) -> NDArray[np.float64]:
    """Counts around these means, of the same shape."""
    if dispersion == 1:
        return random.poisson(mean).astype(float)
    return random.negative_binomial(mean / (dispersion - 1), 1 / dispersion).astype(float)


def alarms(
    counts: NDArray[np.float64], at: int, days: int, today: NDArray[np.float64] | None = None, known: int = BEFORE
) -> NDArray[np.bool_]:
    """Which of ``days`` days from ``at`` stand out, shape (rows, days), in counts of shape (rows, all days).

    ``today`` replaces their counts, ``known`` says how many of the 28 days before are.
    """
    rows = len(counts)
    before = np.concatenate([counts[:, day - BEFORE : day] for day in range(at, at + days)])
    now = (counts[:, at : at + days] if today is None else today).T.ravel()
    mask = np.zeros(before.shape, dtype=bool)
    mask[:, BEFORE - known :] = True
    found = np.array([one is not None for one in unusual(now, before, mask)])
    return found.reshape(days, rows).T


def false_alarms(
    random: np.random.Generator, setting: Setting, rows: int, *, known: int = BEFORE, past: int = 0
) -> float:
    """Spikes in 60 quiet days, counted as the page does; ``past``: a day before had so many times its count."""
    mean = np.tile(means(setting, BEFORE + QUIET), (rows, 1))
    counts = drawn(random, mean, setting.dispersion)
    if past:
        counts[:, BEFORE - 14] = np.ceil(past * mean[:, BEFORE - 14])
    days = QUIET if not past else 14
    found = alarms(counts, BEFORE, days, known=known)
    first = date(2026, 3, 2)
    kept = sum(len(first_ones(first + timedelta(days=int(day)) for day in np.flatnonzero(row))) for row in found)
    return kept / rows * QUIET / days


def found_share(
    random: np.random.Generator, setting: Setting, rows: int, *, exact: bool = False, past: int = 0
) -> tuple[float, float]:
    """Of weekdays with three times the expected count, how many are found, by us and by who knows the truth."""
    mean = np.tile(means(setting, BEFORE + 5), (rows, 1))
    counts = drawn(random, mean, setting.dispersion)
    if past:
        counts[:, BEFORE - 14] = np.ceil(past * mean[:, BEFORE - 14])  # a Monday
    days = 1 if past else 5
    true = mean[:, BEFORE : BEFORE + days]
    today = np.ceil(TIMES * true - 1e-9) if exact else drawn(random, TIMES * true, setting.dispersion)
    found = alarms(counts, BEFORE, days, today)
    best = [
        count >= FEWEST and count > one and chance(int(count), float(one), float(setting.dispersion * one)) <= RAREST
        for count, one in zip(today.ravel(), true.ravel(), strict=True)
    ]
    return float(found.mean()), float(np.mean(best))


def simulate(rows: int) -> bool:
    """Print the table; whether false alarms stay within what is allowed."""
    random = np.random.default_rng(20261127)
    print(f"{rows:,} rows of {QUIET} quiet days for each line")
    print(
        f"{'a day':>6}{'variance':>9}{'trend':>7} |{'false':>7}{'14 known':>10}{'after a spike':>15} |"
        f"{'3x found':>10}{'(best)':>8}{'exactly 3x':>12}{'(best)':>8}{'3x, after':>11}"
    )
    good = True
    for setting in SETTINGS:
        false = [
            false_alarms(random, setting, rows),
            false_alarms(random, setting, rows, known=14),
            false_alarms(random, setting, rows, past=10),
        ]
        good &= max(false) <= 1.0
        line = f"{setting.level:>6,}{setting.dispersion:>8}x{setting.trend:>7.0%} |"
        line += f"{false[0]:>7.2f}{false[1]:>10.2f}{false[2]:>15.2f} |"
        if setting.level >= 3:
            shares = found_share(random, setting, rows * 4)
            exact = found_share(random, setting, rows * 4, exact=True)
            after = found_share(random, setting, rows * 4, past=10)
            line += f"{shares[0]:>10.0%}{shares[1]:>8.0%}{exact[0]:>12.0%}{exact[1]:>8.0%}{after[0]:>11.0%}"
        print(line, flush=True)
    return good


def new_level(rows: int) -> None:
    """For how long a lasting change is told as spikes."""
    random = np.random.default_rng(7)
    print("\nspikes told after all days from one on bring three times as many (and the last day of them)")
    for level, dispersion in ((3, 1), (30, 2), (300, 5)):
        mean = np.tile(means(Setting(level=level, dispersion=dispersion, trend=0.0), BEFORE + 42), (rows, 1))
        mean[:, BEFORE:] *= TIMES
        found = alarms(drawn(random, mean, dispersion), BEFORE, 42)
        first = date(2026, 3, 2)
        kept = [first_ones(first + timedelta(days=int(day)) for day in np.flatnonzero(row)) for row in found]
        last = [(days[-1] - first).days for days in kept if days]
        print(f"{level:>6} a day, variance {dispersion}x: {np.mean([len(k) for k in kept]):.1f} ({np.mean(last):.0f})")


def speed(rows: int) -> None:
    """How long one call takes, beside the chart's question, the medians of several."""
    from bench_store import NOW, ZONE, ask, fill, milliseconds

    from listening import store as stores
    from listening.insights.periods import period
    from listening.insights.spikes import spikes
    from listening.insights.tables import bars
    from listening.store import View

    with tempfile.TemporaryDirectory() as folder:
        store = stores.open_store(f"sqlite:///{Path(folder) / 'bench.db'}", ZONE)
        fill(store, rows)
        print(f"{rows:,} mentions; milliseconds for one call")
        for key in ("7d", "30d", "365d"):
            chosen = period(key, NOW, ZONE)
            for topic in ("", "Transit"):
                view = View(start=chosen.start, end=chosen.end, topic=topic)
                chart = partial(bars, view=view, period=chosen, timezone=ZONE)
                call = partial(spikes, view=view, period=chosen, now=NOW, timezone=ZONE)
                ours, theirs = milliseconds(ask(store, call)), milliseconds(ask(store, chart))
                print(
                    f"{key:>6} {topic or 'all topics':<12}{ours:>8.1f}, the chart {theirs:>8.1f}: {ours / theirs:.1f}x"
                )


def main() -> None:
    """Simulate, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=500, help="invented rows of days for each line")
    parser.add_argument(
        "--rows", type=int, default=0, help="mentions in the store to measure one call; 0: not measured"
    )
    arguments = parser.parse_args()
    begun = time.perf_counter()
    good = simulate(arguments.series)
    new_level(arguments.series // 2)
    print(f"\nsimulated in {time.perf_counter() - begun:.0f} s")
    if arguments.rows:
        speed(arguments.rows)
    if not good:
        raise SystemExit("more than one false alarm in 60 quiet days")


if __name__ == "__main__":
    main()
