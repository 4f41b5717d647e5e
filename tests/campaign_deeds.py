"""What is done in the fault campaign while something goes wrong. A new deed is a class here and a line in ``DEEDS``.

A deed starts from a store (none yet, one that has grown, one of the first version), is a command or a small program,
and knows what may be gone from the store when it is through, and what it reported as saved.
"""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import campaign_recount as recount
from campaign_world import DAY, KEPT_DAYS, PAPERS, ZONE, World, write_settings

Start = Literal["none", "grown", "old"]
STORE = "mentions.db"
COPY = "copy.db"


@dataclass(kw_only=True)
class Scene:
    """One run's place: a folder with settings and a store, and what there is to hear."""

    folder: Path
    port: int
    world: World
    variant: int
    seed: str
    start: Start
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / STORE


class Deed:
    """A deed; ``faults`` are those that it can meet."""

    name: ClassVar[str]
    starts: ClassVar[tuple[Start, ...]] = ("grown",)
    faults: ClassVar[tuple[str, ...]] = ("kill", "full", "clock", "lock", "none")
    hears: ClassVar[int] = 0
    """The round that the server is in."""

    def settings(self, scene: Scene) -> dict[str, Any]:
        """How the settings differ from those by which the store was filled."""
        return {}

    def prepare(self, scene: Scene) -> None:
        """Write the settings."""
        write_settings(scene.folder, scene.port, **self.settings(scene))

    def order(self, scene: Scene) -> dict[str, Any]:
        """What the child is told (``campaign_stem``)."""
        raise NotImplementedError

    def second(self, scene: Scene) -> dict[str, Any]:
        """What another child does at the same time."""
        return self.order(scene)

    def may_go(self, scene: Scene) -> set[str]:
        """Articles that were in the store and need not be there any more."""
        return set()

    def lost(self, scene: Scene, said: Iterable[str], *, done: bool) -> list[str]:
        """What the children reported as saved and is not in the store; each gives what one child printed."""
        return []

    def again(self, scene: Scene) -> dict[str, Any] | None:
        """How what is left is done once more; None where nothing is."""
        return self.order(scene)

    def beside(self, scene: Scene) -> list[str]:
        """What is wrong with other files than the store."""
        return []


def command(*arguments: str) -> dict[str, Any]:
    """An order for a command of ours."""
    return {"work": "listening", "arguments": list(arguments)}


class Collect(Deed):
    """One run over all places; half of the worlds keep posts for some weeks only, so the day's purge comes after it."""

    name = "collect"
    starts = ("none", "grown", "grown")
    faults = ("kill", "full", "socket", "clock", "lock", "none")
    hears = 1

    def settings(self, scene: Scene) -> dict[str, Any]:
        return {"keep_days": KEPT_DAYS if scene.variant % 2 else 0}

    def order(self, scene: Scene) -> dict[str, Any]:
        return command("collect", "--json", "--retry")

    def may_go(self, scene: Scene) -> set[str]:
        return _old(scene.world) if scene.variant % 2 else set()

    def lost(self, scene: Scene, said: Iterable[str], *, done: bool) -> list[str]:
        held = recount.read(scene.store) if scene.store.stat().st_size else None
        there = set() if held is None else {held.article(n) for n in held.mentions}
        added = there - set(scene.before.get("articles", ()))
        reports = [json.loads(line) for each in said for line in each.splitlines()]
        found = []
        new = sum(report["new"] for report in reports)
        if done and new != len(added):
            found.append(f"{new} were reported new, and {len(added)} are")
        runs = [] if held is None else held.runs[len(scene.before.get("runs", ())) :]
        if (noted := sum(row["new"] for row in runs)) > len(added):
            found.append(f"the runs note {noted} as new, and {len(added)} are")
        expected = scene.before["expected"]
        for name in {each["feed"] for report in reports for each in report["feeds"] if each["state"] == "ok"}:
            articles = {each.id for each in scene.world.articles(name, 1)} if name in PAPERS else set()
            if missing := (articles & expected) - there:
                found.append(f"{name} was reported read, and {len(missing)} of its posts are missing")
        return found


class Import(Deed):
    """Another tool's export is brought in, in a few pieces; some of its rows the papers' feeds have brought already."""

    name = "import"
    file = "export.csv"

    def prepare(self, scene: Scene) -> None:
        super().prepare(scene)
        with (scene.folder / self.file).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("url", "title", "text", "date"))
            for each in scene.world.exported():
                when = datetime.fromtimestamp(scene.world.now - DAY * each.days_ago, UTC)
                writer.writerow((each.address, each.title, each.text, f"{when:%Y-%m-%dT%H:%M:%SZ}"))

    def order(self, scene: Scene) -> dict[str, Any]:
        columns = (f"--map={name}={name}" for name in ("url", "title", "text", "date"))
        return command("import", self.file, *columns, "--source=rss", "--json")

    def lost(self, scene: Scene, said: Iterable[str], *, done: bool) -> list[str]:
        there = {recount.read(scene.store).article(n) for n in recount.read(scene.store).mentions}
        added = len(there - set(scene.before["articles"]))
        new = [json.loads(line)["new"] for each in said for line in each.splitlines()]
        return [f"{new} were reported new, and {added} are"] if new and max(new) != added else []


class Review(Deed):
    """Two people judge, read a second time and take back, by the functions that the page calls."""

    name = "review"
    steps = 30

    def order(self, scene: Scene) -> dict[str, Any]:
        settings = str(scene.folder / "listening.toml")
        return {"work": "review", "arguments": [settings, f"review {scene.variant}", self.steps]}

    def second(self, scene: Scene) -> dict[str, Any]:
        return command("collect", "--json", "--retry")

    def lost(self, scene: Scene, said: Iterable[str], *, done: bool) -> list[str]:
        notes = {row["note"] for row in recount.read(scene.store).reviews}
        saved = [json.loads(line) for each in said for line in each.splitlines()]
        lost = [one["saved"] for one in saved if "saved" in one and f"step {one['saved']}" not in notes]
        return [f"steps {lost} were reported saved and are not in the log"] if lost else []


class Purge(Deed):
    """What is older than it is kept goes, and does not come back."""

    name = "purge"
    faults = ("kill", "full", "lock", "none")  # a clock that is a year ahead is what a purge by hand goes by

    def settings(self, scene: Scene) -> dict[str, Any]:
        return {"keep_days": KEPT_DAYS}

    def order(self, scene: Scene) -> dict[str, Any]:
        return command("purge", "--json")

    def may_go(self, scene: Scene) -> set[str]:
        return _old(scene.world)


class Forget(Deed):
    """Two posts are taken out of the file for good."""

    name = "forget"

    def order(self, scene: Scene) -> dict[str, Any]:
        return command("forget", *self._ids(scene), "--yes", "--json")

    def may_go(self, scene: Scene) -> set[str]:
        return set(self._articles(scene))

    def again(self, scene: Scene) -> dict[str, Any] | None:
        held = recount.read(scene.store)
        if self.may_go(scene) & {held.article(n) for n in held.mentions}:
            return self.order(scene)
        return command("forget", "--finish") if held.meta.get("forgetting to be finished") else None

    def beside(self, scene: Scene) -> list[str]:
        """Once it is done no byte of the posts is in the file, nor beside it."""
        if self.again(scene) is not None:
            return []
        content = b"".join(file.read_bytes() for file in scene.folder.glob(f"{STORE}*"))
        left = [each for each in self._articles(scene) if re.search(rb"/news/%s\b" % each.encode(), content)]
        return [f"bytes of {left} are still in the file"] if left else []

    def _articles(self, scene: Scene) -> list[str]:
        return random.Random(f"forget {scene.variant}").sample(sorted(scene.before["articles"]), 2)

    def _ids(self, scene: Scene) -> list[str]:
        if "forget" not in scene.before:
            held = recount.read(scene.store)
            ids = {held.article(n): row["id"] for n, row in held.mentions.items()}
            scene.before["forget"] = [ids[article] for article in self._articles(scene)]
        found: list[str] = scene.before["forget"]
        return found


class Retag(Deed):
    """A word has become neutral."""

    name = "retag"

    def settings(self, scene: Scene) -> dict[str, Any]:
        return {"neutral": True}

    def order(self, scene: Scene) -> dict[str, Any]:
        return command("retag")


class Rematch(Deed):
    """A query finds more than before."""

    name = "rematch"

    def settings(self, scene: Scene) -> dict[str, Any]:
        return {"wider": True}

    def order(self, scene: Scene) -> dict[str, Any]:
        return command("rematch")


class CloseWeek(Deed):
    """A week's numbers are frozen."""

    name = "week"

    def order(self, scene: Scene) -> dict[str, Any]:
        day = datetime.fromtimestamp(scene.world.now, ZoneInfo(ZONE)).date() - timedelta(days=14)
        year, week, _ = day.isocalendar()
        return command("week", f"{year}-W{week:02}", "--close", "--by", "Ana", "--json")


class Backup(Deed):
    """The store is copied into a new file: there is none, or a whole one."""

    name = "backup"

    def order(self, scene: Scene) -> dict[str, Any]:
        return command("backup", COPY)

    def again(self, scene: Scene) -> dict[str, Any] | None:
        return None if (scene.folder / COPY).exists() else self.order(scene)

    def beside(self, scene: Scene) -> list[str]:
        copy = scene.folder / COPY
        if not copy.exists():
            return []
        return recount.wrong(copy) or recount.differences(
            {key: scene.before[key] for key in ("articles", "daily", "log")}, recount.digest(copy)
        )


class Upgrade(Deed):
    """A store of the first version is brought up, and what it did not know is found out by a collection."""

    name = "upgrade"
    starts = ("old",)

    def order(self, scene: Scene) -> dict[str, Any]:
        return command("collect", "--json", "--retry")


DEEDS: dict[str, Deed] = {
    deed.name: deed
    for deed in (Collect(), Import(), Review(), Purge(), Forget(), Retag(), Rematch(), CloseWeek(), Backup(), Upgrade())
}


def _old(world: World) -> set[str]:
    """Articles that are older than they are kept."""
    return {
        each.id for paper in PAPERS for round_ in (0, 1) for each in world.articles(paper, round_) if each.days_ago > 41
    }


NEWER_TABLES = (
    "terms", "story_keys", "reviews", "verdicts", "claims", "sent", "weeks", "files", "forgotten", "rechecks", "spent",
    "replies", "answers", "threads", "places", "imports", "sums",
)  # fmt: skip
NEWER_COLUMNS = {"daily": ("asking",), "links": ("question", "story"), "mentions": ("story_by",)}
NEWER_INDEXES = ("links_copies", "links_questions", "copies_by_story", "mentions_by_parent")


def make_old(file: Path) -> None:
    """Turn a store into one of the first version: without what later versions brought."""
    with closing(sqlite3.connect(file)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        for index in NEWER_INDEXES:
            raw.execute(f"DROP INDEX IF EXISTS {index}")
        for table in NEWER_TABLES:
            raw.execute(f"DROP TABLE IF EXISTS {table}")
        for table, columns in NEWER_COLUMNS.items():
            for column in columns:
                raw.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        raw.execute("UPDATE mentions SET story = NULL, question = NULL")
        raw.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
        raw.execute("DELETE FROM meta WHERE key NOT IN ('schema', 'timezone', 'created_at')")
        raw.commit()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy_store(source: Path, target: Path) -> None:
    """Copy a store that nobody uses, with what SQLite keeps beside it."""
    for file in source.parent.glob(f"{source.name}*"):
        shutil.copyfile(file, target.with_name(target.name + file.name.removeprefix(source.name)))
