"""A forgotten post is gone, byte by byte, and does not come back; where else it may be is said."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from clock_kit import day_said
from conftest import NOON, MakeMention, Save
from keeping_kit import assert_whole, found_in_files
from pytest_httpserver import HTTPServer
from sqlalchemy import select

from listening import door, forgetting, rematch
from listening import store as stores
from listening.cli import main
from listening.errors import InputError
from listening.insights.picks import choose
from listening.models import Mention, Reason, Span
from listening.query import Query, parse
from listening.settings import load
from listening.store import Store, log_access, open_store, reviewing
from listening.store.files import note_file
from listening.store.redacting import addresses_pattern, names_pattern
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

WORDS = ("xylograph", "quokkas", "jubilantly", "wilhelmina", "vkzq-77", "990077")
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
    return mention(
        key="https://harbor.example/users/wilhelmina/statuses/vkzq-77",
        url="https://harbor.example/@wilhelmina/990077",
        title="Xylograph at the town hall",
        text="Quokkas, drawn jubilantly: thank you, Millbrook! #xylograph",
        author="@Wilhelmina@harbor.example",
        author_url="https://harbor.example/@wilhelmina",
        matched=(Span(topic="The town", field="title", start=0, end=9, words="Xylograph"),),
        why=(Reason(words="jubilantly", effect=1.9),),
    )


def query() -> Query:
    """The query of the settings."""
    return parse("millbrook NOT author:@wilhelmina@harbor.example", listed_authors=("@wilhelmina@harbor.example",))


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
    answers = [post.key, post.url, "https://harbor.example/@Wilhelmina/4711", "harbor.example:990077"]
    save(store, *(mention(text="Quite so. Millbrook is nice.", reply_to=each) for each in answers))
    save(store, mention(reply_to="https://harbor.example/@wilma/4711"))
    stores.note(store, "queries", json.dumps({"The town": str(query())}))
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
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == 45
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


def test_whom_others_answer_and_the_queries_are_cleaned(
    store: Store, save: Save, mention: MakeMention, post: Mention
) -> None:
    """Answers to it, and to other posts of its author, name nobody; whether a query has changed can still be told."""
    filled(store, save, mention, post)
    gone(store, post.id)
    with store.reading() as connection:
        answered = set(connection.execute(select(mentions.c.reply_to)).scalars())
    assert answered == {None, "https://harbor.example/@wilma/4711"}
    assert rematch.pending(store, {"The town": query()}) == []
    assert rematch.pending(store, {"The town": parse("millbrook")}) == ["The town"]


@pytest.mark.parametrize("author", ["Karin Weiß", "Élodie Roux"])
def test_a_name_with_other_letters_is_found_too(
    store: Store, save: Save, mention: MakeMention, author: str, tmp_path: Path
) -> None:
    """In lines of the log, in notes, and in what others write."""
    post = mention(source="rss", author=author)
    naming = mention(text=f"As {author.upper()} said about Millbrook, the ferry is late.")
    save(store, post, naming)
    log_access(store, at=NOON, who="ada", what="search", detail=f'page: author:"{author}" ferry')
    found = forgetting.find_author(store, author.casefold(), None, SOURCES)
    assert [each.id for each in found.naming] == [naming.id]
    forgetting.forget(store, found, at=NOON, who="ada")
    forgetting.forget(store, forgetting.find_posts(store, [naming.id]), at=NOON, who="ada")
    assert forgetting.finish(store) == ""
    assert found_in_files(tmp_path, [author, author.casefold()]) == []
    with store.reading() as connection:
        assert connection.execute(select(access_log.c.detail)).scalars().first() == 'page: …" ferry'


def test_a_key_that_may_be_any_number_ruins_no_log(store: Store, save: Save, mention: MakeMention) -> None:
    """Some feeds number their posts, and some authors are called like a common word."""
    posts = [mention(source="rss", key=key, author="council") for key in ("1", "42", "page")]
    save(store, *posts)
    line = "page: council 42, 1,142 posts of November; see https://herald.example/1"
    log_access(store, at=NOON, who="ada", what="search", detail=line)
    gone(store, *(each.id for each in posts))
    with store.reading() as connection:
        assert connection.execute(select(access_log.c.detail)).scalars().first() == line


def test_an_address_is_found_as_a_whole(mention: MakeMention) -> None:
    """One that goes on is another post's, and a whole site is not meant where one of its pages is."""
    pattern = addresses_pattern([mention(key="t3_1abcd", url="https://x.example/1", author_url="https://y.example/")])
    assert pattern is not None
    texts = "https://x.example/1, https://x.example/12, t3_1abcd, t3_1abcde, https://y.example/, https://y.example/a"
    assert pattern.sub("…", texts) == "…, https://x.example/12, …, t3_1abcde, …, https://y.example/a"


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
    assert not forgetting.find_author(store, "@otto@harbor.example", None, SOURCES).anything
    found = forgetting.find_author(store, "@otto@harbor.example", None, SOURCES, also_unseen=True)
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
    assert [each.id for each in found.copies] == [copy.id]
    assert [each.id for each in found.naming] == [answer.id]
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
        ("council", "the council met", False),
        ("Wilhelmina", "wilhelmina said", False),
        ("Wilhelmina", 'search: author:"Wilhelmina"', True),
        ("Karin Weiß", "by Karin Weiß", True),
        ("Karin Weiß", "by KARIN WEISS", True),
        ("Karin Weiß", "by KARIN WEIß", True),
        ("Élodie Roux", "Élodie Roux asks", True),
        ("Élodie Roux", "E\u0301lodie Roux asks", True),
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


def test_a_mistyped_author_is_not_said_to_be_forgotten(
    here: Path, save: Save, mention: MakeMention, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """Near names are proposed; only who asks for it blocks a name of which nothing is stored."""
    store = door.store_of(door.load())
    save(store, post, mention(author="@otto@harbor.example"))
    for typed in ("@wilhelmia@harbor.example", "wilhelmina", "Wilhelmina@harbour.example"):
        assert main(["forget", "--author", typed, "--yes"]) == 1
        said = capsys.readouterr()
        assert f"There is no author “{typed}” here. Nothing was forgotten." in said.err
        assert "Did you mean “@Wilhelmina@harbor.example”?" in said.err
        assert said.out == ""
    assert main(["forget", "--author", "zz top", "--json", "--yes"]) == 1
    assert json.loads(capsys.readouterr().out) == {"posts": 0, "author": False, "near": []}
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM forgotten").scalar() == 0
    assert main(["forget", "--author", "zz top", "--source", "rss", "--also-unseen", "--yes"]) == 0
    assert "nothing of the author is collected from now on" in capsys.readouterr().out
    assert save(store, mention(author="ZZ Top", source="rss")) == 0
    assert main(["forget", "--author", "ZZ Top", "--source", "rss", "--yes"]) == 0
    assert "was forgotten before: nothing of the author is stored" in capsys.readouterr().out


def test_a_dry_run_shows_which_posts_would_go(
    here: Path, save: Save, mention: MakeMention, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """Id, day, place and first words of at most fifty; for programs, and who asks what is held of him, in full."""
    store = door.store_of(door.load())
    save(store, post)
    save(store, *(mention(author=post.author, published_at=NOON - timedelta(minutes=n)) for n in range(60)))
    words = ["forget", "--author", "@wilhelmina@harbor.example", "--dry-run"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert (
        f"  {post.id}  4 March 2026, {post.feed}: “Xylograph at the town hall Quokkas, drawn jubilantly: thank …”"
        in said
    )
    assert said.count("4 March 2026, ") == 50
    assert "… and 11 more; --json names all." in said
    assert main([*words, "--json"]) == 0
    held = json.loads(capsys.readouterr().out)["mentions"]
    assert len(held) == 61
    assert (held[0]["id"], held[0]["text"], held[0]["author_url"]) == (post.id, post.text, post.author_url)


def test_files_are_listed_once_and_only_where_they_may_hold_it(
    here: Path, save: Save, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """The latest writing of each path; none that holds no rows; also where it was forgotten before."""
    store = door.store_of(door.load())
    save(store, post)
    start = NOON.replace(hour=5, minute=0) - DAY
    for path, at, rows in (("week.csv", 1, 3), ("week.csv", 2, 4), ("none.csv", 1, 0), ("old.csv", -300, 4)):
        note_file(
            store,
            at=door.now() + timedelta(minutes=at),
            who="ada",
            kind="export",
            path=path,
            start=start,
            end=start + 4 * DAY,
            rows=rows,
            detail="",
        )
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE files SET at = at - 86400")
        connection.exec_driver_sql("UPDATE mentions SET collected_at = collected_at - 864000000")
    assert main(["forget", post.id, "--yes"]) == 0
    said = capsys.readouterr().out
    assert (said.count("week.csv"), said.count("none.csv")) == (1, 0)
    assert "may hold it" in said
    assert "(3 to 6 March 2026)" in said
    assert said.index("week.csv") < said.index("No byte of it is left")
    assert main(["forget", post.id, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "It was forgotten before." in said
    assert (said.count("week.csv"), said.count("old.csv"), said.count("none.csv")) == (1, 1, 0)


def test_a_post_that_comes_meanwhile_goes_too(store: Store, save: Save, mention: MakeMention, post: Mention) -> None:
    """Between the look and the deed somebody thinks about the question, and a collection runs."""
    save(store, post)
    found = forgetting.find_author(store, "wilhelmina@harbor.example", None, SOURCES)
    save(store, mention(author=post.author), mention(author="@otto@harbor.example"))
    done = forgetting.forget(store, found, at=NOON, who="ada")
    assert len(done.mentions) == 2
    with store.reading() as connection:
        assert list(connection.execute(select(mentions.c.author)).scalars()) == ["@otto@harbor.example"]


def test_others_posts_are_told_with_their_place_and_words(
    here: Path, save: Save, mention: MakeMention, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is led to forget them blindly."""
    store = door.store_of(door.load())
    copy = mention(title=post.title, text=post.text, author="@otto@harbor.example", published_at=NOON + DAY)
    save(store, post)
    save(store, copy)
    assert main(["forget", post.id, "--yes"]) == 0
    said = capsys.readouterr().out
    assert (
        "1 other stored post may carry the same words, as copies of the story. They are other people's, and stay"
        in said
    )
    assert f"  {copy.id}  5 March 2026, {copy.feed}: “Xylograph at the town hall" in said
    assert f"listening forget {copy.id}" not in said


def test_a_name_of_several_feeds_is_asked_about(
    here: Path, save: Save, mention: MakeMention, capsys: pytest.CaptureFixture[str]
) -> None:
    """RSS knows mere names: the one of the other feed stays, and is collected on; an address is one person's."""
    store = door.store_of(door.load())
    said = {"source": "rss", "author": "Ada"}
    save(store, mention(feed="Herald", **said), mention(feed="Gazette", **said))
    assert main(["forget", "--author", "ada", "--yes"]) == 2
    assert 'Say which one is meant: --feed "Gazette"' in capsys.readouterr().err
    assert main(["forget", "--author", "ada", "--feed", "Herald", "--yes"]) == 0
    assert "1 post of this author in Herald was forgotten" in capsys.readouterr().out
    assert main(["forget", "--author", "ada", "--feed", "Herald", "--yes"]) == 0
    assert "This author in Herald was forgotten before" in capsys.readouterr().out
    assert save(store, mention(source="mastodon", author="ada")) == 1  # another place is not blocked by the way
    assert save(store, mention(feed="Herald", **said), mention(feed="Gazette", **said)) == 1
    mine, other = ({**said, "author_url": f"https://{n}.example/ada"} for n in ("a", "b"))
    save(store, mention(feed="Gazette", **mine), mention(feed="Gazette", **other))
    assert main(["forget", "--author", "https://a.example/ada/", "--yes"]) == 0
    assert "1 post of this author on rss was forgotten" in capsys.readouterr().out
    assert save(store, mention(feed="Herald 2", **mine), mention(feed="Gazette", **other)) == 1


def test_it_says_where_else_it_may_be(
    here: Path, save: Save, mention: MakeMention, post: Mention, capsys: pytest.CaptureFixture[str]
) -> None:
    """Snapshots, backups, exports of its days, departments that got it; in words and for programs."""
    store = door.store_of(door.load())
    filled(store, save, mention, post)
    began = door.now()
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
    written = re.escape(str((here / "copy.db").resolve()))
    assert re.search(f"a backup: {written}, written {day_said(began, door.now(), store.timezone)}", said)
    assert f"a snapshot: {(here / 'meeting').resolve()}" in said
    assert f"an export: {(here / 'march.csv').resolve()}" in said
    assert "(3 to 5 March 2026)" in said
    assert "an export: printed on a terminal" in said
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
    assert "These may hold posts that are not stored any more" in said
    assert "not found there now (moved, deleted, or out of reach)" in said


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
