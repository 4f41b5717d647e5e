"""What every collector promises, as tests: for our own, and for those that other packages bring.

In a package of your own::

    from listening.collectors.contract import CollectorContract

    class TestNoticeboard(CollectorContract):
        collector = noticeboard
        options = {"url": "https://board.example/posts.json"}
        answers = {"two notices": b'{"notices": [...]}'}

pytest runs what begins with ``test_``. Each says in its message what is wrong and in which answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from listening.collectors.protocols import Collector
from listening.errors import FeedError, SettingsError
from listening.models import Answer, Feed, Page, Post

NEEDED = (
    "SOURCE", "LABEL", "KIND", "KEYS", "CANNOT_SEE", "DELETIONS", "EMPTY_MEANS_BLOCKED", "check", "locate", "parse"
)  # fmt: skip
"""What a collector must have."""

STATUSES = (400, 401, 403, 404, 410, 429, 451, 500, 502, 503)
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


class CollectorContract:
    """The promises; a subclass names a ``collector``, ``options`` of a feed, and good ``answers``, each by a name."""

    collector: ClassVar[Any]
    options: ClassVar[Mapping[str, str]]
    answers: ClassVar[Mapping[str, bytes]] = {}
    secrets: ClassVar[Mapping[str, str]] = {}

    @property
    def _module(self) -> Collector:
        module: Collector = self.collector
        return module

    @property
    def _feed(self) -> Feed:
        return Feed(name="Feed", source=self._module.SOURCE, options=self.options)

    def _asked(self, body: bytes, status: int = 200) -> Answer:
        request = self._module.locate(self._feed, None, self.secrets)
        return Answer(status=status, headers={}, url=request.url, body=body, request=request)

    def _read(self, answer: Answer, what: str) -> Page | FeedError:
        try:
            page = self._module.parse(answer, self._feed)
        except FeedError as error:
            assert error.problem.endswith("."), f"{what}: “{error.problem}” is no sentence"
            return error
        except Exception as bug:
            raise AssertionError(f"{what}: parse raised {type(bug).__name__}: {bug}") from bug
        return page

    def test_it_says_what_it_is(self) -> None:
        """Its name, its label, its settings and its limits, in sentences."""
        missing = [name for name in NEEDED if not hasattr(self.collector, name)]
        assert not missing, f"it lacks {', '.join(missing)}"
        module = self._module
        assert module.SOURCE.lower() == module.SOURCE, "SOURCE is written small"
        assert module.SOURCE.isidentifier(), "SOURCE is one word"
        assert module.KIND in ("headline", "post", "feedback"), "KIND is headline, post or feedback"
        assert module.LABEL, "LABEL is empty"
        assert isinstance(module.EMPTY_MEANS_BLOCKED, bool)
        for name in ("CANNOT_SEE", "DELETIONS"):
            assert getattr(module, name).endswith("."), f"{name} is no sentence"
        assert module.KEYS, "KEYS is empty: a feed of this source could not be told apart from another"
        for key, sentence in module.KEYS.items():
            assert sentence.endswith("."), f"what KEYS says of “{key}” is no sentence"

    def test_good_settings_make_a_request(self) -> None:
        """Over https, the same each time, with and without something remembered."""
        self._module.check(self.options)
        for cursor in (None, "1103", "what is no cursor"):
            first = self._module.locate(self._feed, cursor, self.secrets)
            assert urlsplit(first.url).scheme == "https", f"{first.url} is not asked over https"
            again = self._module.locate(self._feed, cursor, self.secrets)
            assert again.url == first.url, "it asks for another address each time: has it a clock, or a memory?"
            for name, secret in self.secrets.items():
                hidden = any(f"{parameter}=" in urlsplit(first.url).query for parameter in first.secret)
                assert hidden or secret not in first.url, f"{name} stands in the address"

    def test_missing_settings_are_refused_with_the_key(self) -> None:
        """Or they are not needed."""
        try:
            self._module.check({})
        except SettingsError as error:
            assert error.key in self._module.KEYS, f"the refusal names “{error.key}”, which is no key"
            assert error.advice, "the refusal does not say what would be right"

    def test_good_answers_give_posts(self) -> None:
        """With a key each, plain text, and times in UTC."""
        for name, body in self.answers.items():
            page = self._read(self._asked(body), name)
            assert isinstance(page, Page), f"{name}: {page}"
            assert page.posts or page.next, f"{name}: it gives no post"
            keys = [post.key for post in page.posts]
            assert len(keys) == len(set(keys)), f"{name}: a post comes twice"
            for post in page.posts:
                self._look_at(post, name)

    def _look_at(self, post: Post, name: str) -> None:
        assert post.key, f"{name}: a post without a key"
        assert (post.source, post.feed) == (self._module.SOURCE, "Feed"), f"{name}: {post.key} has another place"
        assert "\x00" not in post.title + post.text, f"{name}: {post.key} holds a NUL"
        for moment in (post.published_at, post.edited_at):
            assert moment is None or moment.utcoffset() == timedelta(0), f"{name}: {post.key} has a time not in UTC"
        for count in (post.likes, post.replies, post.reposts, post.views, post.author_followers):
            assert count is None or (type(count) is int and count >= 0), f"{name}: {post.key} counts {count!r}"
        for address in (post.url, post.author_url):
            right = not address or urlsplit(address).scheme in ("http", "https")
            assert right, f"{name}: {post.key} has the address {address}"

    def test_the_next_page_is_on_the_same_server(self) -> None:
        """Else an answer could send us, and our token, anywhere."""
        for name, body in self.answers.items():
            answer = self._asked(body)
            page = self._read(answer, name)
            if isinstance(page, Page) and page.next is not None:
                here, there = urlsplit(answer.url), urlsplit(page.next.url)
                assert (here.scheme, here.netloc) == (there.scheme, there.netloc), f"{name}: next is {page.next.url}"

    def test_it_remembers_nothing(self) -> None:
        """The same answer gives the same page: what is to be remembered goes into the cursor."""
        for name, body in self.answers.items():
            first, second = (self._read(self._asked(body), name) for _ in range(2))
            same = first == second or (isinstance(first, FeedError) and str(first) == str(second))
            assert same, f"{name}: the second time it gives something else"

    def test_a_refusal_is_a_sentence(self) -> None:
        """Whatever the status and the body: a problem and advice, or another request, never an empty page."""
        for status in STATUSES:
            for body in (*ODD_BODIES, *self.answers.values()):
                what = f"status {status} with {body[:40]!r}"
                result = self._read(self._asked(body, status), what)
                if isinstance(result, Page):
                    assert result.next is not None, f"{what} passes for silence"
                else:
                    assert result.advice.endswith("."), f"{what}: no advice for {result.problem}"

    def test_what_is_no_answer_is_refused(self) -> None:
        """A page, a text, half an answer with status 200: a sentence, or at least no invented post."""
        for body in ODD_BODIES:
            result = self._read(self._asked(body), repr(body[:40]))
            nothing = isinstance(result, FeedError) or not result.posts
            assert nothing, f"{body[:40]!r} gives posts"
            assert not isinstance(result, Page) or result.next is not None, f"{body[:40]!r} passes for silence"

    def test_half_an_answer_breaks_nothing(self) -> None:
        """Cut anywhere: posts or a sentence."""
        for name, body in self.answers.items():
            for end in {len(body) * part // 24 for part in range(24)}:
                self._read(self._asked(body[:end]), f"{name}, cut after {end} bytes")

    def test_wrong_types_break_nothing(self) -> None:
        """Of JSON answers each value in turn is another kind of value."""
        for name, body in self.answers.items():
            try:
                data = json.loads(body)
            except ValueError:
                continue
            for where, changed in _changed(data):
                result = self._read(self._asked(json.dumps(changed).encode()), f"{name}, {where}")
                for post in result.posts if isinstance(result, Page) else ():
                    self._look_at(post, f"{name}, {where}")


def _changed(data: Any) -> Iterator[tuple[str, Any]]:
    """The same data with one value of another kind, for one place after the other."""
    places = list(_places(data, ()))
    for number, place in enumerate(places[:MOST_CHANGES]):
        for wrong in (WRONG[number % len(WRONG)], WRONG[(number + 3) % len(WRONG)]):
            copy = json.loads(json.dumps(data))
            holder = copy
            for step in place[:-1]:
                holder = holder[step]
            if place:
                holder[place[-1]] = wrong
            else:
                copy = wrong
            yield f"{'.'.join(map(str, place)) or 'the whole'} = {wrong!r}", copy


def _places(data: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield above
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _places(value, (*above, key))
    elif isinstance(data, list):
        for number, value in enumerate(data[:3]):
            yield from _places(value, (*above, number))
