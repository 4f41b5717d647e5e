"""Messages to departments: one of each, of what is new, through a real mail server and a real chat; and to no one
else."""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from conftest import NOON, TIMEZONE, MakeMention, Save
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from listening import door, messages
from listening.cli import main
from listening.cli.sending import LEASE, SENDING
from listening.digest import MOST, digest, line
from listening.models import Mention, Verdict
from listening.review import Desk
from listening.settings import Department, Send, Settings, load
from listening.store import Reader, Store, note, noted, open_store
from listening.store.schema import access_log, mentions, sent

PLACES = """
[[feeds]]
name = "Quillhaven social"
source = "mastodon"
server = "https://social.example"
tag = "quillhaven"
[[feeds]]
name = "The Herald"
source = "rss"
url = "https://herald.example/feed"
outlet = true
"""
RULES = """
[[departments]]
name = "Public Works"
words = "pothole* OR plow*"
send_to = {works}
[[departments]]
name = "Library & Parks"
words = "library"
send_to = {library}
"""


class Mailbox:
    """A mail server's hands: keeps what comes, and refuses whom it is told to."""

    def __init__(self) -> None:
        self.kept: list[Message] = []
        self.to: list[list[str]] = []
        self.refused: set[str] = set()
        self.answer = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 Nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.kept.append(message_from_bytes(envelope.content, policy=default))
            self.to.append(list(envelope.rcpt_tos))
        return self.answer

    @property
    def texts(self) -> list[str]:
        """What the mails say, in one line each."""
        return [" ".join(each.get_content().split()) for each in self.kept]  # type: ignore[attr-defined]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server without a login, and its port."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE", "LISTENING_MAIL_PASSWORD", "LISTENING_SEND_PUBLIC_WORKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(door, "now", lambda: NOON + timedelta(hours=3))


def write(
    folder: Path, port: int = 25, *, works: str = '["roads@quillhaven.example"]', library: str = "[]", more: str = ""
) -> Settings:
    """The settings file of a town with two departments and a mail server on this computer."""
    file = folder / "listening.toml"
    file.write_text(
        '[agency]\nname = "Town of Quillhaven"\nshort_name = "Quillhaven"\ntimezone = "America/New_York"\n'
        'contact = "https://www.quillhaven.example"\nown_accounts = ["@townhall@social.example"]\n'
        '[[topics]]\nname = "transit"\nquery = "quillhaven"\n'
        + PLACES
        + RULES.format(works=works, library=library)
        + f'[send]\nfrom = "press@quillhaven.example"\nserver = "127.0.0.1"\nport = {port}\nsecurity = "none"\n{more}',
        encoding="utf-8",
    )
    return load(file)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same, for texts alone."""
    return write(tmp_path_factory.mktemp("town"))


Ask = Callable[..., Mention]


@pytest.fixture
def ask(store: Store, save: Save, mention: MakeMention, tmp_path: Path) -> Ask:
    """Stores a post that asks for something, and opens it for the department that the rules propose."""

    def make(text: str, *, note: str = "", status: str = "open", **changes: Any) -> Mention:
        settings = load(tmp_path / "listening.toml")
        post = mention(text=text, question=True, **{"url": f"https://social.example/{len(text)}", **changes})
        save(store, post)
        for change in ({"tag": "neutral", "note": note}, {"status": status}):
            Desk.of(store, settings).judge([numbers(store)[post.id]], change, reviewer="Ana", at=NOON, seen=10**9)
        return post

    return make


def numbers(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        return {row.id: row.n for row in connection.execute(select(mentions.c.id, mentions.c.n))}


def told(store: Store) -> set[tuple[str, str]]:
    """Ids and departments of what was sent."""
    ids = {number: id_ for id_, number in numbers(store).items()}
    with store.reading() as connection:
        return {(ids[row.n], row.department) for row in connection.execute(select(sent))}


def logged(store: Store) -> list[str]:
    with store.reading() as connection:
        return [row.detail for row in connection.execute(select(access_log)) if row.what == "send"]


# --- mail -----------------------------------------------------------------------------------------------------------


def test_each_department_gets_one_mail_of_what_is_new_and_each_post_once(
    ask: Ask, store: Store, mailbox: tuple[Mailbox, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two for one department in one mail, one for another; nothing the second time; later only the new one."""
    box, port = mailbox
    write(tmp_path, port, library='["library@quillhaven.example", "parks@quillhaven.example"]')
    first = ask("A pothole on Elm Street?", note="Ms Alder knows the street.", url="https://social.example/@jo/1")
    second = ask("When do you plow Pine Street?", status="pending")
    third = ask("Is the library open on Sunday?")
    ask("What a fine day in Quillhaven!", status="closed")
    assert main(["send"]) == 0
    assert box.to == [["roads@quillhaven.example"], ["library@quillhaven.example", "parks@quillhaven.example"]]
    works, library = box.kept
    assert [str(works[name]) for name in ("Subject", "From", "To")] == [
        "Quillhaven: 2 posts wait for an answer from Public Works",
        "press@quillhaven.example",
        "roads@quillhaven.example",
    ]
    assert str(library["Subject"]) == "Quillhaven: 1 post waits for an answer from Library & Parks"
    assert str(library["Cc"]) == "parks@quillhaven.example"
    assert works.get_content_type() == "text/plain"
    assert (
        "1. “A pothole on Elm Street?” Quillhaven social, Wednesday 4 March, 12:00 https://social.example/@jo/1 "
        "Open Note: Ms Alder knows the street. 2. “When do you plow Pine Street?”" in box.texts[0]
    )
    assert "Pending" in box.texts[0]
    assert "When one is answered, tell the press office (press@quillhaven.example) which it was" in box.texts[0]
    assert {
        (first.id, "Public Works"),
        (second.id, "Public Works"),
        (third.id, "Library & Parks"),
    } == told(store)
    assert logged(store) == [
        "Public Works: 2 posts (2 mentions), mail to roads@quillhaven.example",
        "Library & Parks: 1 post (1 mention), mail to library@quillhaven.example, parks@quillhaven.example",
    ]
    assert "Public Works: 2 posts sent, mail to roads@quillhaven.example." in capsys.readouterr().out

    assert main(["send"]) == 0
    assert tuple(capsys.readouterr()) == ("", "")
    assert len(box.kept) == 2

    ask("Another pothole, on Oak Street?")
    assert main(["send"]) == 0
    assert len(box.kept) == 3
    assert "1 post waits" in box.texts[2]
    assert "Oak Street" in box.texts[2]
    assert "Elm Street" not in box.texts[2]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("password", ["seedling", "p%40s s:/w@rd#?&+=", "%2525"])
def test_it_logs_in_and_the_password_is_nowhere(
    ask: Ask,
    store: Store,
    tmp_path: Path,
    password: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever signs it has it arrives whole; a wrong one is said in words, and the post waits for the next time."""
    box = Mailbox()
    right = "another"
    given: list[tuple[str, str]] = []

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=given[-1][1] == right, handled=False)

    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=login,
        auth_required=True,
        auth_require_tls=False,
    )
    caplog.set_level(logging.DEBUG)
    write(tmp_path, controller.port, more='user = "press@quillhaven.example"\n')
    post = ask("A pothole on Elm Street?")
    controller.start()
    try:
        assert main(["send"]) == 1
        assert "There is no password for “press@quillhaven.example”" in capsys.readouterr().err
        monkeypatch.setenv("LISTENING_MAIL_PASSWORD", password)
        assert main(["send"]) == 1
        said = capsys.readouterr().err
        assert f"127.0.0.1, port {controller.port} refuses the login. Look at [send] user" in said
        assert told(store) == set()
        right = password
        assert main(["send"]) == 0
    finally:
        controller.stop()
    assert ("press@quillhaven.example", password) == given[-1]
    assert told(store) == {(post.id, "Public Works")}
    everything = said + "".join(capsys.readouterr()) + "".join(logged(store))
    everything += "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")  # the server's
    assert password not in everything
    assert quote(password, safe="") not in everything


def test_a_password_that_no_login_can_carry_is_said_before(tmp_path: Path) -> None:
    """Mail programs send plain letters only."""
    send = replace(write(tmp_path).send, user="press")
    (way,) = messages.ways(Department(name="Roads", send_to=("a@b.example",)), send, {messages.PASSWORD: "caf\u00e9"})
    assert "letters that mail programs cannot send" in str(way.problem)
    assert "caf" not in str(way.problem) + repr(way)


def test_a_failing_mail_waits_for_the_next_time_and_the_others_still_go(
    ask: Ask,
    store: Store,
    mailbox: tuple[Mailbox, int],
    httpserver: HTTPServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The mail server is in trouble: nothing is marked for that department; the chat of the other one gets its own."""
    box, port = mailbox
    write(tmp_path, port)
    monkeypatch.setenv("LISTENING_SEND_LIBRARY_PARKS", httpserver.url_for("/hook").replace("http", "json"))
    httpserver.expect_request("/hook").respond_with_data("")
    works, library = ask("A pothole on Elm Street?"), ask("Is the library open?")
    box.answer = "451 Disk is full, try later"
    assert main(["send"]) == 1
    said = capsys.readouterr().err
    assert (
        "Public Works, 1 post waits: mail to roads@quillhaven.example did not go out, and is tried again next time. "
        f"The mail server 127.0.0.1, port {port} did not take it" in said
    )
    assert "Disk is full" in said
    assert told(store) == {(library.id, "Library & Parks")}
    box.answer = "250 OK"
    assert main(["send"]) == 0
    assert told(store) == {(library.id, "Library & Parks"), (works.id, "Public Works")}
    assert (len(box.kept), len(httpserver.log)) == (1, 1)


def test_where_no_mail_server_is_it_says_so(ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words, with what to look at, and without what a program would say."""
    port = free_port()
    write(tmp_path, port)
    ask("A pothole on Elm Street?")
    assert main(["send"]) == 1
    said = capsys.readouterr().err
    assert f"Nothing answers at 127.0.0.1, port {port}. Look at [send] server and port." in said
    assert "Errno" not in said


def test_who_got_a_mail_does_not_get_it_again_because_another_address_is_wrong(
    ask: Ask, mailbox: tuple[Mailbox, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The wrong address is named; the message counts as sent."""
    box, port = mailbox
    box.refused = {"gone@quillhaven.example"}
    write(tmp_path, port, works='["roads@quillhaven.example", "gone@quillhaven.example"]')
    ask("A pothole on Elm Street?")
    assert main(["send"]) == 1
    assert "refused gone@quillhaven.example; the others got the mail." in capsys.readouterr().err
    assert main(["send"]) == 0
    assert box.to == [["roads@quillhaven.example"]]


@pytest.mark.parametrize("address", ["o'brien@quillhaven.example", "straße@quillhaven.example"])
def test_an_address_that_cannot_be_used_gets_nobody_elses_mail(
    ask: Ask, mailbox: tuple[Mailbox, int], tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Apprise would cut it to another address, or leave it out without a word."""
    box, port = mailbox
    write(tmp_path, port, works=f'["{address}", "roads@quillhaven.example"]')
    ask("A pothole on Elm Street?")
    assert main(["send"]) == 1
    assert address in capsys.readouterr().err
    assert box.kept == []


# --- chats ----------------------------------------------------------------------------------------------------------


def test_chat_and_mail_get_the_same_message_and_what_one_refuses_it_gets_later(
    ask: Ask,
    store: Store,
    mailbox: tuple[Mailbox, int],
    httpserver: HTTPServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The chat is away once: the mail is not sent again for that, and the chat misses nothing."""
    box, port = mailbox
    write(tmp_path, port)
    state = {"code": 500}
    heard: list[dict[str, Any]] = []

    def chat(request: Request) -> Response:
        if state["code"] == 200:
            heard.append(json.loads(request.data))
        return Response(status=state["code"])

    httpserver.expect_request("/hook/s3cret").respond_with_handler(chat)
    address = httpserver.url_for("/hook/s3cret").replace("http", "json")
    monkeypatch.setenv("LISTENING_SEND_PUBLIC_WORKS", address)
    first = ask("A pothole on Elm Street?")
    assert main(["send"]) == 1
    said = capsys.readouterr()
    assert "Public Works: chat (json://…) did not go out, and is tried again next time." in said.err
    assert "The chat did not take it (500)." in said.err
    assert "s3cret" not in said.err + said.out + str(logged(store))
    assert told(store) == {(first.id, "Public Works")}
    ask("When do you plow Pine Street?")
    state["code"] = 200
    assert main(["send"]) == 0
    assert [("Elm" in text, "Pine" in text) for text in box.texts] == [(True, False), (False, True)]
    assert [("Elm" in each["message"], "Pine" in each["message"]) for each in heard] == [(True, True)]
    assert heard[0]["title"] == "Quillhaven: 2 posts wait for an answer from Public Works"
    assert noted(store, "send_owed") == "{}"
    assert main(["send"]) == 0
    assert (len(box.kept), len(heard)) == (2, 1)


def test_an_address_that_is_none_of_a_chat_is_said_without_its_secret(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a service that nobody knows nor a forgotten beginning."""
    write(tmp_path, works="[]")
    ask("A pothole on Elm Street?")
    monkeypatch.setenv("LISTENING_SEND_PUBLIC_WORKS", "smoke://s3cret T0ken/s3cret")
    assert main(["send"]) == 1
    said = capsys.readouterr().err
    assert said.count("An address in LISTENING_SEND_PUBLIC_WORKS is none of a chat that Apprise knows.") == 2
    assert "s3cret" not in said


def test_the_name_of_a_departments_chats_can_be_typed() -> None:
    """Capitals and lines; accents are left out, other scripts stay."""
    assert messages.chats_variable("Public Works") == "LISTENING_SEND_PUBLIC_WORKS"
    assert messages.chats_variable("Bäder & Grün-Flächen (Süd)") == "LISTENING_SEND_BADER_GRUN_FLACHEN_SUD"
    assert messages.chats_variable("交通局") == "LISTENING_SEND_交通局"


# --- a dry run, and what cannot be ----------------------------------------------------------------------------------


def test_a_dry_run_shows_exactly_what_would_go_and_does_nothing(
    ask: Ask,
    store: Store,
    mailbox: tuple[Mailbox, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The store is not written, nothing is sent, a chat's secret is not shown; then the same goes out."""
    box, port = mailbox
    write(tmp_path, port)
    ask("A pothole on Elm Street?")
    monkeypatch.setenv("LISTENING_SEND_PUBLIC_WORKS", f"json://127.0.0.1:{free_port()}/s3cret")
    with store.reading() as connection:
        before = connection.exec_driver_sql("PRAGMA data_version").scalar()
        assert main(["send", "--dry-run"]) == 0
        assert before == connection.exec_driver_sql("PRAGMA data_version").scalar()
    said = capsys.readouterr().out
    assert "Would go to Public Works: mail to roads@quillhaven.example; chat (json://…)\nSubject: Quillhaven:" in said
    assert "s3cret" not in said
    assert (set(), [], []) == (told(store), logged(store), box.kept)
    monkeypatch.delenv("LISTENING_SEND_PUBLIC_WORKS")
    assert main(["send"]) == 0
    assert box.texts[0] in " ".join(said.split())


def test_a_dry_run_needs_no_extra_and_sending_says_which_it_needs(
    ask: Ask, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Apprise nothing is sent or marked, and where nothing is to be sent nobody misses it."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    write(tmp_path)
    open_store(store.url, TIMEZONE)
    assert main(["send"]) == 0
    ask("A pothole on Elm Street?")
    assert main(["send", "--dry-run"]) == 0
    capsys.readouterr()
    assert main(["send"]) == 1
    said = capsys.readouterr().err
    assert "pip install -e '.[send]'" in said
    assert "pip install 'listening[send]'" in said
    assert told(store) == set()


def test_a_department_without_an_address_says_what_to_do_and_the_others_get_theirs(
    ask: Ask, store: Store, mailbox: tuple[Mailbox, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And as JSON for programs; --department sends to one only."""
    box, port = mailbox
    write(tmp_path, port)
    works, library = ask("A pothole on Elm Street?"), ask("Is the library open?")
    assert main(["send", "--department", "library & parks", "--json"]) == 1
    shown = capsys.readouterr()
    (message,) = json.loads(shown.out)["messages"]
    assert ("Library & Parks", [library.id], [], []) == tuple(
        message[name] for name in ("department", "mentions", "to", "sent")
    )
    assert "LISTENING_SEND_LIBRARY_PARKS" in message["problems"][0]
    assert box.kept == []
    assert main(["send"]) == 1
    shown = capsys.readouterr()
    assert "Library & Parks, 1 post waits: There is nowhere to send it yet." in shown.err
    assert told(store) == {(works.id, "Public Works")}
    assert main(["send", "--department", "Public Work"]) == 2
    assert "Did you mean “Public Works”?" in capsys.readouterr().err


def test_mail_without_a_server_in_the_settings_is_said(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both keys that mail needs are named."""
    settings = write(tmp_path)
    assert settings.path is not None
    ask("A pothole on Elm Street?")
    settings.path.write_text(settings.path.read_text(encoding="utf-8").partition("[send]")[0], encoding="utf-8")
    assert main(["send"]) == 1
    assert "The settings do not say [send] from and [send] server." in capsys.readouterr().err


def test_nothing_is_sent_from_a_snapshot(
    ask: Ask, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stays as it was taken, also for a dry run."""
    write(tmp_path)
    ask("A pothole on Elm Street?")
    (tmp_path / "snapshot.json").write_text(json.dumps({"taken_at": NOON.isoformat()}), encoding="utf-8")
    assert main(["send"]) == main(["send", "--dry-run"]) == 2
    assert "is a snapshot" in capsys.readouterr().err
    assert told(store) == set()


# --- the text -------------------------------------------------------------------------------------------------------


def waiting(post: Mention, **verdict: Any) -> Mention:
    return replace(post, verdict=Verdict(**{"entry": 1, "reviewer": "Ana", "at": NOON, "status": "open", **verdict}))


def test_copies_of_one_text_are_one_post_in_several_places(tmp_path: Path, mention: MakeMention) -> None:
    """With the address of each, and the oldest one's time."""
    settings = write(tmp_path)
    copies = [
        waiting(mention(story="s", feed=feed, url=f"https://{number}.example/", published_at=NOON + hours))
        for number, (feed, hours) in enumerate(
            [("The Herald", timedelta(hours=2)), ("Radio", timedelta(hours=1)), ("The Courier", timedelta(hours=3))]
        )
    ]
    made = digest("Public Works", list(enumerate(copies, start=1)), settings=settings, now=NOON)
    assert made is not None
    assert made.subject == "Quillhaven: 1 post waits for an answer from Public Works"
    assert "In 3 places (Radio, The Herald, The Courier), first, Wednesday 4 March, 13:00" in made.body
    assert [f"https://{number}.example/" for number in (1, 0, 2)] == [
        text.strip() for text in made.body.splitlines() if text.strip().startswith("https://")
    ]
    assert sorted(made.numbers) == [1, 2, 3]


def test_a_long_list_comes_in_parts(tmp_path: Path, mention: MakeMention) -> None:
    """The oldest first; the others are not marked, and come with the next message."""
    posts = [(n, waiting(mention(published_at=NOON + timedelta(minutes=n)))) for n in range(MOST + 2)]
    made = digest("Public Works", posts[::-1], settings=write(tmp_path), now=NOON)
    assert made is not None
    assert tuple(range(MOST)) == made.numbers
    assert (made.posts, made.left) == (MOST, 2)
    assert "2 more come with the next message." in made.body


def test_nothing_that_waits_is_no_message(tmp_path: Path) -> None:
    """Nobody is told that nothing happened."""
    assert digest("Public Works", [], settings=write(tmp_path), now=NOON) is None


def test_a_content_warning_keeps_its_words(tmp_path: Path, mention: MakeMention) -> None:
    """The post is behind its link."""
    post = waiting(mention(sensitive=True, text="Something that not everybody wants to read"))
    made = digest("Public Works", [(1, post)], settings=write(tmp_path), now=NOON)
    assert made is not None
    assert "Behind a content warning; open it to read." in made.body
    assert "not everybody" not in made.body


def test_a_stranger_cannot_write_headers_lines_or_addresses(
    ask: Ask, mailbox: tuple[Mailbox, int], tmp_path: Path, save: Save
) -> None:
    """Line ends, unseen signs and addresses in a post, a note and a place change nothing but the words."""
    box, port = mailbox
    write(tmp_path, port)
    evil = "A pothole?\r\nSubject: Seedlings\r\nBcc: all@quillhaven.example\r\n\r\n.\r\nQUIT\u2028\u202esdrow\x1b[2J"
    ask(
        evil, note="Look\r\n\r\n2. “Another”\nhttps://other.example", title="Bcc: title@quillhaven.example\n\n.", url=""
    )
    ask("Plow?", url="https://social.example/1\r\n\r\n3. Written by a stranger https://other.example")
    ask("Plow it!", url="javascript:alert(1)", feed="Place\r\nBcc: place@quillhaven.example")
    assert main(["send"]) == 0
    (mail,) = box.kept
    assert box.to == [["roads@quillhaven.example"]]
    assert mail["Bcc"] is None
    assert mail.get_all("Subject") == ["Quillhaven: 3 posts wait for an answer from Public Works"]
    body = mail.get_content()  # type: ignore[attr-defined]
    assert not {"\u2028", "\u202e", "\x1b"} & set(body)
    starts = [text.strip().split(" ")[0] for text in body.splitlines() if text.strip()]
    assert [each for each in starts if each in ("1.", "2.", "3.", "4.")] == ["1.", "2.", "3."]
    assert not [each for each in starts if each.startswith(("https://", "javascript:", "Bcc:", "Subject:"))]


def test_a_departments_name_is_no_header(tmp_path: Path, mention: MakeMention) -> None:
    """A name with line ends stands on one line, in the subject and in the text."""
    made = digest("Roads\r\nBcc: all@quillhaven.example", [(1, mention())], settings=write(tmp_path), now=NOON)
    assert made is not None
    assert made.subject == "Quillhaven: 1 post waits for an answer from Roads Bcc: all@quillhaven.example"
    way = messages.ways(
        Department(name="Roads", send_to=("a@b.example",)),
        Send(sender="x&to=y@z.example", server="m.example", user="u:p@e/?", security="none"),
        {"LISTENING_MAIL_PASSWORD": "pass&word"},
    )[0]
    assert way.url.count("@") == 1
    assert "from=x%26to%3Dy%40z.example" in way.url
    assert "pass" not in repr(way)


@given(
    before=st.text(max_size=30),
    name=st.text("abcxyz079_", min_size=2, max_size=9).map("mkozq".__add__),
    form=st.integers(0, 4),
)
def test_no_private_handle_is_in_a_message(before: str, name: str, form: int, town: Settings) -> None:
    """Wherever it stands in the words, the headline or the note; the town's own name may stay."""
    handle = (f"@{name}", f"@{name}@social.example", f"u/{name}", f"{name}@mail.example", f"/u/{name}")[form]
    post = Mention(
        id="1",
        source="mastodon",
        feed="Quillhaven social",
        key="k",
        url="https://social.example/statuses/1",
        title=f"{before} {handle}?",
        text=f"@townhall {before} {handle} {before}",
        author=f"@{name}",
        author_url=f"https://social.example/@{name}",
        published_at=NOON,
        collected_at=NOON,
    )
    made = digest("Public Works", [(1, waiting(post, note=f"{handle} called"))], settings=town, now=NOON)
    assert made is not None
    assert name not in made.body
    assert "@townhall" in made.body or len(before) > 20


@given(st.text())
def test_a_line_is_one_line(text: str) -> None:
    """Whatever a stranger writes: nothing ends it, nothing is unseen at its ends, and twice is as once."""
    assert len(line(text).splitlines()) <= 1
    assert line(text) == line(line(text)).strip()
    assert line(text).isprintable() or not set(line(text)) & {"\r", "\n", "\x1b", "\u202e"}


def test_the_time_is_that_of_the_town(tmp_path: Path, mention: MakeMention) -> None:
    """Half past midnight UTC is the evening before in New York; another year is said."""
    late = datetime.fromisoformat("2025-12-31T03:30:00+00:00")
    made = digest("Public Works", [(1, mention(published_at=late))], settings=write(tmp_path), now=NOON)
    assert made is not None
    assert "Tuesday 30 December 2025, 22:30" in made.body


def test_what_was_answered_meanwhile_is_not_sent(
    ask: Ask, store: Store, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    """Only what is open or pending goes out."""
    box, port = mailbox
    settings = write(tmp_path, port)
    post = ask("A pothole on Elm Street?")
    change = {"status": "answered"}
    Desk.of(store, settings).judge([numbers(store)[post.id]], change, reviewer="Ben", at=NOON, seen=10**9)
    assert main(["send"]) == 0
    assert box.kept == []
    with store.reading() as connection:
        assert Reader(store, connection).find(post.id) is not None


def test_two_who_send_at_once_tell_nobody_twice(
    ask: Ask, store: Store, mailbox: tuple[Mailbox, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While another sends, nothing goes out, and the words say so; one that was stopped long ago hinders nobody."""
    box, port = mailbox
    write(tmp_path, port)
    ask("A pothole on Elm Street?")
    note(store, SENDING, f"{door.now().isoformat()} another")
    assert main(["send"]) == 2
    assert "being sent at this moment" in capsys.readouterr().err
    assert box.kept == []
    note(store, SENDING, f"{(door.now() - LEASE).isoformat()} another")
    assert main(["send"]) == 0
    assert len(box.kept) == 1
    assert noted(store, SENDING) == ""
