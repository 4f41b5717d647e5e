"""Writing listening.toml: a change touches what it must, and a person's remarks, order and blank lines stay."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from conftest import PlainAccount
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listening.errors import InputError, ListeningError, SettingsError
from listening.models import Feed, Topic
from listening.query import parse
from listening.settings import (
    add_feed,
    add_topic,
    load,
    set_value,
    suggest_query,
    write_new,
)
from listening.settings.write import Value, written

MESSY = """\
# Who we are  \t

  [agency]   # the town
name="Town of Quillhaven"#no blank
  timezone   =   'America/New_York'   # midnight here
own_accounts = [
    # social first
    "@townhall@quillhaven.social",  # since spring
    "u/quillhaven_townhall",

    "https://www.quillhaven.example"  # the site
    # more to come
]

# What we listen for
[[topics]]   # one
query = '''
"Town of Quillhaven"
OR Quillhaven'''
name = "The town"


# [[topics]]
# name = "Later"

# Where we listen
[[feeds]]
name = "Herald" # daily
source = "rss"
url = "https://herald.example/feed.xml"
# paused = true
# until the move

[ store ]
url = "mentions.db"   # here
# The end
"""

HERALD = Feed(
    name="Gazette", source="rss", options=MappingProxyType({"url": "https://gazette.example/rss?a=1&b=2"}), outlet=True
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file as people leave them."""
    path = tmp_path / "listening.toml"
    path.write_bytes(MESSY.encode())
    return path


def values(file: Path) -> dict[str, Any]:
    """The values of a file."""
    return tomllib.loads(file.read_bytes().decode("utf-8-sig"))


def shared_start(one: str, other: str) -> int:
    """How many signs two texts have in common from their start."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def remarks_of(text: str) -> list[str]:
    """The remarks of a text without remark signs in its values."""
    return sorted(found.strip() for found in re.findall(r"#[^\n]*", text))


def test_a_changed_value_changes_nothing_else(file: Path) -> None:
    """Only the characters of the value are others; its odd blanks and remarks stay."""
    set_value(file, "agency.timezone", "Europe/Lisbon")

    assert MESSY.replace("'America/New_York'", '"Europe/Lisbon"') == file.read_text(encoding="utf-8")


def test_a_new_key_stands_under_the_last_key_of_its_table(file: Path) -> None:
    """A key that was not there comes before the remark that introduces the next table, not after it."""
    set_value(file, "agency.short_name", "Quillhaven")
    set_value(file, "feeds[1].paused", True)

    with_name = MESSY.replace("# more to come\n]\n", '# more to come\n]\nshort_name = "Quillhaven"\n')
    expected = with_name.replace('feed.xml"\n', 'feed.xml"\npaused = true\n')
    assert expected == file.read_text(encoding="utf-8")
    assert ["Herald"] == [feed.name for feed in load(file, {}).paused]


def test_a_key_keeps_the_indentation_of_its_table(file: Path) -> None:
    """A table written with indentation gets its new key with the same."""
    file.write_text(
        MESSY.replace("[ store ]\nurl", "[ store ]\n[fetch]\n  at_once = 3\n[privacy]\n#"), encoding="utf-8"
    )
    set_value(file, "fetch.answer_seconds", 12.5)

    assert "  at_once = 3\n  answer_seconds = 12.5\n[privacy]" in file.read_text(encoding="utf-8")


def test_a_missing_table_is_put_at_the_end(file: Path) -> None:
    """A value of a table that is not there brings its heading along."""
    set_value(file, "privacy.retention_days", 90)

    assert f"{MESSY}\n[privacy]\nretention_days = 90\n" == file.read_text(encoding="utf-8")
    assert 90 == load(file, {}).privacy.retention_days


def test_a_new_feed_comes_behind_the_last_one_and_its_remarks(file: Path) -> None:
    """A feed is added behind the last, with an empty line around it, and everything else stays."""
    add_feed(file, HERALD)
    block = (
        '\n[[feeds]]\nname = "Gazette"\nsource = "rss"\nurl = "https://gazette.example/rss?a=1&b=2"\noutlet = true\n'
    )

    assert MESSY.replace("# until the move\n", f"# until the move\n{block}") == file.read_text(encoding="utf-8")
    assert HERALD == load(file, {}).feeds[1]


def test_a_new_topic_comes_behind_the_last_one(file: Path) -> None:
    """A topic is added behind the last, and its query keeps its double quotes readable."""
    topic = Topic(name="Roads", query='"Main Street" OR pothole*', department="Public Works")
    add_topic(file, topic)

    text = file.read_text(encoding="utf-8")
    assert "query = '\"Main Street\" OR pothole*'\n" in text
    assert text.index('name = "The town"') < text.index("Roads") < text.index("# Where we listen")
    assert topic == load(file, {}).topics[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("feeds = []", 'feeds = [{ name = "Gazette"'),
        (
            "feeds = [  # few\n  { name = 'A', source = 'rss', url = 'https://a.example/' }, # one\n]",
            "feeds = [  # few\n  { name = 'A', source = 'rss', url = 'https://a.example/' }, { name = \"Gazette\"",
        ),
        ("", '\n\n[[feeds]]\nname = "Gazette"'),
    ],
)
def test_a_feed_is_added_in_whichever_way_feeds_are_written(file: Path, before: str, after: str) -> None:
    """Feeds as an inline list, an empty one, or none at all get the new feed in their own way."""
    rest = '[agency]\nname = "Q"\ntimezone = "UTC"\n[[topics]]\nname = "t"\nquery = "q"'
    file.write_text(f"{before}\n{rest}", encoding="utf-8")
    add_feed(file, HERALD)

    assert after in file.read_text(encoding="utf-8")
    assert HERALD == load(file, {}).feeds[-1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "agency = { name = 'Q', timezone = 'UTC' } # a",
            "agency = { name = 'Q', timezone = 'UTC', contact = \"a@b.example\" } # a",
        ),
        (
            "agency.name = 'Q'\nagency.timezone = 'UTC' # a",
            "agency.name = 'Q'\nagency.timezone = 'UTC'\nagency.contact = \"a@b.example\" # a",
        ),
    ],
)
def test_a_key_is_added_in_whichever_way_a_table_is_written(file: Path, before: str, after: str) -> None:
    """Inline tables and dotted keys get a new key in their own way."""
    rest = '[[topics]]\nname = "t"\nquery = "q"\n'
    file.write_text(f"{before}\n{rest}", encoding="utf-8")
    set_value(file, "agency.contact", "a@b.example")

    assert f"{after}\n{rest}" == file.read_text(encoding="utf-8")


def test_a_list_keeps_its_remarks(file: Path) -> None:
    """Each remark stays with its member; the remark of a member that went stays too."""
    set_value(
        file,
        "agency.own_accounts",
        ["@new@quillhaven.social", "https://www.quillhaven.example", "u/quillhaven_townhall"],
    )

    expected = """own_accounts = [
    "@new@quillhaven.social",
    "https://www.quillhaven.example",  # the site
    "u/quillhaven_townhall",
    # social first
    # since spring
    # more to come
]
"""
    text = file.read_text(encoding="utf-8")
    assert expected in text
    assert remarks_of(MESSY) == remarks_of(text)


def test_windows_files_stay_windows_files(file: Path) -> None:
    """Line ends and the byte order mark of a file stay as they are, in what is added too."""
    file.write_bytes(b"\xef\xbb\xbf" + MESSY.replace("\n", "\r\n").encode())
    add_feed(file, HERALD)
    set_value(file, "privacy.retention_days", 30)
    set_value(file, "agency.own_accounts", ["u/quillhaven_townhall"])
    add_topic(file, Topic(name="Long", query="bridge\nOR ferry\nOR mill"))
    content = file.read_bytes()

    assert content.startswith(b"\xef\xbb\xbf#")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert 30 == load(file, {}).privacy.retention_days
    assert ["bridge", "OR ferry", "OR mill"] == load(file, {}).topics[-1].query.split("\n")


def test_a_change_that_would_spoil_the_file_is_refused(file: Path) -> None:
    """What could not be read back as settings is not written: the file is as it was."""
    for key, value in (
        ("agency.timezone", "America/New_Yrok"),
        ("topics[1].query", "Quillhaven AND ("),
        ("agency.nmae", "x"),
        ("fetch.at_once", 0),
        ("agency.own_accounts", "@x@y.example"),
    ):
        with pytest.raises(SettingsError) as refused:
            set_value(file, key, value)
        assert (file, key, None) == (refused.value.file, refused.value.key, refused.value.line)
    with pytest.raises(SettingsError, match="Two feeds have the name"):
        add_feed(file, Feed(name="herald", source="rss", options={"url": "https://h.example/"}))
    with pytest.raises(SettingsError, match="LISTENING_REDDIT_FEED_TOKEN"):
        add_feed(file, Feed(name="R", source="rss", options={"url": "https://old.reddit.com/.rss?feed=abc"}))

    assert MESSY == file.read_text(encoding="utf-8")
    assert [file] == list(file.parent.iterdir())


def test_a_file_with_an_old_mistake_can_be_mended(file: Path) -> None:
    """A mistake that was there before does not keep other values from being changed, nor itself from being mended."""
    file.write_text(MESSY.replace("America/New_York", "Nowhere"), encoding="utf-8")
    set_value(file, "agency.short_name", "Quillhaven")
    set_value(file, "agency.timezone", "America/New_York")

    assert "Quillhaven" == load(file, {}).agency.short_name


@pytest.mark.parametrize(
    "key", ["agency", "feeds[2].url", "feeds[0].url", "feeds.url", "", "agency..name", "a.b.c.", "store[1].url"]
)
def test_a_key_that_is_not_there_is_refused(file: Path, key: str) -> None:
    """A key that names no place in the file is refused, and the file is as it was."""
    with pytest.raises(ListeningError):
        set_value(file, key, "x")
    assert MESSY == file.read_text(encoding="utf-8")


def test_a_file_that_is_not_toml_is_not_changed(file: Path) -> None:
    """A broken file is explained as on reading, and left alone."""
    file.write_text("[agency]\nname = Quillhaven\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 2"):
        set_value(file, "agency.name", "Quillhaven")
    assert "[agency]\nname = Quillhaven\n" == file.read_text(encoding="utf-8")


def test_the_file_is_replaced_in_one_step_and_keeps_its_mode(file: Path) -> None:
    """A reader that has the old file open still reads all of it; the mode stays, nothing is left behind."""
    file.chmod(0o640)
    with file.open(encoding="utf-8") as reader:
        set_value(file, "agency.short_name", "Quillhaven")
        assert MESSY == reader.read()

    assert 0o640 == file.stat().st_mode & 0o777
    assert [file] == list(file.parent.iterdir())


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    """Changing settings through a link changes the file that it leads to."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link = folder / "listening.toml"
    link.symlink_to(file)
    set_value(link, "agency.short_name", "Quillhaven")

    assert link.is_symlink()
    assert "Quillhaven" == values(file)["agency"]["short_name"]


@pytest.mark.skipif(os.name == "nt", reason="this system keeps rights in another way")
def test_a_folder_that_may_not_be_written_is_explained(open_folder: Path, plain_account: PlainAccount) -> None:
    """Where the folder may not be written, the file is as it was and the reader knows why."""
    file = open_folder / "listening.toml"
    file.write_text(MESSY, encoding="utf-8")
    open_folder.chmod(0o555)
    with plain_account(), pytest.raises(SettingsError, match="permission denied"):
        set_value(file, "agency.short_name", "Quillhaven")
    assert MESSY == file.read_text(encoding="utf-8")


_any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_printable = st.text(
    st.one_of(st.sampled_from("\"'\\#[]{}=,“é日🎉"), st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"])),
    min_size=1,
    max_size=20,
).filter(lambda text: text == text.strip())


@settings(max_examples=200)
@given(st.one_of(_any_text, st.lists(_any_text, max_size=4), st.integers(-(2**53), 2**53), st.booleans()))
def test_whatever_is_written_reads_back_the_same(value: Value) -> None:
    """Quotes, line breaks, signs of any script: a value that was written is read back as it was."""
    assert value == tomllib.loads(f"value = {written(value)}")["value"]


def test_half_a_sign_is_refused(file: Path) -> None:
    """A text that no file can keep is refused, and the file is as it was."""
    with pytest.raises(InputError, match="half a sign"):
        set_value(file, "agency.short_name", "Quill\ud83dhaven")
    assert MESSY == file.read_text(encoding="utf-8")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(
        ["agency.name", "agency.short_name", "topics[1].department", "feeds[1].name", "topics[1].name"]
    ),
    value=_printable,
)
def test_any_text_can_be_set_and_all_else_stays(file: Path, key: str, value: str) -> None:
    """Whatever the text: all before it and all behind it stays, sign by sign, and it reads back the same."""
    file.write_bytes(MESSY.encode())
    before = values(file)
    set_value(file, key, value)
    after, text = values(file), file.read_text(encoding="utf-8")

    table, name = re.sub(r"\[1\]", "", key).split(".")
    inside = after[table][0] if "[1]" in key else after[table]
    old = before[table][0] if "[1]" in key else before[table]
    assert value == inside[name]
    old[name] = value
    assert before == after
    assert MESSY.count("\n") <= text.count("\n") <= MESSY.count("\n") + 1
    kept = shared_start(MESSY, text) + shared_start(MESSY[::-1], text[::-1])
    assert kept >= len(MESSY) - len('"Town of Quillhaven"')


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=_printable.filter(lambda name: name.casefold() != "herald"), path=st.text("abc/?=&%'é", max_size=12))
def test_any_feed_can_be_added_and_all_else_stays(file: Path, name: str, path: str) -> None:
    """Whatever the feed is called: it reads back the same, and the old text stands around it unchanged."""
    file.write_bytes(MESSY.encode())
    feed = Feed(name=name, source="rss", options=MappingProxyType({"url": f"https://herald.example/{path}"}))
    add_feed(file, feed)
    text = file.read_text(encoding="utf-8")

    at = shared_start(MESSY, text)
    assert MESSY[at:] == text[len(text) - len(MESSY) + at :]
    assert feed == load(file, {}).feeds[1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["@townhall@quillhaven.social", "u/quillhaven_townhall", "https://www.quillhaven.example"]),
            _printable.filter(lambda text: "#" not in text and not re.search(r"\s", text)),
        ),
        max_size=5,
    )
)
def test_any_list_can_be_set_and_its_remarks_stay(file: Path, accounts: list[str]) -> None:
    """Members come, go and change places: the list reads back the same, and no remark is lost."""
    file.write_bytes(MESSY.encode())
    set_value(file, "agency.own_accounts", accounts)

    assert accounts == values(file)["agency"]["own_accounts"]
    assert remarks_of(MESSY) == remarks_of(file.read_text(encoding="utf-8"))


def test_a_first_file_can_be_read_at_once(tmp_path: Path) -> None:
    """What init asks is in the file, in words that can be edited, and the file loads."""
    path = tmp_path / "listening.toml"
    write_new(
        path,
        name="Town of Quillhaven",
        short_name="Quillhaven",
        timezone="America/New_York",
        contact="press@quillhaven.example",
        keywords=["QPD", "Quill Harbor"],
        hashtags=["quillhaven"],
        feeds=[HERALD],
        own_accounts=["@townhall@quillhaven.social"],
        made_up=True,
    )
    got = load(path, {})

    assert ("Town of Quillhaven", "Quillhaven", True) == (got.agency.name, got.agency.short_name, got.agency.made_up)
    assert ("press@quillhaven.example", "America/New_York") == (got.agency.contact, got.agency.timezone.key)
    assert (HERALD,) == got.feeds
    assert ['"Town of Quillhaven" OR Quillhaven OR raw:"QPD" OR "Quill Harbor" OR #quillhaven'] == [
        topic.query for topic in got.topics
    ]
    assert 10 < path.read_text(encoding="utf-8").count("#")


def test_a_first_file_needs_little_and_its_examples_work(tmp_path: Path) -> None:
    """A name and a time zone are enough; the examples in its remarks can be used by taking the # away."""
    path = tmp_path / "listening.toml"
    write_new(path, name="Town of Quillhaven", timezone="UTC")
    assert () == load(path, {}).feeds

    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^# (?=\[\[|\w+ = )", "", text), encoding="utf-8")
    got = load(path, {})
    assert ["Quillhaven Herald"] == [feed.name for feed in got.feeds]
    assert ("Quillhaven", "press@quillhaven.example") == (got.agency.short_name, got.agency.contact)
    assert ("Quillhaven Safety Office",) == got.agency.names


def test_a_first_file_grows(tmp_path: Path) -> None:
    """Feeds, topics and values are added to a first file as to any other, and its remarks stay."""
    path = tmp_path / "listening.toml"
    write_new(path, name="Town of Quillhaven", timezone="UTC")
    before = remarks_of(path.read_text(encoding="utf-8"))
    add_feed(path, HERALD)
    add_topic(path, Topic(name="Roads", query="road*"))
    set_value(path, "agency.contact", "press@quillhaven.example")

    got = load(path, {})
    assert (1, 2, "press@quillhaven.example") == (len(got.feeds), len(got.topics), got.agency.contact)
    assert before == [each for each in remarks_of(path.read_text(encoding="utf-8")) if each in before]


def test_an_existing_file_is_never_overwritten(file: Path) -> None:
    """init leaves a file alone that is there, whatever is in it."""
    with pytest.raises(InputError, match="there already"):
        write_new(file, name="Town of Quillhaven", timezone="UTC")
    assert MESSY == file.read_text(encoding="utf-8")


def test_a_first_file_with_a_mistake_is_not_written(tmp_path: Path) -> None:
    """What cannot be used is refused before anything is written; so is a folder that is not there."""
    path = tmp_path / "listening.toml"
    with pytest.raises(SettingsError, match="America/New_York"):
        write_new(path, name="Town of Quillhaven", timezone="America/NewYork")
    with pytest.raises(InputError, match="folder must exist"):
        write_new(tmp_path / "none" / "listening.toml", name="Town of Quillhaven", timezone="UTC")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "short_name", "keywords", "hashtags", "expected"),
    [
        ("Town of Quillhaven", "Quillhaven", [], ["quillhaven"], '"Town of Quillhaven" OR Quillhaven OR #quillhaven'),
        ("National Weather Service", "NWS", [], [], '"National Weather Service" OR raw:"NWS"'),
        ("Quillhaven", "quillhaven", ["QUILLHAVEN "], [], 'Quillhaven OR raw:"QUILLHAVEN"'),
        (
            "Quillhaven",
            "",
            ['the "Quill"', "or", "#snow day", "#snow"],
            ["#snow"],
            'Quillhaven OR "the Quill" OR "or" OR "#snow day" OR #snow',
        ),
        ("St. John's", "", ["", "!!", "I-90"], ["", "#"], '"St. John\'s" OR raw:"I-90"'),
    ],
)
def test_a_query_is_suggested(
    name: str, short_name: str, keywords: list[str], hashtags: list[str], expected: str
) -> None:
    """Names and keywords become a query: phrases in quotes, capitals as they stand, each once."""
    assert expected == suggest_query(name, short_name, keywords, hashtags)


@settings(max_examples=150)
@given(
    _printable.filter(lambda name: any(sign.isalnum() for sign in name)),
    st.lists(
        st.one_of(
            _printable, st.sampled_from(["and", "NOT", "near", "a:b", "site:x", "-x", "x*", "(y)", "#", "@z", "C++"])
        )
    ),
)
def test_a_suggested_query_can_be_read(name: str, keywords: list[str]) -> None:
    """Whatever the keywords, the query language can read the query that is made of them."""
    parse(suggest_query(name, "", keywords, keywords), topics={}, listed_authors=())
