"""The run: ask every feed, keep what mentions us, remember how each feed did.

The network waits in one thread; reading, matching, tagging and saving go on in another, one feed at a time, so that
memory stays flat and the store has one writer. A feed that fails is a result; only a bug is an exception.

``run`` goes through the feeds, ``visit`` asks one of them, ``keeping`` says what becomes of its posts, ``states`` how
it did, ``pacing`` when it is asked again, ``gate`` and ``network`` whether there is a network; ``terms`` are
the types of all this.
"""

from __future__ import annotations

from .keeping import empty, keep_again, save_found, sort_out
from .pacing import Asking, is_due
from .run import OFFLINE, PAGES, clock_wrong, fingerprint, run
from .states import state_of
from .terms import CLOCK_OFF, FeedResult, Found, Get, Job, Retime, RunResult
from .visit import next_page, reserve, settle

__all__ = [
    "CLOCK_OFF",
    "OFFLINE",
    "PAGES",
    "Asking",
    "FeedResult",
    "Found",
    "Get",
    "Job",
    "Retime",
    "RunResult",
    "clock_wrong",
    "empty",
    "fingerprint",
    "is_due",
    "keep_again",
    "next_page",
    "reserve",
    "run",
    "save_found",
    "settle",
    "sort_out",
    "state_of",
]
