"""Markdown, as people write posts with it, to plain text: what is meant to be read stays, the marks go."""

from __future__ import annotations

import re

from listening.text import MOST_MARKUP, plain

# A mark behind a backslash is a letter like any other. Until all marks are gone it stands for itself from elsewhere.
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_HIDDEN = 0xE000
_OPEN, _CLOSE = chr(_HIDDEN + ord("[")), chr(_HIDDEN + ord("]"))
_BACK = {_HIDDEN + code: chr(code) for code in range(0x21, 0x7F)}

_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_RULES = (set("-"), set("*"), set("_"), set("="), set("-|"), set("-:|"), set("-:"))
"""What lines are made of that only divide: rules, lines under a heading, and below the head of a table."""
_SPOILER = re.compile(r"\s*:{3,}\s*(?:spoiler\b)?(.*)")
_HEADING = re.compile(r"\s{0,3}#{1,6}(?:\s+|$)")
_BULLET = re.compile(r"(\s*(?:>\s?)*)[*+-]\s+")

_CODE = re.compile(r"(?<!`)(`++)([^`]++)\1(?!`)")
_LINK = re.compile(
    r"(!?)\[([^\[\]]{0,1000})\]\(\s*+<?((?:[^\s()<>]++|\([^\s()<>]*+\))*+)>?(?:\s++[\"'(][^\"')]*+[\"')])?+\s*+\)"
)
_ADDRESS = re.compile(r"<((?:https?://|mailto:)[^\s<>]++)>")
_STRESSED = (
    re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*]*+)(?<=\S)\1(?![\w*])"),
    re.compile(r"(?<![\w_])(_{1,3})(?=[^\s_])([^_]*+)(?<=\S)\1(?![\w_])"),
    re.compile(r"(~~)(?=[^\s~])([^~]*+)(?<=\S)\1"),
)


def plain_markdown(markdown: str) -> str:
    """The text without its marks: links as "text address", pictures by what they show, quotes behind "> "."""
    text = _ESCAPED.sub(lambda found: chr(_HIDDEN + ord(found[1])), markdown[:MOST_MARKUP])
    lines = []
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            lines.append(line)
        elif (shown := _block(line)) is not None:
            lines.append(_inline(shown))
    return plain("\n".join(lines).translate(_BACK))


def _block(line: str) -> str | None:
    """A line without the marks at its beginning; None for one that is nothing but a mark."""
    marks = "".join(line.split())
    if len(marks) >= 3 and set(marks) in _RULES:
        return None
    if found := _SPOILER.fullmatch(line):
        return found[1].strip() or None
    if found := _HEADING.match(line):
        return line[found.end() :].rstrip().rstrip("#").rstrip()
    return _BULLET.sub(r"\1- ", line, count=1) if _BULLET.match(line) else line


def _inline(line: str) -> str:
    if "`" in line:
        line = _CODE.sub(lambda found: found[2].strip(), line)
    if "](" in line:
        line = _LINK.sub(_link, _LINK.sub(_link, line))  # twice: a picture may stand in a link
    if "<" in line:
        line = _ADDRESS.sub(r"\1", line)
    for _ in range(2):  # italics within bold
        for stressed in _STRESSED:
            line = stressed.sub(r"\2", line)
    return line


def _link(found: re.Match[str]) -> str:
    picture, words, address = found[1], found[2].strip(), found[3]
    if picture:
        return f"{_OPEN}image: {words}{_CLOSE}" if words else ""
    return address if words in ("", address) else f"{words} {address}".rstrip()
