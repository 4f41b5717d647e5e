"""Reddit's feeds and listings become posts, and its closed doors are seen as such."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from listening.collectors import reddit
from listening.errors import FeedBlocked, FeedError, FeedRefused, FeedUnreachable, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post

FEEDS = Path(__file__).parent / "feeds"
FEED = Feed(name="Town", source="reddit", options={"subreddit": "quillhaven"})


def parse(body: bytes | str, status: int = 200) -> Page:
    """The page that a body, or one of our files, gives."""
    document = (FEEDS / body).read_bytes() if isinstance(body, str) else body
    url = "https://www.reddit.com/r/quillhaven/new.rss?limit=100"
    return reddit.parse(Answer(status=status, headers={}, url=url, body=document), FEED)


def test_a_feed_gives_posts_without_reddits_own_words() -> None:
    """ "submitted by" and the links under it are not the author's; old and new Reddit are one place."""
    first, second, comment = parse("subreddit.xml").posts
    assert first == Post(
        source="reddit",
        feed="Town",
        key="t3_1abc",
        url="https://www.reddit.com/r/quillhaven/comments/1abc/library/",
        title="Library & room",
        text="The new room is lovely.",
        author="u/fern_reader",
        author_url="https://www.reddit.com/user/fern_reader",
        published_at=datetime(2026, 11, 9, 8, tzinfo=UTC),
    )
    assert (second.text, second.author, second.replies) == ("", None, 31)
    assert (comment.title, comment.text, comment.reply_to) == ("", "Agreed!", "t3_1abc")


def test_words_about_submitting_in_the_text_stay() -> None:
    """Only the tail that Reddit adds is cut."""
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>t3_9</id>
    <link href="https://www.reddit.com/r/q/comments/9/x/"/><title>x</title>
    <content type="html">The form submitted by the city was lost. [link] Sad.</content></entry></feed>"""
    assert parse(body).posts[0].text == "The form submitted by the city was lost. [link] Sad."


def test_an_old_feed_is_keyed_by_its_address() -> None:
    """RSS of 2016: the guid is the address, the number of comments stands in the tail."""
    body = b"""<rss version="2.0"><channel><title>x</title><item><title>Space</title>
    <link>https://www.reddit.com/r/space/comments/42babr/space/</link>
    <guid isPermaLink="true">https://www.reddit.com/r/space/comments/42babr/space/</guid>
    <description>&lt;td&gt;submitted by &lt;a href="x"&gt;ada&lt;/a&gt; to
    space&lt;br/&gt;[link] [959 comments]&lt;/td&gt;</description>
    </item></channel></rss>"""
    (post,) = parse(body).posts
    assert (post.key, post.text, post.replies) == ("t3_42babr", "", 959)


def test_a_listing_gives_counts_and_leaves_out_what_was_removed() -> None:
    """Scores below zero are no likes, hidden ones are unknown; comments below comments are found."""
    page = parse("listing.json")
    ferry, yes, deeper = page.posts
    assert (ferry.key, ferry.title, ferry.text, ferry.author) == ("t3_2a", "Ferry & tea", "Good ferry", "u/otter")
    assert (ferry.likes, ferry.replies, ferry.sensitive) == (0, 2, True)
    assert datetime(2026, 11, 9, 9, tzinfo=UTC) == ferry.edited_at
    assert (yes.text, yes.author, yes.likes, yes.reply_to, yes.edited_at) == ("Yes, *really*", None, 5, "t3_2a", None)
    assert (deeper.key, deeper.likes, deeper.url) == ("t1_k2", None, "https://www.reddit.com/comments/2a/_/k2")
    assert page.skipped == ("1 post removed by the author or by moderators",)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 429, FeedBlocked),
        (b"", 403, FeedBlocked),
        (b"<html><title>Blocked</title></html>", 200, FeedBlocked),
        (b"<!doctype html><html><title>x</title><h1>whoa there, pardner!</h1></html>", 200, FeedBlocked),
        ("challenge.html", 200, FeedBlocked),
        (b'{"message": "Unauthorized", "error": 401}', 200, FeedBlocked),
        (b'{"message": "Forbidden", "error": 403, "reason": "private"}', 403, FeedRefused),
        (b'{"message": "Not Found", "error": 404, "reason": "banned"}', 404, FeedRefused),
        (b'{"error": "invalid_grant"}', 200, FeedRefused),
        (b"", 404, FeedRefused),
        (b"", 502, FeedUnreachable),
        (b"", 200, FeedUnreadable),
        (b'{"kind": "t5", "data": {}}', 200, FeedUnreadable),
        (b"<html><title>Reddit</title></html>", 200, FeedUnreadable),
    ],
)
def test_a_closed_door_is_explained(body: bytes | str, status: int, error: type[FeedError]) -> None:
    """Refusals with and without their status, private and closed subreddits, trouble on their side."""
    with pytest.raises(error) as caught:
        parse(body, status)
    assert type(caught.value) is error
    assert caught.value.advice


def test_an_empty_answer_is_left_to_the_run() -> None:
    """Only it knows whether there were posts before, which makes silence a closed door."""
    body = b'<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>x</title></feed>'
    assert Page(posts=()) == parse(body)
    assert Page(posts=()) == parse(b'{"kind": "Listing", "data": {"children": []}}')
    assert reddit.EMPTY_MEANS_BLOCKED


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({"subreddit": "a+b"}, "https://www.reddit.com/r/aa+bb/new.rss?limit=100"),
        ({"search": "Quill haven"}, "https://www.reddit.com/search.rss?q=Quill+haven&sort=new&t=week&limit=100"),
        (
            {"subreddit": "aa", "search": "tea"},
            "https://www.reddit.com/r/aa/search.rss?q=tea&sort=new&t=week&limit=100&restrict_sr=on",
        ),
        (
            {"subreddit": "aa", "server": "http://relay.example:8000"},
            "http://relay.example:8000/r/aa/new.rss?limit=100",
        ),
    ],
)
def test_what_is_asked(options: dict[str, str], url: str) -> None:
    """New posts of subreddits, a search everywhere or in one, and a relay."""
    options = {key: "aa+bb" if value == "a+b" else value for key, value in options.items()}
    reddit.check(options)
    request = reddit.locate(Feed(name="x", source="reddit", options=options), None, {})
    assert (url, 6.0) == (request.url, request.pause)


def test_the_token_goes_to_reddit_alone_and_is_hidden() -> None:
    """A relay never sees it, and no log does."""
    secrets = {reddit.TOKEN: "s3cret", reddit.USER: "fern"}
    request = reddit.locate(FEED, None, secrets)
    assert request.url.endswith("&feed=s3cret&user=fern")
    assert request.secret == ("feed", "user")
    relay = Feed(name="x", source="reddit", options={"subreddit": "aa", "server": "reddit.com.relay.example"})
    assert "s3cret" not in reddit.locate(relay, None, secrets).url


@pytest.mark.parametrize(
    ("options", "key"),
    [({}, "subreddit"), ({"subreddit": "r/aa"}, "subreddit"), ({"subreddit": "aa", "server": "x y"}, "server")],
)
def test_settings_that_cannot_be_asked_are_refused(options: dict[str, str], key: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(SettingsError) as caught:
        reddit.check(options)
    assert key == caught.value.key
