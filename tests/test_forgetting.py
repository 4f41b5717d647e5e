"""A forgotten post is gone, byte by byte, and does not come back; where else it may be is said."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOON, MakeMention, Save
from keeping_kit import assert_whole, found_in_files
from pytest_httpserver import HTTPServer
from sqlalchemy import select

from listening import door, forgetting
from listening.cli import main
from listening.errors import InputError
from listening.insights.picks import choose
from listening.models import Mention, Reason, Span
from listening.settings import load
from listening.store import Store, log_access, open_store, reviewing
from listening.store.erasing import names_pattern
from listening.store.files import note_file
from listening.store.schema import access_log, mentions, reviews, terms

DAY = timedelta(days=1)
SOURCES = ("rss", "mastodon", "reddit")

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"

[[topics]]
name = "The town"
query = "millbrook NOT author:@wilhelmina@harbor.example"
"""

WORDS = ("xylograph", "quokkas", "jubilantly", "wilhelmina", "vkzq-77")
"""Words that are in this one post and nowhere else, and begin as no other word of the store does."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, in which commands are run."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def post(mention: MakeMention) -> Mention:
    """A kind post by Wilhelmina, with words that nobody else uses."""
    address = "https://harbor.example/users/wilhelmina/statuses/vkzq-77"
    return mention(
        key=address,
        url=address,
        title="Xylograph at the town hall",
        text="Quokkas, drawn jubilantly: thank you, Millbrook! #xylograph",
        author="@Wilhelmina@harbor.example",
        author_url="https://harbor.example/@wilhelmina",
        matched=(Span(topic="The town", field="title", start=0, end=9, words="Xylograph"),),
        why=(Reason(words="jubilantly", effect=1.9),),
    )


def filled(store: Store, save: Save, mention: MakeMention, post: Mention) -> int:
    """The post among forty others, judged, quoted, sent, and named in the log; its number."""
    save(store, *(mention(published_at=NOON - timedelta(hours=each)) for each in range(20)))
    save(store, post)
    save(store, *(mention(published_at=NOON - timedelta(hours=each)) for each in range(20)))
    with store.writing() as connection:
        number = int(connection.execute(select(mentions.c.n).where(mentions.c.id == post.id)).scalar_one())
        other = connection.execute(select(mentions.c.n).where(mentions.c.id != post.id).limit(1)).scalar_one()
        for each, note in ((number, "jubilantly said"), (other, "as @wilhelmina said, see post-1")):
            reviewing.review(store, connection, {each: {"tag": "good", "note": note}}, reviewer="Ana", at=NOON, seen=0)
        reviewing.note_sent(connection, [number], "Library", NOON)
    log_access(store, at=NOON, who="ada", what="search", detail="page: bus -author:@Wilhelmina@harbor.example")
    log_access(store, at=NOON, who="ada", what="stories: split", detail=post.id)
    choose(store, lambda chosen: chosen.pin(post.id))
    return number


def gone(store: Store, *ids: str) -> str:
    """Forget posts; why the file is not clean, or ""."""
    forgetting.forget(store, forgetting.find_posts(store, ids), at=NOON, who="ada")
    return forgetting.finish(store)


def test_no_byte_of_it_is_left(tmp_path: Path, store: Store, save: Save, mention: MakeMention, post: Mention) -> None:
    """Words, author, address and id, in no form; neither in the store's file nor in what lies beside it."""
    number = filled(store, save, mention, post)
    with store.reading() as connection:
        codes = connection.execute(select(terms.c.codes).where(terms.c.n == number)).scalar_one()
    wanted = (*WORDS, post.id)
    assert found_in_files(tmp_path, wanted) == sorted(wanted)
    with closing(sqlite3.connect(tmp_path / "mentions.db")) as page:  # somebody has the page open, and reads nothing
        page.execute("SELECT count(*) FROM mentions").fetchall()
        assert gone(store, post.id) == ""
        assert found_in_files(tmp_path, wanted) == []
        assert codes[:8] not in (tmp_path / "mentions.db").read_bytes()
        page.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, 'row')")
        indexed = {row[0] for row in page.execute("SELECT term FROM temp.words")}
    assert indexed
    assert not {word for word in indexed if word.lstrip("#@").startswith(("xylo", "quok", "jubi", "wilh"))}
    assert_whole(store)


def test_what_repeats_it_is_cleaned_and_the_rest_stays(
    store: Store, save: Save, mention: MakeMention, post: Mention
) -> None:
    """Notes and lines of the log keep all but the name; the log notes that something was forgotten, and not what."""
    filled(store, save, mention, post)
    gone(store, post.id)
    with store.reading() as connection:
        lines = [(row.who, row.what, row.detail) for row in connection.execute(select(access_log))]
        notes = list(connection.execute(select(reviews.c.note)).scalars())
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == 40
    assert lines == [
        ("ada", "search", "page: bus -…"),
        ("ada", "stories: split", "…"),
        ("ada", "forget", "1 post"),
    ]
    assert notes == ["as … said, see post-1"]


def test_it_is_not_collected_again(store: Store, save: Save, mention: MakeMention, post: Mention) -> None:
    """Neither this post by any feed nor, where the author is forgotten, another one; others are."""
    save(store, post)
    gone(store, post.id)
    other = mention(author=post.author)
    assert save(store, post, replace(post, feed="another feed"), other) == 1
    forgetting.forget(store, forgetting.find_author(store, "wilhelmina@harbor.example", None, SOURCES), at=NOON, who="")
    assert save(store, other, mention(author="@WILHELMINA@harbor.example"), mention(author="@otto@harbor.example")) == 1
    assert save(store, mention(author=post.author, source="reddit")) == 1  # perhaps somebody else


def test_marks_tell_nothing_without_the_key(store: Store, save: Save, mention: MakeMention, post: Mention) -> None:
    """The same post has another mark in another store."""
    save(store, post)
    gone(store, post.id)
    other = open_store(store.url.replace("mentions.db", "other.db"), store.timezone)
    save(other, post)
    forgetting.forget(other, forgetting.find_posts(other, [post.id]), at=NOON, who="ada")
    marks = []
    for each in (store, other):
        with each.reading() as connection:
            marks.append(connection.exec_driver_sql("SELECT mark FROM forgotten").scalar_one())
    assert marks[0] != marks[1]
    assert all(post.id not in mark for mark in marks)


def test_one_who_wrote_nothing_yet_can_object_too(store: Store, save: Save, mention: MakeMention) -> None:
    """Nothing of the author is collected from then on, wherever it would come from."""
    found = forgetting.find_author(store, "@otto@harbor.example", None, SOURCES)
    assert found.mentions == {}
    forgetting.forget(store, found, at=NOON, who="ada")
    assert save(store, mention(author="@otto@harbor.example"), mention(author="otto@harbor.example", source="rss")) == 0


def test_a_name_that_two_places_know_is_asked_about(store: Store, save: Save, mention: MakeMention) -> None:
    """They may be two people; with the source only that one is forgotten."""
    save(store, mention(author="u/juniper", source="reddit"), mention(author="Juniper", source="rss"))
    with pytest.raises(InputError, match="may be different people"):
        forgetting.find_author(store, "juniper", None, SOURCES)
    found = forgetting.find_author(store, "juniper", "reddit", SOURCES)
    assert [each.author for each in found.mentions.values()] == ["u/juniper"]


def test_other_posts_that_tell_of_it_are_named(store: Store, save: Save, mention: MakeMention, post: Mention) -> None:
    """Copies of its words, and posts that name the author: they are other people's, and nobody decides for them."""
    copy = mention(title=post.title, text=post.text, author="@otto@harbor.example", published_at=NOON + DAY)
    answer = mention(text="Well drawn, @wilhelmina! The library is open on Sunday.")
    near = mention(text="The wilhelminas of this town meet on Sunday at the library.")
    save(store, post)
    save(store, copy)
    save(store, answer, near)
    found = forgetting.find_posts(store, [post.id])
    assert found.copies == (copy.id,)
    assert found.naming == (answer.id,)
    gone(store, post.id)
    assert_whole(store)
    with store.reading() as connection:
        assert connection.execute(select(mentions.c.story).where(mentions.c.id == copy.id)).scalar() == copy.id


@pytest.mark.parametrize(
    ("author", "text", "named"),
    [
        ("@ada@harbor.example", "thanks @ada!", True),
        ("@ada@harbor.example", "thanks @Ada@harbor.example.", True),
        ("@ada@harbor.example", "ada is a language", False),
        ("@ada@harbor.example", "@adalina said so", False),
        ("u/ada", "u/ada said so", True),
        ("u/ada", "/u/Ada", True),
        ("Ada Brook", "by Ada Brook, Millbrook", True),
        ("Ada Brook", "Ada Brookfield", False),
        ("u/ada", "search: author:ada", True),
        ("…", "anything", False),
        ("@", "anything", False),
    ],
)
def test_a_name_is_found_and_a_word_like_it_is_not(author: str, text: str, named: bool) -> None:
    """A short name is a name only behind a sign."""
    pattern = names_pattern([author])
    assert bool(pattern and pattern.search(text)) == named


def test_where_the_store_is_in_use_it_is_said_and_finished_later(
    here: Path, save: Save, mention: MakeMention, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody reads for minutes: the post is in no table, and the bytes go when he has done."""
    store = replace(door.store_of(door.load()), wait_seconds=0.2)
    filled(store, save, mention, post)
    with closing(sqlite3.connect(here / "mentions.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM mentions").fetchall()
        assert "in use by another program" in gone(store, post.id)
        assert main(["status"]) == 0
        assert "listening forget --finish" in capsys.readouterr().err
        reader.execute("COMMIT")
    assert save(store, post) == 0
    assert main(["forget", "--finish"]) == 0
    assert "Nothing of what was forgotten is left" in capsys.readouterr().out
    assert found_in_files(here, (*WORDS, post.id)) == []
    assert main(["status"]) == 0
    assert "--finish" not in capsys.readouterr().err


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_asks_for_yes_where_nobody_can_be_asked(
    here: Path, save: Save, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script says --yes; a dry run needs none, and changes nothing."""
    store = door.store_of(door.load())
    save(store, post)
    assert main(["forget", post.id]) == 2
    assert "Add --yes" in capsys.readouterr().err
    assert main(["forget", post.id, "--dry-run"]) == 0
    assert "1 post would be forgotten." in capsys.readouterr().out
    assert found_in_files(here, [post.id]) == [post.id]
    assert main(["forget", post.id, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "1 post was forgotten." in said
    assert "No byte of it is left" in said
    assert "The settings name the author, in line 8" in said
    assert main(["forget", post.id, "--yes"]) == 0
    assert "It was forgotten before." in capsys.readouterr().out


class Terminal(io.StringIO):
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "left"), [("\n", 1), ("no\n", 1), ("", 1), ("Y\n", 0), ("yes\n", 0)])
def test_a_person_is_asked_whether_he_is_sure(
    here: Path,
    save: Save,
    post: Mention,
    answer: str,
    left: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only yes is yes."""
    store = door.store_of(door.load())
    save(store, post)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert main(["forget", "--author", "@wilhelmina@harbor.example"]) == left
    asked = capsys.readouterr().err
    assert "1 post of this author on mastodon will be forgotten, and nothing of the author is collected" in asked
    assert "This cannot be undone. Forget it? [y/N]" in asked
    assert ("Nothing was forgotten." in asked) == bool(left)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == left


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["forget"], "Say what to forget"),
        (["forget", "abc", "--author", "ada"], "One thing at a time"),
        (["forget", "abc", "--source", "rss"], "--source goes with --author only"),
        (["forget", "abc", "--yes"], "There is no post “abc”"),
        (["forget", "--author", " @", "--yes"], "--author needs a name"),
        (["forget", "--author", "ada", "--source", "mastodn"], "Did you mean “mastodon”?"),
    ],
)
def test_a_wrong_command_is_explained(
    here: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, and nothing is forgotten."""
    door.store_of(door.load())
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_it_says_where_else_it_may_be(
    here: Path, save: Save, mention: MakeMention, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """Snapshots, backups, exports of its days, departments that got it; in words and for programs."""
    store = door.store_of(door.load())
    filled(store, save, mention, post)
    main(["backup", "copy.db"])
    main(["snapshot", "-o", "meeting"])
    for path, start in (("march.csv", NOON - DAY), ("april.csv", NOON + 30 * DAY), ("", None)):
        note_file(
            store,
            at=door.now(),
            who="ada",
            kind="export",
            path=path,
            start=start,
            end=None if start is None else start + 2 * DAY,
            rows=3,
            detail="",
        )
    capsys.readouterr()
    words = ["forget", "--author", "@wilhelmina@harbor.example", "--dry-run"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "1 post of this author on mastodon would be forgotten" in said
    assert f"a backup: {(here / 'copy.db').resolve()}, written today" in said
    assert f"a snapshot: {(here / 'meeting').resolve()}" in said
    assert f"an export: {(here / 'march.csv').resolve()}" in said
    assert "(from 3 March 2026 to 5 March 2026)" in said
    assert "an export: downloaded with a browser" in said
    assert "april.csv" not in said
    assert "Ask them to delete the message:\n  Library, 4 March" in said
    assert main([*words[:-1], "--yes", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["posts"], answer["author"], answer["finished"]) == (1, True, True)
    assert [Path(file["path"]).name for file in answer["files"]] == ["copy.db", "meeting", "march.csv", ""]
    assert [told["department"] for told in answer["sent_to"]] == ["Library"]


def test_files_of_posts_that_were_removed_before_are_named_for_an_author(
    here: Path, save: Save, mention: MakeMention, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was purged is in no table, but perhaps in an old file: nobody knows of which of its posts it holds."""
    store = door.store_of(door.load())
    save(store, post)
    note_file(
        store, at=NOON - 30 * DAY, who="ada", kind="export", path="gone.csv", start=None, end=None, rows=3, detail=""
    )
    words = ["forget", "--author", "wilhelmina@harbor.example", "--dry-run", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["older_files"] == []
    other = mention()
    save(store, other)
    gone(store, other.id)
    assert main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["files"] == []
    assert [(Path(file["path"]).name, file["there"]) for file in answer["older_files"]] == [("gone.csv", False)]
    assert main(words[:-1]) == 0
    said = capsys.readouterr().out
    assert "Posts of the author that were removed before" in said
    assert "not there now (moved, or deleted)" in said


def test_a_collection_brings_nothing_back(here: Path, httpserver: HTTPServer) -> None:
    """Over a real feed, also while its words change; what others write still comes."""

    def serve(*items: tuple[str, str]) -> None:
        body = "".join(
            f"<item><title>{title} in Millbrook</title><guid>https://herald.example/{title}</guid>"
            f"<dc:creator>{author}</dc:creator></item>"
            for title, author in items
        )
        httpserver.clear()
        httpserver.expect_request("/feed").respond_with_data(
            "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Herald</title>"
            f"{body}</channel></rss>",
            content_type="application/rss+xml",
        )

    file = here / "listening.toml"
    file.write_text(
        SETTINGS.split(" NOT")[0]
        + f'"\n[[feeds]]\nname = "Herald"\nsource = "rss"\nurl = "{httpserver.url_for("/feed")}"\n',
        encoding="utf-8",
    )
    serve(("Swans", "Ada Brook"), ("Ferries", "Otto Quay"))
    assert door.listen(load(file, {}), environ={}).new == 2
    assert main(["forget", "--author", "Ada Brook", "--yes"]) == 0
    serve(("Swans", "Ada Brook"), ("Otters", "ada brook"), ("Ferries", "Otto Quay"), ("Boats", "Otto Quay"))
    result = door.listen(load(file, {}), environ={})
    assert (result.new, result.results[0].matched) == (1, 2)
    with door.store_of(load(file, {})).reading() as connection:
        titles = set(connection.execute(select(mentions.c.title)).scalars())
    assert titles == {"Ferries in Millbrook", "Boats in Millbrook"}
