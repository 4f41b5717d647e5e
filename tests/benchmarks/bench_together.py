"""Two people review while posts are collected: ``python tests/benchmarks/bench_together.py --minutes 10``.

A server of this machine gives new posts at every asking; ``listening collect`` asks it again and again; two real
browsers press a key a story, take batches, give them back, undo and go on. At the end: every verdict that a browser saw
saved is in the log, nobody judged what the other had taken, the daily counts equal a recount, and no page showed an
error. Exits with 1 where that is not so.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.queues import Queue as Told
from pathlib import Path
from threading import Thread

from sqlalchemy import func, select

from listening import settings as settings_files
from listening.store import Reader, Store, View, open_store, reviewing
from listening.store.queues import Asked, Queue
from listening.store.schema import daily, links

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from browser_kit import ARGUMENTS, chromium, serving

SETTINGS = """
[agency]
name = "Town of Quillhaven"
timezone = "America/New_York"
contact = "press@quillhaven.example"

[[topics]]
name = "Buses"
query = "bus OR bridge"
department = "Public Works"

[[feeds]]
name = "Herald"
source = "rss"
url = "http://127.0.0.1:{port}/feed.xml"
"""
EACH = 25
"""New posts at every asking."""
ALL = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))


NEXT_CARD = """before => {
  const cards = [...document.querySelectorAll("[class*=st-key-say_G_]")];
  if (!cards.length) return !!document.querySelector(".empty");
  return cards.length === 1 && cards[0].className.match(/say_G_\\d+/)[0] !== before;
}"""


CARD = """() => {
  const cards = [...document.querySelectorAll("[class*=st-key-say_G_]")];
  return cards.length === 1 ? cards[0].className.match(/say_G_\\d+/)[0] : "";
}"""
"""Which card's keys are there; "" while one is being exchanged for another."""


QUIET = "() => document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')"


class Feed(BaseHTTPRequestHandler):
    """New posts each time, with words that no other post has."""

    asked = 0

    def do_GET(self) -> None:
        """Answer with a feed."""
        Feed.asked += 1
        now = format_datetime(datetime.now(UTC))
        items = "".join(
            f"<item><guid>https://herald.example/{Feed.asked}-{n}</guid><title>Bus {word()} {word()} {word()}</title>"
            f"<description>The bridge {word()} {word()} {word()} {word()}.</description><pubDate>{now}</pubDate></item>"
            for n in range(EACH)
        )
        body = f'<rss version="2.0"><channel><title>Herald</title>{items}</channel></rss>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def word() -> str:
    """An invented word."""
    letters = random.choices("bdfgklmnprstvz", k=4)
    return "".join(one + random.choice("aeiou") for one in letters)


def review(url: str, name: str, until: float, told: Told[tuple[str, object]]) -> None:
    """One person in a browser of their own, until a moment."""
    from playwright.sync_api import sync_playwright

    choose = random.Random(name)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = browser.new_page()
        page.goto(f"{url}/review?by={name}&time=This+week+so+far&turn=Newest+first")
        page.wait_for_selector("h1")
        saved = 0
        while time.time() < until:
            for wrong in ("stException", "stAlert"):
                if page.get_by_test_id(wrong).count():
                    told.put(("error", f"{name}: {page.get_by_test_id(wrong).first.inner_text()[:300]}"))
            before = page.locator(".before-you")
            if not before.count():
                page.wait_for_timeout(500)
                continue
            words = page.evaluate(CARD)
            if not words:
                page.wait_for_timeout(20)
                continue
            key = choose.choices("gnbxtu", (25, 25, 25, 4, 6, 3))[0]
            page.keyboard.press(key)
            if key in "gnbx":
                try:
                    page.wait_for_function(
                        NEXT_CARD,
                        arg=words,
                        timeout=15_000,
                    )
                    saved += 1
                except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                    told.put(("slow", f"{name}: {type(error).__name__} after {key}"))
            else:
                page.wait_for_timeout(1_000)
            # What a key did must have come before the next one: else its change would be taken for that of the next.
            page.wait_for_function(QUIET)
            page.wait_for_timeout(150)
            page.wait_for_function(QUIET)
        told.put(("saved", (name, saved)))
        browser.close()


def main() -> int:
    """Run it, and look at what is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    arguments = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "listening.toml"
        file.write_text(SETTINGS.format(port=server.server_address[1]), encoding="utf-8")
        settings = settings_files.load(file)
        store = open_store(settings.store_url, settings.agency.timezone)
        environment = {"LISTENING_SETTINGS": str(file), "LISTENING_STORE": settings.store_url}
        collect = [sys.executable, "-m", "listening", "collect", "--retry"]
        subprocess.run(collect, env={**os.environ, **environment}, check=True, capture_output=True)
        until = time.time() + 60 * arguments.minutes
        context = get_context("spawn")
        told: Told[tuple[str, object]] = context.Queue()
        collected = Counter[int]()
        with serving(folder, environment) as page:
            people = [context.Process(target=review, args=(page.url, name, until, told)) for name in ("Ana", "Ben")]
            for person in people:
                person.start()
            while time.time() < until:
                done = subprocess.run(collect, env={**os.environ, **environment}, check=False, capture_output=True)
                collected[done.returncode] += 1
                time.sleep(1)
            found = []
            for person in people:
                person.join(timeout=120)
            while not told.empty():
                found.append(told.get())
        return report(store, found, collected)


def report(store: Store, found: list[tuple[str, object]], collected: Counter[int]) -> int:
    """What was done, and whether all of it is there."""
    wrong = [str(what) for kind, what in found if kind == "error"]
    saved = {what[0]: what[1] for kind, what in found if kind == "saved" and isinstance(what, tuple)}
    with store.reading() as connection:
        entries = reviewing.since(connection, 0, most=10**9)
        by = Counter(entry.state.reviewer for entry in entries if entry.kind == "verdict")
        both = [entry for entry in entries if entry.against is not None]
        rows = Reader(store, connection).total(ALL)
        rows += Asked(store, connection, Queue(view=ALL, show="not about us"), datetime.now(UTC)).count()
        kinds = ("topic", "day", "feed", "tag")
        anew = select(*(links.c[name] for name in kinds), func.count()).group_by(*(links.c[name] for name in kinds))
        kept = select(*(daily.c[name] for name in kinds), daily.c.count).where(daily.c.count != 0)
        exact = set(connection.execute(anew)) == set(connection.execute(kept))
    slow = [what for kind, what in found if kind == "slow"]
    print(f"collections {dict(collected)}, {Feed.asked} askings, {rows:,} of {EACH * Feed.asked:,} posts stored")
    print(f"verdicts seen saved {saved}, in the log {dict(by)}, contradictions kept {len(both)}, slow keys {len(slow)}")
    for what in (*wrong, *slow):
        print(f"  {what}")
    lost = [name for name, count in saved.items() if by[name] < count]
    if set(collected) - {0}:
        wrong.append("a collection failed")
    if rows != EACH * Feed.asked:
        wrong.append("posts are missing")
    if not exact:
        wrong.append("the daily counts are not those of a recount")
    print("nothing lost, no error" if not wrong and not lost else f"WRONG: {wrong} {lost}")
    return 1 if wrong or lost else 0


if __name__ == "__main__":
    sys.exit(main())
