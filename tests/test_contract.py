"""Our own collectors keep the contract that others' must keep; and a collector of another package is found and used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from contract_answers import SAVED, Saved

from listening.collectors import COLLECTORS, hackernews
from listening.collectors.contract import CollectorContract
from listening.collectors.protocols import Refreshed
from listening.errors import FeedRefused, FeedUnreadable
from listening.models import Answer, Budget, Feed, Page, Post, Request

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
CHECKS = [name for name in dir(CollectorContract) if name.startswith("test_")]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("saved", SAVED.values(), ids=SAVED)
def test_ours_keep_the_contract(saved: Saved, check: str) -> None:
    """Each promise, with saved answers."""
    getattr(type("TestOurs", (CollectorContract,), saved.contract)(), check)()


def test_each_of_ours_is_held_to_it() -> None:
    """None is left out."""
    assert {saved.source for saved in SAVED.values()} == {module.SOURCE for module in COLLECTORS}


# --- the contract finds what is wrong ---------------------------------------------------------------------------------

GOOD = json.dumps({"notices": [{"id": 1, "text": "The Quillhaven pool opens.", "likes": 3}]}).encode()


def board(**changes: Any) -> Any:
    """A collector that keeps the contract, but for the changes."""

    def parse(answer: Answer, feed: Feed) -> Page:
        try:
            notices: Any = json.loads(answer.body)["notices"] if answer.status == 200 else 0
            posts = tuple(
                Post(source=feed.source, feed=feed.name, key=str(each["id"]), text=str(each["text"]))
                for each in {str(each["id"]): each for each in notices}.values()
            )
        except (ValueError, TypeError, KeyError):
            raise FeedUnreadable("The board did not answer with notices.", "Try again later.") from None
        return Page(posts=posts)

    names = {name: getattr(hackernews, name) for name in ("KIND", "CANNOT_SEE", "DELETIONS", "EMPTY_MEANS_BLOCKED")}
    made = {**names, "SOURCE": "board", "LABEL": "Board", "KEYS": {"search": "What to look for."}}
    return SimpleNamespace(
        **{**made, "check": hackernews.check, "locate": hackernews.locate, "parse": parse, **changes}
    )


TOKEN = "token-of-the-town"
SERVICE = "https://board.example"
SECRETS = {"LISTENING_BOARD_TOKEN": TOKEN}
BUDGET = Budget(name="asks", most=100, period="day", unit="asks", words="A board answers 100 times a day")
TALK = json.dumps({"notices": [{"id": 2, "text": "How nice."}]}).encode()


def ask(path: str = "", *, secrets: Mapping[str, str] = SECRETS, **more: Any) -> Request:
    """A request to the board, with its token where one should be."""
    headers = {"Authorization": f"Bearer {token}"} if (token := secrets.get("LISTENING_BOARD_TOKEN")) else {}
    return Request(**{"url": f"{SERVICE}/{path}", "headers": headers, "costs": {"asks": 1}, **more})


def asking(path: str = "", **more: Any) -> Any:
    """A way of asking that asks for this, whatever it is about."""
    return lambda *about: ask(path, **more)


def whole(**changes: Any) -> Any:
    """A collector that does all that one may do, and keeps the contract, but for the changes."""
    parse = board().parse

    def sign_in(feed: Feed, secrets: Mapping[str, str], held: Mapping[str, str] | None) -> Request | None:
        return ask("sign", costs={}, body=b"") if secrets and held is None else None

    def signed_in(answer: Answer) -> Mapping[str, str]:
        if answer.status != 200 or b"session" not in answer.body:
            raise FeedRefused("The board does not know us.", "Check the token.")
        return {"board: session": "session-of-the-town"}

    def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
        asked = {post.key for post in posts}
        return Refreshed(posts=tuple(post for post in parse(answer, feed).posts if post.key in asked))

    def presence(answer: Answer, request: Request) -> str:
        words = {200: "there", 404: "missing", 410: "gone"}
        return words.get(answer.status, "unknown") if answer.url == request.url else "unknown"

    def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
        return ask("notices", secrets=secrets)

    ways = {
        "locate": locate, "sign_in": sign_in, "signed_in": signed_in, "budgets": lambda feed: (BUDGET,), "AT_ONCE": 2,
        "refresh": asking("notices?ids=1"), "refreshed": refreshed, "thread": asking("thread/1"),
        "conversation": lambda answer, post, feed: parse(answer, feed), "recheck": lambda post: ask("1", costs={}),
        "presence": presence,
    }  # fmt: skip
    return board(**{**ways, **changes})


WHOLE: dict[str, Any] = {
    "secrets": SECRETS,
    "session": b'{"session": "x"}',
    "looked_up": {"one": GOOD},
    "conversations": {"1": TALK},
}


def kept(module: Any, check: str, **more: Any) -> None:
    """Whether a board keeps one of the promises."""
    named = {"collector": module, "options": {"search": "x"}, "answers": {"one notice": GOOD}, **more}
    getattr(type("TestBoard", (CollectorContract,), named)(), check)()


def page(**fields: Any) -> Any:
    """A way of reading that gives one post with these fields, whatever was answered."""
    return lambda answer, feed: Page(posts=(Post(**{"source": "board", "feed": "Feed", "key": "1", **fields}),))


def raising(answer: Answer, feed: Feed) -> Page:
    raise KeyError("notices")


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_collector_passes(check: str) -> None:
    """Nothing is asked of it that ours do not do; with all that it may do besides, and without."""
    kept(board(), check)
    kept(whole(), check, **WHOLE)


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        ({"LABEL": ""}, "test_it_says_what_it_is", "LABEL"),
        ({"CANNOT_SEE": "much"}, "test_it_says_what_it_is", "CANNOT_SEE"),
        ({"parse": raising}, "test_half_an_answer_breaks_nothing", "KeyError"),
        ({"parse": raising}, "test_wrong_types_break_nothing", "KeyError"),
        ({"parse": page(likes=-1)}, "test_good_answers_give_posts", "counts -1"),
        ({"parse": page(url="javascript:alert(1)")}, "test_good_answers_give_posts", "javascript"),
        ({"parse": page(feed="Elsewhere")}, "test_good_answers_give_posts", "another place"),
        ({"parse": page()}, "test_what_is_no_answer_is_refused", "gives posts"),
        ({"parse": lambda answer, feed: Page(posts=())}, "test_what_is_no_answer_is_refused", "silence"),
        ({"parse": lambda answer, feed: Page(posts=())}, "test_a_refusal_is_a_sentence", "silence"),
    ],
)
def test_a_broken_promise_is_found(changes: dict[str, Any], check: str, said: str) -> None:
    """In words that say what is wrong."""
    with pytest.raises(AssertionError, match=re.escape(said)):
        kept(board(**changes), check)


def test_without_a_good_answer_nothing_is_promised() -> None:
    """A collector that is never given anything to read keeps every promise there is."""
    with pytest.raises(AssertionError, match="give at least one good answer"):
        kept(board(), "test_good_answers_give_posts", answers={})
    with pytest.raises(AssertionError, match="it gives no post"):
        kept(board(), "test_good_answers_give_posts", answers={"empty": b'{"notices": []}'})
    with pytest.raises(AssertionError, match="two, answer 2: the answer before it leads to no further request"):
        kept(board(), "test_good_answers_give_posts", answers={"two": (GOOD, GOOD)})


def following(answer: Answer, url: str, **more: Any) -> Page:
    """The notices of an answer, and one more request."""
    made: Page = board().parse(answer, Feed(name="Feed", source="board"))
    return replace(made, next=ask(secrets={}, url=url, **more))


def leading(url: str, **more: Any) -> Any:
    """A way of reading that asks for this next."""
    return lambda answer, *about: following(answer, url, **more)


def is_talk(answer: Answer) -> bool:
    """Whether it is the good answer of a conversation."""
    return answer.status == 200 and answer.body == TALK


def answering(said: Any) -> Any:
    """A way of reading an answer that says this, whatever was answered."""
    return lambda *about: said


def broken(*about: Any) -> Any:
    """A way of reading that has a bug."""
    raise KeyError("notices")


def hasty(answer: Answer, *about: Any) -> Refreshed:
    """A way of reading that takes half an answer for one without the post."""
    return Refreshed(gone=("1",) if answer.status == 200 and answer.body.startswith(b'{"n') else ())


SECRET, HTTPS = "test_no_request_tells_a_secret", "test_everything_is_asked_over_https"
COUNTED, SIGNED = "test_what_is_counted_has_a_budget", "test_a_sign_in_gives_a_session_or_a_sentence"
LOOKED, TALKED = "test_posts_are_looked_up_with_care", "test_conversations_are_read_with_care"
THERE = "test_whether_a_post_is_there_is_said_with_care"
OTHERS = Post(source="board", feed="Feed", key="9")
TOLD = "LISTENING_BOARD_TOKEN can be read"


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        # A parameter that is named secret hides itself and no other one.
        ({"locate": asking(f"?page=1&token={TOKEN}", secret=("page",))}, SECRET, TOLD),
        ({"locate": asking(f"{TOKEN}/notices?page=1", secret=("page",))}, SECRET, TOLD),
        ({"locate": asking(f"?page=1#{TOKEN}", secret=("page",))}, SECRET, TOLD),
        ({"locate": asking(f"{TOKEN}?more={TOKEN}", secret_path=True)}, SECRET, TOLD),
        ({"locate": asking("?token=token%2Dof%2Dthe%2Dtown")}, SECRET, TOLD),
        ({"locate": asking(url=f"http://{TOKEN}@board.example/")}, SECRET, TOLD),
        ({"locate": asking(url="http://board.example/")}, SECRET, "goes over an open line"),
        ({"locate": asking(url=f"http://board.example/?a={TOKEN}", secret=("a",), headers={})}, SECRET, "open line"),
        ({"refresh": asking(f"?token={TOKEN}")}, SECRET, f"refresh of 1: {TOLD}"),
        ({"thread": asking(f"?token={TOKEN}")}, SECRET, f"thread of 1: {TOLD}"),
        ({"sign_in": asking(f"?token={TOKEN}")}, SECRET, f"sign_in: {TOLD}"),
        ({"sign_in": asking(url="http://board.example/", headers={}, body=TOKEN.encode())}, SECRET, "sign_in: "),
        ({"recheck": asking(f"?token={TOKEN}")}, SECRET, f"recheck of 1: {TOLD}"),
        ({"refresh": asking("?token=session-of-the-town")}, SECRET, "board: session can be read"),
        ({"parse": leading(f"{SERVICE}?token={TOKEN}")}, SECRET, f"after one notice: {TOLD}"),
        ({"conversation": leading(f"{SERVICE}?token={TOKEN}", secret=())}, SECRET, f"after 1: {TOLD}"),
        ({"locate": asking(url="http://board.example/")}, HTTPS, "locate: http://board.example/ is not asked over"),
        ({"sign_in": asking(url="http://board.example/")}, HTTPS, "sign_in: http"),
        ({"refresh": asking(url="http://board.example/")}, HTTPS, "refresh of 1: http"),
        ({"thread": asking(url="http://board.example/")}, HTTPS, "thread of 1: http"),
        ({"recheck": asking(url="http://board.example/")}, HTTPS, "recheck of 1: http"),
        ({"parse": leading("http://board.example/")}, HTTPS, "after one notice: http"),
        ({"conversation": leading("http://board.example/")}, HTTPS, "after 1: http"),
        ({"budgets": lambda feed: ()}, COUNTED, "costs “asks”, of which there is no budget"),
        ({"budgets": lambda feed: (BUDGET, BUDGET)}, COUNTED, "not all different"),
        ({"budgets": lambda feed: (replace(BUDGET, most=0),)}, COUNTED, "nothing may be used"),
        ({"refresh": asking(costs={"looks": 1})}, COUNTED, "refresh of 1 costs “looks”"),
        ({"thread": asking(costs={"talks": 1})}, COUNTED, "thread of 1 costs “talks”"),
        ({"parse": leading(SERVICE, costs={"pages": 1})}, COUNTED, "after one notice costs “pages”"),
        ({"thread": asking(costs={"asks": -1})}, COUNTED, "thread of 1 costs -1"),
        (
            {"parse": lambda answer, feed: replace(board().parse(answer, feed), spent={"money": 1})},
            COUNTED,
            "used up money",
        ),
        ({"sign_in": asking("sign"), "signed_in": answering({})}, SIGNED, "passes for a session"),
        ({"sign_in": answering("https://board.example/sign")}, SIGNED, "sign_in gives"),
        ({"sign_in": broken}, SIGNED, "sign_in raised KeyError"),
        ({"refresh": answering(f"{SERVICE}/1")}, LOOKED, "refresh gives"),
        ({"refresh": answering(None)}, LOOKED, "none of the answers in “looked_up”"),
        ({"refreshed": broken}, LOOKED, "refreshed raised KeyError"),
        ({"refreshed": answering(None)}, LOOKED, "refreshed gives None"),
        ({"refreshed": answering(Refreshed(gone=("1",)))}, LOOKED, "tells of posts"),
        ({"refreshed": answering(Refreshed(posts=(OTHERS,)))}, LOOKED, "tells of 9, which nobody asked for"),
        ({"refreshed": answering(Refreshed(missing=("9",)))}, LOOKED, "tells of 9, which nobody asked for"),
        (
            {"refreshed": lambda answer, *_: Refreshed(gone=("1",) if answer.status == 500 else ())},
            LOOKED,
            "status 500 with b'' to a look-up tells of posts",
        ),
        (
            {"refreshed": lambda answer, *_: Refreshed(missing=("1",) if answer.status == 403 else ())},
            LOOKED,
            "status 403 with b'' to a look-up tells of posts",
        ),
        (
            {"refreshed": lambda answer, *_: Refreshed(gone=("1",) if answer.body == b"null" else ())},
            LOOKED,
            "status 200 with b'null' to a look-up tells of posts",
        ),
        (
            {"refreshed": lambda answer, *_: Refreshed(gone=(json.loads(answer.body)["notices"][0]["id"],))},
            LOOKED,
            "refreshed raised",
        ),
        ({"refreshed": hasty}, LOOKED, "one, cut after"),
        ({"thread": answering(f"{SERVICE}/1")}, TALKED, "thread gives"),
        ({"thread": answering(None)}, TALKED, "conversation of 1: it gives no posts, or nobody asks for it"),
        ({"conversation": broken}, TALKED, "conversation raised KeyError"),
        ({"conversation": answering(Page(posts=()))}, TALKED, "it gives no posts, or nobody asks"),
        ({"conversation": answering(Page(posts=(OTHERS,)))}, TALKED, "gives posts"),
        (
            {"conversation": lambda answer, *_: Page(posts=(OTHERS,) if answer.status == 500 else ())},
            TALKED,
            "status 500 with b'' gives posts",
        ),
        (
            {"conversation": lambda answer, *_: Page(posts=(replace(OTHERS, key="1"),) if is_talk(answer) else ())},
            TALKED,
            "the post itself",
        ),
        (
            {"conversation": lambda answer, *_: Page(posts=(replace(OTHERS, feed="x"),) if is_talk(answer) else ())},
            TALKED,
            "another place",
        ),
        ({"conversation": leading("https://elsewhere.example/")}, TALKED, "next is https://elsewhere.example/"),
        (
            {"conversation": lambda answer, *_: Page(posts=json.loads(answer.body)["notices"] and (OTHERS,))},
            TALKED,
            "conversation raised",
        ),
        ({"presence": broken}, THERE, "presence raised KeyError"),
        ({"presence": answering("perhaps")}, THERE, "presence gives 'perhaps'"),
        ({"presence": answering("gone")}, THERE, "status 200 with b'' about 1 passes for “gone”"),
        (
            {"presence": lambda answer, request: "there" if answer.status in (200, 500) else "unknown"},
            THERE,
            "of another server, passes for “there”",
        ),
        (
            {"presence": lambda answer, request: "there" if answer.status == 500 else "unknown"},
            THERE,
            "status 500 with b'' about 1 passes for “there”",
        ),
        (
            {"presence": lambda answer, request: "gone" if answer.status >= 500 else "unknown"},
            THERE,
            "status 500 with b'' about 1 passes for “gone”",
        ),
        ({"presence": lambda answer, request: "unknown" if answer.status == 200 else "there"}, THERE, "for “there”"),
        (
            {"parse": lambda answer, feed: board().parse(answer, feed) if b"9" in answer.body else Page(posts=())},
            "test_half_an_answer_breaks_nothing",
            "passes for silence",
        ),
        (
            {"parse": leading("https://elsewhere.example/")},
            "test_the_next_page_is_on_the_same_server",
            "one notice: next is https://elsewhere.example/",
        ),
    ],
)
def test_a_broken_promise_of_what_it_does_besides_is_found(changes: dict[str, Any], check: str, said: str) -> None:
    """Of signing in, of what is counted, of looking posts up, of reading conversations."""
    with pytest.raises(AssertionError, match=re.escape(said)):
        kept(whole(**changes), check, **WHOLE)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"locate": asking(f"?token={TOKEN}", secret=("token",))}, SECRET),
        ({"locate": asking(f"alerts/{TOKEN}", secret_path=True)}, SECRET),
        ({"sign_in": asking("sign", body=TOKEN.encode())}, SECRET),
        ({"refreshed": lambda answer, *_: Refreshed(gone=("1",) if answer.status == 410 else ())}, LOOKED),
    ],
)
def test_what_is_allowed_is_not_found(changes: dict[str, Any], check: str) -> None:
    """Secrets where they are hidden, and posts that a server says are gone."""
    kept(whole(**changes), check, **{**WHOLE, "looked_up": {}})


def test_a_server_without_https_is_named_in_the_settings() -> None:
    """Only then it is asked so."""
    module = board(locate=asking(url="http://board.example/"))
    kept(module, HTTPS, options={"search": "x", "url": "http://board.example/notices"})
    with pytest.raises(AssertionError, match="not asked over https"):
        kept(module, HTTPS, options={"search": "x", "url": "https://board.example/notices"})


def test_a_posts_own_address_does_not_say_that_it_is_asked_without_https() -> None:
    """It is a stranger's; only an article's page is asked for as it is."""

    def at_home(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request:
        return ask(url=f"{posts[0].url}/look-up")

    module = whole(parse=page(url=f"{SERVICE}/1"), refresh=at_home)
    with pytest.raises(AssertionError, match=re.escape("refresh: http://board.example/1/look-up")):
        kept(module, HTTPS, **{**WHOLE, "conversations": {}})
    article = page(url="http://board.example/1")
    kept(whole(parse=article, recheck=lambda post: ask(url=post.url, costs={})), HTTPS, **WHOLE)


# --- a package of others ----------------------------------------------------------------------------------------------


def example() -> dict[str, str]:
    """The files of the README's example, by their names."""
    part = README.split("<!-- example: a source of your own -->", 1)[1].split("<!-- end of example -->", 1)[0]
    found: list[tuple[str, str]] = re.findall(r"`([\w./]+)`:?\n\n```\w+\n(.*?)```", part, re.DOTALL)
    return dict(found)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The README's example, as pip would install it: its modules and its entry points in a folder on the path."""
    files = example()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    points = re.search(r'\[project\.entry-points\."listening\.collectors"\]\n(.+)\n', files["pyproject.toml"])
    assert points is not None
    info = tmp_path / "listening_noticeboard-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: listening-noticeboard\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[listening.collectors]\n" + points[1].replace('"', "") + "\n")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command with that folder on the path."""
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_example_is_short() -> None:
    """Under 60 lines, all files together."""
    files = example()
    assert set(files) == {"pyproject.toml", "noticeboard.py", "test_noticeboard.py"}
    assert sum(text.strip().count("\n") + 1 for text in files.values()) < 60


def test_the_example_keeps_the_contract(installed: Path) -> None:
    """Its own tests pass, and they are the whole contract."""
    done = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_noticeboard.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CHECKS)} passed" in done.stdout


def test_the_example_is_a_source_like_any_other(installed: Path) -> None:
    """A saved answer of it is read by `listening try`, and the settings take it."""
    body = {"notices": [{"id": 4, "text": "The Quillhaven pool opens.", "at": "2026-03-04T12:00:00Z", "by": "ada"}]}
    (installed / "saved.json").write_text(json.dumps(body), encoding="utf-8")
    tried = run(installed, "-m", "listening", "try", "saved.json", "--kind", "noticeboard", "--json")
    assert json.loads(tried.stdout)["text"] == "The Quillhaven pool opens.", tried.stderr
    (installed / "listening.toml").write_text(
        '[agency]\nname = "Quillhaven"\ntimezone = "UTC"\n[[topics]]\nname = "Town"\nquery = "quillhaven"\n'
        '[[feeds]]\nname = "Board"\nsource = "noticeboard"\nurl = "https://board.example/notices.json"\n',
        encoding="utf-8",
    )
    asked = "from listening import door; print(door.load('listening.toml').feeds[0].source)"
    assert run(installed, "-c", asked).stdout.strip() == "noticeboard"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('no board today')", "does not start (RuntimeError: no board today)"),
        ("SOURCE = 'noticeboard'", "it has no LABEL"),
    ],
)
def test_a_broken_package_stops_nobody_else(installed: Path, text: str, said: str) -> None:
    """Its source is refused with the reason; all others work."""
    (installed / "noticeboard.py").write_text(text, encoding="utf-8")
    asked = (
        "from listening.collectors import collector, every\n"
        "from listening.errors import SettingsError\n"
        "print(len(every()), collector('rss').SOURCE)\n"
        "try: collector('noticeboard')\n"
        "except SettingsError as error: print(error.problem)\n"
    )
    done = run(installed, "-c", asked)
    assert done.stdout.startswith(f"{len(COLLECTORS)} rss\n"), done.stderr
    assert said in done.stdout


def test_nobody_takes_the_place_of_our_own(installed: Path) -> None:
    """A package that calls its source rss is passed over."""
    points = installed / "listening_noticeboard-1.0.dist-info" / "entry_points.txt"
    points.write_text("[listening.collectors]\nrss = noticeboard\n")
    asked = "from listening.collectors import collector; print(collector('rss').__name__)"
    assert run(installed, "-c", asked).stdout.strip() == "listening.collectors.rss"
