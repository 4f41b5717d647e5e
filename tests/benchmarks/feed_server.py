"""A server for the benchmarks: many feeds on many loopback addresses, each answer late by a fixed time.

    python tests/benchmarks/feed_server.py FEEDS ADDRESSES LATENCY_MS [ONE_IN]

One entry in ONE_IN (each, unless said otherwise) names the town of the benchmarks. Prints its port on the first line,
then serves /N.xml until it is ended. POST /turn makes every feed's entries new ones.
"""

from __future__ import annotations

import asyncio
import random
import sys
from email.utils import formatdate

from aiohttp import web

ENTRIES = 20
START = 1_790_000_000

WORDS = [
    "bridge",
    "bus",
    "library",
    "council",
    "permit",
    "water",
    "bill",
    "park",
    "ferry",
    "market",
    "snow",
    "plow",
    "meeting",
    "road",
    "detour",
    "office",
    "clerk",
    "weekend",
    "morning",
    "evening",
    "neighbours",
    "school",
    "repair",
    "opening",
    "thanks",
    "great",
    "helpful",
    "wonderful",
    "late",
    "broken",
    "confusing",
    "terrible",
    "quick",
    "friendly",
    "slow",
    "closed",
    "open",
    "free",
    "street",
    "corner",
    "harbor",
    "station",
    "route",
    "ticket",
    "garden",
    "bench",
    "light",
]

SMALL = "the a and to of in is for on that with it was at this they by are from have not be their after"
SMALL_WORDS = SMALL.split()


def entry(feed: int, number: int, turn: int, town: str) -> str:
    """One item with 60 words to read and 1.5 kB of markup: as long as those of the feeds that were captured.

    Captured news feeds have 36 words and 0.9 kB an entry, those of agencies 69 words and 1.7 kB (means and medians).
    """
    rng = random.Random(f"{feed}-{number}-{turn}")

    def sentence(length: int) -> str:
        # In English two words in five are small ones.
        words = (rng.choice(SMALL_WORDS) if rng.random() < 0.4 else rng.choice(WORDS) for _ in range(length))
        return " ".join(words).capitalize() + "."

    host = f"https://outlet{feed}.example"
    link = f"{host}/{turn}/{number}/{sentence(6)[:-1].replace(' ', '-').lower()}"
    picture = f"{host}/pictures/{turn}/{number}"
    return (
        f"<item><title>{town}: {sentence(8)}</title><link>{link}</link><guid isPermaLink='true'>{link}</guid>"
        f"<dc:creator>Staff writer {feed}</dc:creator><pubDate>{formatdate(START + number * 600)}</pubDate>"
        f"<category>Local</category><category>Town</category><comments>{link}#comments</comments>"
        f"<description><![CDATA[<div class='teaser'><a href='{link}' class='picture'><img src='{picture}-600.jpg' "
        f"srcset='{picture}-300.jpg 300w, {picture}-600.jpg 600w' width='600' height='400' alt='' loading='lazy'/></a>"
        f"<p>{sentence(20)} {sentence(14)}</p><p>{sentence(12)} <a href='{link}'>{sentence(4)}</a></p></div>]]>"
        f"</description><media:content url='{picture}-600.jpg' medium='image' width='600' height='400'>"
        f"<media:credit>Staff photographer</media:credit></media:content></item>"
    )


def document(feed: int, turn: int, one_in: int = 1) -> bytes:
    """A whole feed, about 30 kB."""
    towns = ("Quillhaven" if (feed + number) % one_in == 0 else "Harbor Bay" for number in range(ENTRIES))
    items = "".join(entry(feed, number, turn, town) for number, town in enumerate(towns))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Outlet {feed}</title><link>https://outlet{feed}.example/</link><description>News</description>"
        f"<language>en</language>{items}</channel></rss>"
    ).encode()


async def serve(feeds: int, addresses: int, latency: float, one_in: int) -> None:
    """Serve until cancelled."""
    bodies = [document(feed, 0, one_in) for feed in range(feeds)]
    turn = 0

    async def feed(request: web.Request) -> web.Response:
        await asyncio.sleep(latency)
        number = int(request.match_info["number"])
        etag = f'"{turn}-{number}"'
        headers = {"ETag": etag, "Content-Type": "application/rss+xml; charset=utf-8"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=bodies[number], headers=headers)

    async def new_turn(request: web.Request) -> web.Response:
        nonlocal turn, bodies
        turn += 1
        bodies = [document(feed, turn, one_in) for feed in range(feeds)]
        return web.Response(text=str(turn))

    app = web.Application()
    app.router.add_get("/{number:\\d+}.xml", feed)
    app.router.add_post("/turn", new_turn)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    first = web.TCPSite(runner, "127.0.0.1", 0)
    await first.start()
    port = runner.addresses[0][1]
    for place in range(1, addresses):
        await web.TCPSite(runner, f"127.0.0.{place + 1}", port).start()
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000, int((sys.argv[4:] or ["1"])[0])))
