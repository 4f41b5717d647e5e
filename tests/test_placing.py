"""The same post in several places is one mention, counted once, with its places beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import escape

import pytest
from conftest import NOON, MakeMention, Save
from service_kit import NOW, Services, stored
from sqlalchemy import select

from listening import forgetting, retention
from listening.models import Feed, Mention
from listening.pages import markup
from listening.settings import Retention
from listening.store import Reader, Store, View
from listening.store.schema import places

ALL = View(start=NOON - timedelta(days=400), end=NOON + timedelta(days=400))
HERALD = Feed(name="Herald", source="rss", options={"url": "https://herald.example/feed"})
WIRE = Feed(name="County wire", source="rss", options={"url": "https://wire.example/feed"})
BRIDGE = "https://herald.example/news/bridge"
HEADLINE = "New footbridge in Quillhaven opens on Saturday after two years"


def rss(*items: tuple[str, str, str]) -> str:
    """A feed of items: guid, link, title."""
    said = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><link>{escape(link)}</link><title>{title}</title>"
        f"<pubDate>Wed, 04 Mar 2026 12:00:00 GMT</pubDate></item>"
        for guid, link, title in items
    )
    return f"<rss version='2.0'><channel><title>x</title>{said}</channel></rss>"


def shown(store: Store) -> list[Mention]:
    """The mentions as the page lists them."""
    with store.reading() as connection:
        return Reader(store, connection).mentions(ALL)


def page(mention: MakeMention, feed: str, *, url: str = BRIDGE, title: str = HEADLINE, **more: object) -> Mention:
    """An article as one feed gives it."""
    source = str(more.pop("source", "rss"))
    return mention(source=source, feed=feed, key=f"{feed}-{url}", url=url, title=title, text="", **more)


def test_an_article_in_two_feeds_is_one_mention_with_two_places(store: Store) -> None:
    """In one collection and in later ones: no second row, and no new mention each time that the other feed is read."""
    services = Services()
    services.answers("herald.example", "/feed", rss(("a1", BRIDGE, HEADLINE)))
    services.answers("wire.example", "/feed", rss(("w77", f"{BRIDGE}?utm_source=wire#top", f"{HEADLINE} | Herald")))
    assert services.collect(store, HERALD, WIRE).new == 1
    services.answers(
        "wire.example", "/feed", rss(("w77", BRIDGE, HEADLINE), ("w78", f"{BRIDGE}/2", "Quillhaven again"))
    )
    assert services.collect(store, HERALD, WIRE, after=timedelta(hours=2)).new == 1
    first = next(each for each in shown(store) if each.title == HEADLINE or "|" in each.title)
    assert {first.feed, *first.also_in} == {"Herald", "County wire"}
    assert len(stored(store)) == 2


def test_an_article_in_the_news_of_the_world_is_the_papers_own(store: Store, mention: MakeMention, save: Save) -> None:
    """A feed, a list of the world's news and a search call it differently; address and headline are the same."""
    assert save(store, page(mention, "Herald")) == 1
    spaced = HEADLINE.replace("two years", "two years .")
    assert save(store, page(mention, "GDELT", source="gdelt", title=spaced, url=f"{BRIDGE}/")) == 0
    assert save(store, page(mention, "Alerts", source="news", url=BRIDGE.replace("https", "http"))) == 0
    (one,) = shown(store)
    assert (one.feed, one.also_in) == ("Herald", ("Alerts", "GDELT"))


def test_two_headlines_over_one_address_are_two_mentions(store: Store, mention: MakeMention, save: Save) -> None:
    """Some feeds link every entry to one page; and a page may be another one after months."""
    other = "Council of Quillhaven thanks volunteers of the old path"
    assert save(store, page(mention, "Herald"), page(mention, "County wire", title=other)) == 2
    late = page(mention, "Alerts", source="news", published_at=NOON + timedelta(days=120))
    assert save(store, late) == 1


def test_copies_with_addresses_of_their_own_are_counted_each(store: Store, mention: MakeMention, save: Save) -> None:
    """A wire report on two sites: two mentions, one story."""
    assert save(store, page(mention, "Herald"), page(mention, "Wire", url="https://wire.example/news/bridge")) == 2
    with store.reading() as connection:
        assert Reader(store, connection).story_count(ALL) == 1


def test_a_post_of_two_servers_is_one_with_both_places(store: Store) -> None:
    """The same uri, other ids and counts: the larger count is kept."""
    services = Services()

    def status(number: str, likes: int) -> dict[str, object]:
        return {
            "id": number,
            "uri": "https://river.example/users/ada/statuses/1",
            "content": "<p>Lovely morning in Quillhaven.</p>",
            "account": {"acct": "ada@river.example"},
            "created_at": "2026-03-04T12:00:00Z",
            "favourites_count": likes,
        }

    for host, number, likes in (("river.example", "1", 5), ("hill.example", "900", 2)):
        services.answers(host, "/api/v1/timelines/tag/quillhaven", [status(number, likes)])
    feeds = [
        Feed(name=host, source="mastodon", options={"server": host, "tag": "quillhaven"})
        for host in ("river.example", "hill.example")
    ]
    services.collect(store, *feeds)
    services.collect(store, *feeds, after=timedelta(hours=1))
    (one,) = shown(store)
    assert ({one.feed, *one.also_in}, one.likes) == ({"river.example", "hill.example"}, 5)


def test_the_list_names_the_other_places(mention: MakeMention) -> None:
    """So that nobody wonders why the other place has one less."""
    one = replace(page(mention, "Herald"), also_in=("GDELT", "<b>Wire</b>"))
    html = markup.opened([(one, None)], NOW)
    assert "<bdi>Herald</bdi>, also in <bdi>GDELT, &lt;b&gt;Wire&lt;/b&gt;</bdi>" in html


def test_a_forgotten_article_stays_away_from_all_its_places(store: Store, mention: MakeMention, save: Save) -> None:
    """The other feed would bring it again under another id."""
    first, second = page(mention, "Herald"), page(mention, "County wire")
    save(store, first)
    save(store, second)
    found = forgetting.find_posts(store, [first.id])
    forgetting.forget(store, found, at=NOON, who="Ana")
    assert save(store, second) == 0
    with store.reading() as connection:
        assert connection.execute(select(places)).all() == []


@pytest.mark.parametrize("together", [True, False])
def test_what_is_counted_is_what_is_listed(store: Store, mention: MakeMention, save: Save, *, together: bool) -> None:
    """By feed too: the article counts where it was first seen, and nowhere twice."""
    both = [page(mention, "Herald"), page(mention, "County wire")]
    new = [save(store, *both)] if together else [save(store, each) for each in both]
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert (sum(new), reader.total(ALL), len(reader.mentions(ALL))) == (1, 1, 1)
        assert {count.feed for count in reader.counts(ALL)} == {"Herald"}


def test_a_second_entry_of_an_article_in_one_feed_is_forgotten_with_it(
    store: Store, mention: MakeMention, save: Save
) -> None:
    """A feed that names an article anew brings nothing back."""
    first = page(mention, "Herald")
    said = {"source": "rss", "feed": "County wire", "url": BRIDGE, "title": HEADLINE, "text": ""}
    others = [mention(key=guid, **said) for guid in ("g1", "g2")]
    assert [save(store, each) for each in (first, *others)] == [1, 0, 0]
    forgetting.forget(store, forgetting.find_posts(store, [first.id]), at=NOON, who="Ana")
    assert [save(store, each) for each in others] == [0, 0]


def test_an_article_without_a_date_that_was_purged_stays_away_everywhere(
    store: Store, mention: MakeMention, save: Save
) -> None:
    """No other feed brings it as new."""
    both = [page(mention, feed, date_from="fetched") for feed in ("Herald", "County wire")]
    for each in both:
        save(store, each)
    later = NOON + timedelta(days=5)
    retention.purge(store, Retention(mentions=1), now=later, who="Ana")
    assert [save(store, replace(each, published_at=later)) for each in both] == [0, 0]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_the_place_that_says_most_tells_topics_and_words(
    store: Store, mention: MakeMention, save: Save, order: tuple[int, int], *, together: bool
) -> None:
    """A bare headline first, or the paper's own text: the mention has the text, and the topics of both."""
    bare = page(mention, "GDELT", source="gdelt", topics=("town",), tag="neutral")
    whole = replace(page(mention, "Herald", topics=("ferry",), tag="bad"), text="The ferry waits.")
    found = [bare, whole]
    ordered = [found[place] for place in order]
    if together:
        save(store, *ordered)
    else:
        for each in ordered:
            save(store, each)
    (one,) = shown(store)
    assert (set(one.topics), one.text, one.tag) == ({"town", "ferry"}, "The ferry waits.", "bad")
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert [reader.total(replace(ALL, topic=topic)) for topic in ("town", "ferry", "")] == [1, 1, 1]
