"""How much more a word is said here than there, and whether chance alone would say so."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]


def z_scores(here: Numbers, all_here: float, there: Numbers, all_there: float, prior: Numbers) -> Numbers:
    """The z-score of each word's log-odds-ratio, here against there, with an informative Dirichlet prior.

    Monroe, Colaresi and Quinn 2008, "Fightin' Words", Political Analysis 16(4), equations 16 (the estimate), 20 (its
    variance) and 22 (the quotient). ``here`` and ``there`` are counts of the words, ``all_here`` and ``all_there``
    those of all words, ``prior`` is above zero. Above 0: said more here.
    """
    whole = float(prior.sum())
    odds_here = np.log((here + prior) / np.maximum(all_here + whole - here - prior, 0.5))
    odds_there = np.log((there + prior) / np.maximum(all_there + whole - there - prior, 0.5))
    z: Numbers = (odds_here - odds_there) / np.sqrt(1 / (here + prior) + 1 / (there + prior))
    return z


def chance(here: float, all_here: float, there: float, all_there: float) -> float:
    """How likely a word is found at least ``here`` times here if it is said alike here and there, 0 to 1.

    The tail of the binomial distribution of here + there sayings, of which all_here / (all_here + all_there) are
    expected here (Przyborowski and Wilenski 1940, Biometrika 31), as the incomplete beta function I(share; here,
    there + 1), DLMF 8.17.5; so ``there`` need not be whole.
    """
    if here <= 0 or all_there <= 0:
        return 1.0
    if all_here <= 0:
        return 0.0
    return incomplete_beta(all_here / (all_here + all_there), here, there + 1)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I(x; a, b) for a, b above 0 and x from 0 to 1.

    DLMF 8.17.22, the continued fraction, by the method of Lentz; beyond its mean by the symmetry DLMF 8.17.4.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    )
    tiny = 1e-300
    numerator = 1.0
    denominator = 1 / _not_zero(1 - (a + b) * x / (a + 1), tiny)
    value = denominator
    for m in range(1, 10_000):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            denominator = 1 / _not_zero(1 + factor * denominator, tiny)
            numerator = _not_zero(1 + factor / numerator, tiny)
            step = denominator * numerator
            value *= step
        if abs(step - 1) < 1e-12:
            break
    return min(1.0, front * value)


def _not_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
