"""Captured posts by file and id, for labels of who asks: the labels are in this repository, the texts are not."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from story_corpus import entries

from listening.models import TextKind
from listening.questions import About, Place, asked

Text = tuple[str, str, TextKind]
"""Title, text, and what kind of text it is."""


def labelled(labels: Path) -> list[tuple[int, bool, bool]]:
    """For each labelled post: its round, whether we say that it asks, and whether it does."""
    found = []
    with labels.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            title, text, kind = texts(row["file"])[row["id"]]
            found.append((int(row["round"]), asked(title, text, kind=kind) is not None, row["asks"] == "1"))
    return found


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A labelled post that speaks of a body by words: ``found`` with knowing where, ``before`` as it was found without
    by the rules of then, and whether it ``asks``."""

    round: int
    about: str
    found: bool
    before: bool
    asks: bool


def mentioned(labels: Path) -> list[Mentioned]:
    """What is said of the labelled posts that only mention somebody."""
    all_said = []
    with labels.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            title, text, kind = texts(row["file"])[row["id"]]
            places = [place.partition(":") for place in row["places"].split()]
            about = About(
                title=[_place(said) for part, _, said in places if part == "title"],
                text=[_place(said) for part, _, said in places if part == "text"],
            )
            found = asked(title, text, kind=kind, about=about) is not None
            before, asks = row["found_before"] == "1", row["asks"] == "1"
            all_said.append(Mentioned(int(row["round"]), row["about"], found, before, asks))
    return all_said


def _place(said: str) -> Place:
    start, _, end = said.partition("-")
    return int(start), int(end)


@cache
def texts(file: str) -> Mapping[str, Text]:
    """The posts of a file by id."""
    folder, rest = file.split("/", 1)
    if folder == "sentiment_data":
        return {
            row["id"]: ("", row["text"], "post") for row in _rows(Path(os.environ["LISTENING_SENTIMENT_DATA"]) / rest)
        }
    captures = Path(os.environ["LISTENING_CAPTURES"])
    if rest.startswith("reddit_posts_csv"):
        return {row["name"]: (row["title"], row["selftext"], "post") for row in _rows(captures / rest)}
    kind: TextKind = "headline" if rest.startswith("news_feeds") else "post"
    return {key: (post.title, post.text, kind) for key, post in entries(captures, rest).items()}


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
