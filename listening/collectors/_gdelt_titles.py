"""Headlines as GDELT gives them, put back into print: it sets every mark apart by blanks ("U . S . mail , again")."""

from __future__ import annotations

import re

from listening.text import plain

_INITIALS = re.compile(r"\b[A-Z](?: \. [A-Z])+ \.|\b[ap] \. m \.")
_DECIMAL = re.compile(r"(?<![\w.,])(\d{1,3}) \. (?=\d)")
# "5 , 300 people" after a month is a day, and not the beginning of a number.
_THOUSANDS = re.compile(
    r"(\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*(?: \.)? )?\b\d{1,3}(?: , \d{3})+(?!\d| , \d)"
)
_SITE = re.compile(r"(?<=\w) \. (?=(?:com|org|net|gov|edu|info|co|uk)\b)")
_CLOCK = re.compile(r"(?<=\d) : (?=\d\d ?(?:[AP]M|[ap]\.?m)\b)")
_DATE = re.compile(r"(?<=\d) / (?=\d)")
_BEFORE = re.compile(r" +(?=[,.;:!?%)\]…])")
_AFTER = re.compile(r"(?<=[(\[]) +|(?<=#) (?=\d)")


def tidied(title: str) -> str:
    """A headline without the blanks that GDELT puts around its marks, as far as it is sure that they are its own.

    A hyphen and a dash look the same there, so that both stay as they are.
    """
    title = " ".join(plain(title).split())
    title = _INITIALS.sub(lambda found: found[0].replace(" ", ""), title)
    title = _SITE.sub(".", title)
    title = _DECIMAL.sub(r"\1.", title)
    title = _THOUSANDS.sub(lambda found: found[0] if found[1] else found[0].replace(" ", ""), title)
    title = _CLOCK.sub(":", title)
    return _AFTER.sub("", _BEFORE.sub("", _DATE.sub("/", title)))
