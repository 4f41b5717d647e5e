"""A CSV with people's tags: which column holds them, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from listening.collectors import kinds
from listening.errors import InputError
from listening.export.columns import FIRST, HEADER
from listening.export.csv import unsafe
from listening.models import Tag, TextKind
from listening.spreadsheet import Notes, Shape, as_text, rows, shape

LABEL_NAMES = ("label", "right tag", "correct tag", "person", "human", "sentiment", "gold")
"""Names of columns with people's tags; an earlier one wins."""

MEANINGS: dict[str, Tag] = {
    **dict.fromkeys(("good", "positive", "pos", "+", "1"), "good"),
    **dict.fromkeys(("neutral", "neu", "mixed", "0"), "neutral"),
    **dict.fromkeys(("bad", "negative", "neg", "-", "−", "-1"), "bad"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A text with a person's tag; ``given`` is the tag that the file says the machine gave."""

    text: str
    label: Tag
    title: str = ""
    given: Tag | None = None
    source: str = ""
    topic: str = ""
    target: str = ""
    kind: TextKind = "post"


@dataclass(slots=True)
class Counted:
    """How many rows had no label, and which labels nobody understood."""

    empty: int = 0
    unknown: int = 0
    example: str = ""


def labelled(path: Path, text: str | None, label: str | None, counted: Counted, kind: TextKind) -> Iterator[Labelled]:
    """The labelled rows of a file; a row without a label is left out. Raises InputError where no column holds labels.

    In a file of `listening export` title, source and topics are understood, and the machine's tag is known.
    """
    found = shape(path, text)
    names = [" ".join(name.replace("_", " ").casefold().split()) for name in found.header]
    place = _label_column(found, names, label)
    ours = set(FIRST) <= set(found.header)
    at = {name: found.header.index(name) for name in HEADER if name in found.header} if ours else {}
    target = names.index("target") if "target" in names else None
    known = kinds()
    with path.open("rb") as opened, as_text(found, opened) as readable:
        for row in rows(found, readable, Notes()):
            said = row[place].strip()
            if not said:
                counted.empty += 1
                continue
            meant = MEANINGS.get(said.casefold())
            if meant is None:
                counted.unknown += 1
                counted.example = counted.example or said
                continue
            if not ours:
                yield Labelled(
                    text=row[found.text], label=meant, target="" if target is None else row[target].strip(), kind=kind
                )
                continue
            source = row[at["source"]]
            yield Labelled(
                text=unsafe(row[at["text"]]),
                title=unsafe(row[at["title"]]),
                label=meant,
                given=MEANINGS.get(_machines(row, at)),
                source=source,
                topic=unsafe(row[at["topics"]]).split("; ")[0],
                kind=known.get(source, kind),
            )


def _machines(row: list[str], at: Mapping[str, int]) -> str:
    """The tag that the machine gave: where a person has reviewed, it stands beside theirs."""
    reviewed = row[at["machine_tag"]] if "machine_tag" in at else ""
    return reviewed or row[at["tag"]]


def _label_column(found: Shape, names: list[str], wanted: str | None) -> int:
    meant = LABEL_NAMES if wanted is None else (" ".join(wanted.replace("_", " ").casefold().split()),)
    for name in meant:
        if name in names:
            return names.index(name)
    columns = ", ".join(f"“{name}”" for name in found.header[:40])
    raise InputError(
        f"{found.path} has no column “{wanted}”." if wanted is not None else "Which column holds the right tags?",
        f"Add a column “label” with good, neutral or bad, or name yours with --label; the columns are {columns}.",
    )
