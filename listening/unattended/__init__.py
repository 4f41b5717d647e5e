"""Listening for weeks with nobody looking on: the loop, what it notes of itself, and whether all is well.

``loop`` goes round and survives what happens to a computer in weeks, ``state`` is what it writes into the store and
what others read of it, ``health`` judges it all for people and for monitoring.
"""

from .health import Finding, Health, Limits, Measured, judge, measure
from .loop import Loop, in_words, wait
from .state import Collector, collector_of, loop_file
from .words import BY_ITSELF, sentence

__all__ = [
    "BY_ITSELF",
    "Collector",
    "Finding",
    "Health",
    "Limits",
    "Loop",
    "Measured",
    "collector_of",
    "in_words",
    "judge",
    "loop_file",
    "measure",
    "sentence",
    "wait",
]
