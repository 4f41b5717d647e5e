"""What becomes of posts: mentions, new counts, what was said around us; matched, tagged and saved."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from listening import store as stores
from listening.collect.terms import CLOCK_OFF, Counted, Found, Hands, Job
from listening.collectors import Collector, kind_of
from listening.models import Feed, Mention, Post, TextKind, mention_id
from listening.store import Connection, Known, conversing, forgotten, placing, removing


def take_away(job: Job, feed: Feed, keys: Sequence[str], now: datetime) -> None:
    """Empty the mentions of these keys: their source says that they were taken away."""
    empty(job, [mention_id(source=feed.source, key=key, feed=feed.name) for key in keys], now)


def empty(job: Job, ids: Sequence[str], now: datetime) -> None:
    """Empty these mentions, and take out posts of conversations with these ids."""
    with job.store.reading() as connection:
        numbers = stores.numbers_of(connection, ids)
        kept = list(conversing.of_ids(connection, ids))
    if not numbers and not kept:
        return
    with job.store.writing() as connection:
        removing.withdraw(connection, numbers, now)
        conversing.remove(connection, kept)
    if numbers:
        removing.clean(job.store)


async def keep(
    job: Job, hands: Hands, module: Collector, posts: Sequence[Post], now: datetime, told: datetime | None = None
) -> tuple[int, int]:
    """Match, tag and save posts; return how many are mentions and how many of these are new.

    ``told`` is the time by the clock of the server that gave them, where it said so. A clock of ours that is wrong must
    not cost a post: too old is what is so by both clocks, and where ours is far behind (which no cache between us and
    the server explains) the server's says when it was.
    """
    found = await hands.do(sort_out, job, posts, now if told is None else min(now, told))
    if told is not None and told - now > CLOCK_OFF:
        now = told
    if found.edited_away:
        await hands.do(empty, job, found.edited_away, now)
    mentions = await _concluded(job, hands, module.KIND, found.unread, now) if found.unread else []
    if not mentions and not found.counted and not found.said:
        return 0, 0
    return await hands.saving.add(Found(mentions=mentions, counted=found.counted, said=found.said))


async def _concluded(job: Job, hands: Hands, kind: TextKind, posts: Sequence[Post], now: datetime) -> list[Mention]:
    """The mentions that posts are; concluded by further processes where there are many."""
    if job.workers is not None and job.workers.wanted(len(posts)):
        found = await asyncio.get_running_loop().run_in_executor(
            job.workers.threads, job.workers.conclude, posts, kind, now
        )
        if found is not None:
            return [mention for mention in found if mention is not None]

    def here() -> list[Mention]:
        found = (job.concluder.mention(post, kind=kind, now=now) for post in posts)
        return [mention for mention in found if mention is not None]

    return await hands.do(here)


def keep_again(job: Job, kind: TextKind, posts: Sequence[Post]) -> None:
    """Keep what known posts are now, as if they had been seen again: new counts, and edited words tagged anew."""
    found = sort_out(job, posts)
    empty(job, found.edited_away, job.clock())
    read = [job.concluder.mention(post, kind=kind, now=job.clock()) for post in found.unread]
    with job.store.writing() as connection:
        # What was removed meanwhile is not brought back.
        there = stores.known(connection, [mention.id for mention in read if mention is not None])
        mentions = [mention for mention in read if mention is not None and mention.id in there]
        save_found(job, connection, [Found(mentions=mentions, counted=found.counted)])


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorted:
    """Posts by what is to be done with them: mentions to be read, new counts of those that are stored as they are,
    posts of a conversation with us (each with whether it is ours), others' posts that match no topic, and the ids of
    mentions that their authors have edited so that no topic matches them any more. ``left_out`` are the ids of those
    that were forgotten."""

    unread: Sequence[Post] = ()
    counted: Sequence[Counted] = ()
    said: Sequence[tuple[Post, bool]] = ()
    others: Sequence[Post] = ()
    edited_away: Sequence[str] = ()
    left_out: Sequence[str] = ()


def sort_out(job: Job, posts: Sequence[Post], now: datetime | None = None) -> Sorted:
    """Posts by what is to be done with them.

    A post that is stored with the same words needs no tagging: only its counts are refreshed. So it is with one whose
    new words match no topic: what we have stays as it was said then, unless its source says that it was edited. What
    was forgotten, or is older than anything is kept, is neither. Second hand (``Job.second_hand``) tells nothing of a
    post that another place has brought, but larger counts.
    """
    if job.retime is not None:
        posts = [moved_post for post in posts if (moved_post := job.retime(post)) is not None]
    if job.too_old is not None:
        by = job.clock() if now is None else now
        posts = [post for post in posts if not job.too_old(post, by)]
    by_id = {mention_id(source=post.source, key=post.key, feed=post.feed): post for post in posts}
    if not by_id:
        return Sorted()
    with job.store.reading() as connection:
        left_out = forgotten.among(connection, by_id.items())
        for id_ in left_out:
            del by_id[id_]
        before = stores.known(connection, list(by_id))
    unread: list[Post] = []
    counted: list[Counted] = []
    others: list[Post] = []
    edited_away: list[str] = []
    for id_, post in by_id.items():
        topics = tuple(job.concluder.matcher.match(post))
        old = before.get(id_)
        if old is not None and not topics and _edited_since(old, post):
            edited_away.append(id_)
        elif old is not None and job.second_hand and post.feed != old.feed:
            counted.append({**_counts(id_, post, elsewhere=True), "author_followers": None})
        elif old is not None and (old.withdrawn or not topics or _as_before(old, post, topics)):
            counted.append(_counts(id_, post, elsewhere=post.feed != old.feed))
        elif topics:
            unread.append(post)
        else:
            others.append(post)
    talked = [post for post in others if _is_talk(post)]
    said = _with_us(job, talked) if talked else []
    with_us = {post.key for post, _ in said}
    return Sorted(
        unread=unread,
        counted=counted,
        said=said,
        others=[post for post in talked if post.key not in with_us],
        edited_away=edited_away,
        left_out=sorted(left_out),
    )


def _is_talk(post: Post) -> bool:
    """Whether a post stands where people answer each other: news do not."""
    return kind_of(post.source) == "post"


def _with_us(job: Job, posts: Sequence[Post]) -> list[tuple[Post, bool]]:
    """Of posts that no topic matches those of our own accounts, and those that answer them."""
    ours = [post for post in posts if job.concluder.ours(post)]
    own = {(post.source, post.key) for post in ours}
    answered = {(post.source, post.reply_to) for post in posts if post.reply_to} - own
    if answered:
        with job.store.reading() as connection:
            own |= conversing.our_own(connection, answered)
    said = [(post, True) for post in ours]
    written = {post.key for post in ours}
    return said + [(post, False) for post in posts if (post.source, post.reply_to) in own and post.key not in written]


def _edited_since(old: Known, post: Post) -> bool:
    """Whether a source says that a post has other words now: what its author took out is not kept."""
    if (
        old.withdrawn
        or not _is_talk(post)
        or post.edited_at is None
        or (old.title, old.text) == (post.title, post.text)
    ):
        return False
    return old.edited_at is None or int(post.edited_at.timestamp()) > old.edited_at


def _as_before(old: Known, post: Post, topics: Sequence[str]) -> bool:
    if old.text and not post.text and kind_of(post.source) == "headline":
        return True  # a list of headlines knows no more than that: the text was met elsewhere
    return (old.title, old.text) == (post.title, post.text) and old.topics == stores.topics_text(topics)


def save_found(job: Job, connection: Connection, found: Sequence[Found]) -> list[tuple[int, int]]:
    """Save mentions and counts; return for each feed's how many there are and how many are new."""
    answers = []
    for together in _without_repeats(found):
        now = job.clock()
        mentions = [mention for each in together for mention in each.mentions]
        said = [post for each in together for post in each.said]
        new = stores.save_new(job.store, connection, mentions)
        stores.counts_only(connection, [change for each in together for change in each.counted])
        met = [(str(c["id"]), str(c["elsewhere"])) for each in together for c in each.counted if c.get("elsewhere")]
        if met:
            placing.note_feeds(connection, met, now)
        conversing.no_longer(
            connection, [mention.id for mention in mentions if mention.id in new and _is_talk(mention)]
        )
        conversing.keep(connection, said, now=now)
        talked = [mention for mention in mentions if _is_talk(mention)]
        if talked or said:
            conversing.note_answers(
                job.store,
                connection,
                [*((mention, mention.own) for mention in talked), *said],
                now=now,
            )
        for each in together:
            count = len(each.mentions) + len(each.counted)
            answers.append((count, sum(mention.id in new for mention in each.mentions)))
    return answers


def _without_repeats(found: Sequence[Found]) -> Iterator[list[Found]]:
    """The same in parts in which no mention comes twice: of a post that two feeds carry the first one is new."""
    part: list[Found] = []
    seen: set[object] = set()
    for each in found:
        ids: set[object] = {mention.id for mention in each.mentions} | {change["id"] for change in each.counted}
        if not seen.isdisjoint(ids):
            yield part
            part, seen = [], set()
        part.append(each)
        seen |= ids
    yield part


def _counts(id_: str, post: Post, *, elsewhere: bool) -> Counted:
    counts = {name: getattr(post, name) for name in COUNTS}
    return {"id": id_, "elsewhere": post.feed if elsewhere else "", **counts}


COUNTS = ("likes", "replies", "reposts", "views", "author_followers")
