"""Settings as they go into a snapshot: all that the page shows, and nothing by which a feed could be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from urllib.parse import urlsplit

import tomlkit

from listening.models import Feed
from listening.settings.shape import Ask, Settings


def frozen_text(settings: Settings) -> str:
    """A settings file with the same agency, topics, feeds, privacy and asks.

    Addresses of feeds are cut to their site: the rest may be private, as those of Google Alerts are. The store is the
    one beside the file.
    """
    agency = settings.agency
    written: dict[str, object] = {
        "agency": _without_empty(
            {
                "name": agency.name,
                "short_name": agency.short_name,
                "timezone": agency.timezone.key,
                "own_accounts": list(agency.own_accounts),
                "names": list(agency.names),
                "made_up": agency.made_up,
            }
        ),
        "topics": [
            _without_empty({"name": topic.name, "query": topic.query, "department": topic.department})
            for topic in settings.topics
        ],
        "feeds": [_feed(feed, paused=False) for feed in settings.feeds]
        + [_feed(feed, paused=True) for feed in settings.paused],
        "privacy": _without_empty(
            {
                "listed_accounts": list(settings.privacy.listed_accounts),
                "strong_language": settings.privacy.strong_language,
                "links_to_people": settings.privacy.links_to_people,
            }
        ),
        "asks": [
            _without_empty({field.name: getattr(ask, field.name) for field in fields(Ask)}) for ask in settings.asks
        ],
    }
    return tomlkit.dumps(_without_empty(written))


def _feed(feed: Feed, *, paused: bool) -> Mapping[str, object]:
    options: dict[str, object] = dict(feed.options)
    if "url" in options:
        parts = urlsplit(str(options["url"]))
        options["url"] = f"{parts.scheme}://{parts.hostname or 'feed.example'}/"
    return _without_empty(
        {
            "name": feed.name,
            "source": feed.source,
            **options,
            "outlet": feed.outlet,
            "audience": feed.audience,
            "language": feed.language,
            "paused": paused,
        }
    )


def _without_empty(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in ("", None, False, [], {})}
