"""The polite client against well-behaved servers, and the reckoning of when to ask again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, TypeVar

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.errors import FeedRefused, FeedUnreachable
from listening.fetch import Client, Fetched, Limits, Validators, back_off, moved, redact, retry_after, same_host
from listening.models import Answer, Request

AGENT = "Listening/0.1 (+mailto:press@quillhaven.example)"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, but never for long."""
    return asyncio.run(asyncio.wait_for(work, 10))


@contextlib.asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """A real server that answers every path with the handler; gives its address without a closing slash."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    try:
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def fetch(
    handler: Handler, path: str = "/feed", validators: Validators | None = None, **more: Any
) -> tuple[Fetched, str]:
    """One request to a server with that handler: what came of it, and the server's address."""
    async with serving(handler) as base, Client(user_agent=AGENT) as client:
        return await client.get(Request(url=base + path, **more), validators or Validators()), base


def answering(body: bytes = b"", status: int = 200, **headers: str) -> Handler:
    """A handler that always gives this; underscores in header names stand for dashes."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(
            body=body, status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )

    return handler


# What is sent, and what comes back


def test_says_who_asks_and_what_it_can_read() -> None:
    """The server sees the agency's contact, what the collector wants, and that we unpack gzip and deflate."""
    seen: dict[str, str] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(request.headers)
        return web.Response()

    run(fetch(handler, headers={"Accept": "application/rss+xml", "accept-encoding": "br"}))
    assert seen["User-Agent"] == AGENT
    assert seen["Accept"] == "application/rss+xml"
    assert seen.get("Accept-Encoding", seen.get("accept-encoding")) == "gzip, deflate"
    assert "Cookie" not in seen


def test_gives_status_headers_address_and_body() -> None:
    """Header names are lower case, repeated headers are joined, and the body is what was sent."""

    async def handler(_: web.Request) -> web.Response:
        answer = web.Response(body=b"<rss/>", content_type="application/rss+xml", headers={"ETag": '"a"'})
        answer.headers.add("Link", '<https://feed.example/?page=2>; rel="next"')
        answer.headers.add("Link", '<https://feed.example/?page=0>; rel="prev"')
        answer.set_cookie("visitor", "7")
        return answer

    fetched, base = run(fetch(handler, "/feed?q=a%3Ab+c"))
    answer = fetched.answer
    assert (answer.status, answer.url, answer.body) == (200, f"{base}/feed?q=a%3Ab+c", b"<rss/>")
    assert answer.headers["etag"] == '"a"'
    assert answer.headers["content-type"] == "application/rss+xml"
    assert answer.headers["link"] == (
        '<https://feed.example/?page=2>; rel="next", <https://feed.example/?page=0>; rel="prev"'
    )
    assert "set-cookie" not in answer.headers
    assert "content-length" not in answer.headers
    assert fetched.hops == ()
    assert fetched.permanent_to is None
    assert 0 < fetched.seconds < 5


def test_an_address_is_asked_for_exactly_as_it_is_written() -> None:
    """Escapes in an address are kept: some servers compare it letter by letter."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return web.Response()

    run(fetch(handler, "/a%2Fb?q=%22Quillhaven%22+%26x%3A1"))
    run(fetch(handler, "/straße?q=a b"))
    assert seen == ["/a%2Fb?q=%22Quillhaven%22+%26x%3A1", "/stra%C3%9Fe?q=a+b"]


def test_the_hash_tells_whether_the_body_is_the_same() -> None:
    """Equal bodies have equal hashes, however they were packed; different ones do not."""

    async def hashes() -> list[str]:
        bodies = {"/a": b"one", "/b": b"one", "/c": b"two"}

        async def handler(request: web.Request) -> web.Response:
            answer = web.Response(body=bodies[request.path])
            if request.path == "/b":
                answer.enable_compression(web.ContentCoding.gzip)
            return answer

        async with serving(handler) as base, Client(user_agent=AGENT) as client:
            return [(await client.get(Request(url=base + path))).body_hash for path in bodies]

    first, second, third = run(hashes())
    assert first == second == hashlib.blake2b(b"one", digest_size=16).hexdigest()
    assert third != first


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_every_status_is_an_answer(status: int) -> None:
    """A server that says no is heard, with its headers and words; the collector judges."""
    fetched, _ = run(fetch(answering(b'{"error":"no"}', status, Retry_After="60")))
    assert fetched.answer.status == status
    assert fetched.answer.body == b'{"error":"no"}'
    assert fetched.answer.headers["retry-after"] == "60"


def test_login_in_the_address_is_sent_but_not_shown() -> None:
    """user:password@ goes out as an Authorization header; the answer's address no longer holds it."""
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response()

    async def fetched_url() -> str:
        async with serving(handler) as base, Client(user_agent=AGENT) as client:
            with_login = base.replace("http://", "http://anna:p%40ss@") + "/feed"
            assert base + "/feed" == (await client.get(Request(url=with_login))).answer.url
            return base

    run(fetched_url())
    assert seen == ["Basic YW5uYTpwQHNz"]  # anna:p@ss


def test_a_secret_with_a_line_end_is_not_sent_and_not_shown() -> None:
    """A token copied with its line break makes an understandable error that does not hold the token."""
    with pytest.raises(FeedUnreachable) as caught:
        run(fetch(answering(), headers={"Authorization": "Bearer s3cr3t-token\n"}))
    assert "Authorization" in caught.value.problem
    assert "s3cr3t" not in str(caught.value)


# Nothing new costs nothing


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc--gzip"', "bare-without-quotes", '"with \\" inside"'])
def test_validators_go_back_word_for_word(etag: str) -> None:
    """A server that is asked with its own ETag and Last-Modified answers 304 without a body."""
    last_modified = "Tue, 17 Nov 2026 7:05:00 +0100"  # not the form of the standard, and yet returned as it is
    seen: list[tuple[str | None, str | None]] = []

    async def handler(request: web.Request) -> web.Response:
        known = (request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since"))
        seen.append(known)
        status = 304 if known == (etag, last_modified) else 200
        return web.Response(status=status, body=b"" if status == 304 else b"<rss/>", headers={"ETag": etag})

    async def twice() -> tuple[Fetched, Fetched]:
        async with serving(handler) as base, Client(user_agent=AGENT) as client:
            first = await client.get(Request(url=base))
            again = Validators(etag=first.answer.headers["etag"], last_modified=last_modified)
            return first, await client.get(Request(url=base), again)

    first, second = run(twice())
    assert seen == [(None, None), (etag, last_modified)]
    assert (first.answer.status, first.answer.body) == (200, b"<rss/>")
    assert (second.answer.status, second.answer.body) == (304, b"")


def test_a_validator_that_cannot_be_sent_is_left_out() -> None:
    """An ETag with a control character in it costs a whole answer, not the feed."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.extend(name for name in request.headers if name.startswith("If-"))
        return web.Response(body=b"<rss/>")

    fetched, _ = run(fetch(handler, validators=Validators(etag='"a\x01b"', last_modified="\udce9")))
    assert (fetched.answer.body, seen) == (b"<rss/>", [])


# Compressed bodies


def packed(body: bytes, bits: int) -> bytes:
    """Body packed by zlib: 31 makes gzip, 15 zlib, -15 bare deflate."""
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(body) + packer.flush()


FEED = b"<rss>" + b"<item>Ferry timetable</item>" * 500 + b"</rss>"


@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        ("gzip", packed(FEED, 31)),
        ("x-gzip", packed(FEED, 31)),
        ("GZIP", packed(FEED, 31)),
        ("deflate", packed(FEED, 15)),
        ("deflate", packed(FEED, -15)),
        ("deflate", packed(FEED, 31)),
        ("gzip", packed(FEED, 15)),
        ("gzip", packed(FEED[:100], 31) + packed(FEED[100:], 31)),
        ("gzip", packed(FEED, 31) + b"\0" * 500),
        ("gzip", packed(FEED, 31) + b"<!-- served by cache 3 -->"),
        ("identity", FEED),
        ("identity, gzip", packed(FEED, 31)),
        ("utf-8", FEED),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "capitals",
        "zlib",
        "bare deflate",
        "gzip called deflate",
        "zlib called gzip",
        "two members",
        "zeros after",
        "words after",
        "identity",
        "identity and gzip",
        "charset by mistake",
    ],
)
def test_unpacks_what_servers_really_send(encoding: str, wire: bytes) -> None:
    """gzip, deflate in both its forms, wrong names, and something after the end all give the feed."""
    fetched, _ = run(fetch(answering(wire, Content_Encoding=encoding)))
    assert fetched.answer.body == FEED
    assert "content-encoding" not in fetched.answer.headers


def test_unpacks_a_body_that_comes_byte_by_byte() -> None:
    """However the network cuts the pieces, the feed is the same."""

    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Encoding": "deflate"})
        await answer.prepare(request)
        for byte in packed(FEED, -15):
            await answer.write(bytes([byte]))
        return answer

    assert run(fetch(handler))[0].answer.body == FEED


def test_a_packed_file_that_is_not_announced_as_packed_stays_as_it_is() -> None:
    """feed.xml.gz served as a file is the collector's to judge."""
    wire = packed(FEED, 31)
    assert run(fetch(answering(wire)))[0].answer.body == wire


def test_an_empty_body_announced_as_packed_is_empty() -> None:
    """Servers keep Content-Encoding on answers without a body."""
    assert run(fetch(answering(b"", 200, Content_Encoding="gzip")))[0].answer.body == b""


# Taking turns


class Watching:
    """A handler that takes a moment, and notes how many requests it had at once and when they began and ended."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.seconds = seconds
        self.now = self.most = 0
        self.times: list[tuple[float, float]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        began = time.monotonic()
        await asyncio.sleep(self.seconds)
        self.times.append((began, time.monotonic()))
        self.now -= 1
        if request.path == "/on":
            raise web.HTTPFound("/there")
        return web.Response()


def test_one_host_is_asked_one_thing_at_a_time_while_two_hosts_are_asked_together() -> None:
    """Six feeds of one host wait for each other, redirects included; another host's feeds do not wait for them."""
    one, other = Watching(0.3), Watching()
    both = 0

    async def noting(request: web.Request) -> web.Response:
        nonlocal both
        both = max(both, one.now)
        return await other.answer(request)

    async def work() -> None:
        async with (
            serving(one.answer) as first,
            serving(noting, "127.0.0.2") as second,
            Client(user_agent=AGENT) as client,
        ):
            urls = [f"{first}/{path}" for path in ("a", "b", "on", "c")] + [f"{second}/a", f"{second}/b"]
            await asyncio.gather(*(client.get(Request(url=url)) for url in urls))

    run(work())
    assert (one.most, len(one.times)) == (1, 5)
    assert (other.most, len(other.times)) == (1, 2)
    assert both == 1


def test_a_pause_is_kept_between_two_requests_to_a_host() -> None:
    """With a pause of 0.1 seconds the next request comes no sooner, a redirect within the host included."""
    watching = Watching(0)

    async def work() -> None:
        async with serving(watching.answer) as base, Client(user_agent=AGENT) as client:
            await asyncio.gather(*(client.get(Request(url=f"{base}/{path}", pause=0.1)) for path in ("a", "on")))

    run(work())
    gaps = [later[0] - earlier[1] for earlier, later in zip(watching.times, watching.times[1:], strict=False)]
    assert len(gaps) == 2
    assert min(gaps) >= 0.095


def test_a_pause_that_one_feed_asks_for_is_kept_before_the_next_feed_of_that_host() -> None:
    """The host is the one to be spared, whichever feed comes next."""
    watching = Watching(0)

    async def work() -> None:
        async with serving(watching.answer) as base, Client(user_agent=AGENT) as client:
            await client.get(Request(url=base, pause=0.1))
            await client.get(Request(url=base))

    run(work())
    assert watching.times[1][0] - watching.times[0][1] >= 0.095


def test_no_more_requests_at_once_than_the_limit() -> None:
    """Eight hosts, three at once; those that wait for their host do not take a place from others."""
    watching = Watching(0.03)

    async def work() -> None:
        async with contextlib.AsyncExitStack() as servers:
            bases = [await servers.enter_async_context(serving(watching.answer)) for _ in range(8)]
            client = await servers.enter_async_context(Client(user_agent=AGENT, limits=Limits(at_once=3)))
            await asyncio.gather(*(client.get(Request(url=base)) for base in bases))

    run(work())
    assert (watching.most, len(watching.times)) == (3, 8)


def test_a_feed_that_failed_leaves_its_host_free_for_the_next() -> None:
    """An error, or a run that is broken off, does not keep the host locked."""
    watching = Watching(0.3)

    async def work() -> int:
        async with (
            serving(watching.answer) as base,
            Client(user_agent=AGENT, limits=Limits(answer_seconds=5)) as client,
        ):
            first = asyncio.create_task(client.get(Request(url=base)))
            await asyncio.sleep(0.05)
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await first
            return (await client.get(Request(url=base))).answer.status

    assert run(work()) == 200


# Redirects


def leading(where: dict[str, tuple[int, str]], seen: list[web.Request] | None = None) -> Handler:
    """A handler that redirects the paths named and answers any other with its own path."""

    async def handler(request: web.Request) -> web.Response:
        if seen is not None:
            seen.append(request)
        if request.path in where:
            status, target = where[request.path]
            return web.Response(status=status, headers={"Location": target}, body=b"moved")
        return web.Response(text=request.path_qs)

    return handler


def test_redirects_are_followed_and_each_is_reported() -> None:
    """The answer is that of the last address; the permanent part at the start of the way is told apart."""

    async def work() -> tuple[Fetched, str]:
        async def handler(request: web.Request) -> web.StreamResponse:
            ways = {"/a": (301, "/b"), "/b": (308, "c?x=1#part"), "/c": (302, f"//{request.host}/d")}
            return await leading(ways)(request)

        async with serving(handler) as base, Client(user_agent=AGENT) as client:
            return await client.get(Request(url=f"{base}/a")), base

    fetched, base = run(work())
    assert (fetched.answer.url, fetched.answer.body) == (f"{base}/d", b"/d")
    assert [(hop.status, hop.to) for hop in fetched.hops] == [
        (301, f"{base}/b"),
        (308, f"{base}/c?x=1"),
        (302, f"{base}/d"),
    ]
    assert fetched.permanent_to == f"{base}/c?x=1"


@pytest.mark.parametrize(("status", "expected"), [(301, True), (308, True), (302, False), (303, False), (307, False)])
def test_only_301_and_308_are_moves_for_good(status: int, expected: bool) -> None:
    """A temporary redirect is followed, but never remembered."""
    fetched, base = run(fetch(leading({"/feed": (status, "/new")})))
    assert fetched.answer.body == b"/new"
    assert fetched.permanent_to == (f"{base}/new" if expected else None)


def test_validators_reach_the_address_that_gave_them() -> None:
    """The feed behind a redirect gets its own ETag back, and its 304 is the answer."""
    seen: list[web.Request] = []
    fetched, _ = run(fetch(leading({"/feed": (302, "/new")}, seen), validators=Validators(etag='"v1"')))
    assert [request.headers["If-None-Match"] for request in seen] == ['"v1"', '"v1"']
    assert fetched.answer.status == 200


def test_a_redirect_without_a_target_is_an_answer() -> None:
    """A 302 that leads nowhere is handed on with its body."""
    fetched, _ = run(fetch(answering(b"moved?", 302)))
    assert (fetched.answer.status, fetched.answer.body, fetched.hops) == (302, b"moved?", ())


def test_within_a_host_credentials_stay_and_to_another_they_never_go() -> None:
    """Authorization, keys and secret parameters end at the host they were meant for."""
    near: list[web.Request] = []
    far: list[web.Request] = []

    async def work() -> Fetched:
        async with serving(leading({}, far), "127.0.0.2") as other:
            elsewhere = f"{other}/feed?user=anna&FEED=t0ken-value&next=%2Fx%3Ft%3Dt0ken-value"
            ways = {"/a": (302, "/b?feed=t0ken-value"), "/b": (302, elsewhere)}
            async with serving(leading(ways, near)) as base, Client(user_agent=AGENT) as client:
                request = Request(
                    url=f"{base}/a?feed=t0ken-value",
                    headers={"Authorization": "Bearer x", "X-Api-Key": "y", "Cookie": "z", "Accept": "text/xml"},
                    secret=("feed",),
                )
                return await client.get(request)

    fetched = run(work())
    assert [request.headers.get("Authorization") for request in near] == ["Bearer x", "Bearer x"]
    assert near[1].query["feed"] == "t0ken-value"
    assert far[0].path_qs == "/feed?user=anna"
    assert not {"Authorization", "X-Api-Key", "Cookie"} & set(far[0].headers)
    assert (far[0].headers["Accept"], far[0].headers["User-Agent"]) == ("text/xml", AGENT)
    assert "t0ken" not in "".join(hop.to for hop in fetched.hops)


def test_a_move_whose_address_holds_a_secret_is_not_offered_for_keeping() -> None:
    """What may be stored never holds a token."""
    fetched, _ = run(fetch(leading({"/feed": (301, "/new?feed=abcdef")}), "/feed?feed=abcdef", secret=("feed",)))
    assert fetched.answer.body == b"/new?feed=abcdef"
    assert fetched.hops[0].to.endswith("/new?feed=***")
    assert fetched.permanent_to is None


# Proxies of the environment


@contextlib.asynccontextmanager
async def proxying(answer: bytes, heard: list[str], port: int = 0) -> AsyncIterator[int]:
    """A proxy that notes what it is asked and always answers the same; gives its port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]


def test_the_proxy_of_the_environment_is_asked_with_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy names need not be known here, and a proxy inside the network is no reason to refuse."""
    heard: list[str] = []

    async def work() -> Answer:
        body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        async with proxying(body, heard) as port, Client(user_agent=AGENT) as client:
            monkeypatch.setenv("http_proxy", f"http://town:hall@127.0.0.1:{port}")
            monkeypatch.setenv("no_proxy", "intranet.example")
            return (await client.get(Request(url="http://feed.invalid/x"), named=False)).answer

    assert run(work()).body == b"ok"
    assert heard[0].startswith("GET http://feed.invalid/x HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dG93bjpoYWxs" in heard[0]  # town:hall


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "http://10.1.2.3/", "http://localhost:631/"])
def test_behind_a_proxy_written_out_inside_addresses_are_refused_all_the_same(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """The proxy is not asked to fetch what only this network can reach."""
    heard: list[str] = []

    async def work() -> None:
        moved_answer = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
        async with proxying(moved_answer, heard) as port, Client(user_agent=AGENT) as client:
            monkeypatch.setenv("http_proxy", f"127.0.0.1:{port}")
            await client.get(Request(url="http://feed.invalid/x"))

    with pytest.raises(FeedRefused, match="inside this network"):
        run(work())
    assert len(heard) == 1


def test_a_proxy_that_refuses_or_is_gone_is_named_as_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The press officer is told that it is the proxy, not the feed."""

    async def refused() -> None:
        answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        async with proxying(answer, []) as port, Client(user_agent=AGENT) as client:
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
            await client.get(Request(url="https://feed.invalid/x"))

    async def gone() -> None:
        async with Client(user_agent=AGENT) as client:
            await client.get(Request(url="https://feed.invalid/x"))

    with pytest.raises(
        FeedUnreachable, match=r"proxy of this network does not let us ask feed\.invalid \(status 407\)"
    ):
        run(refused())
    with pytest.raises(FeedUnreachable, match=r"proxy of this network \(127\.0\.0\.1\) could not be reached"):
        run(gone())
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(FeedUnreachable, match="proxy that this machine's environment names cannot be used"):
        run(gone())


# Addresses that may be shown


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://feed.example/new.rss?feed=abc&user=anna", "https://feed.example/new.rss?feed=***&user=anna"),
        ("https://feed.example/?FEED=abc", "https://feed.example/?FEED=***"),
        ("https://feed.example/?a=1&access_token=abc#t", "https://feed.example/?a=1&access_token=***"),
        ("https://feed.example/?f%65ed=abc;x=1", "https://feed.example/?f%65ed=***;x=1"),
        ("https://anna:pw@feed.example/x", "https://***@feed.example/x"),
        ("https://anna:p@w@feed.example/@club?x", "https://***@feed.example/@club?x"),
        ("https://feed.example//a@b", "https://feed.example//a@b"),
        ("/relative?feed=abc", "/relative?feed=***"),
        ("https://feed.example/?feed=", "https://feed.example/?feed="),
        ("not an address", "not an address"),
        ("https://feed.example/\x1b[31mred\x9b", "https://feed.example/[31mred"),
    ],
)
def test_redact_hides_logins_and_secret_parameters_and_keeps_the_rest(url: str, expected: str) -> None:
    """What is shown is the address as written, but for its secrets."""
    assert redact(url, ("feed",)) == expected


@given(value=st.text(st.characters(codec="ascii", exclude_characters="&;#*"), min_size=4), more=st.text(max_size=20))
@settings(max_examples=150)
def test_redact_never_lets_a_secret_through(value: str, more: str) -> None:
    """Whatever stands around it, the value of a secret parameter is gone."""
    marked = f"S3CR3T{value}"
    assert "S3CR3T" not in redact(f"https://feed.example/{more.replace('#', '')}?feed={marked}&x=1", ("feed",))


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("https://feed.example/page/2?x", True),
        ("https://FEED.example.:443/", True),
        ("https://feed.example:8443/", False),
        ("http://feed.example/", False),
        ("https://www.feed.example/", False),
        ("https://feed.example@elsewhere.example/", False),
        ("/page/2", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_the_very_same_host_may_see_what_was_meant_for_it(then: str, expected: bool) -> None:
    """Another port, another scheme or a lookalike is another host."""
    assert same_host("https://feed.example/feed", then) is expected


def test_a_host_that_turns_to_https_is_the_same_host() -> None:
    """The step from http to https keeps what was already said in the open."""
    assert same_host("http://feed.example/feed", "https://feed.example/feed")
    assert not same_host("http://feed.example:8080/feed", "https://feed.example/feed")


# When to ask again


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "99999999999999"}, 86400),
        ({"retry-after": "Fri, 20 Nov 2026 12:05:00 GMT"}, 300),
        ({"retry-after": "Friday, 20-Nov-26 12:05:00 GMT"}, 300),
        ({"retry-after": "Fri, 20 Nov 2026 13:05:00 +0100"}, 300),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "Fri, 20 Nov 2099 11:00:00 GMT"}, 86400),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-20T12:05:00.123456Z"}, 300.123456),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str((int(NOW.timestamp()) + 90) * 1000)}, 90),
        ({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "437"}, 437),
        ({"x-ratelimit-remaining": "12.0", "x-ratelimit-reset": "437"}, None),
        ({"x-ratelimit-reset": "437"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, None),
        ({"retry-after": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "437"}, 437),
        ({"retry-after": "soon", "ratelimit-remaining": "0", "ratelimit-reset": "30"}, 30),
    ],
)
def test_every_form_of_come_back_later_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, HTTP dates, ISO times, epochs and seconds left; held between now and a day from now."""
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert retry_after(headers, NOW) == expected


@given(
    seconds=st.integers(-(10**6), 10**6),
    form=st.sampled_from(["seconds", "http date", "iso", "epoch"]),
)
@settings(max_examples=200)
def test_all_forms_of_one_moment_mean_the_same(seconds: int, form: str) -> None:
    """However a server writes a moment, we come back at that moment, within a day."""
    moment = NOW + timedelta(seconds=seconds)
    headers = {
        "seconds": {"retry-after": str(seconds)},
        "http date": {"retry-after": format_datetime(moment, usegmt=True)},
        "iso": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": moment.isoformat()},
        "epoch": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(moment.timestamp()))},
    }[form]
    assert retry_after(headers, NOW) == NOW + timedelta(seconds=min(max(seconds, 0), 86400))


@given(st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "x-ratelimit-remaining"]), st.text()))
@settings(max_examples=200)
def test_no_header_can_send_us_into_the_past_or_away_for_good(headers: dict[str, str]) -> None:
    """Whatever stands in the headers, the wait is none or between nothing and a day."""
    when = retry_after(headers, NOW)
    assert when is None or NOW <= when <= NOW + timedelta(days=1)


@given(failures=st.integers(1, 10**9), seed=st.integers())
@settings(max_examples=200)
def test_backing_off_doubles_up_to_a_day_and_never_falls_under_half(failures: int, seed: int) -> None:
    """After n failures the wait lies between half and all of 15 minutes x 2^(n - 1), at most 24 hours."""
    wait = back_off(failures, random.Random(seed))
    most = min(timedelta(hours=24), timedelta(minutes=15) * 2 ** min(failures - 1, 20))
    assert most / 2 <= wait <= most


def test_backing_off_scatters_and_starts_with_the_first_failure() -> None:
    """Feeds that fail together do not come back together; without a failure there is no wait."""
    rng = random.Random(7)
    assert len({back_off(3, rng) for _ in range(50)}) == 50
    assert back_off(0, rng) == timedelta(0)
    assert timedelta(seconds=30) <= back_off(1, rng, base=timedelta(minutes=1)) <= timedelta(minutes=1)


def test_a_move_is_believed_once_it_has_been_seen_for_three_days() -> None:
    """First sight is noted, the same target three days on is adopted."""
    new = "https://new.example/feed"
    to, since, adopt = moved(None, None, new, NOW)
    assert (to, since, adopt) == (new, NOW, False)
    assert moved(to, since, new, NOW + timedelta(days=2, hours=23)) == (new, NOW, False)
    assert moved(to, since, new, NOW + timedelta(days=3)) == (new, NOW, True)


def test_a_move_that_changes_or_stops_starts_over() -> None:
    """A captive portal's redirect is forgotten as soon as the feed answers for itself again."""
    later = NOW + timedelta(days=4)
    assert moved("https://a.example/", NOW, None, later) == (None, None, False)
    assert moved("https://a.example/", NOW, "https://b.example/", later) == ("https://b.example/", later, False)
    assert moved("https://a.example/", later, "https://a.example/", NOW) == ("https://a.example/", NOW, False)
