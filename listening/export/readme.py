"""What every file carries about itself: what is in it, what is not, and how its numbers were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading, and under it lines: each a name ("" where it needs none) and what is said of it."""

    heading: str
    lines: tuple[tuple[str, str], ...]


ReadMe = Sequence[Section]


def as_text(readme: ReadMe) -> str:
    """The read-me as plain text."""
    parts = []
    for section in readme:
        lines = [f"{name}: {said}" if name else said for name, said in section.lines]
        parts.append("\n".join([section.heading, "-" * len(section.heading), *lines]))
    return "\n\n".join(parts) + "\n"
