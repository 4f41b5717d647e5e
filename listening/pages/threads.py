"""A mention's conversation as HTML: what it answers above it, what was answered below, our own answers marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from listening.insights.periods import day_words
from listening.insights.sentences import within
from listening.models import Mention
from listening.privacy import Mask
from listening.store.conversing import Thread

LONGEST = 600
"""Characters of one post of a conversation."""


def summary(mention: Mention, thread: Thread) -> str:
    """What there is, in a line: "2 posts around it; we answered within 3 hours"."""
    count = len(thread.before) + len(thread.after)
    said = f"The conversation: {count} {'post' if count == 1 else 'posts'} around it"
    ours = [post for post in thread.after if post.own and post.reply_to == mention.key]
    if not ours:
        return said
    first = ours[0]
    assert first.published_at is not None
    assert mention.published_at is not None
    seconds = (first.published_at - mention.published_at).total_seconds()
    return f"{said}; we answered within {within(max(seconds, 0))}"


def conversation(
    mention: Mention, thread: Thread, now: datetime, *, opened: bool = False, mask: Mask | None = None
) -> str:
    """The conversation, folded into a line that opens it; with ``mask`` as it may be shown to leaders."""

    def line(post: Mention, where: str) -> str:
        return _line(post if mask is None else mask.mention(post, outlets=False), now, where)

    lines = [
        *(line(post, "before it") for post in thread.before),
        *(['<li><p class="about">then this post</p></li>'] if thread.before else []),
        *(line(post, "after it") for post in thread.after),
    ]
    return (
        f'<details class="why thread"{" open" if opened else ""}><summary>{escape(summary(mention, thread))}</summary>'
        f'<ol class="thread">{"".join(lines)}</ol></details>'
    )


def _line(post: Mention, now: datetime, where: str) -> str:
    assert post.published_at is not None
    local = post.published_at.astimezone(now.tzinfo)
    words = f"{post.title}\n{post.text}".strip() if post.title and post.title != post.text else post.text
    shown = words if len(words) <= LONGEST else f"{words[:LONGEST].rsplit(' ', 1)[0]} …"
    who = "Our own account" if post.own else (post.author or "Somebody")
    named = f" ({escape(post.author)})" if post.own and post.author else ""
    return (
        f'<li{" class=ours" if post.own else ""}><p class="about"><strong><bdi>{escape(who)}</bdi></strong>'
        f"<bdi>{named}</bdi> · {where} · {escape(day_words(local.date(), year=True))}, {local:%H:%M}</p>"
        f'<p class="text"><bdi>{escape(shown)}</bdi></p></li>'
    )


def of(threads: Mapping[str, Thread], mentions: Sequence[Mention], now: datetime, mask: Mask) -> dict[str, str]:
    """The HTML of each mention's conversation, by the mention's id; of those that have one."""
    return {each.id: conversation(each, threads[each.id], now, mask=mask) for each in mentions if each.id in threads}
