"""Public posts from a Mastodon server, or one that answers as Mastodon does: a hashtag, a search, or one account."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from listening.collectors import _jsonfeed, _options, rss
from listening.collectors._answers import not_a_feed, refuse, several
from listening.collectors._mastodon_status import from_rss, is_status, items_in, posts_of, statuses_in, text_of
from listening.collectors._mastodon_walk import (
    COMMON_WORD,
    LIMIT,
    MOST_PAGES,
    PAUSE,
    Half,
    Step,
    cursor_of,
    first_step,
    handle_of,
    ids_of,
    onward,
    onward_in_search,
    order,
    origin,
    request_of,
    step_of,
    words_of,
)
from listening.collectors._values import cut_short, mapping
from listening.collectors.protocols import Refreshed
from listening.errors import FeedError, FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post, Request, TextKind
from listening.text import tidy

SOURCE = "mastodon"
LABEL = "Mastodon"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "server": "The server to ask, such as mastodon.social.",
    "tag": "The hashtag, with or without #.",
    "search": "Words to search for instead; that takes a token of an account on this server.",
    "account": "An account of the agency’s own instead, @name or @name@server: its posts and answers.",
}
CANNOT_SEE = (
    "Sees public posts that have reached this one server: with the hashtag; or, in a search, by people who let others "
    "find their posts. None to followers only, none by people who ask not to be indexed; likes and replies are those "
    "the server knows of."
)
DELETIONS = (
    "A post that its server no longer has, or no longer shows to everybody, is emptied, mostly within a day, for two "
    "weeks after it was published; where the server answers."
)
EMPTY_MEANS_BLOCKED = False

TOKEN = "LISTENING_MASTODON_TOKEN"  # noqa: S105 - the name of the secret, not the secret
AT_ONCE = 1

_TAG = re.compile(r"[\w·]*[^\W\d][\w·]*")
_HANDLE = re.compile(r"@?[\w.-]+(?:@[\w.-]+(?::\d+)?)?")
_AUTHOR = re.compile(r"(?<!\w)from:", re.IGNORECASE)
_WHAT = ("tag", "search", "account")


def check(options: Mapping[str, str]) -> None:
    """Refuse a server, or a hashtag, search or account that cannot be asked for."""
    _options.origin(_options.required(options, "server", "mastodon.social"), "server")
    given = [key for key in _WHAT if options.get(key, "").strip()]
    if len(given) > 1:
        raise SettingsError(
            f"A Mastodon feed has either “{given[0]}” or “{given[1]}”.", "Make a feed of each.", key=given[1]
        )
    what = given[0] if given else "tag"
    said = _options.required(options, what, "quillhaven")
    if what == "tag" and not _TAG.fullmatch(said.removeprefix("#")):
        raise SettingsError(
            f"“{said}” is not one hashtag.",
            "A hashtag is one word of letters, digits and _, not of digits only.",
            key="tag",
        )
    if what == "account" and not _HANDLE.fullmatch(said):
        raise SettingsError(f"“{said}” is no account.", "Write it as @name or @name@server.", key="account")
    if what == "search":
        _check_search(said)


def _check_search(said: str) -> None:
    if _AUTHOR.search(said):
        raise SettingsError(
            "“from:” asks for what one person writes, and nobody is listened to by name.",
            "Leave it out; the agency's own account is a feed with “account”.",
            key="search",
        )
    if " " not in said and (said.startswith("#") or "@" in said):
        raise SettingsError(
            f"Servers search texts for words, not for “{said}”.",
            "A hashtag is a feed with “tag”; of a handle write the name only.",
            key="search",
        )
    if not any(letter.isalnum() for letter in said):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest posts, or, with a cursor, for those that came after it."""
    headers = _headers(feed, secrets)
    if words_of(feed) and "Authorization" not in headers:
        raise FeedRefused("Mastodon searches texts only for somebody who is logged in.", _how_to_get_a_token(feed))
    request = request_of(feed, first_step(feed, cursor))
    return replace(request, headers={**request.headers, **headers})


def _headers(feed: Feed, secrets: Mapping[str, str]) -> Mapping[str, str]:
    server = urlsplit(origin(feed))
    headers = {}
    for secret in secrets.get(TOKEN, "").split():
        token, _, host = secret.rpartition("@")
        if not token:
            raise FeedRefused(
                f"{TOKEN} does not say which server its token is for.",
                f"Write {TOKEN}=token@server, for example …@{server.hostname}; several are separated by blanks.",
            )
        # A token is for one server, and goes to no other, nor over an open line.
        if host.lower() == server.netloc and server.scheme == "https":
            headers["Authorization"] = f"Bearer {token}"
    return headers


def _how_to_get_a_token(feed: Feed) -> str:
    host = urlsplit(origin(feed)).netloc
    return (
        f"Log in at {host} with an account of the agency's; under Preferences, Development, New application tick only "
        f"read:accounts, read:search and read:statuses, and set {TOKEN}=token@{host} with the access token it shows."
    )


# --- answers ----------------------------------------------------------------------------------------------------------


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn statuses, or an RSS feed, into posts; a refusal is raised as a FeedError."""
    step = step_of(answer)
    if step.asking == "instance":
        return _told(answer, feed, step)
    if "/api/" in urlsplit(answer.url).path:
        if answer.status in (401, 403, 422) and _live(feed):
            return _closed(answer, feed, step)
        if answer.status in (404, 410):
            return _nothing_there(answer, feed, step)
    refuse(answer)
    if step.half == "rss" or answer.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _by_rss(answer, feed, step)
    data = _jsonfeed.load(answer.body)
    if data is None:
        raise cut_short() if answer.body.lstrip()[:1] in (b"{", b"[") else not_a_feed(answer, "Mastodon posts")
    if step.asking == "account":
        return _found(data, feed, step)
    return _listed(data, answer, feed, step)


def _live(feed: Feed) -> bool:
    """Whether a feed is asked for; a saved file is only read."""
    return any(feed.options.get(key) for key in _WHAT)


def _member(answer: Answer) -> bool:
    """Whether we asked with a token."""
    return answer.request is not None and "Authorization" in answer.request.headers


def _listed(data: Any, answer: Answer, feed: Feed, step: Step) -> Page:
    """The posts of a timeline or of a search, and what to ask then."""
    items = items_in(data)
    if _live(feed) and isinstance(data, list) == bool(words_of(feed)):
        items = [data]  # one kind of answer for the other: it holds no posts
    statuses = statuses_in(items)
    if step.asking == "word":
        return _word_found(items, feed, step)
    page = posts_of(statuses, urlsplit(origin(feed, answer)).netloc, feed)
    if unread := len(items) - len(statuses):
        page = replace(page, skipped=(*page.skipped, f"{several(unread, 'entry', 'entries')} not understood"))
    if not _live(feed):
        return page
    if words_of(feed):
        following, cursor, more = onward_in_search(feed, step, items)
        if more:
            page = replace(page, notes=(f"Only the newest {MOST_PAGES * LIMIT} hits since the last visit are read.",))
        if not items and not step.after and not step.pages:
            following = replace(step, asking="word")
    else:
        following, cursor = onward(feed, step, items)
        if following is None and feed.options.get("tag") and not step.after and _member(answer):
            # With a token a server answers whatever it holds back: it is asked once what that is.
            following = replace(step, asking="instance", newest=max([step.newest, *ids_of(items)], key=order))
    return replace(page, cursor=cursor, next=request_of(feed, following) if following is not None else None)


def _word_found(items: Sequence[Any], feed: Feed, step: Step) -> Page:
    """A search that found nothing: does the server search texts at all?"""
    if ids := ids_of(items):
        return Page(posts=(), cursor=cursor_of(feed, step, ids[-1]))
    raise FeedRefused(
        f"This server finds nothing, not even “{COMMON_WORD}”: it seems not to search texts.",
        "Search on a larger server with an account there, or listen to hashtags.",
    )


def _by_rss(answer: Answer, feed: Feed, step: Step) -> Page:
    document = rss.read(answer)
    if document is None:
        raise not_a_feed(answer, "Mastodon posts")
    page = from_rss(document, answer, feed)
    if step.closed and not document.entries:
        # A server that shows nothing without a login puts nothing into its feed either: that is not silence.
        raise FeedRefused(
            "This server shows hashtags to members only, and nothing in its RSS feed.", _how_to_get_a_token(feed)
        )
    return replace(page, cursor=cursor_of(feed, step, step.after)) if step.half == "rss" else page


# --- servers that say no ----------------------------------------------------------------------------------------------


def _said(answer: Answer) -> str | None:
    """The words of an error of the API; None where it is none."""
    error = mapping(_jsonfeed.load(answer.body)).get("error")
    return tidy(error)[:200] if isinstance(error, str) else None


def _closed(answer: Answer, feed: Feed, step: Step) -> Page:
    """The server wants a login for its API; a part of it, or its RSS feed, may be open all the same."""
    said = _said(answer)
    if said and _member(answer) and "scope" in said.lower():
        raise FeedRefused(f"Our access token may not read this: “{said}”.", _how_to_get_a_token(feed))
    if said and "token" in said.lower():
        raise FeedRefused(f"The server did not accept our access token: “{said}”.", f"Renew the token in {TOKEN}.")
    if words_of(feed):
        raise FeedRefused(
            f"The server lets us not search ({answer.status}): “{said or 'no reason given'}”.",
            _how_to_get_a_token(feed),
        )
    if step.half == "" and step.known:
        return _turned(feed, step, step.known)
    if said is None or step.told or handle_of(feed):
        return _turned(feed, step, "rss")
    following = request_of(feed, replace(step, asking="instance", refused=True))
    return Page(posts=(), next=following)


def _turned(feed: Feed, step: Step, half: Half) -> Page:
    """What is open is read, and it is said what is not."""
    why = {
        "local": "the server shows everybody only its own people's posts with a hashtag, so only these are read",
        "remote": "the server shows everybody only other servers' posts with a hashtag, so only these are read",
        "rss": "the server opens its timeline to members only, so its RSS feed is read: no likes, no replies",
    }[half]
    step = replace(step, asking="posts", half=half, before="", pages=0)
    more = f"; more is shown to a token of an account there ({TOKEN})"
    return Page(posts=(), next=request_of(feed, step), skipped=(why + more,))


def _told(answer: Answer, feed: Feed, step: Step) -> Page:
    """What a server says of whom it shows its hashtags; older servers, and other programs, say nothing."""
    data = mapping(_jsonfeed.load(answer.body)) if answer.status == 200 else {}
    access = mapping(mapping(data.get("configuration")).get("timelines_access"))
    shown = {half: text_of(mapping(access.get("hashtag_feeds")).get(half)) for half in ("local", "remote")}
    off = [half for half, level in shown.items() if level == "disabled"]
    if len(off) == 2 and not step.newest:
        raise FeedRefused(
            "This server has switched its hashtags off: it shows them to nobody.",
            "Ask another server for the hashtag; posts travel between them.",
        )
    if not step.refused:
        return Page(posts=(), notes=(_HELD_BACK[off[0]],) if len(off) == 1 else ())
    step = replace(step, told=True, closed=all(shown.values()))
    if (shown["local"] == "public") != (shown["remote"] == "public"):
        return _turned(feed, step, "local" if shown["local"] == "public" else "remote")
    return _turned(feed, replace(step, closed=step.closed and shown["local"] != "public"), "rss")


_HELD_BACK = {
    "local": "This server shows posts of its own people with a hashtag to nobody: those of other servers are read.",
    "remote": "This server shows posts of other servers with a hashtag to nobody: those of its own people are read.",
}


def _nothing_there(answer: Answer, feed: Feed, step: Step) -> Page:
    handle = handle_of(feed)
    if handle and step.account and not step.told:
        # The number of the account is old: who is it now?
        return Page(posts=(), next=request_of(feed, Step(asking="account", after=step.after, told=True)))
    if handle and (answer.status == 410 or _said(answer) is not None):
        raise FeedRefused(
            f"This server knows no account @{handle}, or has closed it ({answer.status}).",
            "Open the account's page in a browser, and check its name in the settings.",
        )
    if answer.status == 410:
        refuse(answer)
    raise FeedRefused("This server does not answer as Mastodon does (404).", "Check the server's name.")


def _found(data: Any, feed: Feed, step: Step) -> Page:
    """An account: its posts are asked for by its number."""
    account = mapping(data)
    identity = text_of(account.get("id"))
    if not identity or not text_of(account.get("acct")):
        items_in(data)
        raise FeedUnreadable("The server answered, but not with an account.", "Check the server's name.")
    if account.get("suspended") is True:
        raise FeedRefused(
            f"The server has suspended the account @{handle_of(feed)}.", "Ask the server's administrators about it."
        )
    moved = text_of(mapping(account.get("moved")).get("acct"))
    notes = (f"The account @{handle_of(feed)} has moved to @{moved}: listen to that one too.",) if moved else ()
    following = replace(step, asking="posts", account=identity, told=True)
    return Page(posts=(), next=request_of(feed, following), notes=notes)


# --- posts that are known, and what was said around them --------------------------------------------------------------

_STATUS = re.compile(r"(https?://[^/?#@]+)/(?:ap/)?users/[^/?#]+/statuses/(\d+)")


def _at_home(post: Post, feed: Feed, what: str = "") -> Request | None:
    """Ask the server that a post is from, without our token: the address comes out of the post.

    So it is asked over https whatever the address says, but where the settings name the feed's server without.
    """
    found = _STATUS.fullmatch(post.key)
    if found is None:
        return None  # other programs than Mastodon, which do not answer as it does
    home = found[1] if origin(feed).startswith("http://") else f"https://{urlsplit(found[1]).netloc}"
    url = f"{home}/api/v1/statuses/{found[2]}{what}"
    return Request(url=url, headers={"Accept": "application/json"}, pause=PAUSE)


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask the server that a post is from for it as it is now."""
    return _at_home(posts[0], feed)


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """The post as it is; gone where its own server says, as its API does, that there is no such post."""
    (post,) = posts
    asked, found = _at_home(post, feed), _STATUS.fullmatch(post.key)
    if asked is None or found is None or urlsplit(answer.url).netloc != urlsplit(asked.url).netloc:
        return Refreshed()
    data = _jsonfeed.load(answer.body)
    if answer.status in (404, 410) and _said(answer) is not None:
        return Refreshed(gone=(post.key,))
    if answer.status != 200 or not is_status(data) or text_of(data.get("id")) != found[2]:
        return Refreshed()
    # By RSS its key may have been another spelling of the same.
    return Refreshed(posts=posts_of([{**data, "uri": post.key}], urlsplit(asked.url).netloc, feed).posts)


def thread(post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask the server that a post is from for the posts around it."""
    return _at_home(post, feed, "/context")


def conversation(answer: Answer, post: Post, feed: Feed) -> Page:
    """The posts that a post answers, and those that answer it."""
    if answer.status in (404, 410) and _said(answer) is not None:
        raise FeedRefused("The post's server no longer shows it.", "It was deleted, or is for followers only.")
    if answer.status in (401, 403, 422) and _said(answer) is not None:
        raise FeedRefused("The post's server shows conversations to its members only.", _LOOK)
    refuse(answer)
    data = _jsonfeed.load(answer.body)
    if not isinstance(data, dict) or not {"ancestors", "descendants"} <= data.keys():
        raise _no_conversation(answer, data)
    found = _STATUS.fullmatch(post.key)
    known = {found[2]: post.key} if found else {}
    server = urlsplit(found[1] if found else answer.url).netloc
    return posts_of(statuses_in(items_in(data)), server, feed, known)


_LOOK = "Open the post's address in a browser."


def _no_conversation(answer: Answer, data: Any) -> FeedError:
    if data is None:
        return cut_short() if answer.body.lstrip()[:1] in (b"{", b"[") else not_a_feed(answer, "a conversation")
    return FeedUnreadable("The server answered, but not with a conversation.", _LOOK)
