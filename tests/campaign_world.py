"""What there is to hear in the fault campaign: the papers of an invented town, and a server that can break off.

An article is known by its address, whatever becomes of the store. Between two rounds articles come, are edited and fall
out of the feeds; some stand in two papers with the same words, one place lists a paper's headlines without their text,
and one is the town's own site.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DAY = 86_400
PAPERS = ("herald", "courier", "ferry", "town")
LIST = "list"
FEEDS = (*PAPERS, LIST)
ZONE = "America/New_York"
NEUTRAL_LATER = "wonderful"
"""A word that a change of settings makes neutral: what has it is tagged anew."""
KEPT_DAYS = 40
UNMATCHED = 2_500
"""Rows of another tool's export, most of which are of no topic."""

_THINGS = ("bridge", "bus", "ferry", "library", "park", "clerk", "permit", "station", "market", "garden")
_GOOD = ("wonderful", "great", "helpful", "friendly", "excellent", "kind")
_BAD = ("terrible", "broken", "late", "confusing", "awful", "dirty")
_REST = (
    "council", "road", "water", "bench", "corner", "morning", "street", "harbor", "route", "office", "school", "light"
)  # fmt: skip

SETTINGS = """
[agency]
name = "Town of Quillhaven"
short_name = "Quillhaven"
timezone = "{zone}"
contact = "press@quillhaven.example"
own_accounts = ["https://town.example"]

[store]
url = "sqlite:///{store}"

[fetch]
answer_seconds = 5
connect_seconds = 5
{retention}{tags}
[[departments]]
name = "Public Works"
topics = ["Ways"]

[[departments]]
name = "Clerk"

[[topics]]
name = "Ways"
query = "{ways}"
department = "Public Works"

[[topics]]
name = "Places"
query = "library OR park OR garden OR market"
department = "Clerk"
"""

FEED = """
[[feeds]]
name = "{name}"
source = "rss"
url = "http://127.0.0.1:{port}/{name}.xml"
"""


@dataclass(frozen=True)
class Article:
    """One article of a paper; ``id`` is the last part of its address."""

    id: str
    paper: str
    title: str
    text: str
    days_ago: float

    @property
    def address(self) -> str:
        """Where it stands."""
        return f"https://{self.paper}.example/news/{self.id}"


@dataclass
class World:
    """The articles of each round; two worlds with the same seed say the same."""

    seed: str
    now: float = field(default_factory=lambda: time.time() // 3600 * 3600)

    def articles(self, paper: str, round_: int) -> list[Article]:
        """What stands in a paper's feed, newest first."""
        found = [self._article(paper, number, round_) for number in range(4 * round_, 14 + 8 * round_)]
        return sorted(found, key=lambda each: each.days_ago)

    def _article(self, paper: str, number: int, round_: int) -> Article:
        # Every fourth article of the courier is one of the herald's, word for word.
        writer = "herald" if paper == "courier" and number % 4 == 0 else paper
        edited = round_ if number % 5 == 3 else 0
        rng = random.Random(f"{self.seed} {writer} {number}")
        things = rng.sample(_THINGS, 2)
        said = rng.choice((_GOOD, _BAD, _REST))
        rest = rng.sample(_REST, 6)
        title = f"The {things[0]} of {rest[0]} {rest[1]} is {rng.choice(said)}"
        own_words = f"{writer}{number}" + (f" now edited{edited}" if edited else "")
        text = f"Read {own_words}: the {things[1]} by the {rest[2]} was {rng.choice(said)} and {rest[3]}."
        if rng.random() < 0.3:
            text += f" When does the {things[0]} open again? Can anybody tell me?"
        days_ago = rng.uniform(0.1, 25) if number >= 5 else rng.uniform(KEPT_DAYS + 2, KEPT_DAYS + 20)
        return Article(id=f"{paper}-{number}", paper=paper, title=title, text=text, days_ago=days_ago)

    def feed(self, name: str, round_: int) -> bytes:
        """A feed as it comes over the wire."""
        listed = name == LIST
        articles = self.articles("herald" if listed else name, round_)
        items = "".join(
            f"<item><title>{escape(each.title)}</title><link>{each.address}</link>"
            f"<guid isPermaLink='false'>{f'list:{each.id}' if listed else each.address}</guid>"
            f"<pubDate>{formatdate(self.now - DAY * each.days_ago)}</pubDate>"
            f"<description>{'' if listed else escape(each.text)}</description></item>"
            for each in articles
        )
        return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()

    def exported(self) -> list[Article]:
        """What another tool found: a paper that no feed brings, what the herald had, and much that is of no topic."""
        other = [
            replace(self._article("gazette", number, 0), title=f"Weather {number}", text=f"Rain in {number} drops.")
            for number in range(100, UNMATCHED)
        ]
        found = [self._article("gazette", number, 0) for number in range(60)]
        rows = [*other, *found, *self.articles("herald", 0)]
        random.Random(self.seed).shuffle(rows)
        return rows


@dataclass
class Cut:
    """Break off the so-manieth answer after so many bytes, with a reset; or say nothing at all (0 bytes)."""

    answer: int
    after: int
    done: bool = False


class Server:
    """A real server on this machine, in a thread; what it answers is changed between runs."""

    def __init__(self) -> None:
        self.world = World("")
        self.round = 0
        self.cut: Cut | None = None
        self._answered = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def say(self, world: World, round_: int, cut: Cut | None = None) -> None:
        """Answer so from now on."""
        self.world, self.round, self.cut, self._answered = world, round_, cut, 0

    def _answer(self, asked: BaseHTTPRequestHandler) -> None:
        name = asked.path.strip("/").removesuffix(".xml")
        with self._lock:
            self._answered += 1
            cut = self.cut if self.cut is not None and self._answered == self.cut.answer else None
        if name not in FEEDS:
            asked.send_error(404)
            return
        mark = f'"{self.world.seed}-{name}-{self.round}"'
        if asked.headers.get("If-None-Match") == mark and cut is None:
            asked.send_response(304)
            asked.send_header("ETag", mark)
            asked.end_headers()
            return
        body = self.world.feed(name, self.round)
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n"
            f"Date: {formatdate(usegmt=True)}\r\nETag: {mark}\r\n\r\n"
        ).encode()
        whole = head + body
        if cut is None:
            asked.wfile.write(whole)
            return
        asked.wfile.write(whole[: min(cut.after, len(whole) - 1)])
        asked.wfile.flush()
        # What was sent is to arrive before the reset takes the rest away.
        time.sleep(0.005)
        asked.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        asked.connection.close()
        asked.close_connection = True
        cut.done = True

    def close(self) -> None:
        """Answer no longer."""
        self._http.shutdown()
        self._http.server_close()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever was killed while it asked has gone: nobody need hear of it."""


def write_settings(folder: Path, port: int, *, keep_days: int = 0, neutral: bool = False, wider: bool = False) -> Path:
    """Write listening.toml into a folder; the store lies beside it."""
    retention = f"\n[retention]\nmentions = {keep_days}\n" if keep_days else ""
    tags = f'\n[tags]\nneutral = ["{NEUTRAL_LATER}"]\n' if neutral else ""
    ways = "bridge OR bus OR ferry OR road" + (" OR clerk OR permit" if wider else "")
    whole = SETTINGS.format(
        zone=ZONE, store=folder / "mentions.db", retention=retention, tags=tags, ways=ways
    ) + "".join(FEED.format(name=name, port=port) for name in FEEDS)
    file = folder / "listening.toml"
    file.write_text(whole, encoding="utf-8")
    return file
