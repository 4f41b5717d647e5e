"""What in a readable query is likely not meant."""

from __future__ import annotations

import re

from listening.query.lexer import Lexer, Piece
from listening.query.syntax import Query, unparse
from listening.query.words import marks, tokens

# Everyday words that are also the names of agencies, once case is folded.
EVERYDAY = frozenset(
    {
        "act",
        "aid",
        "am",
        "are",
        "arc",
        "can",
        "cap",
        "care",
        "cat",
        "dot",
        "fit",
        "first",
        "gap",
        "hope",
        "ice",
        "iris",
        "it",
        "map",
        "met",
        "pace",
        "race",
        "rail",
        "safe",
        "see",
        "snap",
        "star",
        "step",
        "us",
        "who",
        "win",
        "wish",
    }
)
_OPERATOR = re.compile(r"and|or|not|o?near(?:/\d+)?", re.IGNORECASE)


def warnings(query: Query) -> list[str]:
    """Sentences about what the query says, but its author probably did not mean."""
    pieces = Lexer(query.text).pieces()
    said = [
        *_small_operators(pieces),
        *_marks_in_phrases(pieces),
        *_single_quotes(pieces),
        *_acronyms(pieces),
        *_mixed_operators(pieces, query),
    ]
    return list(dict.fromkeys(said))


def _small_operators(pieces: list[Piece]) -> list[str]:
    terms = ("word", "phrase", ")")
    return [
        f'"{piece.text}" is looked for as a word (column {piece.column}). For the operator write {piece.text.upper()}.'
        for before, piece, after in zip(pieces, pieces[1:], pieces[2:], strict=False)
        if piece.kind == "word"
        and _OPERATOR.fullmatch(piece.text)
        and before.kind in terms
        and after.kind in ("word", "phrase", "(", "field", "NOT")
    ]


def _marks_in_phrases(pieces: list[Piece]) -> list[str]:
    found: list[str] = []
    for before, piece in zip([None, *pieces], pieces, strict=False):
        raw = before is not None and before.kind == "field"
        if piece.kind == "phrase" and not raw and (inside := marks(piece.text)):
            found.append(
                f"Between quotation marks the {inside[0][0]} of {inside[0]} is not looked at (column {piece.column}). "
                f"For the {'hashtag' if inside[0][0] == '#' else 'account'} alone write {inside[0]} without them."
            )
    return found


def _single_quotes(pieces: list[Piece]) -> list[str]:
    return [
        f'A single quotation mark does not make a phrase (column {piece.column}). Write " before and after it.'
        for piece in pieces
        if piece.kind == "word" and piece.text[0] in "'‘‚" and len(piece.text) > 1
    ]


def _acronyms(pieces: list[Piece]) -> list[str]:
    found: list[str] = []
    for before, piece in zip([None, *pieces], pieces, strict=False):
        words = tokens(piece.text)
        if (
            piece.kind in ("word", "phrase")
            and not (before is not None and before.kind in ("field", "NOT"))
            and piece.text.isupper()
            and len(words) == 1
            and words[0] in EVERYDAY
        ):
            found.append(
                f'{piece.text} also finds the everyday word "{words[0]}", because case does not matter. '
                f'For the capitals alone write raw:"{piece.text}".'
            )
    return found


def _mixed_operators(pieces: list[Piece], query: Query) -> list[str]:
    """Say how AND and OR side by side were read: people differ in what they expect."""
    levels: list[set[str]] = [set()]
    ends = ("word", "phrase", ")")
    starts = ("word", "phrase", "(", "field", "NOT")
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if piece.kind in ("AND", "OR"):
            levels[-1].add(piece.kind)
        elif before is not None and before.kind in ends and piece.kind in starts:
            levels[-1].add("AND")
        if len(levels[-1]) == 2:
            return [f"AND, also where it is only a space, comes before OR. This is read as: {unparse(query.root)}"]
        if piece.kind == "(":
            levels.append(set())
        elif piece.kind == ")":
            levels.pop()
    return []
