"""Services on the internet, imitated on this machine: real sockets, real TLS, the services' own host names.

A test writes what each host answers (aiohttp handlers), and a collection asks it by its true address: the program's own
client is used as it is, with a resolver that leads every name here and an authority that it trusts.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from listening.collect import Job, RunResult, fingerprint, run
from listening.conclude import Concluder
from listening.fetch import Client, Limits
from listening.models import Feed, Mention, Topic
from listening.sentiment import Tagger
from listening.signing import Sessions
from listening.store import Reader, Store, View

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
AGENT = "Listening/test (+mailto:press@quillhaven.example)"
TOPICS = (Topic(name="Town", query="quillhaven"),)


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


class _Here(AbstractResolver):
    """Leads every name to the imitated services."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


@dataclass(slots=True)
class Asked:
    """A request as a service got it."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str


@dataclass
class Services:
    """What the hosts answer: a handler for each (host, path); a path that ends in * stands for all that begin so."""

    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    now: datetime = NOW

    def on(self, host: str, path: str) -> Callable[[Handler], Handler]:
        """Register the decorated handler: ``@services.on("api.example", "/search")``."""

        def register(handler: Handler) -> Handler:
            self.handlers[host, path] = handler
            return handler

        return register

    def answers(self, host: str, path: str, body: object, status: int = 200, **headers: str) -> None:
        """Answer there with this from now on: bytes and text as they are, anything else as JSON."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}

        async def handler(_: web.Request) -> web.Response:
            if isinstance(body, bytes | str):
                raw = body if isinstance(body, bytes) else body.encode()
                kind = {} if "content-type" in {name.lower() for name in named} else {"content-type": "text/html"}
                return web.Response(body=raw, status=status, headers={**kind, **named})
            return web.json_response(body, status=status, headers=named)

        self.handlers[host, path] = handler

    def paths(self, host: str | None = None) -> list[str]:
        """The paths that were asked for, in order; of one host, or of all."""
        return [each.path for each in self.asked if host in (None, each.host)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        self.asked.append(
            Asked(
                method=request.method,
                host=host,
                path=request.path,
                query=dict(request.query),
                headers=dict(request.headers),
                body=(await request.read()).decode("utf-8", "replace"),
            )
        )
        found = self.handlers.get((host, request.path))
        if found is None:
            found = next(
                (
                    handler
                    for (at, path), handler in self.handlers.items()
                    if at == host and path.endswith("*") and request.path.startswith(path[:-1])
                ),
                None,
            )
        if found is None:
            return web.Response(status=404, text=f"nobody answers for {host}{request.path}")
        return await found(request)

    def use(self, work: Callable[[Client], Awaitable[T]], hosts: Sequence[str] = ()) -> T:
        """Bring the services up, do the work with a client that reaches them, and take them down."""

        async def whole() -> T:
            names = sorted({host for host, _ in self.handlers} | set(hosts)) or ["nobody.example"]
            server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            _authority().issue_cert(*names).configure_cert(server)
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the system's own certificates take long to read
            _authority().configure_trust(trusting)
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", self._answer)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server)
            await site.start()
            try:
                limits = Limits(connect_seconds=5, answer_seconds=10)
                async with Client(
                    user_agent=AGENT,
                    limits=limits,
                    is_inside=lambda address: False,
                    resolver=_Here(runner.addresses[0][1]),
                    tls=trusting,
                ) as client:
                    return await work(client)
            finally:
                await runner.cleanup()

        return asyncio.run(asyncio.wait_for(whole(), 60))

    def collect(
        self,
        store: Store,
        *feeds: Feed,
        secrets: Mapping[str, str] | None = None,
        after: timedelta = timedelta(0),
        topics: Sequence[Topic] = TOPICS,
        own: Sequence[str] = (),
        sessions: Sessions | None = None,
        retry: bool = False,
    ) -> RunResult:
        """One collection of these feeds, ``after`` so long from now (which moves on), by the program's own run."""
        self.now += after

        async def work(client: Client) -> RunResult:
            return await run(self.job(store, client, secrets, topics, own, sessions, retry=retry), feeds)

        return self.use(work)

    def job(
        self,
        store: Store,
        client: Client,
        secrets: Mapping[str, str] | None = None,
        topics: Sequence[Topic] = TOPICS,
        own: Sequence[str] = (),
        sessions: Sessions | None = None,
        *,
        retry: bool = False,
    ) -> Job:
        """What a run by this client needs."""
        return Job(
            store=store,
            concluder=_concluder(tuple(topics), tuple(own)),
            get=unhurried(client),
            clock=lambda: self.now,
            secrets=secrets or {},
            fingerprint=fingerprint(topics, own),
            retry=retry,
            sessions=sessions or Sessions(),
        )


def unhurried(client: Client) -> Any:
    """The client's way of asking without pauses between requests: a test need not be polite to itself."""
    from dataclasses import replace

    async def get(request: Any, validators: Any, *, named: bool = True) -> Any:
        return await client.get(replace(request, pause=0.0), validators, named=named)

    return get


@cache
def _concluder(topics: tuple[Topic, ...], own: tuple[str, ...]) -> Concluder:
    return Concluder(topics=topics, own_accounts=own, tagger=Tagger(names=()))


def stored(store: Store) -> list[Mention]:
    """All mentions of a store, newest first."""
    everything = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
    with store.reading() as connection:
        return list(Reader(store, connection).stream(everything))
