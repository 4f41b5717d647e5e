"""The only network code: one polite client, and when to ask again.

``client`` asks, ``turns`` keeps it to one request at a time per host, ``redirects`` and ``addresses`` say where it may
be led, ``headers`` what it sends and gets, ``body`` unpacks within a size limit, ``problems`` puts failures into words,
``schedule`` reckons when a feed is due again, ``terms`` are the types of all this.
"""

from __future__ import annotations

from .addresses import is_inside, redact, same_host
from .client import Client
from .schedule import LONGEST_WAIT, back_off, fresh_for, moved, retry_after
from .terms import Fetched, Hop, Limits, Validators

__all__ = [
    "LONGEST_WAIT",
    "Client",
    "Fetched",
    "Hop",
    "Limits",
    "Validators",
    "back_off",
    "fresh_for",
    "is_inside",
    "moved",
    "redact",
    "retry_after",
    "same_host",
]
