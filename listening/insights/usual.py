"""What a day usually brings, by the 28 days before it, and how unlikely a higher count is. Numbers only: no store.

The method is that of outbreak detection in public health, made for days: a log-linear model of the counts with level,
slow trend and weekday, fitted so that earlier spikes weigh little, and a negative binomial tail (Farrington, Andrews,
Beale and Catchpole 1996, "A statistical algorithm for the early detection of outbreaks of infectious disease", J. R.
Stat. Soc. A 159; improved by Noufaily et al. 2013, "An improved algorithm for outbreak detection in multiple
surveillance systems", Statistics in Medicine 32). They fit years of weeks; four weeks hold less, so what a week or a
trend does is drawn toward "nothing" by a prior (ridge, Hoerl and Kennard 1970), as far as the counts are few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BEFORE = 28
"""Days that a day is compared with: the 28 before it, each weekday four times."""

FEWEST_KNOWN = 14
"""Known days among them without which nothing is said. With two weeks every weekday has been heard twice, so that a
Monday is not called busy for being a Monday, and false alarms stay as rare as with four (``bench_spikes.py``); with
one, a weekday and a spike look the same."""

WEEKDAY_SPREAD = 0.35
"""How far a weekday is thought to be from the others before any is seen: the standard deviation of its log factor."""

TREND_SPREAD = 0.02
"""The same for the trend: two per cent a day, up or down."""

USUAL_DISPERSION, DISPERSION_DAYS = 2.0, 5.0
"""Talk comes in bursts: before anything is seen, the variance is thought to be twice the mean, a thought that weighs
as much as five days. With none, a short lucky calm would pass for a promise."""

OUTLIER = 2.58
"""Residuals beyond this many standard deviations lose weight (Noufaily et al. 2013)."""

ROUNDS = 8
SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Usual:
    """What each of n days can be expected to bring: mean and variance of its count, two arrays of shape (n,).

    The variance holds how days differ and how little we know: dispersion x mean + mean squared x the variance of the
    logarithm of the mean.
    """

    expected: Floats
    variance: Floats


def _design() -> Floats:
    """Rows: the 28 days before and the day itself. Columns: level, trend (0 on the day itself), seven weekdays.

    The days are whole weeks without a gap, so counting back by sevens finds the weekday: no date is needed.
    """
    back = np.arange(-BEFORE, 1)
    columns = [np.ones(BEFORE + 1), back, *((back % 7 == weekday) for weekday in range(7))]
    return np.stack(columns, axis=1).astype(float)


DESIGN = _design()
PRIOR = np.diag([SMALLEST, TREND_SPREAD**-2, *[WEEKDAY_SPREAD**-2] * 7])
"""Precisions of the coefficients. The level has none; half a post is added to it instead (Jeffreys' prior for a
Poisson mean: Gelman et al., Bayesian Data Analysis, 2.8), so that 28 empty days do not make one post impossible."""


def usual(before: Floats, known: NDArray[np.bool_]) -> Usual:
    """What to expect of n days, from the counts of the 28 days before each.

    ``before`` has shape (n, 28): counts, oldest first, without a gap between the days; ``known``, of the same shape,
    is False where a day's count is not known, and there ``before`` is not read. Each day needs a known one at least;
    whether there are enough is for the caller to ask.
    """
    counts = np.where(known, before, 0.0)
    present = known.astype(float)
    rows, day = DESIGN[:BEFORE], DESIGN[BEFORE]
    means, dispersion = _first_guess(before, known)
    level = (means * present).sum(axis=1) / present.sum(axis=1)
    found = np.zeros((len(before), DESIGN.shape[1]))
    found[:, 0] = np.log(level)
    for number in range(ROUNDS):
        weights = present * _outlier_weights(counts, means, dispersion)
        if number > 1:
            dispersion = _dispersion(counts, means, dispersion, present, weights)
        scaled = weights / dispersion[:, None]
        for _ in range(2 if number else 6):
            found += _newton_step(counts, _means(found, rows), scaled, found, rows)
        means = _means(found, rows)
    expected = np.exp(found @ day)
    uncertain = day @ np.linalg.inv(_information(scaled * means, rows)) @ day
    return Usual(expected=expected, variance=dispersion * expected + expected**2 * uncertain)


def _first_guess(before: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Means, shape (n, 28), and dispersions, shape (n,), that a few spikes cannot move: from medians.

    A weekday's median and the trimmed mean of all days, two to one. The dispersion is the median squared residual over
    the median of chi-squared with one degree of freedom, 0.455.
    """
    gaps = np.where(known, before, np.nan)
    ordered = np.sort(gaps, axis=1)  # unknown days come last
    number = known.sum(axis=1)
    cut = number // 5
    place = np.arange(BEFORE)
    inner = (place >= cut[:, None]) & (place < (number - cut)[:, None])
    middle = np.where(inner, ordered, 0.0).sum(axis=1) / inner.sum(axis=1)
    weekdays = gaps.reshape(-1, 4, 7)
    weekdays = np.where(np.isnan(weekdays).all(axis=1, keepdims=True), middle[:, None, None], weekdays)
    means = np.tile((2 * np.nanmedian(weekdays, axis=1) + middle[:, None]) / 3, (1, 4)).clip(min=0.1)
    squares = np.where(known, (gaps - means) ** 2 / means, np.nan)
    return means, (np.nanmedian(squares, axis=1) / 0.455).clip(min=1.0)


def _outlier_weights(counts: Floats, means: Floats, dispersion: Floats) -> Floats:
    """1 for usual days, (2.58 / residual) squared beyond 2.58 Anscombe residuals (Farrington et al. 1996, 3.6)."""
    residuals = 1.5 * (counts ** (2 / 3) - means ** (2 / 3)) / (means ** (1 / 6) * np.sqrt(dispersion)[:, None])
    weights: Floats = (OUTLIER / np.abs(residuals).clip(min=OUTLIER)) ** 2
    return weights


def _dispersion(counts: Floats, means: Floats, before: Floats, present: Floats, weights: Floats) -> Floats:
    """Variance over mean, 1 (Poisson) at least: Pearson's chi-squared over its degrees of freedom (McCullagh and
    Nelder, Generalized Linear Models, 4.5), an outlier counted no higher than where outliers begin."""
    rows = DESIGN[:BEFORE]
    squares = ((counts - means) ** 2 / means).clip(max=OUTLIER**2 * before[:, None])
    seen = _information(weights * means / before[:, None], rows) - PRIOR
    used = np.trace(np.linalg.solve(seen + PRIOR, seen), axis1=1, axis2=2)
    freedom = (present.sum(axis=1) - used).clip(min=1.0)
    found: Floats = ((present * squares).sum(axis=1) + USUAL_DISPERSION * DISPERSION_DAYS) / (freedom + DISPERSION_DAYS)
    return found.clip(min=1.0)


def _means(found: Floats, rows: Floats) -> Floats:
    means: Floats = np.exp((found @ rows.T).clip(-12.0, 16.0))
    return means


def _newton_step(counts: Floats, means: Floats, weights: Floats, found: Floats, rows: Floats) -> Floats:
    """One step toward the most likely coefficients, never far at once, so that it cannot run away."""
    slope = (weights * (counts - means)) @ rows - found @ PRIOR
    slope[:, 0] += 0.5
    step = np.linalg.solve(_information(weights * means, rows), slope[:, :, None])[:, :, 0]
    return step.clip(-1.5, 1.5)


def _information(weights: Floats, rows: Floats) -> Floats:
    """The precision of the coefficients, shape (n, 9, 9)."""
    information: Floats = (rows.T * weights[:, None, :]) @ rows + PRIOR
    return information


def chance(count: int, expected: float, variance: float) -> float:
    """How likely so many or more are, 0 to 1: the upper tail of the negative binomial with this mean and variance.

    Its size is expected squared over (variance - expected); without that excess it is the Poisson's tail (Johnson,
    Kemp and Kotz, Univariate Discrete Distributions, 4 and 5). Summed from its terms, each a known multiple of the one
    before. ``expected`` is above 0.
    """
    if count <= 0:
        return 1.0
    size = expected * expected / max(variance - expected, SMALLEST * expected)
    poisson = size > 1e6 * max(1.0, expected)
    keep = expected / (expected + size)

    def ratio(at: int) -> float:
        """The probability of one more than ``at`` over that of ``at``."""
        return expected / (at + 1) if poisson else (at + size) / (at + 1) * keep

    if poisson:
        first = count * math.log(expected) - expected - math.lgamma(count + 1)
    else:
        first = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        first -= size * math.log1p(expected / size) + count * math.log1p(size / expected)
    # Terms are counted in units of the first, which alone may be too small for a number.
    above = count > expected
    at, term, total = count, 1.0, 1.0 if above else 0.0
    while above or at > 0:
        term = term * ratio(at) if above else term / ratio(at - 1)
        at += 1 if above else -1
        total += term
        if term < total * 1e-12:
            break
    part = min(math.exp(min(first + math.log(total), 0.0)), 1.0)
    return part if above else 1.0 - part
