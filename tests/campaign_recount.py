"""Is a store whole? Counted anew from its mentions and its logs, by code of the campaign's own: plain SQL and Python.

Nothing here asks the program how it counts. ``wrong`` names what does not fit, ``digest`` says what a store holds in
words in which two stores that hold the same are equal, whatever order their posts came in.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from campaign_world import ZONE

SAID = (
    "tag", "relevant", "asks", "status", "department", "note", "answered_by", "channel", "minutes"
)  # fmt: skip
Row = sqlite3.Row
WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Contents:
    """A store's tables, read once; missing tables (of an older store) are empty."""

    mentions: dict[int, Row]
    links: list[Row]
    daily: list[Row]
    sums: list[Row]
    verdicts: dict[int, Row]
    reviews: list[Row]
    places: list[Row]
    runs: list[Row]
    weeks: list[Row]
    feeds: dict[int, str]
    topics: dict[int, str]
    meta: dict[str, str]

    def article(self, n: int) -> str:
        """By what a mention is known: the last part of its address."""
        return str(urlsplit(self.mentions[n]["url"]).path).rsplit("/", 1)[-1]


def read(file: Path) -> Contents:
    """Read a store's tables."""
    with closing(sqlite3.connect(file, timeout=10)) as raw:
        raw.row_factory = sqlite3.Row
        there = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

        def rows(table: str, order: str) -> list[Row]:
            return raw.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall() if table in there else []

        return Contents(
            mentions={row["n"]: row for row in rows("mentions", "n")},
            links=rows("links", "n, topic"),
            daily=rows("daily", "topic, day"),
            sums=rows("sums", "topic, span"),
            verdicts={row["n"]: row for row in rows("verdicts", "n")},
            reviews=rows("reviews", "no"),
            places=rows("places", "n, feed, id"),
            runs=rows("runs", "no"),
            weeks=rows("weeks", "no"),
            feeds={row["no"]: row["name"] for row in rows("feeds", "no")},
            topics={row["no"]: row["name"] for row in rows("topics", "no")},
            meta={row["key"]: row["value"] for row in rows("meta", "key")},
        )


def wrong(file: Path) -> list[str]:
    """What is not as it must be in a store, in words; empty where all is well."""
    with closing(sqlite3.connect(file, timeout=10)) as raw:
        found = [f"integrity_check: {row[0]}" for row in raw.execute("PRAGMA integrity_check") if row[0] != "ok"]
        if not found and raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return []  # killed before it was made
    if found:
        return found
    held = read(file)
    for check in (_doubled, _links, _daily, _stories, _verdicts, _places, _runs):
        found += check(held)
    with closing(sqlite3.connect(file, timeout=10)) as raw:
        found += _words(raw, held)
        found += _orphans(raw)
    return found


# --- the checks -----------------------------------------------------------------------------------------------------


def _doubled(held: Contents) -> Iterator[str]:
    for article, count in Counter(held.article(n) for n in held.mentions if held.mentions[n]["url"]).items():
        if count > 1:
            yield f"{article} is stored {count} times"
    for name, values in (
        ("id", [row["id"] for row in held.mentions.values()]),
        ("feed", list(held.feeds.values())),
        ("topic", list(held.topics.values())),
        ("entry of the log", [row["no"] for row in held.reviews]),
    ):
        if len(set(values)) < len(values):
            yield f"an {name} stands there twice"


def _expected_links(held: Contents) -> Iterator[tuple[Any, ...]]:
    zone = ZoneInfo(ZONE)
    numbers = {row["id"]: n for n, row in held.mentions.items()}
    topics, feeds = ({name: no for no, name in names.items()} for names in (held.topics, held.feeds))
    for n, row in held.mentions.items():
        names = json.loads(row["topics"])
        said = held.verdicts.get(n)
        if row["own"] or not names or (said is not None and said["relevant"] == 0):
            continue
        local = datetime.fromtimestamp(row["published_at"], UTC).astimezone(zone)
        known = [row[name] for name in ("likes", "replies", "reposts") if row[name] is not None]
        tag = said["tag"] if said is not None and said["tag"] is not None else row["tag"]
        asks = said["asks"] if said is not None and said["asks"] is not None else row["question"]
        day = int(f"{local:%Y%m%d}")
        rest = (day, feeds.get(row["feed"]), tag, row["score"], sum(known) if known else None, asks)
        for topic in (0, *(topics.get(name) for name in names)):
            yield (topic, row["published_at"], n, *rest, numbers.get(row["story"]))


LINK = ("topic", "published_at", "n", "day", "feed", "tag", "score", "engagement", "question", "story")


def _links(held: Contents) -> Iterator[str]:
    expected = set(_expected_links(held))
    there = {tuple(row[name] for name in LINK) for row in held.links}
    for what, some in (("missing", expected - there), ("too many", there - expected)):
        if some:
            yield f"{len(some)} small rows {what}, such as {min(some, key=repr)}"


def _daily(held: Contents) -> Iterator[str]:
    counts: Counter[tuple[Any, ...]] = Counter()
    asking: Counter[tuple[Any, ...]] = Counter()
    summed: Counter[tuple[Any, ...]] = Counter()
    asked: Counter[tuple[Any, ...]] = Counter()
    for topic, _, _, day, feed, tag, _, _, question, _ in _expected_links(held):
        counts[topic, day, feed, tag] += 1
        asking[topic, day, feed, tag] += question == 1
        for span in ((topic, day, 0, tag), (topic, day // 100, feed, tag)):
            summed[span] += 1
            asked[span] += question == 1
    for what, when, rows, count, asks in (
        ("daily counts", "day", held.daily, counts, asking),
        ("sums", "span", held.sums, summed, asked),
    ):
        expected = {key: (number, asks[key]) for key, number in count.items()}
        there = {
            (row["topic"], row[when], row["feed"], row["tag"]): (row["count"], row["asking"])
            for row in rows
            if (row["count"], row["asking"]) != (0, 0)
        }
        if expected != there:
            key = min((key for key in expected.keys() | there.keys() if expected.get(key) != there.get(key)), key=repr)
            yield f"{what}: {there.get(key)} stands for {key}, a recount gives {expected.get(key)}"


def _stories(held: Contents) -> Iterator[str]:
    by_id = {row["id"]: row for row in held.mentions.values()}
    for n, row in held.mentions.items():
        first = by_id.get(row["story"])
        if first is None or first["story"] != first["id"]:
            yield f"the story of mention {n} has no first mention"


def _verdicts(held: Contents) -> Iterator[str]:
    latest: dict[int, Row] = {}
    for entry in held.reviews:
        if entry["n"] not in held.mentions:
            yield f"entry {entry['no']} of the log is of no mention"
        if entry["kind"] != "second" and entry["changed"]:
            latest[entry["n"]] = entry
    for n in latest.keys() | held.verdicts.keys():
        last, kept = latest.get(n), held.verdicts.get(n)
        if last is None or kept is None:
            yield f"mention {n} has {'no verdict' if kept is None else 'a verdict without an entry in the log'}"
        elif kept["entry"] != last["no"] or any(kept[name] != last[name] for name in (*SAID, "answered_at")):
            yield f"the verdict on mention {n} is not what its latest entry says"


def _places(held: Contents) -> Iterator[str]:
    ids = {row["id"] for row in held.mentions.values()}
    for place in held.places:
        mention = held.mentions.get(place["n"])
        if mention is None:
            yield f"a place is noted of mention {place['n']}, which is not there"
        elif place["feed"] == mention["feed"] or place["id"] in ids:
            yield f"mention {place['n']} is noted in {place['feed']} where it is counted"


def _runs(held: Contents) -> Iterator[str]:
    for row in held.runs:
        if row["done"] > row["feeds"] or row["new"] > row["posts"]:
            yield f"run {row['no']} says more than it can have done"


def _words(raw: sqlite3.Connection, held: Contents) -> Iterator[str]:
    """Every word of every mention is in the index, each as often as it is said, and no other."""
    try:
        raw.execute("INSERT INTO search (search) VALUES ('integrity-check')")
        raw.execute("CREATE VIRTUAL TABLE temp.said USING fts5vocab(main, search, instance)")
        indexed: dict[tuple[int, str], Counter[str]] = {}
        for term, doc, column in raw.execute("SELECT term, doc, col FROM said WHERE col IN ('title', 'text')"):
            indexed.setdefault((doc, column), Counter())[term] += 1
    except sqlite3.DatabaseError as failure:
        yield f"the full-text index: {failure}"
        return
    finally:
        raw.rollback()
    expected = {
        (n, column): words
        for n, row in held.mentions.items()
        for column in ("title", "text")
        if (words := Counter(WORD.findall(row[column].lower())))
    }
    for n, column in sorted(expected.keys() | indexed.keys()):
        if expected.get((n, column)) != indexed.get((n, column)):
            yield f"the index does not hold the {column} of mention {n}"
            return


def _orphans(raw: sqlite3.Connection) -> Iterator[str]:
    there = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    swept = not raw.execute("SELECT 1 FROM meta WHERE key = 'to be swept'").fetchone()
    for table in ("terms", "story_keys", "claims", "sent", "rechecks"):
        # The store itself notes where the traces of what was removed are still to be swept up.
        if table in there and (swept or table != "story_keys"):
            query = f"SELECT count(*) FROM {table} WHERE n NOT IN (SELECT n FROM mentions)"
            if lost := raw.execute(query).fetchone()[0]:
                yield f"{lost} rows of {table} are of no mention"
    if "terms" in there:
        query = "SELECT count(*) FROM mentions WHERE withdrawn_at IS NULL AND n NOT IN (SELECT n FROM terms)"
        if lost := raw.execute(query).fetchone()[0]:
            yield f"of {lost} mentions no terms are kept"
    unindexed = "SELECT count(*) FROM mentions WHERE n NOT IN (SELECT id FROM search_docsize)"
    if lost := raw.execute(unindexed).fetchone()[0]:
        yield f"{lost} mentions are not in the index"


# --- what a store holds ---------------------------------------------------------------------------------------------


def digest(file: Path) -> dict[str, Any]:
    """What a store holds, so that two with the same in them are equal; no times but when posts were published."""
    held = read(file)
    counted: Counter[tuple[Any, ...]] = Counter()
    asking: Counter[tuple[Any, ...]] = Counter()
    topics = {0: "", **held.topics}
    for row in held.daily:
        counted[topics[row["topic"]], row["day"], row["tag"]] += row["count"]
        asking[topics[row["topic"]], row["day"], row["tag"]] += row["asking"]
    met: dict[int, set[str]] = {n: {row["feed"]} for n, row in held.mentions.items()}
    for place in held.places:
        met[place["n"]].add(place["feed"])
    stories: dict[str, set[str]] = {}
    for n, row in held.mentions.items():
        stories.setdefault(row["story"], set()).add(held.article(n))
    with closing(sqlite3.connect(file, timeout=10)) as raw:
        terms = dict(raw.execute("SELECT n, codes FROM terms"))
        forgotten = Counter(row[0] for row in raw.execute("SELECT what FROM forgotten"))
        imports = raw.execute("SELECT file, name, rows, done, tally FROM imports ORDER BY no").fetchall()
    return {
        "schema": held.meta.get("schema"),
        "queries": held.meta.get("queries"),
        "taggers": sorted(key for key in held.meta if key.startswith("tagger")),
        "articles": {
            held.article(n): {
                "title": row["title"],
                "text": row["text"],
                "published": (row["date_from"], row["published_at"]),
                "topics": sorted(json.loads(row["topics"])),
                "concluded": tuple(row[name] for name in ("own", "question", "vader", "score", "tag", "why", "tagger")),
                "story": sorted(stories[row["story"]]),
                "met": sorted(met[n]),
                "terms": terms.get(n),
                "said": None if n not in held.verdicts else tuple(held.verdicts[n][name] for name in SAID),
            }
            for n, row in held.mentions.items()
        },
        "daily": {key: (count, asking[key]) for key, count in counted.items() if count},
        "log": [
            (held.article(row["n"]), *(row[name] for name in ("reviewer", "kind", "changed", "undoes", "act", *SAID)))
            for row in held.reviews
        ],
        "weeks": [(row["week"], row["what"], row["numbers"]) for row in held.weeks],
        "forgotten": dict(forgotten),
        "imports": imports,
    }


def differences(expected: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    """In words, where two stores do not hold the same."""
    found = []
    for name, value in expected.items():
        if value == actual[name]:
            continue
        if not isinstance(value, dict):
            found.append(f"{name}: {actual[name]!r:.300} and not {value!r:.300}")
            continue
        held = actual[name]
        keys = sorted((key for key in value.keys() | held.keys() if value.get(key) != held.get(key)), key=repr)
        first = keys[0]
        found.append(f"{len(keys)} {name}, such as {first}: {_two(value.get(first), held.get(first))}")
    return found


def _two(expected: Any, actual: Any) -> str:
    if isinstance(expected, dict) and isinstance(actual, dict):
        unlike = [key for key in expected if expected[key] != actual[key]]
        expected, actual = ({key: each[key] for key in unlike} for each in (expected, actual))
    return f"{actual!r:.300} and not {expected!r:.300}"
