"""The polite client against slow, broken, greedy and malicious servers: each ends in a plain sentence, soon."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shutil
import socket
import ssl
import subprocess
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.errors import FeedError, FeedRefused, FeedUnreachable, FeedUnreadable
from listening.fetch import Client, Fetched, Limits, is_inside
from listening.models import Request

AGENT = "Listening/0.1 (+mailto:press@quillhaven.example)"
QUICK = Limits(connect_seconds=0.2, answer_seconds=0.2, max_bytes=1_000_000)
PLENTY = Limits(connect_seconds=5, answer_seconds=5, max_bytes=1_000_000)
"""For all that answers at once: a busy machine may stop for a moment."""

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
T = TypeVar("T")
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, but never for long."""
    return asyncio.run(asyncio.wait_for(work, 10))


class Raw:
    """A server that sends the very bytes it was given (by path, or always the same), and notes what it was asked."""

    def __init__(self, answers: bytes | dict[str, bytes] = OK, *, talk: Talk | None = None) -> None:
        self.answers = answers
        self.talk = talk
        self.heard: list[str] = []
        self.port = 0
        self.talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.talks[task] = writer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            asked = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heard.append(asked)
            if self.talk is not None:
                await self.talk(reader, writer)
            elif isinstance(self.answers, bytes):
                writer.write(self.answers)
            else:
                writer.write(self.answers[asked.split(" ", 2)[1]])
            await writer.drain()
        writer.close()

    @contextlib.asynccontextmanager
    async def on(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """Listen; gives the address without a closing slash."""
        server = await asyncio.start_server(self._answer, host, port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield f"{'https' if tls else 'http'}://{host}:{self.port}"
        finally:
            server.close()
            for task, writer in self.talks.items():
                task.cancel()
                writer.transport.abort()
            await asyncio.gather(*self.talks, return_exceptions=True)
            self.talks.clear()


async def fetch(answer: bytes | Talk, limits: Limits = PLENTY) -> Fetched:
    """One request to a server that sends those bytes, or talks like that."""
    server = Raw(answer) if isinstance(answer, bytes) else Raw(talk=answer)
    async with server.on() as base, Client(user_agent=AGENT, limits=limits) as client:
        return await client.get(Request(url=f"{base}/feed?token=s3cr3t"))


def problem(answer: bytes | Talk, kind: type[FeedError], limits: Limits = PLENTY) -> str:
    """The sentence that such an answer ends in; it never holds the token of the address, and advice goes with it."""
    with pytest.raises(kind) as caught:
        run(fetch(answer, limits))
    assert type(caught.value) is kind
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.advice
    assert caught.value.problem.endswith(".")
    return caught.value.problem


# Slow


def test_a_server_that_drips_is_given_up_after_the_time_for_an_answer() -> None:
    """A byte now and then does not buy more time."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _number in range(100):
            writer.write(b"<")
            await writer.drain()
            await asyncio.sleep(0.02)

    began = time.monotonic()
    assert problem(drip, FeedUnreachable, QUICK) == "127.0.0.1 did not finish its answer within 0.2 seconds."
    assert 0.2 <= time.monotonic() - began < 2


def test_a_server_that_drips_its_headers_is_given_up_too() -> None:
    """The time runs from the first byte that we sent, not from the first that we got."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            writer.write(b"X-%d: y\r\n" % number)
            await writer.drain()
            await asyncio.sleep(0.02)

    assert "did not finish its answer within 0.2 seconds" in problem(drip, FeedUnreachable, QUICK)


def test_a_chain_of_slow_redirects_shares_one_time() -> None:
    """Three redirects of 0.12 seconds each do not get 0.2 seconds each."""

    async def slowly_on(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.12)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: ?%d\r\nContent-Length: 0\r\n\r\n" % time.monotonic_ns())

    began = time.monotonic()
    assert "did not finish its answer within 0.2 seconds" in problem(slowly_on, FeedUnreachable, QUICK)
    assert time.monotonic() - began < 1


def test_a_server_that_never_takes_the_connection_is_given_up() -> None:
    """A full waiting line counts as connecting, and the sentence says so."""

    async def work() -> None:
        with contextlib.ExitStack() as sockets:
            full = sockets.enter_context(socket.socket())
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(4):
                waiting = sockets.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            async with Client(user_agent=AGENT, limits=QUICK) as client:
                await client.get(Request(url=f"http://127.0.0.1:{full.getsockname()[1]}/"))

    with pytest.raises(FeedUnreachable) as caught:
        run(work())
    assert caught.value.problem == "127.0.0.1 did not take the connection within 0.2 seconds."


def test_waiting_for_a_turn_is_not_counted_against_the_server() -> None:
    """Three feeds of one host, 0.5 seconds each and 1.2 allowed: the last is not too slow for having waited."""

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(OK)

    async def work() -> list[int]:
        limits = replace(PLENTY, answer_seconds=1.2)
        async with Raw(talk=slow).on() as base, Client(user_agent=AGENT, limits=limits) as client:
            fetched = await asyncio.gather(*(client.get(Request(url=f"{base}/{number}")) for number in range(3)))
            return [one.answer.status for one in fetched]

    assert run(work()) == [200, 200, 200]


# Large


def gzip_bomb() -> tuple[bytes, bytes]:
    """The start of a gzip file, and a piece of about 10 KB that unpacks to 10 MB of zeros however often it is sent."""
    packer = zlib.compressobj(level=9, wbits=31)
    start = packer.compress(b"\0" * 1000) + packer.flush(zlib.Z_FULL_FLUSH)
    return start, packer.compress(b"\0" * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH)


def test_a_compressed_bomb_is_stopped_at_the_limit_and_does_not_fill_the_memory() -> None:
    """10 MB that would unpack to 10 GB cost at most a few times the limit of 1 MB, and little time."""
    start, piece = gzip_bomb()
    sent = 0

    async def bomb(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10000000\r\n\r\n" + start)
        while sent < 10_000_000:
            writer.write(piece)
            sent += len(piece)
            await writer.drain()

    tracemalloc.start()
    try:
        limits = Limits(connect_seconds=2, answer_seconds=5, max_bytes=10_000_000)
        assert len(piece) < 11_000
        assert problem(bomb, FeedUnreadable, limits) == "The answer is larger than 10 MB."
        tracemalloc.clear_traces()
        sent = 0
        limits = Limits(connect_seconds=2, answer_seconds=5, max_bytes=1_000_000)
        assert problem(bomb, FeedUnreadable, limits) == "The answer is larger than 1 MB."
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_an_endless_answer_without_a_length_is_stopped() -> None:
    """Neither a missing Content-Length nor chunks get around the limit."""

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()

    async def until_closed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 0x10000)
            await writer.drain()

    limits = Limits(answer_seconds=5, max_bytes=500_000)
    assert problem(endless, FeedUnreadable, limits) == "The answer is larger than 0.5 MB."
    assert problem(until_closed, FeedUnreadable, limits) == "The answer is larger than 0.5 MB."


def test_an_answer_announced_as_too_large_is_not_read_at_all() -> None:
    """The announced length is enough to say no: the server here would never send a byte of it."""

    async def announce(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n")
        await reader.read()

    assert problem(announce, FeedUnreadable, Limits(max_bytes=1_000_000)) == "The answer is larger than 1 MB."


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_exactly_the_limit_is_still_allowed(encoding: str) -> None:
    """A body as large as the limit passes, one byte more does not, packed or not."""

    def answer(size: int) -> bytes:
        body = bytes(number * number % 251 for number in range(size))
        if encoding:
            packer = zlib.compressobj(wbits=31 if encoding == "gzip" else -15)
            body = packer.compress(body) + packer.flush()
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    limits = Limits(max_bytes=300_000)
    assert len(run(fetch(answer(300_000), limits)).answer.body) == 300_000
    assert problem(answer(300_001), FeedUnreadable, limits) == "The answer is larger than 0.3 MB."


def test_a_stream_that_unpacks_to_nothing_for_ever_is_stopped() -> None:
    """Empty gzip members one after another: nothing comes out, and still there is an end to it."""
    packer = zlib.compressobj(wbits=31)
    nothing = (packer.compress(b"") + packer.flush()) * 1000

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        while True:
            writer.write(nothing)
            await writer.drain()

    assert "larger than" in problem(endless, FeedUnreadable, Limits(answer_seconds=5, max_bytes=100_000))


@pytest.mark.parametrize(
    "headers",
    [b"X-Long: " + b"y" * 200_000 + b"\r\n", b"".join(b"X-%d: y\r\n" % number for number in range(50_000))],
    ids=["one header of 200 KB", "50,000 headers"],
)
def test_headers_without_end_are_refused(headers: bytes) -> None:
    """No feed needs that."""
    answer = b"HTTP/1.1 200 OK\r\n" + headers + b"Content-Length: 2\r\n\r\nok"
    assert problem(answer, FeedUnreadable) == "127.0.0.1 answered with something that is not HTTP."


def test_a_long_security_policy_is_no_reason_to_give_up() -> None:
    """Real sites send headers of 20 KB."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Security-Policy: " + b"y" * 20_000 + b"\r\nContent-Length: 2\r\n\r\nok"
    assert run(fetch(answer)).answer.body == b"ok"


# Broken


def with_body(body: bytes, headers: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "answer",
    [
        with_body(b"<rss>", "Content-Length: 5000"),
        with_body(b"5\r\n<rss>\r\n", "Transfer-Encoding: chunked"),
        with_body(b"50\r\n<rss>", "Transfer-Encoding: chunked"),
    ],
    ids=["shorter than announced", "last chunk missing", "in a chunk"],
)
def test_half_an_answer_is_no_answer(answer: bytes) -> None:
    """A feed that breaks off is not taken for a short one."""
    assert problem(answer, FeedUnreachable) == "127.0.0.1 broke off in the middle of its answer."


def test_a_connection_closed_without_a_word_is_said_so() -> None:
    """No status, no body, no connection."""
    assert problem(b"", FeedUnreachable) == "127.0.0.1 closed the connection without an answer."


def test_a_connection_reset_is_said_so() -> None:
    """A server that breaks off hard ends in a sentence as well."""

    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )  # closing sends a reset
        writer.transport.abort()

    assert problem(reset, FeedUnreachable) in {
        "127.0.0.1 broke the connection off.",
        "127.0.0.1 closed the connection without an answer.",
    }


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"HTTP/9 what\r\n\r\n",
        with_body(b"xyz\r\n<rss>\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    ],
)
def test_what_is_not_http_is_said_so(answer: bytes) -> None:
    """Another service on that port."""
    assert problem(answer, FeedUnreadable) == "127.0.0.1 answered with something that is not HTTP."


PACKED = zlib.compress(b"<rss>" * 5000, wbits=31)


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("gzip", PACKED[:-20], "The compressed answer ends half way."),
        ("gzip", PACKED[:1], "The compressed answer ends half way."),
        ("gzip", PACKED[:-8], "The compressed answer ends half way."),
        ("deflate", zlib.compress(b"<rss>" * 5000)[:-9], "The compressed answer ends half way."),
        (
            "gzip",
            PACKED[:30] + b"!!" + PACKED[32:],
            "The answer says that it is compressed, but it cannot be unpacked.",
        ),
        ("gzip", PACKED[:-8] + b"\0" * 8, "The answer says that it is compressed, but it cannot be unpacked."),
        ("gzip", b"<rss></rss>", "The answer says that it is compressed, but it cannot be unpacked."),
        ("gzip, gzip", PACKED, "The answer is compressed in a way that we did not ask for (gzip, gzip)."),
        ("br", b"\x0b\x02\x80<rss>\x03", "The answer is compressed in a way that we did not ask for (br)."),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_not_used(encoding: str, body: bytes, expected: str) -> None:
    """Cut off, damaged, packed twice, or packed in another way."""
    answer = with_body(body, f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}")
    assert problem(answer, FeedUnreadable) == expected


@pytest.mark.parametrize(
    "body", [b"Content-Encoding: br\r\nContent-Length: 4\r\n\r\n????", b"Content-Length: 99\r\n\r\nbusy"]
)
def test_a_no_is_heard_even_if_its_words_cannot_be_read(body: bytes) -> None:
    """A 429 with a broken body still says when to come back."""
    fetched = run(fetch(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\n" + body))
    assert (fetched.answer.status, fetched.answer.body) == (429, b"")
    assert fetched.answer.headers["retry-after"] == "60"


def test_headers_in_any_bytes_become_text_that_can_be_stored() -> None:
    """A Latin-1 header does not turn into characters that no database takes."""
    fetched = run(fetch(b'HTTP/1.1 200 OK\r\nETag: "caf\xe9"\r\nServer: caf\xc3\xa9\r\nContent-Length: 0\r\n\r\n'))
    assert (fetched.answer.headers["etag"], fetched.answer.headers["server"]) == ('"café"', "café")


@given(
    head=st.sampled_from(
        [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\nLocation: ", b"HTTP/1.1 200 OK\r\n\r\n"]
    ),
    middle=st.binary(max_size=60),
    tail=st.sampled_from(
        [b"", b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", b"\r\nContent-Length: 3\r\n\r\nabc"]
    ),
)
@settings(max_examples=120)
def test_whatever_a_server_sends_ends_in_an_answer_or_in_a_sentence(head: bytes, middle: bytes, tail: bytes) -> None:
    """No bytes make the run stumble: there is an answer, or an error of ours."""
    with contextlib.suppress(FeedError):
        fetched = run(fetch(head + middle + tail, Limits(connect_seconds=0.2, answer_seconds=0.2, redirects=1)))
        assert 100 <= fetched.answer.status <= 999
        stored = "".join(fetched.answer.headers.values())
        assert stored.encode().decode() == stored


# Not there


def get(url: str, limits: Limits = PLENTY, **more: Any) -> Fetched:
    """One request with a client of its own."""

    async def work() -> Fetched:
        async with Client(user_agent=AGENT, limits=limits, **more) as client:
            return await client.get(Request(url=url))

    return run(work())


def test_a_refused_connection_names_host_and_port() -> None:
    """Nobody listens there."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(FeedUnreachable) as caught:
            get(f"http://127.0.0.1:{port}/")
    assert caught.value.problem == f"127.0.0.1 refuses connections on port {port}."


@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", "quillhaven..example"])
def test_a_name_that_cannot_exist_is_said_so(host: str) -> None:
    """The system's own look-up stumbles over such names; we do not."""
    with pytest.raises(FeedUnreachable) as caught:
        get(f"http://{host}/feed")
    assert caught.value.problem == f"There is no server named {host}."


class Names(AbstractResolver):
    """A name service: for each name the addresses it gives, one list for each time it is asked, the last for good."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", ".").replace("..", "-"): answers for name, answers in names.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        flags = socket.AI_NUMERICHOST
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=flags)
            for one in addresses
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


def test_an_unknown_name_and_a_silent_name_service_are_told_apart() -> None:
    """The first is a wrong address, the second a passing trouble here."""
    names = Names(silent_example=[[]])
    with pytest.raises(FeedUnreachable, match=r"There is no server named gone\.example\."):
        get("http://gone.example/", resolver=names)
    with pytest.raises(FeedUnreachable, match=r"The name silent\.example could not be looked up\."):
        get("http://silent.example/", resolver=names)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.example/rss",
        "ftp://feed.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///feed",
        "http://[::1",
        "http://feed.example:99999/",
        "http://two words.example/",
        "http://a\r\nX-Evil: 1/",
    ],
)
def test_what_is_no_web_address_is_not_tried(url: str) -> None:
    """Only http and https, only with a host that can be looked up."""
    with pytest.raises(FeedUnreachable, match="is not a web address"):
        get(url)


# Redirects that lead astray


def redirect(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 5\r\n\r\nmoved".encode()


def test_a_circle_is_noticed() -> None:
    """Two addresses that send to each other end at once, not after the last allowed redirect."""
    server = Raw({"/feed": redirect("/other"), "/other": redirect("/feed#top")})

    async def work() -> None:
        async with server.on() as base, Client(user_agent=AGENT) as client:
            await client.get(Request(url=f"{base}/feed"))

    with pytest.raises(FeedRefused, match="round in a circle"):
        run(work())
    assert len(server.heard) == 2


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    """The limit counts redirects, not requests."""
    server = Raw({f"/{number}": redirect(f"/{number + 1}") for number in range(6)} | {"/6": OK})

    async def work(start: str) -> int:
        async with server.on() as base, Client(user_agent=AGENT) as client:
            return len((await client.get(Request(url=base + start))).hops)

    assert run(work("/1")) == 5
    with pytest.raises(FeedRefused, match="more than 5 times"):
        run(work("/0"))


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("file:///etc/passwd", "not on the web"),
        ("gopher://feed.example/", "not on the web"),
        ("javascript:alert(1)", "not on the web"),
        ("http://[::1", "no address"),
        ("http://x:99999/", "no address"),
        ("//two words.example/", "no address"),
    ],
)
def test_a_redirect_that_leads_off_the_web_is_refused(target: str, sentence: str) -> None:
    """Nothing but http and https is followed."""
    assert sentence in problem(redirect(target), FeedRefused)


def only_the_second_is_outside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """The rule of the tests: 127.0.0.2 plays the public network, everything else is judged as always."""
    return str(address) != "127.0.0.2" and is_inside(address)


async def from_outside(
    target: str, limits: Limits = PLENTY, names: Names | None = None, inside: Raw | None = None
) -> Fetched:
    """Fetch a public feed that redirects to a server inside; ``{port}`` in the target is that server's."""
    inside = inside or Raw()
    async with inside.on():
        outside = Raw(redirect(target.format(port=inside.port)))
        async with (
            outside.on("127.0.0.2") as base,
            Client(user_agent=AGENT, limits=limits, is_inside=only_the_second_is_outside, resolver=names) as client,
        ):
            return await client.get(Request(url=f"{base}/feed"))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "feed.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.8",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[fe80::1%25lo]",
        "0.0.0.0",
        "①②⑦.0.0.1",
        "user:pass@127.0.0.1",
    ],
)
def test_a_public_feed_cannot_lead_us_inside_however_the_address_is_written(host: str) -> None:
    """This machine, private networks and metadata services are out of a redirect's reach; nothing is asked there."""
    inside = Raw()
    with pytest.raises(FeedRefused, match="inside this network"):
        run(from_outside(f"http://{host}:{{port}}/secret", inside=inside))
    assert inside.heard == []


def test_inside_redirects_can_be_allowed() -> None:
    """An agency whose public address leads to its own servers can say so in the settings."""
    limits = Limits(answer_seconds=1, allow_private_redirects=True)
    fetched = run(from_outside("http://127.0.0.1:{port}/feed", limits))
    assert fetched.answer.body == b"ok"


def test_a_public_feed_may_lead_to_a_public_one() -> None:
    """The check is no hindrance to ordinary redirects, by name or by address."""

    async def work() -> list[int]:
        names = Names(feed_example=[["127.0.0.2"]])
        end = Raw()
        async with end.on("127.0.0.2"):
            ways = {"/a": redirect(f"http://feed.example:{end.port}/"), "/b": redirect(f"http://127.0.0.2:{end.port}/")}
            async with (
                Raw(ways).on("127.0.0.2") as base,
                Client(user_agent=AGENT, is_inside=only_the_second_is_outside, resolver=names) as client,
            ):
                return [(await client.get(Request(url=base + path))).answer.status for path in ways]

    assert run(work()) == [200, 200]


def test_a_feed_inside_that_the_settings_name_is_fine_and_may_redirect_inside() -> None:
    """The intranet's feed is read; but as an address that came out of an answer it would not be."""

    async def work(*, named: bool) -> Fetched:
        server = Raw({"/feed": redirect("/new", 301), "/new": OK})
        async with server.on() as base, Client(user_agent=AGENT) as client:
            return await client.get(Request(url=f"{base}/feed"), named=named)

    assert run(work(named=True)).answer.body == b"ok"
    with pytest.raises(FeedRefused, match="inside this network"):
        run(work(named=False))


def test_a_name_that_changes_its_address_between_two_looks_is_caught() -> None:
    """Public when first asked, this machine when asked again: what counts is the address that is connected to."""
    names = Names(turn_example=[["127.0.0.2"], ["127.0.0.1"]])

    async def work() -> list[str]:
        inside = Raw()
        heard: list[str] = []
        async with inside.on():
            end = Raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
            async with (
                end.on("127.0.0.2", inside.port),
                Raw(redirect(f"http://turn.example:{inside.port}/")).on("127.0.0.2") as base,
                Client(user_agent=AGENT, is_inside=only_the_second_is_outside, resolver=names) as client,
            ):
                heard.append((await client.get(Request(url=base))).answer.body.decode())
                with pytest.raises(FeedRefused, match="inside this network"):
                    await client.get(Request(url=base))
            return heard + inside.heard

    assert run(work()) == ["ok"]
    assert names.asked == ["turn.example", "turn.example"]


def test_of_a_name_with_addresses_inside_and_outside_only_the_outside_is_used() -> None:
    """The inside address stands first and answers, but nobody asks it."""
    names = Names(mixed_example=[["127.0.0.1", "127.0.0.2"]])
    inside = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside")

    async def work() -> bytes:
        async with inside.on(), Raw().on("127.0.0.2", inside.port):
            return (await from_outside(f"http://mixed.example:{inside.port}/", names=names)).answer.body

    assert run(work()) == b"ok"
    assert inside.heard == []


def test_a_connection_kept_open_for_the_intranet_is_not_used_for_a_redirect() -> None:
    """The intranet's feed was just read; a public feed that points to the same name is refused all the same."""
    names = Names(intranet_example=[["127.0.0.1"]])

    async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        with contextlib.suppress(asyncio.IncompleteReadError):
            intranet.heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(OK)

    intranet = Raw(talk=stay)

    async def work() -> None:
        async with intranet.on() as _:
            address = f"http://intranet.example:{intranet.port}/"
            async with (
                Raw(redirect(address)).on("127.0.0.2") as base,
                Client(user_agent=AGENT, is_inside=only_the_second_is_outside, resolver=names) as client,
            ):
                assert (await client.get(Request(url=address))).answer.body == b"ok"
                with pytest.raises(FeedRefused, match="inside this network"):
                    await client.get(Request(url=base))

    run(work())
    assert len(intranet.heard) == 1


def test_once_outside_the_way_back_inside_is_closed() -> None:
    """A feed inside may lead out, and what it leads to may not lead back in."""

    async def work() -> None:
        inside = Raw()
        async with inside.on() as home, Raw(redirect(f"{home}/secret")).on("127.0.0.2") as away:
            inside.answers = {"/feed": redirect(away), "/secret": OK}
            async with Client(user_agent=AGENT, is_inside=only_the_second_is_outside) as client:
                await client.get(Request(url=f"{home}/feed"))

    with pytest.raises(FeedRefused, match="inside this network"):
        run(work())


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ("127.0.0.1 10.1.1.1 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 192.0.0.192 168.63.129.16", True),
        ("0.0.0.0 255.255.255.255 224.0.0.1 198.18.0.1 240.0.0.1", True),
        ("::1 :: fd00::1 fe80::1 fec0::1 ff02::1 ::ffff:10.0.0.1 ::7f00:1 64:ff9b::a00:1 2002:a00:1::", True),
        ("1.1.1.1 93.184.215.14 100.128.0.1 172.32.0.1 2606:4700::1111 64:ff9b::101:101 2002:101:101::", False),
    ],
)
def test_inside_and_outside_are_told_apart(addresses: str, expected: bool) -> None:
    """Private, link-local, shared and metadata addresses are inside, in IPv4, in IPv6, and wrapped in IPv6."""
    for address in addresses.split():
        assert (address, is_inside(ipaddress.ip_address(address))) == (address, expected)


# Encrypted connections


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the certificates of an authority of the tests, made on the spot; skipped without OpenSSL 3."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    by_authority = ["-CA", "authority.pem", "-CAkey", "authority.key"]
    for_both = ["-addext", "subjectAltName=IP:127.0.0.1,IP:127.0.0.2"]

    def openssl(*command: str) -> None:
        done = subprocess.run(["openssl", *command], cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"this openssl cannot make the certificates: {done.stderr[-200:]}")

    def make(name: str, subject: str, *more: str) -> None:
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        openssl("req", "-x509", *new_key, *files, "-days", "2", "-subj", f"/CN={subject}", *more)

    make("authority", "Quillhaven test authority")
    make("good", "127.0.0.1", *for_both, *by_authority)
    make("other", "other.example", "-addext", "subjectAltName=DNS:other.example", *by_authority)
    openssl("req", *new_key, "-keyout", "old.key", "-out", "old.csr", "-subj", "/CN=127.0.0.1", *for_both)
    until_yesterday = ["-days", "-1", "-copy_extensions", "copy"]
    openssl("x509", "-req", "-in", "old.csr", "-out", "old.pem", *until_yesterday, *by_authority)
    return folder


def server_side(certificates: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


async def over_tls(
    certificates: Path, server: Raw, trusted: Iterable[str] = ("authority",), name: str = "good"
) -> Fetched:
    """Fetch from a server with that certificate, with a client that trusts those."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for authority in trusted:
        trust.load_verify_locations(certificates / f"{authority}.pem")
    async with (
        server.on(tls=server_side(certificates, name)) as base,
        Client(user_agent=AGENT, tls=trust, limits=Limits(answer_seconds=2)) as client,
    ):
        return await client.get(Request(url=f"{base}/feed"))


def test_a_certificate_that_is_trusted_is_enough(certificates: Path) -> None:
    """An authority of the agency's own can be trusted."""
    assert run(over_tls(certificates, Raw())).answer.body == b"ok"


@pytest.mark.parametrize(
    ("name", "trusted", "expected"),
    [
        ("other", ["authority"], "The certificate of 127.0.0.1 is for another"),
        ("old", ["authority"], "The certificate of 127.0.0.1 has expired."),
        ("good", [], "The certificate of 127.0.0.1 is signed by an authority that this machine does not know."),
        ("authority", [], "The certificate of 127.0.0.1 is signed by nobody but itself."),
    ],
)
def test_a_certificate_that_is_not_right_is_said_so(
    certificates: Path, name: str, trusted: list[str], expected: str
) -> None:
    """For another name, by an unknown authority, or by nobody: nothing is asked, and the sentence says which."""
    server = Raw()
    with pytest.raises(FeedUnreachable) as caught:
        run(over_tls(certificates, server, trusted, name))
    assert caught.value.problem.startswith(expected)
    assert server.heard == []


def test_a_secure_feed_never_continues_in_the_open(certificates: Path) -> None:
    """A redirect from https to http is refused before anything is asked there."""
    open_server = Raw()

    async def work() -> None:
        async with open_server.on() as base:
            await over_tls(certificates, Raw(redirect(f"{base}/feed")))

    with pytest.raises(FeedRefused, match="from a secure to an open connection"):
        run(work())
    assert open_server.heard == []


def test_https_where_only_http_is_spoken_is_said_so(certificates: Path) -> None:
    """The wrong scheme in the settings is a common slip."""
    server = Raw()

    async def work() -> None:
        async with server.on() as base, Client(user_agent=AGENT, limits=QUICK) as client:
            await client.get(Request(url=base.replace("http://", "https://")))

    with pytest.raises(FeedUnreachable) as caught:
        run(work())
    assert caught.value.problem in {
        "127.0.0.1 could not agree with this program on a secure connection.",
        "127.0.0.1 did not take the connection within 0.2 seconds.",  # a server that waits for more than a greeting
    }
