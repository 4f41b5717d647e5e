"""The polite client: one request at a time per host, bounded in time and size, redirects followed with care."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from listening.errors import FeedRefused, FeedUnreadable
from listening.models import Answer, Request

from .addresses import (
    IsInside,
    OutsideNames,
    SystemNames,
    environment_proxy,
    host_and_port,
    is_inside,
    literal_address,
    refuse_inside,
    same_place,
    secret_values,
    shown,
    without_login,
    without_secrets,
)
from .body import read_body
from .headers import for_another_host, for_the_caller, received_headers, request_headers
from .problems import explain, too_slow_to_answer, too_slow_to_connect
from .redirects import first_address, redirect_target
from .terms import DEFAULT_LIMITS, NO_VALIDATORS, Fetched, Hop, Limits, Validators
from .turns import Turns

if TYPE_CHECKING:
    from aiohttp.connector import Connection

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_HEADER = 32 * 1024  # bytes: real servers send policies longer than the usual 8 KB
_PIECE = 64 * 1024  # bytes read at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reply:
    """One exchange: ``inside`` says whether the one who answered is in this network."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    inside: bool
    seconds: float
    answering: float  # seconds from the first byte sent


class _Response(aiohttp.ClientResponse):
    """A response that remembers who gave it, which the library forgets as soon as the body has ended."""

    peer: str | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        transport = connection.transport
        name = transport.get_extra_info("peername") if transport is not None else None
        self.peer = str(name[0]) if name else None
        return await super().start(connection)


@dataclass(slots=True)
class _Clock:
    """Starts the time for the answer when the request goes out, not while the connection is being made."""

    timeout: asyncio.Timeout
    seconds: float
    started: float | None = None

    def start(self) -> None:
        if self.started is None:
            self.started = asyncio.get_running_loop().time()
            self.timeout.reschedule(self.started + self.seconds)

    def spent(self) -> float:
        return 0.0 if self.started is None else asyncio.get_running_loop().time() - self.started


async def _request_sent(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    clock = context.trace_request_ctx
    assert isinstance(clock, _Clock)
    clock.start()


class Client:
    """Fetches politely; an async context manager.

    ``user_agent`` is sent as it is. ``is_inside`` says which addresses no redirect may reach, ``resolver`` how names
    become addresses (an aiohttp resolver; the system's by default), ``tls`` which certificates are trusted (for
    networks with an authority of their own). Cookies are never kept, ``.netrc`` is never read.

    Proxies of the environment (``http_proxy``, ``https_proxy``, ``all_proxy``, ``no_proxy``) are used. Behind one it is
    the proxy that looks names up, so keeping redirects to *names* out of the network is the proxy's work there;
    redirects to written-out addresses and to localhost are refused all the same.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        limits: Limits = DEFAULT_LIMITS,
        is_inside: IsInside = is_inside,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._limits = limits
        self._is_inside = is_inside
        self._resolver = resolver
        self._tls = tls
        self._turns = Turns(limits.at_once)
        self._names: AbstractResolver | None = None
        self._anywhere: aiohttp.ClientSession | None = None
        self._outside: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._names = self._resolver or SystemNames(self._limits.at_once)
        tls = self._tls or _system_trust()
        # Two pools of connections: what was opened to an address inside must never be reused for a redirect.
        self._anywhere = self._session(self._names, tls)
        self._outside = self._session(OutsideNames(self._names, self._is_inside), tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (self._anywhere, self._outside):
            if session is not None:
                await session.close()
        if self._names is not None and self._names is not self._resolver:
            await self._names.close()

    def _session(self, names: AbstractResolver, tls: ssl.SSLContext) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_request_sent)
        return aiohttp.ClientSession(
            # No cache of names: the address that was checked is the one that is connected to.
            connector=aiohttp.TCPConnector(resolver=names, use_dns_cache=False, limit=0, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._limits.connect_seconds),
            auto_decompress=False,
            response_class=_Response,
            trace_configs=[trace],
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
        )

    async def get(self, request: Request, validators: Validators = NO_VALIDATORS, *, named: bool = True) -> Fetched:
        """Fetch an address; every HTTP status is an answer, whatever gives none is a FeedError.

        A request with a body is a POST: sent once, and led nowhere else.

        ``named`` says that the settings name this address, so that it may lie inside this network; one that came out
        of an answer (a next page elsewhere, a move that was believed) is held to the rules of a redirect.
        """
        url = first_address(request)
        headers = request_headers(self._user_agent, request, validators, url)
        url = without_login(url)
        hidden = secret_values(url, request.secret)
        guarded = not named
        seen = {url}
        hops: list[Hop] = []
        seconds = answering = 0.0
        while True:
            async with self._turns.turn(host_and_port(url), request.pause):
                reply = await self._ask(
                    url,
                    headers,
                    body=request.body,
                    guarded=guarded and not self._limits.allow_private_redirects,
                    answer_seconds=self._limits.answer_seconds - answering,
                )
            seconds += reply.seconds
            answering += reply.answering
            guarded = guarded or not reply.inside
            if not _leads_on(reply.status, reply.headers):
                answer = Answer(status=reply.status, headers=reply.headers, url=str(url), body=reply.body)
                body_hash = hashlib.blake2b(reply.body, digest_size=16).hexdigest()
                return Fetched(answer=answer, hops=tuple(hops), body_hash=body_hash, seconds=seconds)

            if request.body is not None:  # what was sent is for this server alone
                elsewhere = shown(reply.headers["location"], request)[:200]
                raise FeedRefused(
                    f"It sends us on (to {elsewhere}) where it should answer.",
                    "Check the server's address in the settings.",
                )
            target = redirect_target(url, reply.headers["location"], request)
            if not same_place(url, target):
                headers = for_another_host(headers)
                target = without_secrets(target, request.secret, hidden)
            where = shown(str(target), request)
            if target in seen:
                raise FeedRefused(
                    f"It sends us round in a circle (back to {where}).", "Check the address in a browser."
                )
            if len(hops) == self._limits.redirects:
                raise FeedRefused(
                    f"It sends us on more than {self._limits.redirects} times.",
                    "Open the address in a browser and put the one it ends at into the settings.",
                )
            seen.add(target)
            hops.append(Hop(status=reply.status, to=where))
            url = target

    async def _ask(
        self, url: URL, headers: CIMultiDict[str], *, body: bytes | None, guarded: bool, answer_seconds: float
    ) -> _Reply:
        """One exchange with one server; the body of a redirect is not read."""
        assert self._anywhere is not None, "use the client with 'async with'"
        assert self._outside is not None
        host, port = host_and_port(url)
        if guarded:
            refuse_inside(host, self._is_inside)
        proxy = await asyncio.to_thread(environment_proxy, url)
        session = self._outside if guarded and proxy is None else self._anywhere
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(None) as timeout:
                clock = _Clock(timeout, answer_seconds)
                async with session.request(
                    "GET" if body is None else "POST",
                    url,
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    proxy=proxy,
                    trace_request_ctx=clock,
                ) as response:
                    said = received_headers(response.raw_headers)
                    if _leads_on(response.status, said):
                        response.close()  # what a redirect says beside where it leads is not read
                        answered = b""
                    else:
                        answered = await self._body(response, said)
                    peer = response.peer if isinstance(response, _Response) and proxy is None else host
        except TimeoutError:
            if timeout.expired():
                raise too_slow_to_answer(host, self._limits.answer_seconds) from None
            raise too_slow_to_connect(host, self._limits.connect_seconds) from None
        except (aiohttp.ClientError, OSError) as error:
            raise explain(error, host, port, proxy) from None  # the library's own text may hold the whole address
        address = literal_address(peer) if peer else None
        return _Reply(
            status=response.status,
            headers=for_the_caller(said),
            body=answered,
            inside=address is not None and self._is_inside(address),
            seconds=now() - began,
            answering=clock.spent(),
        )

    async def _body(self, response: aiohttp.ClientResponse, said: Mapping[str, str]) -> bytes:
        try:
            return await read_body(response.content.iter_chunked(_PIECE), said, self._limits.max_bytes)
        except (FeedUnreadable, aiohttp.ClientPayloadError):
            if response.status < 400:
                raise
            return b""  # the status is the message, and when to come back stands in the headers


@functools.cache
def _system_trust() -> ssl.SSLContext:
    """The certificates that the system trusts, read once: that takes a good part of a tenth of a second."""
    return ssl.create_default_context()


def _leads_on(status: int, headers: Mapping[str, str]) -> bool:
    return status in _REDIRECTS and "location" in headers
