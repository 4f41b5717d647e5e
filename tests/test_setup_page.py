"""The Set up page without a browser: it writes what `listening init` writes, and changes what is there."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from streamlit.testing.v1 import AppTest
from town_kit import answer, feed, kind_town, page

from listening import door
from listening.cli import main
from listening.pages import markup
from listening.pages.setup_draft import mark
from listening.settings import load

pytestmark = pytest.mark.usefixtures("nobody_outside")

PROJECT = Path(__file__).resolve().parent.parent
SECONDS = 60
SET_UP = "from listening.pages import setting_up\nsetting_up.show()"

OWN = """\
# ours
[agency]
name = "Town of Quillhaven"
timezone = "UTC"
contact = "press@quillhaven.example"
own_accounts = ["https://quillhaven.example"]

[[topics]]
name = "Town"
query = "library OR trees"  # keep me

[[feeds]]
name = "Herald"
source = "rss"
url = "{url}"
outlet = true
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and a page that will write its settings there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENING_STORE", raising=False)
    monkeypatch.setenv("TZ", "America/New_York")
    monkeypatch.setenv("LISTENING_SETTINGS", str(tmp_path / "listening.toml"))
    for name in ("LISTENING_BLUESKY_PASSWORD", "LISTENING_YOUTUBE_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def open_page() -> AppTest:
    shown = AppTest.from_string(SET_UP)
    shown.default_timeout = SECONDS
    return whole(shown.run())


def whole(shown: AppTest) -> AppTest:
    """The page, which must not have broken."""
    assert [] == [problem.message for problem in shown.exception]
    return shown


def words(shown: AppTest) -> str:
    """What a reader reads of it."""
    pieces = " ".join(piece.proto.body for piece in shown.get("html"))
    within = re.sub(r"</?(?:bdi|strong|a|b)\b[^>]*>", "", pieces)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", within)).split())


def field(shown: AppTest, label: str) -> object:
    """The one box whose label begins so."""
    (found,) = [box for box in (*shown.text_input, *shown.text_area) if box.label.startswith(label)]
    return found


def fill(shown: AppTest, **boxes: str) -> AppTest:
    for label, text in boxes.items():
        field(shown, LABELS[label]).set_value(text)  # type: ignore[attr-defined]
    return shown


LABELS = {
    "name": "Name of your agency",
    "short": "Short name",
    "site": "Your website",
    "contact": "Contact",
    "accounts": "Your own accounts",
    "papers": "Local papers",
    "region": "State",
}


def press(shown: AppTest, label: str) -> AppTest:
    """Press the button whose label begins so."""
    (button,) = [each for each in shown.button if each.label.startswith(label)]
    return whole(button.click().run())


def begin(shown: AppTest) -> AppTest:
    """Write the settings, and wait until the first collection has ended."""
    shown = press(shown, "Write the settings")
    shown.session_state["first_collection"].wait(SECONDS)
    return whole(shown.run())


def box(shown: AppTest, name: str) -> object:
    """The place's box to tick."""
    (found,) = [each for each in shown.checkbox if re.sub(r"\\", "", each.label) == name]
    return found


def proposed(origin: str) -> AppTest:
    """The page once the kind town was typed in, with an address at which there is nothing."""
    shown = fill(
        open_page(),
        name="Town of Quillhaven",
        short="Quillhaven",
        site=origin,
        contact="press@quillhaven.example",
        accounts=f"@townhall@{origin}",
        papers=f"{origin}/herald/\n{origin}/nowhere\nr/quillhaven",
    )
    shown.selectbox[0].set_value("America/New_York")
    return press(shown, "Propose topics")


def test_the_page_writes_what_init_writes(here: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answers give the same file, to the byte."""
    origin = kind_town(httpserver)
    shown = proposed(origin)
    assert not (here / "listening.toml").exists(), "nothing is written before the last step"
    begin(shown)
    monkeypatch.delenv("LISTENING_SETTINGS")
    by_command = ["init", "--propose", "--settings", str(here / "other.toml"), "--name", "Town of Quillhaven"]
    by_command += ["--short-name", "Quillhaven", "--site", origin, "--contact", "press@quillhaven.example"]
    by_command += ["--own", f"@townhall@{origin}", "--timezone", "America/New_York"]
    by_command += ["--feed", f"{origin}/herald/", "--feed", f"{origin}/nowhere", "--feed", "r/quillhaven"]
    assert 0 == main(by_command)
    assert (here / "other.toml").read_bytes() == (here / "listening.toml").read_bytes()
    assert {"Town news", "Quillhaven Herald"} < {each.name for each in load(here / "listening.toml", {}).feeds}


def test_after_the_last_step_the_result_stands_alone(here: Path, httpserver: HTTPServer) -> None:
    """Whoever pressed a button far below sees what came of it; own posts are named and not counted; nothing is promised
    that a press does not do."""
    origin = kind_town(httpserver)
    headline = feed("Town news", "Quillhaven bus timetable").replace("https://herald.example", origin)
    answer(httpserver, "/own.xml", headline, "application/rss+xml")
    shown = proposed(origin)
    field(shown, "More places").set_value(f"{origin}/own.xml\n")  # type: ignore[attr-defined]
    shown = begin(press(shown, "Look for them"))
    said = words(shown)
    assert "Your first collection" in said
    assert "The first mention is there. 2 posts of your own are stored too and not counted" in said
    assert "Nobody collects by itself from here on." in said
    assert "collects once" in said
    assert "Keep updating" in said
    assert 0 == len(shown.checkbox) + len(shown.text_area)
    shown = press(shown, "See what was written")
    assert "What we listen for, and where" in words(shown)
    assert "The first mention is there." in words(shown)


def test_the_trial_says_what_last_week_would_have_given(here: Path, httpserver: HTTPServer) -> None:
    """Counts and examples by place, and for what led nowhere why."""
    shown = proposed(kind_town(httpserver))
    said = words(shown)
    assert "Gave 2 posts, 1 about you in the last week “Quillhaven opens a lovely library”" in said
    assert "Gave 2 posts, none about you" in said
    assert "/nowhere: There is nothing at this address (404)." in said
    assert "Google says in its news feed that it is for a personal feed reader" in said
    assert box(shown, "Quillhaven Herald").value  # type: ignore[attr-defined]
    assert not box(shown, "r/quillhaven").value  # type: ignore[attr-defined]


def test_a_tick_changes_the_query_and_the_trial_with_it(here: Path, httpserver: HTTPServer) -> None:
    """Without the place's name alone fewer posts are found; nothing is asked again."""
    shown = proposed(kind_town(httpserver))
    asked = len(httpserver.log)
    whole(box(shown, "Quillhaven").uncheck().run())  # type: ignore[attr-defined]
    assert "OR Quillhaven OR" not in (shown.text_area(key="topic_query").value or "")
    assert "“Quillhaven opens a lovely library”" not in words(shown)
    assert asked == len(httpserver.log)


def test_a_query_that_cannot_be_read_is_said_with_its_place(here: Path, httpserver: HTTPServer) -> None:
    """And nothing can be written until it can."""
    shown = proposed(kind_town(httpserver))
    whole(shown.text_area(key="topic_query").set_value('"Town of Quillhaven" OR (pool').run())
    assert "cannot be read" in words(shown)
    assert "Column" in words(shown)
    (button,) = [each for each in shown.button if each.label.startswith("Write the settings")]
    assert button.disabled
    whole(shown.text_area(key="topic_query").set_value("pool").run())
    (button,) = [each for each in shown.button if each.label.startswith("Write the settings")]
    assert not button.disabled


def test_what_is_missing_or_wrong_is_said_and_nothing_typed_is_lost(here: Path) -> None:
    """Beside its field's name, with what would be right."""
    shown = press(fill(open_page(), short="Quillhaven", contact="nobody"), "Propose topics")
    assert "Name: It is needed. Write the name as the public knows it" in words(shown)
    assert "Contact: The contact is neither a mail address nor a web address." in words(shown)
    assert "Quillhaven" == field(shown, "Short name").value  # type: ignore[attr-defined]


def test_a_zone_that_the_computer_does_not_say_is_asked_for(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is taken silently: days and weeks would be cut at another town's midnight."""
    monkeypatch.setenv("TZ", "Etc/UTC")
    shown = fill(open_page(), name="Town of Quillhaven", contact="press@quillhaven.example")
    assert shown.selectbox[0].value is None
    shown = press(shown, "Propose topics")
    assert "Time zone: It is needed. Choose the zone in which you work" in words(shown)
    shown.selectbox[0].set_value("Europe/Berlin")
    shown = press(shown, "Propose topics")
    assert "It is needed" not in words(shown)


def test_a_shared_name_is_asked_about(here: Path, httpserver: HTTPServer) -> None:
    """Springfield without a state: the page asks which one."""
    shown = fill(open_page(), name="City of Springfield", contact="press@quillhaven.example")
    shown = press(shown, "Propose topics")
    assert "Say your state or country" in words(shown)


def test_more_places_are_tried_and_written(here: Path, httpserver: HTTPServer) -> None:
    """What comes to mind later is looked for as well; unticked again it is not written."""
    origin = kind_town(httpserver)
    answer(httpserver, "/radio.xml", feed("Harbor Radio", "Quillhaven sings"), "application/rss+xml")
    shown = proposed(origin)
    field(shown, "More places").set_value(f"{origin}/radio.xml\n")  # type: ignore[attr-defined]
    shown = press(shown, "Look for them")
    assert "“Quillhaven sings”" in words(shown)
    order = words(shown)
    found = "Found for what you typed: Harbor Radio. It stands below."
    assert order.index("“Quillhaven opens a lovely library”") < order.index(found) < order.index("“Quillhaven sings”")
    answer(httpserver, "/nothing-here", "", status=404)
    field(shown, "More places").set_value(f"{origin}/nothing-here\n")  # type: ignore[attr-defined]
    shown = press(shown, "Look for them")
    assert "/nothing-here: There is nothing at this address (404)." in words(shown)
    assert "/nowhere: There is nothing at this address (404)." in words(shown), "what was said before still stands"
    assert "“Quillhaven sings”" in words(shown)
    whole(box(shown, "Town news").uncheck().run())  # type: ignore[attr-defined]
    begin(shown)
    names = {each.name for each in load(here / "listening.toml", {}).feeds}
    assert "Harbor Radio" in names
    assert "Town news" not in names


FORUM = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Harbor forum</title><item>
<link>https://forum.example/1</link><title>Quillhaven library</title>
<author>mary@mail.example (Mary Miller)</author><dc:creator>Mary Miller</dc:creator></item></channel></rss>"""
NAMES = " is a paper, station or agency: its names may be shown"


def test_who_writes_in_a_forum_is_masked_unless_somebody_ticks(here: Path, httpserver: HTTPServer) -> None:
    """A feed that was typed by its address is nobody's outlet; the paper found by its site and one's own site are."""
    origin = kind_town(httpserver)
    forum = answer(httpserver, "/forum.xml", FORUM, "application/rss+xml")
    radio = answer(httpserver, "/radio.xml", feed("Harbor Radio", "Quillhaven sings"), "application/rss+xml")
    shown = fill(
        open_page(),
        name="Town of Quillhaven",
        site=origin,
        contact="press@quillhaven.example",
        papers=f"{origin}/herald/\n{forum}\n{radio}",
    )
    shown = press(shown, "Propose topics")
    ticks = {str(each.key): each.value for each in shown.checkbox if each.label.endswith(markup.not_markdown(NAMES))}
    assert [True, True, False, False] == list(ticks.values())
    shown = whole(shown.checkbox(key=list(ticks)[3]).check().run())
    shown = begin(shown)
    settings = load(here / "listening.toml", {})
    outlets = {each.name: each.outlet for each in settings.feeds if each.source == "rss"}
    assert {"Town news": True, "Quillhaven Herald": True, "Harbor forum": False, "Harbor Radio": True} == outlets
    assert 0 == main(["export", "-o", str(here / "out.csv"), "--settings", str(here / "listening.toml")])
    exported = (here / "out.csv").read_text()
    assert "Quillhaven library" in exported
    assert "Miller" not in exported
    shown = press(shown, "See what was written")
    whole(shown.checkbox(key=f"outlet_{mark('Quillhaven Herald')}").uncheck().run())
    assert {"Quillhaven Herald": False} == {
        each.name: each.outlet for each in load(here / "listening.toml", {}).feeds if each.name == "Quillhaven Herald"
    }


def test_a_title_of_a_feed_is_data(here: Path, httpserver: HTTPServer) -> None:
    """Markup and markdown in what was fetched are shown as they are."""
    origin = kind_town(httpserver)
    hostile = feed(
        "**News** &lt;img src=x&gt; [a](http://evil.example)", "Quillhaven &lt;script&gt;alert(1)&lt;/script&gt;"
    )
    answer(httpserver, "/evil.xml", hostile, "application/rss+xml")
    shown = fill(
        open_page(), name="Town of Quillhaven", contact="press@quillhaven.example", papers=f"{origin}/evil.xml"
    )
    shown = press(shown, "Propose topics")
    pieces = " ".join(piece.proto.body for piece in shown.get("html"))
    assert "<script>" not in pieces
    assert "<img src=x" not in pieces
    assert not any("**News**" in each.label for each in shown.checkbox)


# --- what is there already ------------------------------------------------------------------------------------------


@pytest.fixture
def own(here: Path, httpserver: HTTPServer) -> Path:
    """Settings of a town, and what its paper said, collected."""
    url = answer(
        httpserver,
        "/rss.xml",
        feed("Herald", "The library is lovely", "Trees for the park", "A library card"),
        "application/rss+xml",
    )
    path = here / "listening.toml"
    path.write_text(OWN.format(url=url))
    door.listen(load(path, {}))
    return path


def test_a_query_shows_what_it_would_change_before_it_does(own: Path) -> None:
    """Would add, would drop, the posts themselves; then it is written, matched anew, and the remark stays."""
    shown = open_page()
    (query,) = [each for each in shown.text_area if each.label.startswith("Query of")]
    shown = whole(query.set_value("library").run())
    assert "Would add 0 and drop 1 of what is stored." in words(shown)
    assert "What is dropped is not deleted: it comes back when a query finds it again." in words(shown)
    assert "Goes: “Trees for the park”" in words(shown)
    assert "library OR trees" in own.read_text()
    shown = press(shown, "Write it and match")
    assert "Of what is stored 0 came and 1 went. What went is not deleted" in words(shown)
    assert "query = 'library'  # keep me" in own.read_text().replace('"library"', "'library'")
    assert 2 == len(door.mentions(load(own, {}), topic="Town"))
    (query,) = [each for each in shown.text_area if each.label.startswith("Query of")]
    shown = press(whole(query.set_value("library OR trees").run()), "Write it and match")
    assert "Of what is stored 1 came and 0 went." in words(shown)
    assert 3 == len(door.mentions(load(own, {}), topic="Town")), "what went has come back"


def test_a_query_that_was_changed_once_more_right_before_the_click_is_shown_first(own: Path) -> None:
    """Who types and clicks at once has seen what another query would change: nothing is written until it is shown."""
    shown = open_page()
    (query,) = [each for each in shown.text_area if each.label.startswith("Query of")]
    shown = whole(query.set_value("library").run())
    (query,) = [each for each in shown.text_area if each.label.startswith("Query of")]
    query.set_value("trees")
    shown = press(shown, "Write it and match")
    assert "Nothing is written yet: the query was changed once more." in words(shown)
    assert "Would add 0 and drop 2 of what is stored." in words(shown)
    assert "library OR trees" in own.read_text()
    shown = press(shown, "Write it and match")
    assert "Of what is stored 0 came and 2 went." in words(shown)
    assert ["trees"] == [topic.query for topic in load(own, {}).topics]


def test_a_query_that_another_person_changed_meanwhile_is_not_written_over(own: Path) -> None:
    """The second of two people is told; the first one's query stays."""
    shown = open_page()
    (query,) = [each for each in shown.text_area if each.label.startswith("Query of")]
    shown = whole(query.set_value("library").run())
    own.write_text(own.read_text().replace("library OR trees", "park"))
    (button,) = [each for each in shown.button if each.label.startswith("Write it")]
    shown = whole(button.click().run())
    assert "park" in own.read_text()
    assert "library OR trees" not in own.read_text()
    assert "Somebody else has changed “Town” meanwhile" in words(shown)


def test_a_topic_is_added_over_what_is_stored(own: Path) -> None:
    """With the posts that it would find."""
    shown = open_page()
    shown.text_input(key="new_topic_name").set_value("Green")
    shown = whole(shown.text_area(key="new_topic_query").set_value("trees").run())
    assert "Would add 1 and drop 0" in words(shown)
    shown = press(shown, "Add this topic")
    assert ["Town", "Green"] == [topic.name for topic in load(own, {}).topics]
    assert 1 == len(door.mentions(load(own, {}), topic="Green"))


def test_a_topic_has_the_name_that_was_typed_last_and_no_query_that_was_not_shown(own: Path) -> None:
    """Also where somebody types and clicks at once."""
    shown = open_page()
    shown.text_input(key="new_topic_name").set_value("Grin")
    shown = whole(shown.text_area(key="new_topic_query").set_value("trees").run())
    shown.text_area(key="new_topic_query").set_value("library")
    shown = press(shown, "Add this topic")
    assert "Nothing is written yet" in words(shown)
    assert "Would add 2 and drop 0" in words(shown)
    for name, said in (("", "the new topic has no name."), ("TOWN", "There is a topic of this name already.")):
        shown.text_input(key="new_topic_name").set_value(name)
        shown = whole(shown.button(key="new_topic_add").click().run())
        assert said in words(shown)
        assert ["Town"] == [topic.name for topic in load(own, {}).topics]
        shown = whole(shown.text_input(key="new_topic_name").set_value("Grin").run())
    shown.text_input(key="new_topic_name").set_value("Green")
    shown = press(shown, "Add this topic")
    assert [("Town", "library OR trees"), ("Green", "library")] == [(t.name, t.query) for t in load(own, {}).topics]


def test_a_place_is_paused_and_listened_to_again(own: Path) -> None:
    """A tick is a line in the file, and what is in the file is the tick."""
    shown = open_page()
    shown = whole(box(shown, "Herald").uncheck().run())  # type: ignore[attr-defined]
    assert ["Herald"] == [each.name for each in load(own, {}).paused]
    assert "“Herald” is paused" in words(shown)
    shown = whole(box(shown, "Herald").check().run())  # type: ignore[attr-defined]
    assert ["Herald"] == [each.name for each in load(own, {}).feeds]


def test_places_are_added_to_what_is_there(own: Path, httpserver: HTTPServer) -> None:
    """Tried first, written when ticked; what is there already is said and not doubled."""
    start = answer(httpserver, "/radio/", page('<link rel="alternate" type="application/rss+xml" href="/radio.xml">'))
    answer(httpserver, "/radio.xml", feed("Harbor Radio", "library songs"), "application/rss+xml")
    shown = open_page()
    field(shown, "More places").set_value(f"{start}\n{httpserver.url_for('/rss.xml')}")  # type: ignore[attr-defined]
    shown = press(shown, "Look for them")
    assert "Among your places already: Herald." in words(shown)
    whole(box(shown, "Harbor Radio").uncheck().run())  # type: ignore[attr-defined]
    assert "Tick a place to add it." in words(shown)
    assert [] == [each.label for each in shown.button if each.label.startswith("Add the")]
    whole(box(shown, "Harbor Radio").check().run())  # type: ignore[attr-defined]
    shown = press(shown, "Add the place")
    assert ["Herald", "Harbor Radio"] == [each.name for each in load(own, {}).feeds]
    assert "Added: Harbor Radio." in words(shown)


def test_a_tick_right_before_the_click_counts(own: Path, httpserver: HTTPServer) -> None:
    """What is added is what stands ticked in front of the person who clicks, whether it has been drawn anew or not."""
    starts = []
    for name in ("Radio", "Ferry"):
        start = answer(
            httpserver, f"/{name}/", page(f'<link rel="alternate" type="application/rss+xml" href="/{name}.xml">')
        )
        answer(httpserver, f"/{name}.xml", feed(f"Harbor {name}", "library songs"), "application/rss+xml")
        starts.append(start)
    shown = open_page()
    field(shown, "More places").set_value("\n".join(starts))  # type: ignore[attr-defined]
    shown = press(shown, "Look for them")
    whole(box(shown, "Harbor Radio").uncheck().run())  # type: ignore[attr-defined]
    box(shown, "Harbor Radio").check()  # type: ignore[attr-defined]
    box(shown, "Harbor Ferry").uncheck()  # type: ignore[attr-defined]
    shown = press(shown, "Add the place")
    assert ["Herald", "Harbor Radio"] == [each.name for each in load(own, {}).feeds]


def test_the_invented_town_is_not_changed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its settings belong to the program; the page says how to begin with one's own."""
    monkeypatch.setenv("LISTENING_SETTINGS", str(PROJECT / "sample_feeds" / "listening.toml"))
    monkeypatch.setenv("LISTENING_STORE", str(here / "town.db"))
    shown = open_page()
    assert "listening serve" in words(shown)
    assert 0 == len(shown.checkbox)


def test_all_four_steps_stand_there_from_the_start(here: Path) -> None:
    """What cannot be done yet is said; and truly, which servers will be asked."""
    said = words(open_page())
    steps = ["1. Who you are", "2. What to listen for", "3. Where", "4. Begin"]
    assert steps == sorted(steps, key=said.index)
    assert "mastodon.social for your hashtags" in said


def test_before_set_up_the_other_pages_lead_there(here: Path) -> None:
    """Nothing is shown as if it were the agency's; the invented town is a click away, and says what it is."""
    shown = AppTest.from_string("from listening.pages import sources\nsources.show()")
    shown.default_timeout = SECONDS
    assert "Nothing is set up yet" in words(whole(shown.run()))
    shown.query_params["invented"] = "1"
    assert "This town and all that is said in it are made up." in words(whole(shown.run()))


def test_from_the_invented_town_to_ones_own(
    here: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks at the town sets up without another command; the town's store takes nothing of it."""
    monkeypatch.setenv("LISTENING_SETTINGS", str(PROJECT / "sample_feeds" / "listening.toml"))
    monkeypatch.setenv("LISTENING_STORE", str(here / "town.db"))
    monkeypatch.setenv("LISTENING_SET_UP", str(here / "listening.toml"))
    shown = proposed(kind_town(httpserver))
    assert "The other pages show the invented town" in words(shown)
    begin(shown)
    settings = load(here / "listening.toml", {})
    assert "Town of Quillhaven" == settings.agency.name
    monkeypatch.delenv("LISTENING_STORE")
    assert ["Quillhaven opens a lovely library"] == list(door.mentions(settings)["title"])
    assert not (here / "town.db").exists()
