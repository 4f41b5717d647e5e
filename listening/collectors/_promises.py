"""What the contract of collectors tries them with: odd answers, half answers, values of the wrong kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from listening.errors import FeedError
from listening.models import Answer, Feed, Page, Post, Request

T = TypeVar("T")
Answers = Mapping[str, bytes | tuple[bytes, ...]]
"""Good answers by name; a tuple holds what is answered to one request after the other."""

CURSORS = (None, "1103", "what is no cursor")
STATUSES = (400, 401, 403, 404, 410, 429, 451, 500, 502, 503)
ABOUT_POSTS = (200, 404, 410)
"""With these an answer may be about the posts that were asked for; with others it is about us, or about the server."""
ODD_BODIES = (
    b"",
    b"no",
    b"<html><title>Please log in</title></html>",
    b'{"error": "x"}',
    b"[1, 2]",
    b"null",
    b'"text"',
    b"\xff\xfe\x00",
    b"\x00" * 64,
)
WRONG: tuple[Any, ...] = (None, True, 7, "x", [], {}, [[]], {"x": 1})
MOST_CHANGES = 400
"""Places of one saved answer that are given a wrong type, one after the other."""
PARTS = 24
"""Into so many parts a saved answer is cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A good answer: what it is called, what it answers, and what it holds."""

    name: str
    request: Request
    body: bytes = b""

    def answer(self, body: bytes | None = None, status: int = 200) -> Answer:
        """This answer, or another one to the same request."""
        return answered(self.request, self.body if body is None else body, status)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that a collector makes, and for what; ``page`` is the address of an article, where it asks for one."""

    what: str
    request: Request
    page: str = ""


def answered(request: Request, body: bytes, status: int = 200) -> Answer:
    """The answer to a request."""
    return Answer(status=status, headers={}, url=request.url, body=body, request=request)


def tried(what: str, name: str, function: Callable[..., T], *given: object) -> T | FeedError:
    """What a collector's function gives: something, or a FeedError in a sentence."""
    try:
        return function(*given)
    except FeedError as error:
        if not error.problem.endswith("."):
            raise AssertionError(f"{what}: “{error.problem}” is no sentence") from error
        return error
    except Exception as bug:
        raise AssertionError(f"{what}: {name} raised {type(bug).__name__}: {bug}") from bug


def names(answers: Answers) -> dict[str, str]:
    """What each single answer is called, and which of the answers it belongs to."""
    return {
        (name if isinstance(said, bytes) else f"{name}, answer {number}"): name
        for name, said in answers.items()
        for number in range(1, 2 if isinstance(said, bytes) else len(said) + 1)
    }


def one_after_the_other(
    first: Request, answers: Answers, read: Callable[[Answer, str], Page | FeedError], *, hidden: bool
) -> Iterator[Case]:
    """The answers with what they answer: the first request, or what the page before it wants to ask next."""
    for name, said in answers.items():
        request = first
        called = [each for each, whole in names(answers).items() if whole == name]
        for each, body in zip(called, (said,) if isinstance(said, bytes) else said, strict=True):
            yield (case := Case(name=each, request=request, body=body))
            page = read(case.answer(), case.name) if each != called[-1] else None
            if not isinstance(page, Page) or page.next is None:
                break
            request = following(first, page.next, hidden=hidden)


def following(first: Request, request: Request, *, hidden: bool) -> Request:
    """A further request as it is asked: with the first one's headers, and where ``hidden`` with the same secrets."""
    request = replace(request, headers={**first.headers, **request.headers})
    if not hidden:
        return request
    secret = tuple(dict.fromkeys((*first.secret, *request.secret)))
    return replace(request, secret=secret, secret_path=first.secret_path or request.secret_path)


def without_https(post: Post) -> Post:
    """The same post, known by an address without https."""
    key, url = (said.replace("https://", "http://", 1) for said in (post.key, post.url))
    return replace(post, key=key, url=url)


def stays(case: Case, page: Page | FeedError) -> None:
    """The next page is on the server of the page before."""
    if isinstance(page, Page) and page.next is not None:
        here, there = urlsplit(case.request.url), urlsplit(page.next.url)
        assert (here.scheme, here.netloc) == (there.scheme, there.netloc), f"{case.name}: next is {page.next.url}"


def look_at(page: Page, feed: Feed, name: str) -> None:
    """Posts are of their feed, each once, in plain text, with times in UTC and counts from 0 on."""
    keys = [post.key for post in page.posts]
    assert len(keys) == len(set(keys)), f"{name}: a post comes twice"
    for post in page.posts:
        _look_at(post, feed, name)


def _look_at(post: Post, feed: Feed, name: str) -> None:
    assert post.key, f"{name}: a post without a key"
    assert (post.source, post.feed) == (feed.source, feed.name), f"{name}: {post.key} has another place"
    assert "\x00" not in post.title + post.text, f"{name}: {post.key} holds a NUL"
    for moment in (post.published_at, post.edited_at):
        assert moment is None or moment.utcoffset() == timedelta(0), f"{name}: {post.key} has a time not in UTC"
    for count in (post.likes, post.replies, post.reposts, post.views, post.author_followers):
        assert count is None or (type(count) is int and count >= 0), f"{name}: {post.key} counts {count!r}"
    for address in (post.url, post.author_url):
        right = not address or urlsplit(address).scheme in ("http", "https")
        assert right, f"{name}: {post.key} has the address {address}"


def seen(request: Request) -> Iterator[str]:
    """What others can read of a request, but for the server's name: of its address, and all of it over an open line."""
    parts = urlsplit(request.url)
    is_open = parts.scheme != "https"
    hidden = {name.casefold() for name in request.secret}
    yield from (parts.netloc.rpartition("@")[0], parts.fragment, unquote(parts.fragment))
    if is_open or not request.secret_path:
        yield from (parts.path, unquote(parts.path))
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        yield name
        if is_open or name.casefold() not in hidden:
            yield value
    if is_open:
        yield from request.headers.values()
        yield (request.body or b"").decode("utf-8", "replace")


def cut(case: Case) -> Iterator[tuple[bytes, str]]:
    """An answer that ends too early, in many places."""
    for end in sorted({len(case.body) * part // PARTS for part in range(PARTS)}):
        yield case.body[:end], f"{case.name}, cut after {end} bytes"


def is_json(body: bytes) -> bool:
    """Whether an answer is JSON."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def changed(case: Case) -> Iterator[tuple[bytes, str]]:
    """A JSON answer with one value of another kind, for one place after the other."""
    if not is_json(case.body):
        return
    data = json.loads(case.body)
    for number, place in enumerate(list(_places(data, ()))[:MOST_CHANGES]):
        for wrong in (WRONG[number % len(WRONG)], WRONG[(number + 3) % len(WRONG)]):
            copy = json.loads(case.body)
            holder = copy
            for step in place[:-1]:
                holder = holder[step]
            if place:
                holder[place[-1]] = wrong
            else:
                copy = wrong
            where = ".".join(map(str, place)) or "the whole"
            yield json.dumps(copy).encode(), f"{case.name}, {where} = {wrong!r}"


def _places(data: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield above
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _places(value, (*above, key))
    elif isinstance(data, list):
        for number, value in enumerate(data[:3]):
            yield from _places(value, (*above, number))
