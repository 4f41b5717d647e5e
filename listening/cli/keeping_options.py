"""The options of the commands that keep and forget: `notice`, `purge`, `forget` and `log`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Add = Callable[..., Any]


def add(command: Add, settings: Add, json: Add) -> None:
    """Add them; ``settings`` and ``json`` add the options that all commands have."""
    told = command(
        "notice",
        "noticing:notice",
        "Made from your settings, as one HTML file; make it again after a change. What the settings do not say stands "
        "in it as missing.",
    )
    settings(told)
    told.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write, such as notice.html")
    told.add_argument(
        "--record", action="store_true", help="instead the record of processing activities (GDPR, Article 30)"
    )

    told.add_argument("--overwrite", action="store_true", help="also over a page that was changed since it was written")

    purged = command(
        "purge",
        "keeping:purge",
        "Each class as long as [retention] says. Safe while a collection runs, and when it is stopped; with the day's "
        "first collection it happens by itself.",
    )
    settings(purged)
    purged.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")
    json(purged)

    forgotten = command(
        "forget",
        "forgetting:forget",
        "Out of the file byte by byte, and never collected again. It says where else it may be: in snapshots, backups, "
        "exports, and with departments.",
    )
    settings(forgotten)
    forgotten.add_argument("ids", nargs="*", metavar="ID", help="the post's id, as in the first column of every export")
    forgotten.add_argument("--author", metavar="NAME", help="all posts of this author, such as @ada@harbor.example")
    forgotten.add_argument(
        "--source", metavar="KIND", help="with --author: on one kind of place only: rss, mastodon, bluesky, ..."
    )
    forgotten.add_argument("--feed", metavar="NAME", help="with --author: in this place only (RSS knows mere names)")
    forgotten.add_argument(
        "--also-unseen",
        action="store_true",
        help="with --author: collect nothing by this name in future, although nothing of it is stored",
    )
    forgotten.add_argument(
        "--dry-run", action="store_true", help="show the posts that would go, and change nothing; --json: in full"
    )
    forgotten.add_argument("--yes", action="store_true", help="do not ask whether you are sure (for scripts)")
    forgotten.add_argument(
        "--finish", action="store_true", help="only clean the file, where it was in use when something was forgotten"
    )
    json(forgotten)

    logged = command("log", "keeping:log", "Newest last.")
    settings(logged)
    logged.add_argument("--since", metavar="DAY", help="from this day on: 2026-11-01, or 30d for 30 days back")
    logged.add_argument("--until", metavar="DAY", help="up to this day, and with it")
    logged.add_argument("--what", metavar="WORD", help="only this: search, open, export, import, purge, forget, …")
    logged.add_argument("--who", metavar="NAME", help="only what this account did")
    json(logged)
