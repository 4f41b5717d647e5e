"""Texts as words: what folds, where a word ends, and where it stands in the original.

The rules, each with a test:

- Case and accents fold (NFKD, case folding, accents and invisible characters dropped; ø ł đ ħ ŧ ı æ œ too). Marks that
  are letters in their script (Indic, Thai and Lao signs, the voicing of kana) stay.
- A word is a run of letters and digits in any script; everything else separates.
- An apostrophe inside a word drops out, and with it a final s: NASA's is nasa, O'Brien is obrien, don't is dont. After
  the short words of French and Italian it separates: l'INSEE is l, insee.
- Scripts written without spaces, and Hangul, whose particles stick to the word: every character is a word of its own,
  so that a query finds them anywhere (東京 is found in 東京都庁).

A word is kept decomposed: 한 is its three letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

FTS_TOKENIZER = "ascii tokenchars '#@_.-'"
"""The SQLite FTS5 tokenizer that leaves ``" ".join(tokens(...))`` and ``" ".join(marks(...))`` as they are."""


class Located(NamedTuple):
    """A hashtag or handle of a text and the characters it was made of, ``text[start:end]``."""

    word: str
    start: int
    end: int


# Folding one character

_APOSTROPHES = "'’‘‛ʼʻ´`"
_STROKES = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
_ALWAYS_SPACE = "\u200b™℠"  # the signs would otherwise become letters of the word before them
_TATWEEL = "\u0640"  # stretches an Arabic word for looks

# Combining classes of accents: overlays, Hebrew and Arabic points, everything above and below a letter. Classes 7 to 9
# and 84 to 132 are parts of letters (nukta, kana voicing, virama, Thai and Lao tones, Tibetan vowels).
_ACCENTS = frozenset({1, *range(10, 37), *range(200, 241)})
_INVISIBLE_MARKS = re.compile("[\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc")


def _is_dropped(character: str) -> bool:
    return (
        unicodedata.combining(character) in _ACCENTS
        or unicodedata.category(character) in ("Me", "Cf")
        or character == _TATWEEL
        or _INVISIBLE_MARKS.match(character) is not None
    )


def _fold_character(character: str) -> str:
    """One character without case and accents, applied until nothing changes (case folding may bring new accents)."""
    if character in _APOSTROPHES:
        return "'"
    if character in _ALWAYS_SPACE:
        return " "
    folded = character
    while True:
        plain = "".join(part for part in unicodedata.normalize("NFKD", folded) if not _is_dropped(part))
        step = "".join("'" if part in _APOSTROPHES else _STROKES.get(part, part) for part in plain.casefold())
        if step == folded:
            break
        folded = step
    # A mark shown on its own (゛) decomposes to a space and the mark: it belongs to no letter.
    return " " if folded[:1] == " " and all(map(_is_mark, folded[1:])) else folded


# Folding a text

_NOT_ASCII = re.compile("[^\x00-\x7f]+")


class _Fold(dict[int, str]):
    """A text with its letters and digits folded, the signs of ``keep`` kept, and spaces in place of everything else.

    The dict holds what each character becomes and fills itself as characters come; what a text becomes is what its
    characters become, side by side, so that ``places_of_words`` can go back.
    """

    def __init__(self, keep: str) -> None:
        super().__init__()
        self._keep = keep
        ascii_only = "".join(self[code] for code in range(128)).encode()
        self._bytes = ascii_only + bytes(range(128, 256))

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        value = "".join(part if part.isalnum() or _is_mark(part) or part in self._keep else " " for part in folded)
        self[code] = value
        return value

    def _run(self, run: re.Match[str]) -> str:
        return run[0].translate(self)

    def __call__(self, text: str) -> str:
        # Most characters of most texts are ASCII: a table of bytes folds those three times as fast as str.translate.
        # The bytes above 127 are of characters that are folded already.
        if not text.isascii():
            text = _NOT_ASCII.sub(self._run, text)
        return text.encode().translate(self._bytes).decode()


_fold_words = _Fold("'")
_fold_marks = _Fold("#@_.-/&")

# Words

# Inside a word an apostrophe drops out, and a lone s after it too where the word ends there. After what French and
# Italian shorten it separates; a lookbehind has a fixed width, hence one for each length and for the start of the text.
_SHORTENED = ("[cdjlmnst]", "qu|un", "all", "dall|dell|nell|sull", "quell")
_NOT_SHORTENED = "".join(f"(?<!{before}(?:{words})')" for words in _SHORTENED for before in ("^", "[ ']"))
_APOSTROPHE = re.compile(rf"'(?<=[^ ']')(?:s(?![^ '])|{_NOT_SHORTENED}(?=[^ ']))")

# Scripts whose characters are words of their own, by first and last code point; the small ones have marks.
_LARGE_SCRIPTS = (
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA000, 0xA48F),  # Yi
    (0xF900, 0xFAFF),  # Han
    (0x1AFF0, 0x1B16F),  # old and small kana
    (0x20000, 0x3FFFF),  # Han
)
_SMALL_SCRIPTS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai
    (0x1A20, 0x1AAF),
    (0x3005, 0x312F),  # Han repetition, kana, Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0xA9E0, 0xA9FF),  # Myanmar
    (0xAA60, 0xAA7F),
)
_SMALL = [chr(code) for first, last in _SMALL_SCRIPTS for code in range(first, last + 1)]
_ALONE = "".join(
    [character for character in _SMALL if character.isalnum() and not _is_mark(character)]
    + [f"{chr(first)}-{chr(last)}" for first, last in _LARGE_SCRIPTS]
)
_ALONE_MARKS = "".join(filter(_is_mark, _SMALL))
# A Hangul syllable: first, middle and last letter.
_FIRST, _MIDDLE, _LAST = "\u1100-\u115f\ua960-\ua97c", "\u1160-\u11a7\ud7b0-\ud7c6", "\u11a8-\u11ff\ud7cb-\ud7fb"
_HANGUL = f"[{_FIRST}][{_MIDDLE}]?[{_LAST}]?|[{_MIDDLE}][{_LAST}]?|[{_LAST}]"

_CHARACTER_WORD = re.compile(f"[{_ALONE}][{_ALONE_MARKS}]*|{_HANGUL}")
_ASCII_WORD = re.compile("[^ ']+")
_WORD = re.compile(f"{_CHARACTER_WORD.pattern}|[^ '{_ALONE}{_FIRST}{_MIDDLE}{_LAST}]+")


def tokens(text: str) -> list[str]:
    """The folded words of a text, in order: exactly what the matcher sees, and what a full-text index should hold."""
    folded = _fold_words(text)
    if "'" in folded:
        folded = _APOSTROPHE.sub("", folded).replace("'", " ")
    if not folded.isascii():
        folded = _CHARACTER_WORD.sub(r" \g<0> ", folded)
    return folded.split()


def is_character_word(word: str) -> bool:
    """Whether a folded word is one character of a script that is found anywhere, not only as a whole word."""
    return _CHARACTER_WORD.fullmatch(word) is not None


def _origins(text: str, fold: _Fold) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters the place of the original it came from."""
    if text.isascii():
        return fold(text), range(len(text))
    pieces = [fold[ord(character)] for character in text]
    return "".join(pieces), [place for place, piece in enumerate(pieces) for _ in piece]


def _end(text: str, end: int) -> int:
    """Where a word ends when the accents written after its last letter are counted in."""
    while end < len(text) and text[end] > "\x7f" and unicodedata.category(text[end]) in ("Mn", "Me"):
        end += 1
    return end


def places_of_words(text: str) -> list[tuple[int, int]]:
    """Where each of ``tokens(text)`` stands in the original: its first character and the one after its last."""
    folded, origins = _origins(text, _fold_words)
    if "'" in folded:
        kept: list[str] = []
        kept_origins: list[int] = []
        last = 0
        for apostrophe in _APOSTROPHE.finditer(folded):
            kept.append(folded[last : apostrophe.start()])
            kept_origins += origins[last : apostrophe.start()]
            last = apostrophe.end()
        folded = "".join(kept) + folded[last:]
        origins = kept_origins + list(origins[last:])
    pattern = _ASCII_WORD if folded.isascii() else _WORD
    spans = [word.span() for word in pattern.finditer(folded)]
    if text.isascii():
        return [(origins[start], origins[end - 1] + 1) for start, end in spans]
    return [(origins[start], _end(text, origins[end - 1] + 1)) for start, end in spans]


# Hashtags and handles

_MARK_SIGN = re.compile("[#@＃＠﹟﹫]")
_IN_MARK = r"[^ #@.\-/&]"
# Not after a letter or digit (an e-mail address), nor after / or & (part of a link, an escaped character). Handles hold
# ASCII letters, so that one is found where the text goes on in another script; a handle in other letters is whole.
_MARK = re.compile(
    r"[#@](?<![a-z0-9_/&].)"
    rf"(?:(?<=\#)_*[^ _#@.\-/&]{_IN_MARK}*"
    rf"|(?<=@)_*(?:[a-z0-9][a-z0-9_]*|[^ _#@.\-/&]{_IN_MARK}*)(?P<host>(?:[.@\-][a-z0-9_]*[a-z0-9])*))"
)


def _mark_places(folded: str) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for mark in _MARK.finditer(folded):
        if mark["host"]:
            found.append((mark[0][: -len(mark["host"])], mark.start(), mark.start("host")))
        found.append((mark[0], mark.start(), mark.end()))
    return found


def marks(text: str) -> list[str]:
    """The hashtags and handles of a text, folded, with their sign: ``#transit``, ``@quillhaven``.

    A handle with a host or a domain counts twice: @quillhaven and @quillhaven@social.example.
    """
    if _MARK_SIGN.search(text) is None:
        return []
    return [mark for mark, _, _ in _mark_places(_fold_marks(text))]


def located_marks(text: str) -> list[Located]:
    """The marks of ``marks(text)``, each with its place in the original text."""
    if _MARK_SIGN.search(text) is None:
        return []
    folded, origins = _origins(text, _fold_marks)
    return [
        Located(mark, origins[start], _end(text, origins[end - 1] + 1)) for mark, start, end in _mark_places(folded)
    ]
