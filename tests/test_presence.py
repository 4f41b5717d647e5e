"""Where we have no account: said only where accounts are usual and the settings name some of ours elsewhere."""

from __future__ import annotations

import pytest

from listening.insights.presence import without_account
from listening.models import Feed

FEEDS = (
    Feed(name="Herald", source="rss"),
    Feed(name="#town", source="mastodon"),
    Feed(name="r/town", source="reddit"),
)


@pytest.mark.parametrize(
    ("own", "without"),
    [
        ([], set()),
        (["https://www.town.example"], {"#town", "r/town"}),
        (["@hall@town.example"], {"r/town"}),
        (["https://town.example/@hall"], {"r/town"}),
        (["u/town_hall"], {"#town"}),
        (["/u/town_hall", "@hall@town.example"], set()),
        (["https://www.reddit.com/user/town_hall/"], {"#town"}),
        (["press@town.example"], {"#town", "r/town"}),
    ],
)
def test_places_without_an_account_of_ours(own: list[str], without: set[str]) -> None:
    """An account on one Mastodon server can be seen from all; of papers nothing is said."""
    assert without_account(FEEDS, own) == without
