"""Reading listening.toml: what it says, and for every mistake the line, the key and what would be right."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import PlainAccount
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.errors import SettingsError
from listening.settings import (
    Ask,
    FetchSettings,
    Settings,
    SettingsRefused,
    contact_needed,
    find,
    listed_authors,
    load,
    names_to_mask,
    problems,
    remarks,
    secrets,
)
from listening.settings.places import find_places
from listening.settings.write import written

GOOD = """\
# Settings of an invented town.
[agency]
name = "Town of Quillhaven"
short_name = "Quillhaven"
timezone = "America/New_York"
contact = "press@quillhaven.example"
own_accounts = ["@townhall@quillhaven.social", "u/quillhaven_townhall", "https://www.quillhaven.example"]
names = ["QPD"]
made_up = true

[[topics]]
name = "The town"
query = '"Town of Quillhaven" OR Quillhaven'

[[topics]]
name = "Quillhaven Police"
query = '"Quillhaven Police" OR raw:"QPD"'
department = "Police"

[[feeds]]
name = "Quillhaven Herald"
source = "rss"
url = "https://herald.example/feed.xml"
outlet = true
language = "en"

[[feeds]]
name = "Tag quillhaven"
source = "mastodon"
server = "quillhaven.social"
tag = "quillhaven"
paused = true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good settings file."""
    path = tmp_path / "listening.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def read(file: Path, text: str) -> Settings:
    """Settings from a text, without anything from the environment."""
    file.write_text(text, encoding="utf-8")
    return load(file, {})


def refusal(file: Path, text: str) -> SettingsRefused:
    """The refusal that a text meets."""
    with pytest.raises(SettingsRefused) as refused:
        read(file, text)
    return refused.value


def changed(old: str, new: str) -> str:
    """The good settings with one line different."""
    assert 1 == GOOD.count(old)
    return GOOD.replace(old, new)


def test_a_good_file_says_what_it_says(file: Path) -> None:
    """Every table arrives with its values, and what is not written has its usual value."""
    got = load(file, {})

    assert "Town of Quillhaven" == got.agency.name
    assert ZoneInfo("America/New_York") == got.agency.timezone
    assert got.agency.made_up
    assert ["The town", "Quillhaven Police"] == [topic.name for topic in got.topics]
    assert "Police" == got.topics[1].department
    assert [{"url": "https://herald.example/feed.xml"}] == [dict(feed.options) for feed in got.feeds]
    assert ("rss", True, "en") == (got.feeds[0].source, got.feeds[0].outlet, got.feeds[0].language)
    assert FetchSettings() == got.fetch
    assert 0 == got.privacy.retention_days
    assert "model" == got.tags.tagger
    assert () == remarks(got)


def test_a_paused_feed_is_known_but_not_listened_to(file: Path) -> None:
    """A paused feed is not among the feeds, so nothing can fetch it by mistake."""
    got = load(file, {})

    assert ["Quillhaven Herald"] == [feed.name for feed in got.feeds]
    assert ["Tag quillhaven"] == [feed.name for feed in got.paused]


def test_tables_that_need_not_be_there_are_read(file: Path) -> None:
    """Store, privacy, fetch and tags have their values where they are written."""
    more = """
[store]
url = "kept/here.db"
[privacy]
listed_accounts = ["@herald@quillhaven.social"]
retention_days = 90
[fetch]
answer_seconds = 5
at_once = 3
[tags]
neutral = ["fire"]
scored = ["safety"]
"""
    got = read(file, GOOD + more)

    assert f"sqlite:///{file.parent.as_posix()}/kept/here.db" == got.store_url
    assert (("@herald@quillhaven.social",), 90) == (got.privacy.listed_accounts, got.privacy.retention_days)
    assert (5.0, 3, 10.0) == (got.fetch.answer_seconds, got.fetch.at_once, got.fetch.connect_seconds)
    assert (("fire",), ("safety",)) == (got.tags.neutral, got.tags.scored)


# Each mistake: what is written in place of what, then the line (from 1), the key, and words of the sentence.
MISTAKES = {
    "mistyped key": ("short_name =", "shortname =", 4, "agency.shortname", "Did you mean “short_name”?"),
    "mistyped table": ("[agency]", "[agancy]", 2, "agancy", "Did you mean “agency”?"),
    "number for text": ('name = "Town of Quillhaven"', "name = 7", 3, "agency.name", "text in quotes"),
    "text for list": ('names = ["QPD"]', 'names = "QPD"', 8, "agency.names", "a list in square brackets"),
    "text for true": ("made_up = true", 'made_up = "yes"', 9, "agency.made_up", "true or false"),
    "number in a list": ('names = ["QPD"]', "names = [\n  'QPD',\n  7,\n]", 10, "agency.names[2]", "a number"),
    "empty name": ('name = "Town of Quillhaven"', 'name = " "', 3, "agency.name", "is empty"),
    "no such zone": ("America/New_York", "America/New_Yrok", 5, "agency.timezone", "America/New_York"),
    "zone by its city": ("America/New_York", "New York", 5, "agency.timezone", "America/New_York"),
    "zone without summer": ("America/New_York", "EST", 5, "agency.timezone", "America/New_York"),
    "contact": ("press@quillhaven.example", "the press office", 6, "agency.contact", "mail"),
    "account": ("u/quillhaven_townhall", "town hall", 7, "agency.own_accounts[2]", "“town hall”"),
    "one topic twice": ('name = "Quillhaven Police"', 'name = "the town"', 16, "topics[2].name", "line 12"),
    "empty query": ("""query = '"Quillhaven Police" OR raw:"QPD"'""", "query = ''", 17, "topics[2].query", "is empty"),
    "no query": ("""query = '"Quillhaven Police" OR raw:"QPD"'""", "", 15, "topics[2].query", "is missing"),
    "no such source": ('"mastodon"', '"mastadon"', 29, "feeds[2].source", "Did you mean “mastodon”?"),
    "mistyped address": ("url =", "ulr =", 23, "feeds[1].ulr", "Did you mean “url”?"),
    "language": ('language = "en"', 'language = "English"', 25, "feeds[1].language", '"en"'),
    "one feed twice": ('name = "Tag quillhaven"', 'name = "QUILLHAVEN Herald"', 28, "feeds[2].name", "line 21"),
    "secret key": ("paused = true", 'password = "x"', 32, "feeds[2].password", "environment"),
    "secret in an address": (
        "https://herald.example/feed.xml",
        "https://www.reddit.com/search.rss?q=x&feed=0123abcd&user=quill",
        23,
        "feeds[1].url",
        "LISTENING_REDDIT_FEED_TOKEN",
    ),
    "no address": ('url = "https://herald.example/feed.xml"\n', "", 20, "feeds[1].url", "needs “url”"),
    "not an address": ("https://herald.example/feed.xml", "herald.example", 23, "feeds[1].url", "https://"),
    "secret in half an address": (
        "https://herald.example/feed.xml",
        "herald.example/feed.xml?token=0123abcd",
        23,
        "feeds[1].url",
        "environment",
    ),
    "password in an address": (
        "https://herald.example/feed.xml",
        "https://me:hush@herald.example/feed.xml",
        23,
        "feeds[1].url",
        "environment",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_by_line_and_key(file: Path, mistake: str) -> None:
    """Whatever is wrong, the refusal names the file, the line, the key, and what would be right."""
    old, new, line, key, words = MISTAKES[mistake]
    refused = refusal(file, changed(old, new))

    found = [error for error in (refused, *refused.others) if error.key == key]
    assert [(file, line)] == [(error.file, error.line) for error in found]
    assert words in str(found[0])
    assert str(found[0]).startswith(f"{file}, line {line}, {key}: ")


def test_a_table_within_the_second_topic_is_told_as_such(file: Path) -> None:
    """A table within a list of tables belongs to the one above it."""
    refused = refusal(file, changed('department = "Police"\n', "[topics.departments]\nname = 'Police'\n"))

    assert (18, "topics[2].departments") == (refused.line, refused.key)


@pytest.mark.parametrize(
    "mistake", ["secret key", "secret in an address", "secret in half an address", "password in an address"]
)
def test_a_secret_is_not_repeated(file: Path, mistake: str) -> None:
    """The refusal of a secret does not hold the secret."""
    old, new, *_ = MISTAKES[mistake]
    refused = refusal(file, changed(old, new))

    for error in (refused, *refused.others):
        assert not any(secret in str(error) for secret in ("0123abcd", "hush"))


def test_a_feed_parameter_elsewhere_is_no_secret(file: Path) -> None:
    """Many sites name their feeds by ?feed=rss2 and ?key=news: those are addresses like any other."""
    address = "https://herald.example/?feed=rss2&key=news"
    got = read(file, changed("https://herald.example/feed.xml", address))

    assert address == got.feeds[0].options["url"]


def test_a_query_that_cannot_be_read_is_shown_with_its_column(file: Path) -> None:
    """The refusal of a query holds the column, the line of the query and a mark below what is wrong."""
    refused = refusal(
        file, changed("""query = '"Town of Quillhaven" OR Quillhaven'""", "query = 'Quillhaven AND (road'")
    )

    assert (13, "topics[1].query") == (refused.line, refused.key)
    assert "column" in refused.problem
    *_, line, mark = str(refused).splitlines()
    assert "Quillhaven AND (road" == line
    assert "^" == mark.strip()


def test_a_query_may_use_other_topics_and_listed_authors(file: Path) -> None:
    """topic:name finds the other topics, and author: finds own accounts, listed accounts and outlets."""
    more = """
[[topics]]
name = "Both"
query = 'topic:"The town" AND author:"Quillhaven Herald"'
"""
    got = read(file, GOOD + more)

    assert 3 == len(got.topics)
    assert (*got.agency.own_accounts, "Quillhaven Herald") == listed_authors(got)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[agency]\nname = “Quillhaven”\n", 2, "curly"),
        ('[agency]\nname = "Quillhaven”\n', 2, "curly"),
        ("[agency]\nnames = [\n  “QPD”,\n]\n", 3, "curly"),
        ('[agency]\n\nname = "Quillhaven\ntimezone = "UTC"\n', 3, "closing quote is missing"),
        ("[agency]\nname = Town of Quillhaven\n", 2, 'name = "Town of Quillhaven"'),
        ("[agency]\nname: Quillhaven\n", 2, 'name = "Quillhaven"'),
        ('[agency]\nname "Quillhaven"\n', 2, "equals sign is missing"),
        ("[agency]\nmade_up = True\n", 2, "made_up = true"),
        ("[agency]\nname =\n", 2, "has no value"),
        ('[agency]\nname = "Quillhaven",\n', 2, "comma"),
        (f"[fetch]\n\nat_once = {'9' * 6000}\n", 3, "number is too large"),
        (f"[fetch]\n\nconnect_seconds = 0x{'f' * 6000}\n", 3, "number is too large"),
        (f"[agency]\nnames = [\n  [{2**63}],\n]\n", 3, "number is too large"),
        ('[agency]\ntown name = "Quillhaven"\n', 2, "cannot be a key"),
        ("[agency]\nname = 'St. John's'\n", 2, '"St. John\'s"'),
        ('[store]\nurl = "C:\\Users\\press.db"\n', 2, "backslash"),
        ('[agency]\nname = "a"\nshort_name = "b"\nname = "c"\n', 4, "the first is in line 2"),
        ('[topics]\nname = "a"\n[topics]\nname = "b"\n', 3, "[[topics]]"),
        ('[[topics]\nname = "a"\n', 1, "[[topics]]"),
        ('[agency]\nnames = ["a"\n\n[store]\n', 4, "2 lines above"),
        ('[agency]\nnames = ["a" "b"]\n', 2, "comma"),
        ('[agency]\nname = """Quill\nhaven\n', 2, "closing quote is missing"),
        ('[agency]\nname = \u00a0"Quillhaven"\n', 2, "special blank at column 8"),
    ],
)
def test_what_is_not_toml_is_explained(file: Path, text: str, line: int, words: str) -> None:
    """The classic slips of typing are told in plain words, at the line where they are."""
    refused = refusal(file, text)

    assert line == refused.line
    assert words in str(refused)


def test_a_secret_on_a_broken_line_is_not_repeated(file: Path) -> None:
    """A line that is not TOML is not quoted where it may hold a secret."""
    assert "hunter" not in str(refusal(file, "[feeds]\npassword = hunter\n"))


def test_all_problems_are_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    """One refusal carries all problems, so that a file is corrected in one go."""
    text = (
        changed("America/New_York", "Nowhere/Land")
        .replace("url =", "address =")
        .replace("made_up = true", "made_up = 1")
        .replace('name = "Quillhaven Police"', "name = 5")
    )
    refused = refusal(file, text)
    lines = [error.line for error in (refused, *refused.others)]

    assert [5, 9, 16, 23] == sorted(set(filter(None, lines)))
    assert sorted(filter(None, lines)) == lines
    assert [str(error) for error in (refused, *refused.others)] == [str(error) for error in problems(file)]


def test_a_good_file_has_no_problems(file: Path) -> None:
    """A file that can be used has an empty list of problems."""
    assert [] == problems(file)


def test_single_and_double_brackets_are_told_apart(file: Path) -> None:
    """[topics] and [[agency]] are refused with the heading that is right."""
    assert "[[topics]]" in str(
        refusal(file, '[agency]\nname = "a"\ntimezone = "UTC"\n[topics]\nname = "b"\nquery = "b"\n')
    )
    assert "[agency]" in str(refusal(file, changed("[agency]", "[[agency]]")))


def test_a_file_without_topics_is_refused(file: Path) -> None:
    """Without a topic nothing would be found, and an empty list of topics is no better."""
    agency = '[agency]\nname = "a"\ntimezone = "UTC"\n'
    for text, line in ((agency, 1), ("topics = []\n" + agency, 1), ("# one\n\ntopics = []\n" + agency, 3)):
        refused = refusal(file, text)
        assert ("topics", line) == (refused.key, refused.line)
        assert "no topics" in refused.problem


def test_a_file_without_feeds_or_contact_is_read_and_says_so(file: Path) -> None:
    """A new file has no feeds yet: it can be read, and what is missing is said."""
    got = read(file, GOOD[: GOOD.index("[[feeds]]")].replace('contact = "press@quillhaven.example"\n', ""))

    assert () == got.feeds
    assert any("no feeds yet" in said for said in remarks(got))
    assert any("agency.contact" in said for said in remarks(got))


def test_no_server_is_asked_without_a_contact(file: Path) -> None:
    """Collecting needs a contact, and the refusal says why servers want one."""
    assert "press@quillhaven.example" == contact_needed(load(file, {}))
    without = read(file, changed('contact = "press@quillhaven.example"\n', ""))
    with pytest.raises(SettingsError, match=r"agency\.contact is missing.*Servers turn away"):
        contact_needed(without)


def test_an_outlets_own_figure_is_read(file: Path) -> None:
    """How many people an outlet says it reaches on a day; a wish for none is refused in words."""
    got = read(file, changed("outlet = true", "outlet = true\naudience = 12000"))
    assert [12_000] == [feed.audience for feed in got.feeds if feed.audience is not None]
    with pytest.raises(SettingsError, match="whole number from 1"):
        read(file, changed("outlet = true", "outlet = true\naudience = 0"))


def test_asks_are_read_in_their_order(file: Path) -> None:
    """What leadership is asked for, each with what could go wrong; all but the ask itself may be left out."""
    more = """
[[asks]]
what = "An account on Mastodon"
risk = "Late answers are seen by all"
safeguard = "Two people answer"
stop_rule = "after three months"
will_not = "argue"
[[asks]]
what = "Half an hour on Mondays"
"""
    got = read(file, GOOD + more)
    assert got.asks == (
        Ask(
            what="An account on Mastodon",
            risk="Late answers are seen by all",
            safeguard="Two people answer",
            stop_rule="after three months",
            will_not="argue",
        ),
        Ask(what="Half an hour on Mondays"),
    )
    assert () == read(file, GOOD).asks


@pytest.mark.parametrize(
    ("ask", "key", "words"),
    [
        ('risk = "None"', "asks[1].what", "is missing"),
        ('what = " "', "asks[1].what", "is empty"),
        ('what = "An account"\nstop = "soon"', "asks[1].stop", "Did you mean “stop_rule”?"),
        (f'what = "{"long " * 80}"', "asks[1].what", "300 at most"),
    ],
    ids=["no ask", "an empty ask", "an unknown key", "a long ask"],
)
def test_an_ask_that_cannot_be_is_refused(file: Path, ask: str, key: str, words: str) -> None:
    """At its key, in words."""
    refused = refusal(file, f"{GOOD}[[asks]]\n{ask}\n")
    assert key == refused.key
    assert words in str(refused)


def test_only_paused_feeds_are_said(file: Path) -> None:
    """Where all feeds are paused the reader is told, not left to wonder."""
    got = read(file, changed("outlet = true", "outlet = true\npaused = true"))

    assert any("paused" in said for said in remarks(got))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("at_once", "0"),
        ("at_once", "1.5"),
        ("at_once", "true"),
        ("connect_seconds", "-1"),
        ("answer_seconds", "inf"),
        ("max_megabytes", "nan"),
        ("connect_seconds", '"10"'),
        ("user_agent", '"caf\u00e9"'),
        ("user_agent", '"one\\ntwo"'),
    ],
)
def test_a_number_out_of_bounds_is_refused(file: Path, key: str, value: str) -> None:
    """Numbers that cannot be, and a user agent that no header may carry, are refused at their line."""
    refused = refusal(file, GOOD + f"\n[fetch]\n{key} = {value}\n")

    assert (GOOD.count("\n") + 3, f"fetch.{key}") == (refused.line, refused.key)


def test_a_word_is_not_neutral_and_scored_at_once(file: Path) -> None:
    """A word in both lists of tags is refused."""
    assert "tags.scored[1]" == refusal(file, GOOD + '[tags]\nneutral = ["Fire"]\nscored = ["fire"]\n').key


def test_a_tagger_that_is_not_there_is_refused(file: Path) -> None:
    """An unknown tagger is refused with one that is there."""
    assert "rules" in refusal(file, GOOD + '[tags]\ntagger = "rule"\n').advice


def test_the_store_stands_beside_the_settings(file: Path) -> None:
    """A store's file is found from the settings file's folder, not from where the command is run."""
    folder = file.parent.as_posix()

    def url(written: str) -> str:
        return read(file, f"{GOOD}\n[store]\nurl = '{written}'\n").store_url

    assert f"sqlite:///{folder}/mentions.db" == load(file, {}).store_url
    assert f"sqlite:///{folder}/a b.db" == url("a b.db")
    assert f"sqlite:///{folder}/up.db" == url("sub/../up.db")
    assert f"sqlite:///{folder}/x.db" == url("sqlite:///x.db")
    assert "sqlite:////var/lib/x.db" == url("sqlite:////var/lib/x.db")
    assert "sqlite:////var/lib/x.db" == url("/var/lib/x.db")


@pytest.mark.parametrize("url", ["mysql://db.example/x", "sqlite://", "sqlite:///:memory:", ":memory:", "folder/", "."])
def test_a_store_that_cannot_be_is_refused(file: Path, url: str) -> None:
    """Other databases, a store in memory and a folder are refused at their line."""
    refused = refusal(file, f'{GOOD}\n[store]\nurl = "{url}"\n')

    assert (GOOD.count("\n") + 3, "store.url") == (refused.line, refused.key)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "mysql"])
def test_a_database_of_another_kind_is_refused(file: Path, scheme: str) -> None:
    """In the file and in LISTENING_STORE, when settings are read: a file is offered, no password repeated."""
    url = f"{scheme}://press:hush@db.example/listening"
    refused = refusal(file, f'{GOOD}\n[store]\nurl = "{url}"\n')
    file.write_text(GOOD, encoding="utf-8")
    with pytest.raises(SettingsError, match="LISTENING_STORE") as caught:
        load(file, {"LISTENING_STORE": url})

    for said in (str(refused), str(caught.value)):
        assert f"cannot be kept in “{scheme}”" in said
        assert "mentions.db" in said
        assert "hush" not in said
        assert "PostgreSQL" not in said


def test_the_environment_names_another_store(file: Path) -> None:
    """LISTENING_STORE goes before the file; one that cannot be is refused by its name."""
    assert f"sqlite:///{file.parent.as_posix()}/other.db" == load(file, {"LISTENING_STORE": "other.db"}).store_url
    assert load(file, {}).store_url == load(file, {"LISTENING_STORE": " "}).store_url
    with pytest.raises(SettingsError, match="LISTENING_STORE"):
        load(file, {"LISTENING_STORE": "oracle://db.example/x"})


def test_a_file_is_found_where_it_was_named(tmp_path: Path) -> None:
    """The option goes before the environment, the environment before the working directory."""
    environ = {"LISTENING_SETTINGS": "b.toml"}

    assert None is find(None, {}, tmp_path)
    (tmp_path / "listening.toml").write_text("", encoding="utf-8")
    assert tmp_path / "listening.toml" == find(None, {}, tmp_path)
    assert tmp_path / "b.toml" == find(None, environ, tmp_path)
    assert tmp_path / "a.toml" == find(Path("a.toml"), environ, tmp_path)
    assert Path("/else/a.toml") == find(Path("/else/a.toml"), environ, tmp_path)


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    """A missing file, a folder, and a file in another encoding are told apart."""
    with pytest.raises(SettingsError, match=r"no such file.*listening init"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(SettingsError, match="a folder"):
        load(tmp_path, {})
    other = tmp_path / "other.toml"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        other.write_bytes(GOOD.encode(encoding))
        with pytest.raises(SettingsError, match="UTF-16"):
            load(other, {})
    other.write_bytes('[agency]\n\nname = "Café"\n'.encode("latin-1"))
    with pytest.raises(SettingsError, match="line 3: The file was not saved as UTF-8"):
        load(other, {})


@pytest.mark.skipif(os.name == "nt", reason="this system keeps rights in another way")
def test_a_file_that_may_not_be_read_is_explained(open_folder: Path, plain_account: PlainAccount) -> None:
    """A file of somebody else is told as such."""
    file = open_folder / "listening.toml"
    file.write_text(GOOD, encoding="utf-8")
    file.chmod(0)
    with plain_account(), pytest.raises(SettingsError, match="cannot be read: permission denied"):
        load(file, {})


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(file: Path) -> None:
    """A file saved by a Windows editor reads the same, and its lines are counted the same."""
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert "Town of Quillhaven" == load(file, {}).agency.name
    file.write_bytes(b"\xef\xbb\xbf" + changed("made_up = true", "made_up = 1").replace("\n", "\r\n").encode())
    assert [9] == [error.line for error in problems(file)]


def test_secrets_come_from_the_environment_by_name() -> None:
    """Only what is named as a secret of ours is one; an empty variable is none."""
    environ = {
        "LISTENING_REDDIT_FEED_TOKEN": "t\n",
        "LISTENING_REDDIT_USER": "u",
        "LISTENING_BLUESKY_PASSWORD": "p",
        "LISTENING_YOUTUBE_KEY": "k",
        "LISTENING_X_TOKEN": " ",
        "LISTENING_STORE": "mentions.db",
        "LISTENING_SETTINGS": "x.toml",
        "OTHER_TOKEN": "o",
    }
    expected = {
        "LISTENING_REDDIT_FEED_TOKEN": "t",
        "LISTENING_REDDIT_USER": "u",
        "LISTENING_BLUESKY_PASSWORD": "p",
        "LISTENING_YOUTUBE_KEY": "k",
    }
    assert expected == secrets(environ)


def test_names_are_masked_and_opinions_are_not(file: Path) -> None:
    """The agency's names, handles and topics named after something are masked; a topic's mere subject is not."""
    more = """
[[topics]]
name = "Complain"
query = "Complain*"
[[topics]]
name = "Water quality"
query = '"Water quality"'
[[topics]]
name = "Friends of the River"
query = '"Friends of the River" AND river'
"""
    assert (
        "@townhall@quillhaven.social",
        "u/quillhaven_townhall",
        "Friends of the River",
        "Town of Quillhaven",
        "Quillhaven Police",
        "Quillhaven",
        "@townhall",
        "QPD",
    ) == names_to_mask(read(file, GOOD + more))


# Lines of settings whose places are known by how they were put together.
_words = st.text(st.sampled_from("aZ é=#[]{},\"'\\.\n\t日"), max_size=8)
_scalars = st.one_of(
    _words.map(written),
    st.sampled_from(
        ['"""a\n# no remark\n[x]\n"""', "'''b\n'c' = 1\n'''", '"""x""""', "true", "-1.5e3", "1979-05-27 07:32:00"]
    ),
)
_remarks = st.sampled_from(["", "  # [a] = 'x'", '# """'])


@st.composite
def _lists(draw: st.DrawFn) -> str:
    members = draw(st.lists(_scalars, max_size=3))
    between = draw(st.sampled_from([", ", ",\n  ", ", # say, [\n"]))
    end = draw(st.sampled_from(["", "\n", "# ]\n"]))
    return "[" + between.join(members) + (" " if end.startswith("#") else "") + end + "]"


@st.composite
def _tables(draw: st.DrawFn) -> str:
    members = draw(st.lists(st.one_of(_scalars, _lists()), max_size=3))
    return "{" + ", ".join(f"k{number} = {member}" for number, member in enumerate(members)) + "}"


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["[[a]]", "[[b]]", "[c]", "[c.d]", '["e.f"]']),
            st.lists(
                st.tuples(st.sampled_from(["k", '"q u"', "x.y"]), st.one_of(_scalars, _lists(), _tables()), _remarks)
            ),
        ),
        max_size=6,
    )
)
def test_every_value_is_found_where_it_stands(sections: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
    """Whatever strings, lists, remarks and tables hold, each value is found at its line and with its characters."""
    text, expected, seen, counts = "", [], set(), {"a": 0, "b": 0}
    for header, pairs in sections:
        if header in seen and not header.startswith("[["):
            continue
        seen.add(header)
        path: tuple[str | int, ...] = {"[c]": ("c",), "[c.d]": ("c", "d"), '["e.f"]': ("e.f",)}.get(header, ())
        if header == "[c]" and "[c.d]" in seen:
            continue
        if not path:
            name = header.strip("[]")
            path = (name, counts[name])
            counts[name] += 1
        expected.append((path, text.count("\n") + 1, ""))
        text += f"\n{header} # head\n"
        expected[-1] = (path, text.count("\n"), "")
        used = set()
        for key, value, remark in pairs:
            if key in used:
                continue
            used.add(key)
            names = {"k": ("k",), '"q u"': ("q u",), "x.y": ("x", "y")}[key]
            expected.append(((*path, *names), text.count("\n") + 1, value))
            text += f"{key} = {value} {remark}\n"
    places = find_places(text)
    tomllib.loads(text)

    assert None is places.stopped
    for path, line, value in expected:
        place = places.settings[path]
        assert line == place.line
        if value:
            assert value == text[place.start : place.end]


# --- places that are one account --------------------------------------------------------------------------------------

ONE_ACCOUNT = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
own_accounts = {own}
[privacy]
listed_accounts = {listed}
[[topics]]
name = "Town"
query = "millbrook"
[[feeds]]
name = "One account"
source = "{source}"
account = "{account}"
{more}
"""


@pytest.mark.parametrize(
    ("source", "account", "more", "own", "listed", "right"),
    [
        ("mastodon", "@town", 'server = "river.example"', ["@town@river.example"], [], True),
        ("mastodon", "@Town@river.example", 'server = "https://river.example"', ["@town@river.example"], [], True),
        ("mastodon", "@town", 'server = "river.example"', ["https://river.example/@town"], [], True),
        ("mastodon", "@town", 'server = "river.example"', ["@town@hill.example"], [], False),
        ("mastodon", "@ada", 'server = "river.example"', ["@town@river.example"], [], False),
        ("mastodon", "@county", 'server = "river.example"', [], ["@county@river.example"], True),
        ("mastodon", "@county", 'server = "river.example"\noutlet = true', [], [], True),
        ("mastodon", "first.last", 'server = "river.example"', ["@first.last@river.example"], [], True),
        ("mastodon", "@town", 'server = "river.example"', ["https://hill.example/@town"], [], False),
        ("bluesky", "town.millbrook.example", "", ["https://bsky.app/profile/town.millbrook.example"], [], True),
        ("bluesky", "town.millbrook.example", "", ["@town.millbrook.example"], [], True),
        ("bluesky", "ada.bsky.social", "", ["@town.millbrook.example"], [], False),
    ],
)
def test_a_place_may_be_an_account_only_where_it_is_yours_or_an_outlets(
    tmp_path: Path, source: str, account: str, more: str, own: list[str], listed: list[str], right: bool
) -> None:
    """Nobody is followed by name."""
    file = tmp_path / "listening.toml"
    file.write_text(
        ONE_ACCOUNT.format(source=source, account=account, more=more, own=own, listed=listed), encoding="utf-8"
    )
    if right:
        assert load(file, {}).feeds[0].options["account"] == account
    else:
        with pytest.raises(SettingsError, match="not named as one of yours") as caught:
            load(file, {})
        assert caught.value.key.endswith("account")
