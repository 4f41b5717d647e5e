"""The page without a browser: its numbers are the store's, what opens is what was counted, looking never asks."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import html
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from conftest import TIMEZONE, MakeMention, MakeStore, Save
from page_kit import metric as metric_of
from page_kit import metrics as metrics_of
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from listening import door, pace, weeks
from listening import store as stores
from listening.asking import WhoAsks
from listening.collectors import collector, x
from listening.insights import sentences
from listening.insights.feeds import health, sentence
from listening.insights.metrics import Metric, Name
from listening.insights.numbers import FEW, Change, Tally
from listening.insights.periods import CHOICES, day_words, period
from listening.models import TAGS, Mention, Post, Tag
from listening.pages import collecting, ground, markup, rooms
from listening.pages.audiences import AUDIENCES
from listening.pages.rooms import SCENES
from listening.query import parse
from listening.questions import asked
from listening.settings import load
from listening.store import Reader, Store, View, conversing, reviewing, spending
from listening.store.schema import access_log, mentions
from listening.upkeep import catch_up

if TYPE_CHECKING:
    from browser_kit import Town

pytest_plugins = ["browser_kit"]

PROJECT = Path(__file__).resolve().parent.parent
SOURCES = "from listening.pages import sources\nsources.show()"
SECONDS = 60

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"
own_accounts = ["@townhall@millbrook.example"]

[[topics]]
name = "Buses"
query = "bus"

[[topics]]
name = "Library"
query = "library"

[[feeds]]
name = "Millbrook Herald"
source = "rss"
url = "{feed}"
outlet = true
"""

Show = Callable[..., AppTest]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    """Shows the leaders' page (or another script) with this environment and this address."""

    def run(environment: Mapping[str, str], script: str | None = None, **address: str) -> AppTest:
        for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        page = AppTest.from_file(str(PROJECT / "app.py")) if script is None else AppTest.from_string(script)
        page.default_timeout = SECONDS
        for name, value in address.items():
            page.query_params[name] = value
        return whole(page.run())

    return run


@pytest.fixture
def millbrook(tmp_path: Path, new_store: MakeStore) -> tuple[Store, dict[str, str]]:
    """An empty store of a small town, and the environment that shows it."""
    store = new_store()
    file = tmp_path / "listening.toml"
    file.write_text(SETTINGS.format(feed="http://127.0.0.1:9/feed"), encoding="utf-8")
    return store, {"LISTENING_SETTINGS": str(file), "LISTENING_STORE": store.url}


def whole(page: AppTest) -> AppTest:
    """The page, which must not have broken."""
    assert [] == [problem.message for problem in page.exception]
    return page


def choose(page: AppTest, topic: str) -> AppTest:
    """Choose a topic."""
    return whole(page.selectbox(key="topic").select(topic).run())


def unfold(page: AppTest, key: str) -> AppTest:
    """Open what is folded: only then is it made."""
    page.session_state[key] = True
    return whole(page.run())


def pieces(page: AppTest) -> list[str]:
    """What the page wrote as HTML, piece by piece."""
    return [piece.proto.body for piece in page.get("html")]


def words(page: AppTest) -> str:
    """What a reader reads of it."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", " ".join(pieces(page)))).split())


def headline(page: AppTest) -> str:
    (found,) = [piece for piece in pieces(page) if "<h1" in piece]
    inside = re.search(r"<h1[^>]*>(.*?)</h1>", found)
    assert inside
    return html.unescape(inside[1])


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in metrics_of(page)}


def moment(page: AppTest) -> datetime:
    """The moment the page speaks of."""
    _, at = page.session_state["as_of"]
    assert isinstance(at, datetime)
    return at


def number_in(label: str) -> int:
    found = re.search(r"[\d,]+", label)
    return int(found[0].replace(",", "")) if found else 1


def view_of(page: AppTest, *, key: str = "7d", topic: str = "", tag: Tag | None = None) -> View:
    """What a choice on the page means, at the moment the page speaks of."""
    chosen = period(key, moment(page), TIMEZONE)
    return View(start=chosen.start, end=chosen.end, topic=topic, tag=tag)


def rows(store: Store, view: View) -> list[Mention]:
    """The mentions themselves, newest first: nothing that was counted before."""
    with store.reading() as connection:
        return list(Reader(store, connection).stream(view))


def export_labels(page: AppTest) -> list[str]:
    """Of the buttons for rows as they were counted; other files stand behind a button of their own."""
    labels = [button.proto.label for button in page.get("download_button")]
    return [label for label in labels if label.startswith("Export")]


def dialog(page: AppTest) -> tuple[str, str]:
    """The title and the words of what a click opened."""
    (opened,) = page.get("dialog")
    inside = "".join(piece for piece in pieces(page) if 'class="opened-box' in piece)
    return opened.proto.dialog.title.replace("\\", ""), inside  # signs that markdown could read are escaped


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", CHOICES)
def test_every_number_is_the_stores_for_every_topic(town: Town, show: Show, key: str) -> None:
    """Headline, metrics, the ways to the posts, places and the export say how many rows there are, and no others."""
    page = show(town.environment, period=key)
    counted = set()
    for topic in ("", *(topic.name for topic in town.settings.topics)):
        choose(page, topic)
        found = rows(town.store, view_of(page, key=key, topic=topic))
        by_tag = {tag: sum(mention.tag == tag for mention in found) for tag in TAGS}
        asks = [mention for mention in found if mention.question]
        asking = len(asks)
        # The town's account answered some of them: where it did, the others wait; where it did not, nobody knows,
        # but where nobody asked.
        answered = sum(mention.verdict is not None and mention.verdict.answered_at is not None for mention in asks)
        places = len({mention.feed for mention in found})
        known = bool(answered) or not asking
        tally = Tally(tags=by_tag, places=places, asking=asking, answered=answered if known else None)

        about = f"us under “{topic}”" if topic else "us"
        assert sentences.headline(tally, period(key, moment(page), TIMEZONE), about) == headline(page)
        shown = metrics(page)
        assert f"{len(found):,}" == shown.pop("Public posts")
        followed = sum(mention.author_followers is not None for mention in found)
        if followed:
            authors = {mention.author_url for mention in found if mention.author_followers is not None}
            assert ("–" in shown.pop("Reach")) or len(authors) == 1  # of one author alone there is no range
        else:
            assert f"{tally.places:,}" == shown.pop("Places")
        assert f"{asking - answered:,}" == shown.pop("Questions waiting" if known else "Questions")
        tagged = len(found) - by_tag["unscored"]
        expected = [
            f"{by_tag[tag]}" if tagged < FEW else f"{int(100 * by_tag[tag] / tagged + 0.5)}%" for tag in ("good", "bad")
        ]
        assert expected == list(shown.values())
        opens = {button.key: number_in(button.label) for button in page.button if button.key}
        ways = {"plain": len(found), "reach": followed, "good": by_tag["good"], "bad": by_tag["bad"]}
        ways |= {"asking": 0, "waiting": asking - answered} if known else {"asking": asking, "waiting": 0}
        ways |= {"questions": asking - answered, "answered": answered}
        assert ways == {name: opens.get(f"open_{name}", 0) for name in ways}
        assert len(found) == sum(count for name, count in opens.items() if name.startswith("open_place_"))
        assert [len(found)] * bool(found) == [number_in(label) for label in export_labels(page)]
        counted.add(len(found))
    assert len(counted) > 2


def test_the_chart_and_its_table_hold_the_stores_days(town: Town, show: Show) -> None:
    """Every row of the table under the chart is a local day's mentions, counted by hand."""
    page = unfold(show(town.environment, period="30d"), "days_table")
    first, last = (day.date() for day in (view_of(page, key="30d").start, moment(page) - timedelta(seconds=1)))
    view = replace(view_of(page, key="30d"), start=datetime(first.year, first.month, first.day, tzinfo=TIMEZONE))
    days = [
        mention.published_at.astimezone(TIMEZONE).date() for mention in rows(town.store, view) if mention.published_at
    ]
    (table,) = [piece for piece in pieces(page) if "<table" in piece]
    shown = {
        html.unescape(day): number_in(cells[-1])
        for day, rest in re.findall(r'<th scope="row">(.*?)(?: \(so far\))?</th>(.*?)</tr>', table)
        if (cells := re.findall(r">([\d,]+)<", rest))
    }
    expected = {first + timedelta(days=number) for number in range((last - first).days + 1)}
    assert {day_words(day): days.count(day) for day in expected} == shown


def test_shares_leave_out_what_is_not_tagged_and_numbers_what_is_ours(
    millbrook: tuple[Store, dict[str, str]], show: Show, mention: MakeMention, save: Save
) -> None:
    """Of 12 tagged posts 6 are good and 3 bad; 4 in other languages and 2 of our own change no share and are said."""
    store, environment = millbrook
    at = door.now() - timedelta(hours=2)
    tags = ["good"] * 6 + ["bad"] * 3 + ["neutral"] * 3 + ["unscored"] * 4
    save(store, *(mention(tag=tag, published_at=at, topics=("Buses",)) for tag in tags))
    save(store, *(mention(own=True, published_at=at, topics=("Buses",)) for _ in range(2)))
    page = show(environment)
    assert {"Public posts": "16", "Good posts": "50%", "Bad posts": "25%", "Places": "1"} == metrics(page)
    note = words(page).partition("How we count.")[2]
    assert "(2 in this period)" in note
    assert "4 posts in other languages" in note


def test_few_posts_are_counted_and_not_turned_into_percentages(
    millbrook: tuple[Store, dict[str, str]], show: Show, mention: MakeMention, save: Save
) -> None:
    """Nine tagged posts are too few for a share: "44%" of them would say more than we know."""
    store, environment = millbrook
    at = door.now() - timedelta(hours=2)
    tags = ["good"] * 4 + ["bad"] * 5
    save(store, *(mention(tag=tag, published_at=at, topics=("Buses",)) for tag in tags))
    page = show(environment)
    assert {"Public posts": "9", "Good posts": "4", "Bad posts": "5", "Places": "1"} == metrics(page)
    assert not any("%" in metric.change for metric in metrics_of(page))


def test_a_closed_week_or_a_wrong_search_puts_no_further_part_on_the_page(
    millbrook: tuple[Store, dict[str, str]], show: Show, mention: MakeMention, save: Save
) -> None:
    """Both are said beside the headline: with one part more, the browser would make all below it anew."""
    store, environment = millbrook
    week = period("week", door.now(), TIMEZONE)
    save(store, *(mention(published_at=week.start + timedelta(days=day), topics=("Buses",)) for day in range(5)))
    before = show(environment, period="week")
    wrong = show(environment, period="week", q="bus AND (")
    weeks.close(
        store, load(Path(environment["LISTENING_SETTINGS"]), {}), weeks.key_of(week.start.date()), "Ana", door.now()
    )
    closed = show(environment, period="week")
    for page, said in ((wrong, "That search cannot be read"), (closed, "This week was closed on")):
        assert said not in "\n".join(pieces(before))
        assert said in "\n".join(pieces(page))
        assert len(before.main.children) == len(page.main.children)


def test_good_and_bad_have_as_many_quotes(town: Town, show: Show) -> None:
    """Neither side is given more room than the other."""
    page = show(town.environment)
    for key in ("24h", "week", "365d"):
        whole(page.selectbox(key="chosen_period").select(key).run())
        quoted = [piece for piece in pieces(page) if "<blockquote>" in piece]
        good, bad = (sum(f'tone {tag}"' in piece for piece in quoted) for tag in ("good", "bad"))
        assert good == bad > 0


# --- what opens -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("button", "tag"), [("open_plain", None), ("open_good", "good"), ("open_bad", "bad")])
def test_a_number_opens_the_posts_that_it_counted(town: Town, show: Show, button: str, tag: Tag | None) -> None:
    """The title repeats the number, and the list holds just these posts, the newest first."""
    page = show(town.environment, topic="Buses and roads")
    label = page.button(key=button).label
    whole(page.button(key=button).click().run())
    found = rows(town.store, view_of(page, topic="Buses and roads", tag=tag))
    title, inside = dialog(page)
    assert len(found) == number_in(title) == number_in(label)
    times = [mention.published_at.astimezone(TIMEZONE) for mention in found[:20] if mention.published_at]
    # The line below a post; what was said before and after it, in its conversation, has times too.
    shown = re.findall(r'class="tone \w+">.*?</bdi> · (\w+day \d+ \w+ \d{4}, \d\d:\d\d)', inside)
    assert [f"{day_words(time.date(), year=True)}, {time:%H:%M}" for time in times] == shown


@pytest.mark.parametrize(
    ("name", "direction", "news"),
    [
        ("good", 1, "change better"),
        ("good", -1, "change worse"),
        ("bad", 1, "change worse"),
        ("bad", -1, "change better"),
        ("bad", 0, "change"),
        ("good", None, "change"),
        ("posts", 1, "change"),
        ("asking", -1, "change"),
    ],
)
def test_a_number_is_coloured_where_its_change_is_good_or_bad_news(
    name: Name, direction: int | None, news: str
) -> None:
    """An arrow says the same without the colour; and whatever the words are, they are no markup."""
    change = Change(words="<b>5</b> & more", direction=direction)
    piece = markup.metric(Metric(name=name, label="Posts <i>", value="4 < 5", change=change, count=4))
    assert ("Posts <i>", "4 < 5", "<b>5</b> & more") == metric_of(piece)
    assert f'<dd class="{news}">' in piece
    assert {1: "↑", -1: "↓"}.get(direction or 0, "") == "".join(re.findall("[↑↓]", piece))
    assert not re.search("<[bi]>", piece)


@pytest.mark.parametrize(
    "address",
    [{"audience": word} if word else {} for word in AUDIENCES] + [{"view": "room"}, {"view": "wall"}],
    ids=str,
)
def test_every_number_has_its_way_to_the_posts_beside_it_wherever_the_numbers_stand(
    town: Town, show: Show, address: dict[str, str]
) -> None:
    """The ways come a moment after the numbers, or at once where the numbers stand below something slow."""
    page = show(town.environment, **address)
    ways = [button.label for button in page.button if button.key in WAYS]
    assert len(metrics_of(page)) == len(ways) == 5
    assert all(re.fullmatch(r"See the [\d,]+ posts", way) for way in ways)


WAYS = ("open_plain", "open_reach", "open_good", "open_bad", "open_asking", "open_waiting")
"""The last but one or the last, as it is known what was answered or not."""


def test_a_places_number_opens_that_places_posts(town: Town, show: Show) -> None:
    """Every place's number opens as many posts, all of them from there."""
    page = show(town.environment)
    for button in [button for button in page.button if (button.key or "").startswith("open_place_")]:
        whole(button.click().run())
        title, inside = dialog(page)
        assert number_in(button.label) == number_in(title.rpartition(":")[2])
        place = title.removeprefix("Public posts, ").rpartition(":")[0]
        theirs = rf" · <bdi>{re.escape(html.escape(place))}</bdi>(?: · |, also in )"
        assert min(20, number_in(button.label)) == len(re.findall(theirs, inside))


def test_a_place_without_an_account_of_ours_says_so(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """In words, beside its name; a paper is no place for accounts."""
    store, environment = millbrook
    file = Path(environment["LISTENING_SETTINGS"])
    more = '[[feeds]]\nname = "r/millbrook"\nsource = "reddit"\nsubreddit = "millbrook"\n'
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    at = datetime.now(TIMEZONE) - timedelta(hours=2)
    save(store, mention(feed="r/millbrook", source="reddit", published_at=at))
    save(store, mention(feed="Millbrook Herald", source="rss", published_at=at))
    names = [piece for piece in pieces(show(environment)) if 'class="place-name"' in piece]
    assert ["no account of ours" in name for name in sorted(names)] == [False, True]


@pytest.mark.parametrize(
    ("places", "posts", "said"), [(9, 1, "1 more place: 1 post"), (10, 2, "2 more places: 4 posts")]
)
def test_the_places_beyond_the_list_are_counted_as_people_count(
    places: int,
    posts: int,
    said: str,
    millbrook: tuple[Store, dict[str, str]],
    show: Show,
    save: Save,
    mention: MakeMention,
) -> None:
    """One is one place, with one post; what opens is called the same."""
    store, environment = millbrook
    at = datetime.now(TIMEZONE) - timedelta(hours=2)
    save(store, *(mention(feed=f"Town {n}", published_at=at) for n in range(places) for _ in range(posts)))
    page = show(environment)
    assert said == page.button(key="open_place_rest").label
    title, _ = dialog(whole(page.button(key="open_place_rest").click().run()))
    assert f"Public posts, {said.partition(' post')[0]}" == title


def test_a_story_opens_its_copies(town: Town, show: Show) -> None:
    """The texts that came up most are the store's, said with their number, and each opens just its posts."""
    page = show(town.environment)
    found = rows(town.store, view_of(page))
    by_story: dict[str | None, list[Mention]] = {}
    for mention in found:
        by_story.setdefault(mention.story, []).append(mention)
    copied = sorted((len(copies) for copies in by_story.values() if len(copies) > 1), reverse=True)[:3]
    assert f"{len(found)} public posts, {len(by_story)} stories" in words(page)
    buttons = [button for button in page.button if (button.key or "").startswith("open_story_")]
    assert copied == [number_in(button.label) for button in buttons]
    for button in buttons:
        whole(button.click().run())
        title, inside = dialog(page)
        assert number_in(button.label) == number_in(title.rpartition(":")[2]) == inside.count("<li>")
    assert len(buttons) == 3


def test_a_day_that_stands_out_is_said_and_opens_its_posts(town: Town, show: Show) -> None:
    """The line of why names the newest one, the chart's foot all of them, each with exactly its day's posts."""
    page = show(town.environment, period="30d")
    buttons = [button for button in page.button if (button.key or "").startswith("open_spike_")]
    assert 1 <= len(buttons) <= 3
    (deck,) = re.findall(r'<p class="deck">(.*?)</p>', " ".join(pieces(page)))
    for rank, button in enumerate(buttons):
        whole(button.click().run())
        title, inside = dialog(page)
        day = title.removeprefix("Public posts, ").rpartition(":")[0]
        assert number_in(button.label) == number_in(title.rpartition(":")[2])
        assert (f"{day} had" in deck) == (rank == 0)
        assert f"{day} had {number_in(button.label)} posts" in words(page)
        assert inside.count(f"· {day}") == inside.count("<li>")
    assert "a usual" in deck
    drivers = [button for button in page.button if (button.key or "").startswith("open_driver_")]
    assert drivers
    for button in drivers:
        whole(button.click().run())
        title, inside = dialog(page)
        assert number_in(button.label) == number_in(title.rpartition(":")[2])
        assert f"{number_in(button.label)} of them." in words(page)


def test_the_line_of_why_names_nobody(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """A shared post that made the day is told without the handle in it, in the line of why and at the chart's foot."""
    store, environment = millbrook
    now = door.now().astimezone(TIMEZONE)
    with store.writing() as connection:
        state = stores.FeedState(name="Social", source="mastodon", state="ok", first_answer_at=now - timedelta(days=60))
        stores.save_feed(connection, state)
        for days in range(60):
            day = store.local_day(int((now - timedelta(days=days)).timestamp()))
            stores.note_heard(connection, "Social", day, answered=True)
    thanks = "Thank you @ada@town.example for carrying my bags from the bus to the library in the rain"
    yesterday = now.replace(hour=12) - timedelta(days=1)
    save(store, *(mention(text=thanks, feed="Social", published_at=yesterday + timedelta(minutes=n)) for n in range(9)))
    page = show(environment)
    (deck,) = re.findall(r'<p class="deck">(.*?)</p>', " ".join(pieces(page)))
    assert "One story, “Thank you @••••" in html.unescape(deck)
    assert 2 == words(page).count("makes up 9 of them.")
    assert "@ada" not in " ".join(pieces(page))
    assert not [button for button in page.button if "@ada" in f"{button.label}{button.help}"]


def test_a_story_names_nobody_and_nothing_behind_a_warning(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """Handles in a story's words are masked, and words behind a content warning stay behind it."""
    store, environment = millbrook
    now = datetime.now(TIMEZONE) - timedelta(hours=2)
    thanks = "Thank you @ada@town.example for carrying my bags from the bus to the library in the rain"
    warned = "The old library cellar was flooded again and the photos are not nice to look at, be warned"
    save(store, *(mention(text=thanks, feed=f"Feed {n}", published_at=now) for n in range(3)))
    save(store, *(mention(text=warned, feed=f"Feed {n}", published_at=now, sensitive=True) for n in range(2)))
    page = show(environment)
    (first, second) = (piece for piece in pieces(page) if 'class="story"' in piece and "public posts in" in piece)
    assert "Thank you @••••" in first
    assert "@ada" not in " ".join(pieces(page))
    assert "Behind a content warning" in second
    assert "cellar" not in " ".join(pieces(page))


@pytest.mark.parametrize("button", ["open_waiting", "open_questions"])
def test_the_number_of_questions_opens_the_posts_that_ask(town: Town, show: Show, button: str) -> None:
    """Each of those that wait with the sentence that asks; the newest stand on the page."""
    page = show(town.environment, period="30d")
    whole(page.button(key=button).click().run())
    found = [
        mention
        for mention in rows(town.store, view_of(page, key="30d"))
        if mention.question and (mention.verdict is None or mention.verdict.answered_at is None)
    ]
    title, inside = dialog(page)
    assert len(found) == number_in(title)
    assert min(20, len(found)) == inside.count("Asks: “")
    (shown,) = [piece for piece in pieces(page) if '<ul class="questions">' in piece]
    newest = asked(found[0].title, found[0].text, kind=collector(found[0].source).KIND)
    assert newest is not None
    assert f"<b>{html.escape(newest.words)}</b>" in shown


def test_a_question_names_nobody_and_nothing_behind_a_warning(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """Handles are masked; what stands behind a content warning counts and is not shown."""
    store, environment = millbrook
    now = datetime.now(TIMEZONE) - timedelta(hours=2)
    save(
        store,
        mention(text="@millbrook can @ada@town.example use the library bus?", question=True, published_at=now),
        mention(text="Where was the cellar?", question=True, published_at=now, sensitive=True),
    )
    catch_up(store, WhoAsks(lambda source: "post"))
    page = show(environment)
    assert metrics(page)["Questions"] == "2"
    (shown,) = [piece for piece in pieces(page) if '<ul class="questions">' in piece]
    assert "<b>can @••••" in shown
    assert "@ada" not in " ".join(pieces(page))
    assert "cellar" not in " ".join(pieces(page))


# --- what was answered


def answered(store: Store, *ids: str, hours: int = 3) -> None:
    """Somebody notes that these questions were answered so many hours after they were asked."""
    with store.writing() as connection:
        rows = connection.execute(select(mentions.c.id, mentions.c.n, mentions.c.published_at)).all()
        changes = {
            row.n: {
                "status": "answered",
                "answered_at": datetime.fromtimestamp(row.published_at, UTC) + timedelta(hours=hours),
                "note": "Rang Ada at home",
                "answered_by": "Ben Brook",
            }
            for row in rows
            if row.id in ids
        }
        reviewing.review(store, connection, changes, reviewer="Ana Brook", at=door.now(), seen=0)


@pytest.fixture
def reviewed(
    millbrook: tuple[Store, dict[str, str]], save: Save, mention: MakeMention
) -> tuple[Store, dict[str, str], list[str]]:
    """Millbrook with 12 posts of which seven ask, and four of these were answered; the ids of all that ask."""
    store, environment = millbrook
    at = door.now() - timedelta(hours=30)
    asks = [
        mention(
            text=f"When does bus {n} run on Sunday?",
            question=True,
            topics=("Buses",) if n % 2 else ("Library",),
            published_at=at + timedelta(minutes=n),
        )
        for n in range(7)
    ]
    save(store, *asks, *(mention(text="A lovely bus", topics=("Buses",), published_at=at) for _ in range(5)))
    catch_up(store, WhoAsks(lambda source: "post"))
    answered(store, *(one.id for one in asks[:4]))
    return store, environment, [one.id for one in asks]


@pytest.mark.parametrize("word", AUDIENCES)
def test_once_there_are_reviews_the_page_says_what_was_answered(
    word: str, reviewed: tuple[Store, dict[str, str], list[str]], show: Show
) -> None:
    """In the headline, as the number of those that wait, and how fast; for every audience, and under every topic."""
    _, environment, _ = reviewed
    page = show(environment, **({"audience": word} if word else {}))
    assert headline(page).endswith(", and seven of them ask for something; four were answered")
    assert {"Questions waiting": "3"}.items() <= metrics(page).items()
    assert "Questions" not in metrics(page)
    assert ["4 of 7 answered"] == [each.change for each in metrics_of(page) if each.label == "Questions waiting"]
    assert "Three questions wait for an answer" in words(page)
    assert "Four of 7 were answered; half of the answers went out within 3 hours." in words(page)
    assert "neither seen nor noted is not known" in words(page)
    choose(page, "Library")
    assert headline(page).endswith(", and all of them ask for something; two were answered")
    assert "Two of 4 were answered. Questions and requests" in words(page)
    assert "2" == metrics(page)["Questions waiting"]


@pytest.mark.parametrize(
    ("button", "which", "title"),
    [
        ("open_waiting", slice(4, 7), "Questions that wait for an answer: 3"),
        ("open_questions", slice(4, 7), "Questions that wait for an answer: 3"),
        ("open_answered", slice(0, 4), "Questions that were answered: 4"),
    ],
)
def test_what_waits_and_what_was_answered_opens_just_those(
    button: str, which: slice, title: str, reviewed: tuple[Store, dict[str, str], list[str]], show: Show
) -> None:
    """The count that opens is the number that was clicked, and the posts are those; no note and no name is shown."""
    store, environment, ids = reviewed
    page = show(environment)
    assert title.rpartition(" ")[2] == str(number_in(page.button(key=button).label))
    whole(page.button(key=button).click().run())
    opened, inside = dialog(page)
    assert title == opened
    texts = {mention.id: mention.text for mention in rows(store, view_of(page))}
    shown = {id_ for id_ in ids if html.escape(texts[id_].split(" on ")[0]) in inside}
    assert set(ids[which]) == shown
    assert not {name for name in ("Ana", "Ben", "Rang") if name in " ".join(pieces(page))}


def test_answered_ones_are_not_among_those_that_the_page_shows_as_asking(
    reviewed: tuple[Store, dict[str, str], list[str]], show: Show
) -> None:
    """The list is of what still waits; where nothing does, the finding and the way to the answered ones remain."""
    store, environment, ids = reviewed
    page = show(environment)
    (listed,) = [piece for piece in pieces(page) if '<ul class="questions">' in piece]
    assert ["bus 6 ", "bus 5 ", "bus 4 "] == re.findall(r"bus \d ", listed)
    answered(store, *ids)
    page = show(environment)
    assert headline(page).endswith("; all were answered")
    assert "0" == metrics(page)["Questions waiting"]
    assert "All seven questions were answered" in words(page)
    assert not [piece for piece in pieces(page) if '<ul class="questions">' in piece]
    assert {"open_waiting", "open_questions"}.isdisjoint(button.key for button in page.button)
    assert "See the 7 that were answered" == page.button(key="open_answered").label


@pytest.mark.parametrize("room", ["room", "wall"])
def test_answers_stand_in_every_room(room: str, reviewed: tuple[Store, dict[str, str], list[str]], show: Show) -> None:
    """On a projector and in the corridor, where one part after the other is on."""
    _, environment, _ = reviewed
    page = show(environment, view=room)
    assert "3" == metrics(page)["Questions waiting"]
    if room == "wall":
        page.session_state["scene"] = SCENES.index("questions")
        whole(page.run())
    assert "Three questions wait for an answer" in words(page)
    assert "See the 4 that were answered" == page.button(key="open_answered").label


# --- for whom


FINDINGS = {
    "trend": "Public posts a day",
    "stories": "Copies of one text",
    "questions": "Questions and",
    "quotes": "What people like",
    "newest": ">Newest<",
    "asks": "What would help",
}


@pytest.mark.parametrize("word", AUDIENCES)
def test_each_audience_sees_the_same_in_its_own_order(town: Town, show: Show, word: str) -> None:
    """The same numbers and sections; the page says for whom it is, and cautious ones find the words behind a click."""
    usual, page = show(town.environment), show(town.environment, **({"audience": word} if word else {}))
    assert metrics(page) == metrics(usual)
    assert AUDIENCES[word].mark in words(page)
    shown = pieces(page)
    order = [
        next(place for place, piece in enumerate(shown) if FINDINGS[name] in piece)
        for name in AUDIENCES[word].order
        if name in FINDINGS and name not in AUDIENCES[word].behind_a_click
    ]
    assert order == sorted(order)
    hidden = [expander for expander in page.expander if expander.label == "What people wrote, in their own words"]
    assert len(hidden) == (word == "cautious")
    if hidden:
        inside = " ".join(piece.proto.body for piece in hidden[0].get("html"))
        assert all(FINDINGS[name] in inside for name in ("questions", "quotes", "newest"))
        outside = " ".join(piece for piece in shown if piece not in inside)
        assert "<blockquote>" not in outside


def test_the_audience_stands_in_the_address_and_one_that_means_nothing_is_everybody(town: Town, show: Show) -> None:
    """A link shows another person the same order."""
    page = show(town.environment, audience="nonsense")
    assert page.selectbox(key="chosen_audience").value == ""
    whole(page.selectbox(key="chosen_audience").select("curious").run())
    assert page.query_params["audience"] in ("curious", ["curious"])
    assert "For a curious audience" in words(page)
    whole(page.selectbox(key="chosen_audience").select("").run())
    assert "audience" not in page.query_params


def test_new_posts_come_in_while_it_keeps_updating_and_the_numbers_wait(
    millbrook: tuple[Store, dict[str, str]],
    show: Show,
    save: Save,
    mention: MakeMention,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing above moves until somebody counts them in."""
    store, environment = millbrook
    save(store, mention(text="The bus was early.", published_at=datetime.now(TIMEZONE) - timedelta(hours=2)))
    monkeypatch.setitem(collecting._began, store.url, door.now())  # the places were asked just now
    page = whole(show(environment).toggle(key="live").set_value(True).run())
    assert "Happening right now" in words(page)
    page.session_state["as_of"] = (page.session_state["as_of"][0], moment(page) - timedelta(minutes=5))
    save(store, mention(text="A new bench by the library.", published_at=moment(page) + timedelta(minutes=2)))
    whole(page.run())
    assert "A new bench by the library." in words(page)
    assert "1 post is newer than the numbers above" in words(page)
    assert metrics(page)["Public posts"] == "1"
    whole(page.button(key="open_count_in").click().run())
    assert metrics(page)["Public posts"] == "2"
    assert "newer than the numbers above" not in words(page)


def test_other_settings_are_other_answers_at_once(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """What was counted by the settings of before is not shown by those of now, to nobody who looks."""
    store, environment = millbrook
    at = datetime.now(TIMEZONE) - timedelta(hours=2)
    save(store, mention(feed="Millbrook Herald", source="rss", published_at=at, topics=("Buses",)))
    assert "Reach" not in metrics(show(environment))
    file = Path(environment["LISTENING_SETTINGS"])
    file.write_text(file.read_text(encoding="utf-8") + "audience = 5_000\n", encoding="utf-8")
    later = file.stat().st_mtime_ns + 2_000_000_000
    os.utime(file, ns=(later, later))
    assert "5K" == metrics(show(environment))["Reach"]


# --- what is shown


@pytest.mark.parametrize("linked", [False, True])
def test_links_to_private_people_stand_only_where_the_settings_say_so(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention, linked: bool
) -> None:
    """The name stays masked either way; whoever follows the link sees it."""
    store, environment = millbrook
    if linked:
        file = Path(environment["LISTENING_SETTINGS"])
        file.write_text(file.read_text(encoding="utf-8") + "[privacy]\nlinks_to_people = true\n", encoding="utf-8")
    url = "https://harbor.example/@anna/1"
    at = datetime.now(TIMEZONE) - timedelta(hours=2)
    save(store, mention(author="anna@harbor.example", url=url, published_at=at, topics=("Buses",)))
    page = show(environment)
    whole(page.button(key="open_plain").click().run())
    everything = " ".join(pieces(page))
    assert linked == (f'href="{url}"' in everything)
    assert "anna" not in everything.replace(url, "")


@pytest.mark.parametrize("shown", [False, True])
def test_strong_language_is_shown_only_where_the_settings_say_so(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention, shown: bool
) -> None:
    """On a projector it keeps its first letter, in quotes, stories, themes and whatever opens."""
    store, environment = millbrook
    if shown:
        file = Path(environment["LISTENING_SETTINGS"])
        file.write_text(file.read_text(encoding="utf-8") + "[privacy]\nstrong_language = true\n", encoding="utf-8")
    now = datetime.now(TIMEZONE) - timedelta(hours=2)
    texts = [f"This shitty timetable again, {word} and the library is shut" for word in ("plum", "fern", "moss", "oak")]
    save(store, *(mention(text=text, tag="bad", author=text, published_at=now) for text in texts))
    page = show(environment)
    whole(page.button(key="open_plain").click().run())
    everything = " ".join([*pieces(page), *(f"{button.label} {button.help}" for button in page.button)])
    assert ("shitty" in everything, "s•••••" in everything) == (shown, not shown)


def test_before_anything_was_judged_no_number_of_questions_is_shown(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """Nothing is known of posts that an older version stored: no zero stands there."""
    store, environment = millbrook
    save(store, mention(published_at=datetime.now(TIMEZONE) - timedelta(hours=2)))
    page = show(environment)
    assert "Questions" not in metrics(page)
    assert "A question is a post" not in words(page)


def test_what_the_team_asks_for_stands_at_the_end(town: Town, show: Show) -> None:
    """As the settings say it, with risk and safeguard; without asks the section is left out."""
    page = show(town.environment)
    (shown,) = [piece for piece in pieces(page) if '<ul class="asks">' in piece]
    for ask in town.settings.asks:
        for said in (ask.what, ask.risk, ask.safeguard, ask.stop_rule, ask.will_not):
            assert html.escape(said) in shown
    assert len(town.settings.asks) == 2


@pytest.mark.parametrize("key", ["7d", "30d"])
def test_a_theme_opens_the_posts_that_hold_its_words(town: Town, show: Show, key: str) -> None:
    """Each theme says how many posts there are with its words, good, neutral and bad, and opens just these."""
    page = show(town.environment, period=key)
    themes = [piece for piece in pieces(page) if 'class="story"' in piece and "Reddit search" not in piece]
    buttons = [button for button in page.button if (button.key or "").startswith("open_theme_")]
    assert 3 <= len(buttons) <= 5
    for button in buttons:
        whole(button.click().run())
        title, inside = dialog(page)
        said = re.search("“(.+)”", title)
        assert said
        assert number_in(button.label) == number_in(title.rpartition(":")[2])
        first = html.unescape(re.sub(r"<[^>]+>", "", inside.split("<li>")[1])).casefold()
        assert said[1].casefold().split()[0][:4] in first
        assert any(f"<bdi>{html.escape(said[1])}</bdi>" in piece for piece in themes)


def test_with_few_posts_there_are_no_themes(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """Two posts about one thing are no theme, and the page says nothing rather than nonsense."""
    store, environment = millbrook
    now = datetime.now(TIMEZONE) - timedelta(hours=2)
    save(
        store,
        *(mention(text=f"The telescope club meets in room {n}", feed=f"Feed {n}", published_at=now) for n in range(2)),
    )
    page = show(environment)
    assert [] == [button for button in page.button if (button.key or "").startswith("open_theme_")]
    assert "Words and phrases" not in words(page)


def test_no_story_is_told_twice_among_the_newest(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """Of copies the newest stands among the newest posts, and the section is there only where a story is."""
    store, environment = millbrook
    report = "The Millbrook library lends out telescopes from Saturday on, and everybody with a card may take one home"
    now = datetime.now(TIMEZONE)
    alone = mention(
        text="Is the bus to the library late today?", topics=("Buses",), published_at=now - timedelta(hours=4)
    )
    save(store, alone)
    assert "stories" not in words(show(environment)).partition("How we count")[0]
    save(
        store,
        *(
            mention(text=report, feed=f"Feed {n}", topics=("Library",), published_at=now - timedelta(hours=n + 1))
            for n in range(3)
        ),
    )
    page = show(environment)
    assert "One story is more than half of it" in words(page)
    (newest,) = [piece for piece in pieces(page) if 'class="newest"' in piece]
    assert [1, 1] == [newest.count("lends out telescopes"), newest.count("bus to the library")]


def test_what_was_opened_is_gone_with_the_next_click(town: Town, show: Show) -> None:
    """A closed list does not come back when something else is chosen."""
    page = show(town.environment)
    page.button(key="open_bad").click().run()
    assert 1 == len(page.get("dialog"))
    choose(page, "Buses and roads")
    assert 0 == len(page.get("dialog"))


# --- the address ----------------------------------------------------------------------------------------------------


def test_the_address_chooses_period_topic_and_words(town: Town, show: Show) -> None:
    """A link shows what its sender saw."""
    page = show(town.environment, period="30d", topic="Buses and roads", q="bridge")
    view = replace(view_of(page, key="30d", topic="Buses and roads"), query=parse("bridge"))
    assert f"{len(rows(town.store, view)):,}" == metrics(page)["Public posts"]
    assert "“bridge”" in headline(page)


def test_a_choice_goes_into_the_address(town: Town, show: Show) -> None:
    """The key of a period stands there, not its words; the usual period leaves the address short."""
    page = show(town.environment)
    page.selectbox(key="chosen_period").select("30d").run()
    choose(page, "Buses and roads")
    assert "30d" == page.query_params["period"]
    whole(page.selectbox(key="chosen_period").select("7d").run())
    assert "period" not in page.query_params


@pytest.mark.parametrize(
    "address",
    [
        {"period": "yesterday"},
        {"topic": "The harbor seals"},
        {"period": "", "topic": "", "q": ""},
        {"view": "cellar", "tag": "good", "anything": "else"},
    ],
)
def test_an_address_that_means_nothing_shows_the_usual_page(town: Town, show: Show, address: dict[str, str]) -> None:
    """A mistyped link still shows something true."""
    page = show(town.environment, **address)
    assert f"{len(rows(town.store, view_of(page))):,}" == metrics(page)["Public posts"]


# --- words ----------------------------------------------------------------------------------------------------------


def test_a_search_counts_what_it_finds_and_is_written_down_once(
    millbrook: tuple[Store, dict[str, str]], show: Show, mention: MakeMention, save: Save
) -> None:
    """Who searched for what is kept, once for each search and not for each click after it."""
    store, environment = millbrook
    at = door.now() - timedelta(hours=2)
    save(
        store,
        mention(text="The bus was early.", published_at=at, topics=("Buses",)),
        mention(text="The buses waited for us at the bridge.", published_at=at, topics=("Buses",)),
        mention(text="A bridge of books at the library.", published_at=at, topics=("Library",)),
    )
    page = show(environment)
    for typed, found in (("bridge", 2), ("bridge AND buses", 1), ("zebra", 0)):
        whole(page.text_input(key="q").set_value(typed).run())
        assert f"{found}" == metrics(page)["Public posts"]
        whole(page.selectbox(key="chosen_period").select("30d").run())
        whole(page.run())
    with store.reading() as connection:
        kept = connection.execute(select(access_log.c.what, access_log.c.detail).order_by(access_log.c.no)).all()
    assert [("search", "bridge"), ("search", "bridge AND buses"), ("search", "zebra")] == [tuple(row) for row in kept]


def test_a_search_that_cannot_be_read_says_where_and_shows_everything(town: Town, show: Show) -> None:
    """The numbers are those without a search, and the trouble is gone with the next, right one."""
    page = show(town.environment, q="bridge AND (closed")
    (said,) = [piece for piece in pieces(page) if 'role="alert"' in piece]
    assert "Column 12" in said
    assert f"{len(rows(town.store, view_of(page))):,}" == metrics(page)["Public posts"]
    whole(page.text_input(key="q").set_value("bridge").run())
    assert not any('role="alert"' in piece for piece in pieces(page))


# --- looking never asks ---------------------------------------------------------------------------------------------


def test_looking_never_asks_a_feed(
    tmp_path: Path, httpserver: HTTPServer, new_store: MakeStore, show: Show, mention: MakeMention, save: Save
) -> None:
    """Opening both pages, choosing, searching and reading asks no server for anything and begins no run."""
    httpserver.expect_request("/feed").respond_with_data("<rss version='2.0'><channel></channel></rss>")
    file = tmp_path / "listening.toml"
    file.write_text(SETTINGS.format(feed=httpserver.url_for("/feed")), encoding="utf-8")
    store = new_store()
    save(store, mention(published_at=door.now() - timedelta(hours=2), topics=("Buses",)))
    environment = {"LISTENING_SETTINGS": str(file), "LISTENING_STORE": store.url}

    page = show(environment)
    page.selectbox(key="chosen_period").select("90d").run()
    page.selectbox(key="topic").select("Buses").run()
    page.text_input(key="q").set_value("bus OR driver OR bridge").run()
    page.text_input(key="q").set_value("").run()
    whole(page.button(key="open_plain").click().run())
    whole(show(environment, SOURCES).run())

    assert [] == httpserver.log
    with store.reading() as connection:
        assert Reader(store, connection).latest_run() is None
        assert {state.last_asked_at for state in stores.feed_states(connection).values()} == {None}


def test_the_page_stands_still_until_something_new_was_collected(
    millbrook: tuple[Store, dict[str, str]], show: Show, mention: MakeMention, save: Save
) -> None:
    """A click speaks of the same moment as the number that was clicked; a finished collection moves the page on."""
    store, environment = millbrook
    now = door.now()
    save(store, mention(published_at=now - timedelta(hours=2), topics=("Buses",)))
    page = show(environment)
    version, opened_now = page.session_state["as_of"]
    opened = opened_now - timedelta(minutes=5)
    page.session_state["as_of"] = (version, opened)  # somebody has been reading for five minutes
    save(store, mention(published_at=now - timedelta(minutes=2), topics=("Library",)))
    whole(page.button(key="open_plain").click().run())
    assert opened == moment(page)
    assert "1" == metrics(page)["Public posts"]

    run = stores.start_run(store, at=now, feeds_to_ask=1)
    stores.finish_run(store, run, at=now)
    whole(page.run())
    assert opened < moment(page)
    assert "2" == metrics(page)["Public posts"]


# --- the sources page, and no settings at all -----------------------------------------------------------------------


def test_the_sources_page_counts_each_places_week(town: Town, show: Show) -> None:
    """Each row says how many mentions came from there in seven days, as many as the store has."""
    before = door.now()
    page = show(town.environment, SOURCES)
    now = door.now()
    with town.store.reading() as connection:
        found = health(town.settings.feeds, stores.feed_states(connection), now.astimezone(TIMEZONE))
    assert sentence(found) == headline(page)
    (table,) = [piece for piece in pieces(page) if "<table" in piece]
    row = r'<th scope="row">(.*?)<.*?data-label="Mentions, 7 days"[^>]*>(?:<a [^>]*>)?([\d,]+)<'
    shown = {html.unescape(name): number_in(count) for name, count in re.findall(row, table)}
    # The page's clock and ours may stand on two sides of a second in which a post grew a week old.
    possible = [
        {
            feed.name: len(rows(town.store, View(start=end - timedelta(days=7), end=end, feeds=frozenset({feed.name}))))
            for feed in town.settings.feeds
        }
        for end in (before, now)
    ]
    assert shown in possible


def test_a_place_whose_budget_is_used_up_says_how_much_and_until_when(show: Show, tmp_path: Path) -> None:
    """Nobody has to look: it goes on by itself; what was used this month stands with its name."""
    file = tmp_path / "listening.toml"
    feed = 'source = "x"\nsearch = "Millbrook"\nterms = "confirmed"\ndollars_a_month = 20'
    text = SETTINGS.format(feed="http://127.0.0.1:9/feed")
    file.write_text(f'{text}\n[[feeds]]\nname = "X"\n{feed}\n', encoding="utf-8")
    settings = load(file, {})
    store, now = door.store_of(settings), door.now()
    place = next(each for each in settings.feeds if each.source == "x")
    budget, _ = x.budgets(place)
    with store.writing() as connection:
        assert spending.reserve(connection, budget, 3_200, now) is None
        state = stores.FeedState(
            name="X", source="x", state="waiting", problem="All is used.", not_before=now + timedelta(days=2)
        )
        stores.save_feed(connection, state)
    page = show({"LISTENING_SETTINGS": str(file), "LISTENING_STORE": store.url}, SOURCES)
    said = words(page)
    assert "used 3.20 of 20.00 dollars this month" in said
    assert "Waits" in said
    assert "All is used. Asked again from" in " ".join(said.split())
    assert "need" not in headline(page)


def test_the_sources_page_says_that_nobody_collects_by_itself(show: Show, tmp_path: Path) -> None:
    """And tells no time at which a place would be asked; what is paused is named; a round without news says so."""
    file = tmp_path / "listening.toml"
    text = SETTINGS.format(feed="http://127.0.0.1:9/feed")
    paused = '[[feeds]]\nname = "r/millbrook"\nsource = "reddit"\nsubreddit = "millbrook"\npaused = true\n'
    file.write_text(f"{text}\n{paused}", encoding="utf-8")
    store, now = door.store_of(load(file, {})), door.now()
    known = pace.Pace(every=90 * 60, posts=10, days=2)
    with store.writing() as connection:
        state = stores.FeedState(
            name="Millbrook Herald", source="rss", state="ok", pace=pace.written(known), due_at=now + timedelta(hours=1)
        )
        stores.save_feed(connection, state)
    environment = {"LISTENING_SETTINGS": str(file), "LISTENING_STORE": store.url}
    shown = show(environment, SOURCES)
    said = words(shown)
    assert "Nobody collects by itself." in said
    assert any("<code>listening collect --every 15m</code>" in piece.proto.body for piece in shown.get("html"))
    assert "Not by itself; it would be about every 90 minutes" in said
    assert "Due" not in said
    assert "Paused, and not asked: r/millbrook" in said
    for minutes, posts in ((20, 5), (5, 0)):
        at = now - timedelta(minutes=minutes)
        number = stores.start_run(store, at=at, feeds_to_ask=1)
        with store.writing() as connection:
            stores.run_progress(connection, number, at=at, failed=0, posts=posts, new=0)
        stores.finish_run(store, number, at=at)
    said = words(show(environment, SOURCES))
    assert "Nothing has changed since" in said
    assert "Last by hand" in said
    assert "0 posts read" not in said


def test_a_post_opens_with_the_conversation_around_it(
    millbrook: tuple[Store, dict[str, str]], show: Show, save: Save, mention: MakeMention
) -> None:
    """What it answers, what was answered, ours by name and how fast; private people are masked, also in the words."""
    store, environment = millbrook
    at = door.now() - timedelta(hours=5)
    root = mention(key="b", reply_to="a", text="Is the Millbrook pool open?", question=True, published_at=at)
    save(store, root)

    def said(key: str, text: str, author: str, to: str | None, hours: int) -> Post:
        when = at + timedelta(hours=hours)
        return Post(
            source=root.source, feed=root.feed, key=key, text=text, author=author, reply_to=to, published_at=when
        )

    with store.writing() as connection:
        conversing.keep(
            connection, [(said("a", "Swimming today?", "@cleo@river.example", None, -1), False)], now=door.now()
        )
        answer = said("c", "Yes @ada@river.example, until six.", "@townhall@millbrook.example", "b", 2)
        conversing.keep(connection, [(answer, True)], now=door.now())
        conversing.note_answers(store, connection, [(answer, True)], now=door.now())
    catch_up(store, WhoAsks(lambda source: "post"))
    page = show(environment)
    assert metrics(page)["Questions waiting"] == "0"
    whole(page.button(key="open_plain").click().run())
    _, inside = dialog(page)
    assert "The conversation: 2 posts around it; we answered within 2 hours" in inside
    assert "Swimming today?" in inside
    assert inside.index("Swimming today?") < inside.index("then this post") < inside.index("until six")
    assert "@townhall@millbrook.example" in inside
    assert "cleo" not in inside
    assert "@ada" not in inside


def test_the_day_that_was_picked_right_before_the_click_is_opened(town: Town, show: Show) -> None:
    """Both reach the page together, and what is opened is what stands in the box."""
    page = show(town.environment, period="30d")
    unfold(page, "days_table")
    box = page.selectbox(key="day_to_open")
    picked = box.options[3]
    box.select_index(3)
    whole(page.button(key="show_day").click().run())
    title, _ = dialog(page)
    assert picked in title


def test_the_day_that_is_picked_from_the_table_is_no_other_day_under_another_topic(town: Town, show: Show) -> None:
    """A topic that is heard on fewer days has fewer to pick; what is not there any more gives way to the newest."""
    page = show(town.environment, period="30d")
    unfold(page, "days_table")
    before = whole(page.selectbox(key="day_to_open").select_index(3).run()).selectbox(key="day_to_open").value
    assert isinstance(before, date)
    for topic in ("Permits and billing", "Library and parks"):
        choose(page, topic)
        box = page.selectbox(key="day_to_open")
        assert isinstance(box.value, date)
        assert day_words(box.value) in box.options
        assert box.value == before or day_words(before) not in box.options
        before = box.value
        whole(page.button(key="show_day").click().run())
        title, _ = dialog(page)
        assert day_words(box.value) in title
        whole(page.run())


def test_what_lies_below_waits_only_where_something_else_is_drawn_above_it(
    town: Town, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headline, numbers and chart are drawn before the rest is sent; whoever opens posts there waits for nothing."""
    waited: list[float] = []
    monkeypatch.setattr(ground, "_with_a_browser", lambda: True)
    monkeypatch.setattr(ground, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=waited.append))
    script = (
        "import streamlit as st\n"
        "from listening.pages import leaders, sources\n"
        "sources.show() if st.session_state.get('away') else leaders.show()\n"
    )
    page = show(town.environment, script)
    assert [ground.FIRST_PAUSE] == waited
    whole(page.button(key="open_good").click().run())
    unfold(page, "days_table")
    assert [0.0, 0.0] == waited[1:], "the same is drawn there"
    choose(page, "Buses and roads")
    whole(page.selectbox(key="chosen_audience").set_value("cautious").run())
    assert [ground.PAUSE, ground.PAUSE] == waited[3:], "another topic, another order"
    for away in (True, False):
        page.session_state["away"] = away
        whole(page.run())
    assert [ground.PAUSE] == waited[5:], "back from another page"
    for view in ("replay", ""):
        page.query_params["view"] = view
        whole(page.run())
    assert [ground.PAUSE] == waited[6:], "back from the replay"


def test_in_the_corridor_who_opens_posts_has_time_to_read(town: Town, show: Show) -> None:
    """The part's time begins anew, also where it was over at that moment."""
    page = show(town.environment, view="wall")
    page.session_state["turned_at"] = time.monotonic() - 2 * rooms.SECONDS
    whole(page.button(key="open_plain").click().run())
    assert [piece for piece in pieces(page) if 'class="opened"' in piece]
    assert "Part 1 of" in words(page)


def test_without_settings_it_shows_the_invented_town_and_says_so(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first look needs no file: the same town, marked as made up."""
    monkeypatch.chdir(tmp_path)
    page = show({})
    assert number_in(metrics(page)["Public posts"]) > 100
    assert "Town of Quillhaven" in words(page)
    assert "Made-up data" in words(page)


def test_settings_that_cannot_be_used_are_explained(show: Show, tmp_path: Path) -> None:
    """File, line and what would be right, on both pages, and nothing else beside it."""
    file = tmp_path / "listening.toml"
    wrong = SETTINGS.format(feed="http://127.0.0.1:9/feed").replace("America/New_York", "Millbrook time")
    file.write_text(wrong, encoding="utf-8")
    for script in (None, SOURCES):
        page = show({"LISTENING_SETTINGS": str(file)}, script)
        assert 1 == len(page.error)
        said = page.error[0].value.replace("\\", "")
        assert f"{file}, line 3" in said
        assert "Millbrook time" in said
        assert "What is stored is not touched by it" in said
        assert 0 == len(page.text), "all of it stands within the box"
        assert [] == metrics_of(page)


def test_two_parts_of_a_page_may_both_have_trouble(show: Show) -> None:
    """A click that fails and a page that fails after it: each is said, and neither hides the other."""
    script = (
        "from listening.errors import StoreFull, StoreLocked\n"
        "from listening.pages import ground\n"
        "ground.trouble('That was not saved', StoreFull('There is no room.', 'Free some.'))\n"
        "ground.trouble('This cannot be shown', StoreLocked('The store is in use.', 'Try again.'))\n"
    )
    page = show({}, script)
    assert not page.exception
    assert ["That was not saved", "This cannot be shown"] == [
        each.value.split("**")[1].rstrip(".") for each in page.error
    ]
