"""One term of a query, as it is written, read into its folded form: a word, a phrase, a word*, a #tag, a @handle."""

from __future__ import annotations

from listening.query.syntax import Handle, Phrase, Prefix, Tag, Word
from listening.query.values import Unusable
from listening.query.words import is_character_word, marks, tokens

SHORTEST_PREFIX = 4
"""Letters before a star."""

_TAG_SIGNS = "#＃﹟"
_HANDLE_SIGNS = "@＠﹫"


def phrase(written: str) -> Word | Phrase:
    """What stands between quotation marks; one word alone is a word."""
    star = written.find("*")
    if star >= 0:
        raise Unusable(
            "A star cannot stand in a phrase.",
            "Take it out, or write the word alone: transp* finds every word that begins so.",
            at=star + 1,
        )
    return _words(written)


def word(written: str) -> Word | Phrase | Prefix | Tag | Handle:
    """What stands by itself: with signs inside, such as covid-19, it is a phrase."""
    if written[0] in _TAG_SIGNS + _HANDLE_SIGNS:
        return _mark(written)
    return _prefix(written) if "*" in written else _words(written)


def _words(written: str) -> Word | Phrase:
    words = tokens(written)
    if not words:
        raise nothing(written)
    return Word(words[0]) if len(words) == 1 else Phrase(tuple(words))


def nothing(written: str) -> Unusable:
    """Why signs alone cannot be looked for, and what their writer may have meant."""
    for signs, operator in (("|/", "OR"), ("&+", "AND"), ("!~", "NOT")):
        if written and set(written) <= set(signs):
            return Unusable(f"{written[:20]} is not an operator here.", f"Write {operator} in capitals.")
    if not written.strip():
        return Unusable("This phrase is empty.", "Write what to look for between the quotation marks.")
    return Unusable(
        f"{written[:20]} holds no letter and no digit.",
        f'To look for signs exactly as they stand, write raw:"{written[:20]}".',
    )


def _prefix(written: str) -> Word | Phrase | Prefix:
    stem, _, after = written.partition("*")
    words = tokens(stem)
    if not words or after.strip(".,;:!?"):
        raise Unusable(
            "A star stands at the end of a word, nowhere else.",
            "Write for example transp*, which finds transport and transportation.",
            at=len(stem),
        )
    if is_character_word(words[-1]):
        # Such scripts are found anywhere: what goes on after the last character is found without a star.
        return _words(stem)
    if len(words) > 1:
        raise Unusable(
            f"A star works on one word, and {stem[:40]} is {len(words)}.",
            'Write the forms out, joined by OR: ("e bike" OR "e bikes").',
            at=len(stem),
        )
    if len(words[0]) < SHORTEST_PREFIX:
        raise Unusable(
            f"{stem[:40]}* would find too many words.",
            f"Write at least {SHORTEST_PREFIX} letters before the star, or the forms one by one, joined by OR.",
            at=len(stem),
        )
    return Prefix(words[0])


def _mark(written: str) -> Tag | Handle:
    is_tag = written[0] in _TAG_SIGNS
    found = [each for each in marks(written) if (each[0] == "#") == is_tag]
    kind = "hashtag" if is_tag else "handle"
    if not found:
        raise Unusable(
            f"After {written[0]} the name of a {kind} is missing.",
            f"Write it directly after the sign, such as {'#transit' if is_tag else '@quillhaven'}.",
        )
    mark = max((each for each in found if each.startswith(found[0])), key=len)
    if tokens(mark) != tokens(written) or "*" in written:
        raise Unusable(
            f"{written[:40]} is not one {kind}: on the networks it ends after {mark[:40]}.",
            f"Write {mark[:40]}, or the word without {mark[0]}.",
        )
    return Tag(mark[1:]) if is_tag else Handle(mark[1:])
