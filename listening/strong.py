"""Strong language, masked where a page is shown to many: slurs and curses keep their first letter.

A text keeps its length, so that the marks of matched words still stand where they should. English, Spanish, French and
German. The words are kept as hashes, so that nobody has to read them here.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from listening.sentiment.slurs import is_slur

_HASHES = """
    0028a7ab 01d42a7c 032031bb 0466e42f 047f4d55 06df17c2 09e1dfc6 0a183099 0b970bf3 104d70a3 117a2db6
    117b00b7 132914ce 142de53d 1502ab76 15a2e7ad 1aababdd 1ae736af 1f6fc84a 20751cf0 21036b78 2109fecb
    236ef46b 23faef7c 241199ca 24c93de5 2563afa6 2d13b923 2f9cd279 3279612b 35c81a93 35e4f8c8 36db6d51
    3a15039a 3ae0ff52 3c49c944 467ebfd0 4c124f6f 4c2a9037 4d12e2af 4d835996 4e6aa5cd 5023843b 52fe29e6
    5315c11a 5461c743 56c13dea 57596162 5deb5e3a 6059b7ef 62aac3a3 63ee0d87 67943ba9 6b57bd98 6bcb861b
    6c811184 6d6fe3b3 6e4a62e2 6ff37231 75b36ba1 785df7c0 804298c4 81fb587e 830449c9 830ca95f 85fcf0fc
    8631edc3 86cae6c3 8816b54e 8ad00b17 8ad2dd2a 8bb85765 8bf00c19 8db53ecf 93604065 93965616 95978713
    961bad76 984365cd 98ca5966 99769d92 9c142f2f 9ec1b50d a0614686 a1931dd9 a33b70c8 a3d7160f a505a7d2
    a57c159d a5e3c953 a6e5051c ab52c6b3 ac1aeb76 b2ac228b b3128e4f b3689c5c bab5fb5f be11ce35 be17fc2e
    bf2b645d c026ec10 c1529557 c30d8a59 c680f259 c7e2d4cf cad0f114 caea805a cb339d32 ce5e208b d28671af
    d2ae5628 d62ed8e3 d8783f55 db57ae19 dc215589 de275728 e136fd34 e157346b e31df8ec e6d35b44 e6edff71
    e729b5b6 e777d7f4 ebaec219 ebb11112 f1e79615 f826a09e f8881646 f91265d1 f9166e00 fcda0955 fcf485a2
"""
_CURSES = frozenset(_HASHES.split())
_WORD = re.compile(r"[^\W\d_]{3,}")
DOT = "•"


def softened(text: str) -> str:
    """The text with strong words made unreadable, in the same length."""
    return _WORD.sub(lambda found: _dotted(found[0]) if is_strong(found[0].casefold()) else found[0], text)


@lru_cache(maxsize=20_000)
def is_strong(word: str) -> bool:
    """Whether a word in small letters is a slur or a curse."""
    return hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).hexdigest() in _CURSES or is_slur(word)


def _dotted(word: str) -> str:
    return word[0] + DOT * (len(word) - 1)
