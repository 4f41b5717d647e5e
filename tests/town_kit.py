"""An invented town on the web: its site, its paper, its fediverse server, and what goes wrong on other sites."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listening import door


def feed(title: str, *headlines: str, now: datetime | None = None) -> str:
    """An RSS feed with a headline every three hours back from ``now``."""
    now = now or door.now()
    items = "".join(
        f"<item><title>{words}</title><link>https://herald.example/{title.replace(' ', '-')}/{number}</link>"
        f"<pubDate>{format_datetime(now - timedelta(hours=3 * number + 1))}</pubDate></item>"
        for number, words in enumerate(headlines)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"


def page(head: str = "", body: str = "", title: str = "Town of Quillhaven") -> str:
    """A web page."""
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def declared(href: str, kind: str = "rss+xml", title: str = "") -> str:
    """The line in which a page declares a feed."""
    return f'<link rel="alternate" type="application/{kind}" title="{title}" href="{href}">'


def answer(server: HTTPServer, path: str, body: str, kind: str = "text/html", status: int = 200) -> str:
    """Let the server answer at a path; gives the whole address."""
    server.expect_request(path).respond_with_data(body, content_type=kind, status=status)
    return server.url_for(path)


def status(number: int, text: str, server: str, now: datetime) -> dict[str, object]:
    """A public post as a Mastodon server gives it."""
    url = f"{server}/@ada/{number}"
    return {
        "id": str(number),
        "uri": url,
        "url": url,
        "created_at": (now - timedelta(hours=number)).isoformat().replace("+00:00", "Z"),
        "content": f"<p>{text}</p>",
        "spoiler_text": "",
        "visibility": "public",
        "sensitive": False,
        "language": "en",
        "account": {"id": "7", "acct": "ada", "username": "ada", "url": f"{server}/@ada", "display_name": "Ada"},
        "tags": [],
        "mentions": [],
        "media_attachments": [],
    }


def kind_town(server: HTTPServer, said: Sequence[str] = ("Quillhaven opens a lovely library",)) -> str:
    """The town: its site with a feed, the Herald's site with another, a fediverse server with a hashtag; its origin."""
    origin = server.url_for("/").rstrip("/")
    answer(server, "/", page(declared("/news.xml", title="News of the town")))
    answer(server, "/news.xml", feed("Town news", "The pool opens", "Bus timetable"), "application/rss+xml")
    answer(server, "/nowhere", page(title="Not found"), status=404)
    answer(server, "/herald/", page(declared("rss.xml"), title="The Quillhaven Herald"))
    answer(server, "/herald/rss.xml", feed("Quillhaven Herald", *said, "Chess club meets"), "application/rss+xml")
    answer(
        server,
        "/.well-known/webfinger",
        json.dumps(
            {
                "subject": "acct:townhall@quillhaven.example",
                "links": [
                    {"rel": "self", "type": "application/activity+json", "href": f"{origin}/users/townhall"},
                ],
            }
        ),
        "application/jrd+json",
    )
    answer(server, "/api/v1/accounts/lookup", json.dumps({"id": "1", "acct": "townhall", "username": "townhall"}), JSON)
    answer(server, "/api/v1/accounts/1/statuses", "[]", JSON)

    def tag(request: Request) -> Response:
        now = door.now()
        posts = (
            [status(2, "Thank you #Quillhaven for the seedlings", origin, now)] if "Quillhaven" in request.path else []
        )
        return Response(json.dumps(posts), content_type=JSON)

    for name in ("Quillhaven", "TownOfQuillhaven"):
        server.expect_request(f"/api/v1/timelines/tag/{name}").respond_with_handler(tag)
    return origin


JSON = "application/json"
