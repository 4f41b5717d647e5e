"""Slurs: never a word of the model, and never shown as a reason.

They are kept as hashes, so that nobody has to read them here.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

_HASHES = """
    022f46ba 05a68caa 05b47ccd 06df17c2 0a68d9cc 0c1da0a4 0d67ef00 104d70a3 222379e2 227eb7bd 27f14936
    28a74918 2b813759 3894a0eb 3957dc7f 4939636d 65162331 6dfec160 7155d165 74d96e80 77959d4a 785df7c0
    7913ba81 79997db1 7ce33163 83c842c2 85491213 88ec9de3 890d51e8 8bf00c19 96264586 984365cd 98b53b67
    9ad4c48d 9d0507e0 a139bf69 a5f76459 a82a2042 a82a297e a97949e3 ac1aeb76 b3689c5c b9158819 c738174c
    c7c2800f caea805a cf419a5f d62ed8e3 dc215589 dfa23195 f03005e7 f3cde82b f3d591bb f67f9b72 f6e7f470
    fb9baa67 fba33e1b fcda0955 fcf485a2
"""
_SLURS = frozenset(_HASHES.split())


@lru_cache(maxsize=20_000)
def is_slur(word: str) -> bool:
    """Whether a word in small letters is a slur."""
    return hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).hexdigest() in _SLURS
