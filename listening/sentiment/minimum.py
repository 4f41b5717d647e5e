"""Where a smooth convex function is least: what learning needs of numerical optimization."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]


def minimum(loss: Callable[[Numbers], tuple[float, Numbers]], size: int, steps: int = 200, memory: int = 10) -> Numbers:
    """Where a smooth convex function of so many numbers is least, from its value and slope (L-BFGS)."""
    at = np.zeros(size)
    value, slope = loss(at)
    past: list[tuple[Numbers, Numbers]] = []
    for _ in range(steps):
        direction = -slope
        used = []
        for moved, turned in reversed(past):
            share = float(moved @ direction) / float(moved @ turned)
            used.append(share)
            direction = direction - share * turned
        if past:
            moved, turned = past[-1]
            direction = direction * (float(moved @ turned) / float(turned @ turned))
        for (moved, turned), share in zip(past, reversed(used), strict=True):
            direction = direction + (share - float(turned @ direction) / float(moved @ turned)) * moved
        downhill = float(slope @ direction)
        step = 1.0 if past else min(1.0, 1.0 / max(float(np.abs(slope).sum()), 1e-12))
        while True:
            there = at + step * direction
            new_value, new_slope = loss(there)
            if new_value <= value + 1e-4 * step * downhill or step < 1e-8:
                break
            step /= 2
        moved, turned = there - at, new_slope - slope
        if float(moved @ turned) > 1e-12:
            past = [*past[1 - memory :], (moved, turned)]
        gained = value - new_value
        at, value, slope = there, new_value, new_slope
        if gained <= 1e-7 * max(abs(value), 1.0) or float(np.abs(slope).max()) < 1e-5:
            break
    return at
