"""The import itself: rows to mentions, some hundred at a time, each with how far it is in one transaction.

Rows go the way of a collected post: matched, tagged by the workers, saved. What is written is written in the order of
the rows, so that one number says where an import that was stopped goes on.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from listening import store as stores
from listening.asking import WhoAsks
from listening.collect import Found, Job, empty, save_found, sort_out
from listening.collect.keeping import Sorted
from listening.collectors import kind_of
from listening.errors import InputError
from listening.importing.posts import Posts, Reading
from listening.importing.tables import Row, Table
from listening.importing.tally import Tally, from_json
from listening.models import Mention, Post, TextKind, mention_id
from listening.store import imports
from listening.store.imports import Import
from listening.upkeep import catch_up

CHUNK = 1_000
"""Rows that are saved together."""

AHEAD = 6
"""Pieces that may be tagged while an earlier one is saved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an import did. ``already``: this very file was imported before, and nothing was done; ``resumed_at``: the
    row after which a stopped one went on, 0 where it began anew."""

    number: int
    tally: Tally
    already: Import | None = None
    resumed_at: int = 0


def mark_of(job: Job, reading: Reading, digest: str) -> str:
    """What tells a file, read in this way and matched with these queries, from any other."""
    said = (digest, reading.layout.as_json(), repr(reading.header), reading.name, reading.zone.key, job.fingerprint)
    return hashlib.blake2b("\x1f".join(said).encode(), digest_size=16).hexdigest()


def run(
    job: Job,
    table: Table,
    reading: Reading,
    *,
    rows: int,
    mark: str,
    file: str = "",
    again: bool = False,
    begun: Callable[[int], None] = lambda number: None,
    report: Callable[[int], None] = lambda done: None,
) -> Outcome:
    """Import a file of so many rows, called ``file``; ``begun`` hears its number, ``report`` how many rows are done.

    Raises InputError where another process is importing the very file, StoreError where it cannot be saved: what was
    saved stays, and the next run goes on behind it.
    """
    catch_up(job.store, WhoAsks(kind_of, job.concluder.own_accounts))
    with job.store.writing() as connection:
        before = imports.begun(connection, mark)
        if before is not None and before.finished_at is not None and not again:
            return Outcome(number=before.no, tally=from_json(before.tally), already=before)
        if before is None or before.finished_at is not None:
            before = imports.begin(
                connection,
                mark=mark,
                file=file or table.path.name,
                name=reading.name,
                rows=rows,
                tally=Tally().as_json(),
                at=job.clock(),
            )
    begun(before.no)
    report(before.done)
    with job.store.held() as store:
        tally = _Run(job=replace(job, store=store), reading=reading, number=before.no, started=before).all(
            table, report
        )
    return Outcome(number=before.no, tally=tally, resumed_at=before.done)


@dataclass(kw_only=True, slots=True)
class _Piece:
    """Some rows, what they are as posts, and what is being concluded from these. ``repeats``: how often each id."""

    tally: Tally
    sorted: Sorted
    repeats: Counter[str]
    concluding: list[Future[list[Mention | None] | None] | list[Mention | None]]
    groups: list[tuple[TextKind, list[Post]]]


@dataclass(kw_only=True, slots=True)
class _Run:
    job: Job
    reading: Reading
    number: int
    started: Import
    tally: Tally = field(init=False)
    done: int = field(init=False)

    def __post_init__(self) -> None:
        self.tally = from_json(self.started.tally)
        self.done = self.started.done

    def all(self, table: Table, report: Callable[[int], None]) -> Tally:
        """All rows that are not done yet."""
        maker = Posts(self.reading)
        waiting: deque[_Piece] = deque()
        for rows in _pieces(islice(table.rows(), self.done, None)):
            waiting.append(self._piece(maker, rows))
            while len(waiting) > (AHEAD if self._others else 0):
                self._save(waiting.popleft(), finished=False)
                report(self.done)
        while waiting:
            self._save(waiting.popleft(), finished=False)
            report(self.done)
        self._finish()
        return self.tally

    @property
    def _others(self) -> bool:
        """Whether other processes tag."""
        return self.job.workers is not None and self.job.workers.threads is not None

    def _piece(self, maker: Posts, rows: Sequence[Row]) -> _Piece:
        tally = Tally(read=len(rows))
        posts: list[Post] = []
        zone = self.job.store.timezone
        for line, row in rows:
            made = maker.post(row)
            if isinstance(made, str):
                tally.refuse(made, line)
                continue
            assert made.published_at is not None
            tally.days.add(made.published_at.astimezone(zone).date().isoformat())
            if self.job.too_old is not None and self.job.too_old(made, min(self.job.clock(), self.reading.now)):
                tally.too_old += 1
            else:
                posts.append(made)
        repeats = Counter(mention_id(source=post.source, key=post.key, feed=post.feed) for post in posts)
        found = sort_out(self.job, posts)
        groups: dict[TextKind, list[Post]] = {}
        for post in found.unread:
            groups.setdefault(kind_of(post.source), []).append(post)
        return _Piece(
            tally=tally,
            sorted=found,
            repeats=repeats,
            groups=list(groups.items()),
            concluding=[self._conclude(kind, group) for kind, group in groups.items()],
        )

    def _conclude(
        self, kind: TextKind, posts: list[Post]
    ) -> Future[list[Mention | None] | None] | list[Mention | None]:
        workers = self.job.workers
        if workers is not None and workers.wanted(len(posts)):
            assert workers.threads is not None
            return workers.threads.submit(workers.conclude, posts, kind, self._now())
        return self._here(kind, posts)

    def _here(self, kind: TextKind, posts: Sequence[Post]) -> list[Mention | None]:
        return [self.job.concluder.mention(post, kind=kind, now=self._now()) for post in posts]

    def _now(self) -> datetime:
        """Now, and no earlier than the file: a clock that is set back meanwhile would make its dates those of today."""
        return max(self.job.clock(), self.reading.now)

    def _save(self, piece: _Piece, *, finished: bool) -> None:
        """Save what some rows gave, and that they are done."""
        mentions: list[Mention] = []
        for (kind, group), concluding in zip(piece.groups, piece.concluding, strict=True):
            concluded = concluding.result() if isinstance(concluding, Future) else concluding
            mentions += filter(None, self._here(kind, group) if concluded is None else concluded)
        at = self.job.clock()  # whatever the file's date says
        mentions = [replace(mention, collected_at=at) for mention in mentions]
        if piece.sorted.edited_away:
            empty(self.job, piece.sorted.edited_away, self.job.clock())
        found = Found(mentions=mentions, counted=piece.sorted.counted, said=piece.sorted.said)
        with self.job.store.writing() as connection:
            ((_, new),) = save_found(self.job, connection, [found])
            self._count(piece, mentions, new)
            self._note(connection, piece.tally.read, finished=finished)

    def _count(self, piece: _Piece, mentions: Sequence[Mention], new: int) -> None:
        tally, repeats = piece.tally, piece.repeats
        ids = {mention.id for mention in mentions} | {str(each["id"]) for each in piece.sorted.counted}
        matched = sum(repeats[id_] for id_ in ids)
        tally.new, tally.known = new, matched - new
        tally.own = sum(mention.own for mention in mentions)
        tally.forgotten = sum(repeats[id_] for id_ in piece.sorted.left_out)
        tally.unmatched = repeats.total() - matched - tally.forgotten
        tally.feeds = {mention.feed: mention.source for mention in mentions}
        self.tally.add(tally)

    def _note(self, connection: stores.Connection, rows: int, *, finished: bool) -> None:
        kept = imports.progress(
            connection,
            self.number,
            before=self.done,
            done=self.done + rows,
            tally=self.tally.as_json(),
            at=self.job.clock(),
            finished=finished,
        )
        if not kept:
            raise InputError(
                f"{self.started.file} is being imported by another process.",
                "Wait until it is done; nothing is lost, and nothing was counted twice.",
            )
        self.done += rows

    def _finish(self) -> None:
        """Note that all is done, and of which days the file tells."""
        now = self.job.clock()
        today = now.astimezone(self.job.store.timezone).date()
        with self.job.store.writing() as connection:
            places = {**imports.places_of(connection, self.reading.name), **self.tally.feeds}
            imports.note_heard(connection, places, self.tally.covered(today), at=now)
            self._note(connection, 0, finished=True)


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while piece := list(islice(rows, CHUNK)):
        yield piece
