"""The options of `init`: who the team is, and whether places are proposed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Add = Callable[..., Any]


def add(command: Add, settings: Add, many: Add) -> None:
    """Add them; ``settings`` and ``many`` add options as all commands have them."""
    init = command("init", "first_settings:init", "What is an option here is not asked. No file is overwritten.")
    settings(init, words="the file to write (listening.toml in this folder)")
    init.add_argument("--name", help="the agency's name, such as “Town of Quillhaven”")
    init.add_argument("--short-name", metavar="NAME", help="its short name or acronym")
    init.add_argument("--timezone", metavar="ZONE", help="where its midnight is, such as America/New_York")
    init.add_argument("--contact", metavar="MAIL", help="a mail or web address; servers see it when they are asked")
    many(init, "--own", "ACCOUNT", "an account or the site of your own; repeat for more")
    many(init, "--keyword", "WORD", "a word, a phrase or a #hashtag to listen for; repeat for more")
    many(
        init,
        "--feed",
        "PLACE",
        "an address, #tag@server, r/name, bluesky:words, ... (all forms: README); repeat for more",
    )
    init.add_argument(
        "--propose",
        action="store_true",
        help="propose words and places as the page “Set up” does, try them, and write what is ticked there",
    )
    init.add_argument("--site", metavar="URL", help="with --propose: your website, whose feeds are looked for")
    init.add_argument(
        "--region", metavar="NAME", help="with --propose: your state or country, where others have your name"
    )
    init.add_argument("--opml", metavar="FILE", help="places from another feed reader's export")
    init.add_argument(
        "--terms-confirmed",
        action="store_true",
        help="somebody who may has accepted the terms of Google News or Bing, for google_news:words, bing_news:words",
    )
