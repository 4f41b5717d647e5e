"""What the tests of purging and forgetting share: is a store whole, and does a file hold a word in any form."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from listening.store import Store, file_of
from listening.store.rows import mention_of
from listening.stories import gist

COUNTED = "count(*), coalesce(sum(question = 1), 0) FROM links"
COUNTS = {
    f"SELECT topic, day, feed, tag, {COUNTED} GROUP BY 1, 2, 3, 4": "SELECT * FROM daily WHERE count <> 0",
    f"SELECT topic, day, 0, tag, {COUNTED} GROUP BY 1, 2, 4 UNION ALL "
    f"SELECT topic, day / 100, feed, tag, {COUNTED} GROUP BY 1, 2, 3, 4": "SELECT * FROM sums WHERE count <> 0",
}
"""A recount of the links, and the small table that must hold the same."""


def assert_counts_are_exact(store: Store) -> None:
    """The small tables of counts say what counting the links anew says."""
    with closing(sqlite3.connect(file_of(store.url))) as raw:
        for recount, kept in COUNTS.items():
            assert sorted(raw.execute(recount)) == sorted(raw.execute(kept))


def assert_whole(store: Store) -> None:
    """No table names a mention that is not there, counts are exact, and every story has its first mention."""
    with closing(sqlite3.connect(file_of(store.url))) as raw:
        raw.row_factory = sqlite3.Row
        for table in ("links", "terms", "story_keys", "reviews", "verdicts", "claims", "sent", "rechecks"):
            lost = raw.execute(f"SELECT count(*) FROM {table} WHERE n NOT IN (SELECT n FROM mentions)").fetchone()[0]
            assert lost == 0, table
        indexed = {row[0] for row in raw.execute("SELECT id FROM search_docsize")}
        assert indexed == {row[0] for row in raw.execute("SELECT n FROM mentions")}
        assert_counts_are_exact(store)
        ids = {row["id"]: row["n"] for row in raw.execute("SELECT id, n FROM mentions")}
        firsts = {row["n"]: ids[row["story"]] for row in raw.execute("SELECT n, story FROM mentions")}
        for row in raw.execute("SELECT n, story FROM links"):
            assert row["story"] == firsts[row["n"]]
        for story in set(firsts.values()):
            assert firsts[story] == story
            # Each of a story's posts is found by all of its keys, through one post or another of the story.
            members = [number for number, first in firsts.items() if first == story]
            held = {row[0] for n in members for row in raw.execute("SELECT key FROM story_keys WHERE n = ?", (n,))}
            for row in raw.execute(f"SELECT * FROM mentions WHERE n IN ({','.join(map(str, members))})"):
                if row["withdrawn_at"] is None:
                    assert set(gist(mention_of(dict(row))).keys) <= held
        raw.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 0)")
        assert raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def forms(word: str) -> set[bytes]:
    """A word as it may stand in a file: in UTF-8 and UTF-16, as it is, in small and in capital letters."""
    cases = {word, word.lower(), word.upper(), word.title()}
    return {each.encode(code) for each, code in itertools.product(cases, ("utf-8", "utf-16-le", "utf-16-be"))}


def found_in_files(folder: Path, words: Iterable[str]) -> list[str]:
    """Which of these words stand anywhere in the store's files, what SQLite keeps beside it too."""
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("mentions.db*")))
    return sorted(word for word in words if any(form in content for form in forms(word)))
