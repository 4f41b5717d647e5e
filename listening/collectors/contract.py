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

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, ClassVar, get_args
from urllib.parse import urlsplit

from listening.collectors import _promises as trying
from listening.collectors._promises import CURSORS, ODD_BODIES, STATUSES, Answers, Asked, Case
from listening.collectors.protocols import Budgeted, Collector, Converser, Rechecker, Refreshed, Refresher, SignsIn
from listening.errors import FeedError, SettingsError
from listening.models import Answer, Feed, Page, Post, Presence, Request

NEEDED = (
    "SOURCE", "LABEL", "KIND", "KEYS", "CANNOT_SEE", "DELETIONS", "EMPTY_MEANS_BLOCKED", "check", "locate", "parse"
)  # fmt: skip
"""What a collector must have."""


class CollectorContract:
    """The promises; a subclass names a ``collector``, ``options`` of a feed, and good ``answers``, each by a name.

    Where a visit takes several requests, a good answer is a tuple: what is said to the first, to the next, and so on.
    Besides, where the collector has these ways: ``secrets`` as the environment holds them, and a good answer to the
    sign-in (``session``); good answers to ``refresh`` (``looked_up``), about the first or the last of the posts; and
    to ``thread`` (``conversations``), each by the key of the post that it is about.
    """

    collector: ClassVar[Any]
    options: ClassVar[Mapping[str, str]]
    answers: ClassVar[Answers] = {}
    secrets: ClassVar[Mapping[str, str]] = {}
    session: ClassVar[bytes] = b""
    looked_up: ClassVar[Mapping[str, bytes]] = {}
    conversations: ClassVar[Answers] = {}

    @property
    def _module(self) -> Collector:
        module: Collector = self.collector
        return module

    @property
    def _feed(self) -> Feed:
        return Feed(name="Feed", source=self._module.SOURCE, options=self.options)

    @property
    def _signed(self) -> Mapping[str, str]:
        """The secrets, with what a sign-in gives."""
        module = self._module
        if not self.session or not isinstance(module, SignsIn):
            return self.secrets
        request = trying.tried("it", "sign_in", module.sign_in, self._feed, self.secrets, None)
        assert isinstance(request, Request), f"sign_in gives {request!r}, though there is a “session”"
        given = trying.tried("session", "signed_in", module.signed_in, trying.answered(request, self.session))
        assert isinstance(given, Mapping), f"session: signed_in gives {given!r}"
        return {**self.secrets, **given}

    def _cases(self) -> Iterator[Case]:
        """Every good answer; without any an empty one, so that refusals are tried all the same."""
        first = self._module.locate(self._feed, None, self._signed)
        if not self.answers:
            yield Case(name="it", request=first)
        yield from trying.one_after_the_other(first, self.answers, self._read, hidden=True)

    def _posts(self) -> list[Post]:
        """The posts of the good answers."""
        return list({post.key: post for _, page in self._pages() for post in page.posts}.values())

    def _pages(self) -> Iterator[tuple[Case, Page]]:
        """The good answers that are read as pages, as all of them should."""
        for case in self._cases():
            if isinstance(page := self._read(case.answer(), case.name), Page):
                yield case, page

    def _read(self, answer: Answer, what: str) -> Page | FeedError:
        return trying.tried(what, "parse", self._module.parse, answer, self._feed)

    def _requests(self) -> Iterator[Asked]:
        """Every request that it makes, as far as the good answers lead, with secrets and without."""
        module, feed = self._module, self._feed
        for secrets in (self._signed, self.secrets, {}):
            for cursor in CURSORS:
                first = trying.tried("it", "locate", module.locate, feed, cursor, secrets)
                yield from (Asked(what="locate", request=each) for each in (first,) if isinstance(each, Request))
        yield from (Asked(what="sign_in", request=request) for request in self._sign_ins())
        yield from (Asked(what=f"refresh of {posts[0].key}", request=each) for posts, each in self._look_ups())
        yield from (Asked(what=f"thread of {post.key}", request=each) for post, each in self._talks())
        yield from (Asked(what=f"recheck of {post.key}", request=e, page=post.url) for post, e in self._rechecks())
        for case, page in self._pages():
            if page.next is not None:
                yield Asked(what=f"after {case.name}", request=trying.following(case.request, page.next, hidden=True))
        for post, case in self._said():
            said = self._heard(post, case.answer(), case.name)
            if isinstance(said, Page) and said.next is not None:
                yield Asked(what=f"after {case.name}", request=trying.following(case.request, said.next, hidden=False))

    # --- what it is, and what it asks for -----------------------------------------------------------------------------

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
        """The same each time, with and without something remembered."""
        self._module.check(self.options)
        for cursor in CURSORS:
            first, again = (self._module.locate(self._feed, cursor, self._signed) for _ in range(2))
            assert again.url == first.url, "it asks for another address each time: has it a clock, or a memory?"

    def test_missing_settings_are_refused_with_the_key(self) -> None:
        """Or they are not needed."""
        try:
            self._module.check({})
        except SettingsError as error:
            assert error.key in self._module.KEYS, f"the refusal names “{error.key}”, which is no key"
            assert error.advice, "the refusal does not say what would be right"

    def test_everything_is_asked_over_https(self) -> None:
        """But where the feed's own settings name a server without it; and articles whose own address is so."""
        module = self._module
        others: list[Asked] = []
        for post in map(trying.without_https, self._posts()[:3]):
            # The address of a post is a stranger's: it does not decide that we can be overheard.
            if isinstance(module, Refresher):
                others += [Asked(what="refresh", request=e) for e in self._made("refresh", module.refresh, [post])]
            if isinstance(module, Converser):
                others += [Asked(what="thread", request=e) for e in self._made("thread", module.thread, post)]
        for asked in chain(self._requests(), others):
            scheme = urlsplit(asked.request.url).scheme
            named = [urlsplit(each.strip()).scheme for each in (*self.options.values(), asked.page)]
            assert scheme == "https" or (scheme == "http" and "http" in named), (
                f"{asked.what}: {asked.request.url} is not asked over https"
            )

    def test_no_request_tells_a_secret(self) -> None:
        """It stands in a header, or in what ``Request.secret`` and ``secret_path`` name; over https only."""
        for asked in self._requests():
            readable, host = list(trying.seen(asked.request)), urlsplit(asked.request.url).hostname
            for name, secret in self._signed.items():
                # Of "token@server" or "name=address" the parts are as secret as the whole.
                parts = {secret, *(part for part in re.split(r"[\s@=:/]+", secret) if len(part) >= 8)} - {"", host}
                told = [part for part in parts if any(part in each for each in readable)]
                assert not told, f"{asked.what}: {name} can be read in the address, or goes over an open line"

    def test_what_is_counted_has_a_budget(self) -> None:
        """What requests cost, and what answers have used up, is of a budget that it names."""
        module = self._module
        budgets = module.budgets(self._feed) if isinstance(module, Budgeted) else ()
        known = [budget.name for budget in budgets]
        assert len(set(known)) == len(known), "its budgets are not all different ones"
        for budget in budgets:
            assert budget.most > 0, f"of “{budget.name}” nothing may be used"
            assert budget.words, f"“{budget.name}” is not said in words"
        for asked in self._requests():
            for name, amount in asked.request.costs.items():
                assert name in known, f"{asked.what} costs “{name}”, of which there is no budget"
                assert type(amount) is int, f"{asked.what} costs {amount!r} of “{name}”"
                assert amount >= 0, f"{asked.what} costs {amount} of “{name}”"
        for case, page in self._pages():
            other = page.spent.keys() - case.request.costs.keys()
            assert not other, f"{case.name} used up {', '.join(other)}, which its request does not cost"

    # --- what it reads ------------------------------------------------------------------------------------------------

    def test_good_answers_give_posts(self) -> None:
        """With a key each, plain text, and times in UTC."""
        assert self.answers, 'give at least one good answer: answers = {"two notices": b"..."}'
        read = set()
        for case in self._cases():
            page = self._read(case.answer(), case.name)
            assert isinstance(page, Page), f"{case.name}: {page}"
            assert page.posts or page.next, f"{case.name}: it gives no post"
            trying.look_at(page, self._feed, case.name)
            read.add(case.name)
        unread = ", ".join(trying.names(self.answers).keys() - read)
        assert not unread, f"{unread}: the answer before it leads to no further request"
        assert self._posts(), "no good answer gives a post"

    def test_the_next_page_is_on_the_same_server(self) -> None:
        """Else an answer could send us, and our token, anywhere."""
        for case in self._cases():
            trying.stays(case, self._read(case.answer(), case.name))
        for post, case in self._said():
            trying.stays(case, self._heard(post, case.answer(), case.name))

    def test_it_remembers_nothing(self) -> None:
        """The same answer gives the same page: what is to be remembered goes into the cursor."""
        for case in self._cases():
            first, second = (self._read(case.answer(), case.name) for _ in range(2))
            same = first == second or (isinstance(first, FeedError) and str(first) == str(second))
            assert same, f"{case.name}: the second time it gives something else"

    def test_a_refusal_is_a_sentence(self) -> None:
        """Whatever the status and the body: a problem and advice, or another request, never an empty page."""
        cases = list(self._cases())
        for case in cases:
            for status in STATUSES:
                for body in (*ODD_BODIES, *(each.body for each in cases)):
                    what = f"{case.name}: status {status} with {body[:40]!r}"
                    result = self._read(case.answer(body, status), what)
                    if isinstance(result, Page):
                        assert result.next is not None, f"{what} passes for silence"
                    else:
                        assert result.advice.endswith("."), f"{what}: no advice for {result.problem}"

    def test_what_is_no_answer_is_refused(self) -> None:
        """A page, a text, an error with status 200: a sentence, or at least no invented post."""
        for case in self._cases():
            for body in ODD_BODIES:
                what = f"{case.name}: {body[:40]!r}"
                result = self._read(case.answer(body), what)
                assert isinstance(result, FeedError) or not result.posts, f"{what} gives posts"
                assert not isinstance(result, Page) or result.next is not None, f"{what} passes for silence"

    def test_half_an_answer_breaks_nothing(self) -> None:
        """Cut anywhere: posts or a sentence; of JSON no silence."""
        for case in self._cases():
            for body, what in trying.cut(case):
                result = self._read(case.answer(body), what)
                silent = isinstance(result, Page) and not result.posts and result.next is None
                assert not (silent and trying.is_json(case.body)), f"{what}, passes for silence"

    def test_wrong_types_break_nothing(self) -> None:
        """Of JSON answers each value in turn is another kind of value."""
        for case in self._cases():
            for body, what in trying.changed(case):
                result = self._read(case.answer(body), what)
                if isinstance(result, Page):
                    trying.look_at(result, self._feed, what)
                    trying.stays(case, result)

    # --- what it may do besides ---------------------------------------------------------------------------------------

    def _sign_ins(self) -> Iterator[Request]:
        module = self._module
        if not isinstance(module, SignsIn):
            return
        held = {name: value for name, value in self._signed.items() if name not in self.secrets}
        for secrets, had in ((self.secrets, None), ({}, None), *(((self.secrets, held),) if held else ())):
            request = trying.tried("it", "sign_in", module.sign_in, self._feed, secrets, had)
            assert request is None or isinstance(request, Request | FeedError), f"sign_in gives {request!r}"
            if isinstance(request, Request):
                yield request

    def test_a_sign_in_gives_a_session_or_a_sentence(self) -> None:
        """Whatever the server says."""
        for request in self._sign_ins():
            for status in (200, *STATUSES):
                for body in (*ODD_BODIES, *((self.session,) if status != 200 else ())):
                    what = f"status {status} with {body[:40]!r} to a sign-in"
                    answer = trying.answered(request, body, status)
                    said = trying.tried(what, "signed_in", self.collector.signed_in, answer)
                    assert isinstance(said, FeedError), f"{what} passes for a session"

    def _look_ups(self) -> Iterator[tuple[Sequence[Post], Request]]:
        module = self._module
        if not isinstance(module, Refresher):
            return
        assert module.AT_ONCE >= 1, "AT_ONCE is less than one post"
        posts = self._posts()
        for some in (posts[: module.AT_ONCE], posts[::-1][: module.AT_ONCE]) if posts else ():
            yield from ((some, request) for request in self._made("refresh", module.refresh, some))

    def _made(self, name: str, ask: Callable[..., Request | None], about: object) -> Iterator[Request]:
        """What is asked about posts, with secrets and, where that is another request, without."""
        made: list[Request] = []
        for secrets in (self._signed, {}):
            request = trying.tried("it", name, ask, about, self._feed, secrets)
            assert request is None or isinstance(request, Request | FeedError), f"{name} gives {request!r}"
            if isinstance(request, Request) and request not in made:
                made.append(request)
        yield from made

    def test_posts_are_looked_up_with_care(self) -> None:
        """What is no answer about the posts takes none of them away, and none that was not asked for comes."""
        told = not self.looked_up
        for posts, request in self._look_ups():
            for status in (200, *STATUSES):
                for body in (*ODD_BODIES, *self.looked_up.values()):
                    what = f"status {status} with {body[:40]!r} to a look-up"
                    said = self._told(trying.answered(request, body, status), posts, what)
                    odd = status == 200 and body in ODD_BODIES and (said.gone or said.posts)
                    wrong = odd or (status not in trying.ABOUT_POSTS and said != Refreshed())
                    assert not wrong, f"{what} tells of posts: {said}"
            for name, body in self.looked_up.items():
                case = Case(name=name, request=request, body=body)
                told = told or self._told(case.answer(), posts, name) != Refreshed()
                for half, what in trying.cut(case):
                    said = self._told(case.answer(half), posts, what)
                    assert said == Refreshed() or not trying.is_json(body), f"{what}, tells of posts: {said}"
                for changed, what in trying.changed(case):
                    self._told(case.answer(changed), posts, what)
        assert told, "none of the answers in “looked_up” tells of the first or the last post of the good answers"

    def _told(self, answer: Answer, posts: Sequence[Post], what: str) -> Refreshed:
        """What an answer says of posts; nothing where it is refused."""
        module = self._module
        assert isinstance(module, Refresher)
        said = trying.tried(what, "refreshed", module.refreshed, answer, posts, self._feed)
        if isinstance(said, FeedError):
            return Refreshed()
        assert isinstance(said, Refreshed), f"{what}: refreshed gives {said!r}"
        other = {*said.gone, *said.missing, *(post.key for post in said.posts)} - {post.key for post in posts}
        assert not other, f"{what}: it tells of {', '.join(sorted(other))}, which nobody asked for"
        trying.look_at(Page(posts=said.posts), self._feed, what)
        return said

    def _talks(self) -> Iterator[tuple[Post, Request]]:
        module = self._module
        if not isinstance(module, Converser):
            return
        posts = self._posts()
        for post in dict.fromkeys((*posts[:1], *posts[-1:], *(p for p in posts if p.key in self.conversations))):
            yield from ((post, request) for request in self._made("thread", module.thread, post))

    def _heard(self, post: Post, answer: Answer, what: str) -> Page | FeedError:
        module = self._module
        assert isinstance(module, Converser)
        return trying.tried(what, "conversation", module.conversation, answer, post, self._feed)

    def _said(self) -> Iterator[tuple[Post, Case]]:
        """The good answers of conversations, each with the post that was asked about."""
        for post, request in self._talks():
            said = {key: answer for key, answer in self.conversations.items() if key == post.key}
            for case in trying.one_after_the_other(request, said, partial(self._heard, post), hidden=False):
                yield post, case

    def test_conversations_are_read_with_care(self) -> None:
        """Whatever is answered: posts around the one that was asked about, or a sentence."""
        heard: set[str] = set()
        unread = ((post, Case(name="a thread", request=request)) for post, request in self._talks())
        for post, case in chain(unread, self._said()):
            for status in (200, *STATUSES):
                for body in (*ODD_BODIES, *((case.body,) if status != 200 else ())):
                    what = f"{case.name}: status {status} with {body[:40]!r}"
                    page = self._heard(post, case.answer(body, status), what)
                    assert isinstance(page, FeedError) or not page.posts, f"{what} gives posts"
            for body, what in chain([(case.body, case.name)], trying.cut(case), trying.changed(case)):
                page = self._heard(post, case.answer(body), what)
                if isinstance(page, Page):
                    trying.look_at(page, self._feed, what)
                    trying.stays(case, page)
                    itself = body == case.body and any(each.key == post.key for each in page.posts)
                    assert not itself, f"{what}: the post itself is among them"
                    heard |= {what} if page.posts or page.next else set()
        missing = ", ".join(trying.names(self.conversations).keys() - heard)
        assert not missing, f"conversation of {missing}: it gives no posts, or nobody asks for it"

    def _rechecks(self) -> Iterator[tuple[Post, Request]]:
        module = self._module
        if not isinstance(module, Rechecker):
            return
        for post in self._posts()[:3]:
            request = trying.tried("it", "recheck", module.recheck, post)
            if isinstance(request, Request):
                yield post, request

    def test_whether_a_post_is_there_is_said_with_care(self) -> None:
        """Only an answer of its own server about it says that it is there, or gone."""
        for post, request in self._rechecks():
            for status in (200, *STATUSES):
                for body in ODD_BODIES:
                    what = f"status {status} with {body[:40]!r} about {post.key}"
                    answer = trying.answered(request, body, status)
                    said = trying.tried(what, "presence", self.collector.presence, answer, request)
                    assert said in get_args(Presence), f"{what}: presence gives {said!r}"
                    assert status in trying.ABOUT_POSTS or said == "unknown", f"{what} passes for “{said}”"
                    assert said != ("gone" if status == 200 else "there"), f"{what} passes for “{said}”"
                    away = self.collector.presence(replace(answer, url="https://elsewhere.example/"), request)
                    assert away == "unknown", f"{what}, but of another server, passes for “{away}”"
