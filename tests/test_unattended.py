"""Weeks of collecting with nobody looking on: over real HTTP and a real store, with a clock that we set."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from clock_kit import day_said
from pytest_httpserver import HTTPServer
from test_collect import BRIDGE, BUS, ENVIRONMENT, NOW, Town, command, entry, feed
from werkzeug import Request, Response

from listening import door, lock, unattended
from listening import store as stores
from listening.cli import main
from listening.collect import RunResult
from listening.errors import ListeningError, StoreFull
from listening.settings import Settings
from listening.store import FeedState, feed_states
from listening.unattended import Limits, Loop, judge, measure

pytestmark = pytest.mark.usefixtures("true_clock")

EVERY = timedelta(minutes=15)


class Collecting:
    """A loop over a town's feeds, at the town's time; keeps what it says."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.said: list[str] = []
        self.warned: list[str] = []
        self.results: list[RunResult] = []
        self.trouble: BaseException | None = None
        self.loop = Loop(
            every=EVERY,
            load=lambda: town.settings,
            listen=self._listen,
            clock=lambda: town.now,
            say=self.said.append,
            warn=self._warn,
            heard=self.results.append,
        )
        self.loop.begin()

    def _warn(self, text: str) -> None:
        if "clock seems to be" not in text or self.town.now > datetime.now(UTC):
            self.warned.append(text)  # the server of a test has the true time

    def _listen(self, settings: Settings) -> RunResult:
        if self.trouble is not None:
            raise self.trouble
        return door.listen(settings, due=True, soonest=EVERY, clock=lambda: self.town.now, environ={})

    def look(self) -> list[str]:
        """One round; the names of the feeds that were asked, and the time that the loop then waits has passed."""
        before = len(self.results)
        pause = self.loop.look()
        self.town.now += pause
        return [each.feed for result in self.results[before:] for each in result.results]

    def go_on(self, length: timedelta) -> list[str]:
        """Rounds for so long."""
        asked, until = [], self.town.now + length
        while self.town.now < until:
            asked += self.look()
        return asked


class Papers:
    """Feeds of one server, by name: what they publish grows by the clock of the test; each may be down."""

    def __init__(self, server: HTTPServer, town: Town) -> None:
        self.server, self.town = server, town
        self.every: dict[str, timedelta] = {}
        self.down: dict[str, int] = {}
        self.asked: list[str] = []
        server.expect_request(re.compile("/.*")).respond_with_handler(self._answer)

    def add(self, name: str, every: timedelta) -> None:
        """A paper that publishes so often."""
        self.every[name] = every
        self.town.add(name, "rss", url=self.server.url_for(f"/{name}"))

    def _answer(self, request: Request) -> Response:
        name = request.path[1:]
        self.asked.append(name)
        if name in self.down:
            return Response(status=self.down[name])
        last = int((self.town.now - NOW) / self.every[name]) + 20
        items = [
            entry(hash_of(name) + n, f"Quillhaven {name} {n}", when=NOW + (n - 20) * self.every[name])
            for n in range(last, last - 20, -1)
        ]
        return Response(feed(*items), content_type="application/rss+xml")


def hash_of(name: str) -> int:
    """A number of its own for each paper."""
    return sum(map(ord, name)) * 100_000


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture
def papers(town: Town, httpserver: HTTPServer) -> Papers:
    return Papers(httpserver, town)


@contextmanager
def no_network(town: Town) -> Iterator[None]:
    """Every feed of the settings stands on a port where nobody answers, until the end."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        here = town.feeds[:]
        town.feeds = [re.sub(r"(localhost|127\.0\.0\.1):\d+", f"127.0.0.1:{taken.getsockname()[1]}", f) for f in here]
        yield
        town.feeds = here


def states(town: Town) -> dict[str, FeedState]:
    """What is remembered of the feeds."""
    with town.store.reading() as connection:
        return feed_states(connection)


# --- who is asked when ----------------------------------------------------------------------------------------------


def test_a_busy_place_is_asked_often_and_a_quiet_one_seldom(town: Town, papers: Papers) -> None:
    """On one day: news every twenty minutes, and a blog with a post in three weeks."""
    papers.add("busy", timedelta(minutes=20))
    papers.add("quiet", timedelta(days=21))
    collecting = Collecting(town)
    asked = collecting.go_on(timedelta(days=1))
    assert 50 < asked.count("busy") <= 96
    assert 5 <= asked.count("quiet") <= 12  # chance spreads the times: nine as a rule, now and then ten
    known = states(town)
    assert known["busy"].last_answer_at is not None
    assert len(town.titles()) >= 20 + 20 + 71  # nothing of the busy one was missed


def test_no_place_is_asked_more_often_than_the_option_says(town: Town, papers: Papers) -> None:
    """News every minute, and a collector that may come every fifteen."""
    papers.add("busy", timedelta(minutes=1))
    collecting = Collecting(town)
    collecting.go_on(timedelta(hours=5))
    assert 15 <= len(papers.asked) <= 21


def test_cron_asks_who_is_due_and_a_person_asks_all(town: Town, papers: Papers) -> None:
    """`collect --due` ten minutes after a run asks nobody; `collect` asks every place."""
    papers.add("quiet", timedelta(days=21))
    assert [one.feed for one in town.listen(due=True).results] == ["quiet"]
    town.now += timedelta(minutes=10)
    assert town.listen(due=True).results == ()
    assert [one.feed for one in town.listen().results] == ["quiet"]


def test_a_place_with_a_new_address_or_query_is_due(town: Town, papers: Papers) -> None:
    """What was learned of another address says nothing; a new query reads every place again."""
    papers.add("quiet", timedelta(days=21))
    town.listen(due=True)
    town.topics = town.topics.replace("quillhaven", "quillhaven OR millbrook")
    assert len(town.listen(due=True).results) == 1
    assert town.listen(due=True).results == ()
    papers.every["other"] = timedelta(days=21)
    town.feeds = [town.feeds[0].replace("/quiet", "/other")]
    assert len(town.listen(due=True).results) == 1


def test_a_failing_place_is_asked_again_within_hours_and_said_once(town: Town, papers: Papers) -> None:
    """Down for a night: said when it begins and when it ends, and heard within four hours of its return."""
    papers.add("busy", timedelta(minutes=30))
    papers.add("other", timedelta(minutes=30))
    collecting = Collecting(town)
    collecting.look()
    papers.down["busy"] = 503
    collecting.go_on(timedelta(hours=9))
    assert papers.asked.count("busy") < 12
    del papers.down["busy"]
    collecting.go_on(timedelta(hours=4))
    about = [line for line in collecting.said + collecting.warned if line.startswith("busy:")]
    assert len(about) == 2
    assert "(503)" in about[1]
    assert about[0] == "busy: answers again."


def test_an_order_of_the_server_holds(town: Town, httpserver: HTTPServer) -> None:
    """429 with Retry-After of three hours: nothing is asked before."""
    httpserver.expect_request("/feed.xml").respond_with_data("", status=429, headers={"Retry-After": "10800"})
    town.add("Herald", "rss", url=httpserver.url_for("/feed.xml"))
    collecting = Collecting(town)
    collecting.go_on(timedelta(hours=2, minutes=50))
    assert len(httpserver.log) == 1


def test_an_order_of_the_server_holds_for_another_query_too(town: Town, httpserver: HTTPServer) -> None:
    """Whoever tries out queries after a 429 does not knock with each of them; another address is asked at once, and
    with the order over the new query is."""
    httpserver.expect_request("/feed.xml").respond_with_data("", status=429, headers={"Retry-After": "36000"})
    httpserver.expect_request("/other.xml").respond_with_data(feed(BRIDGE), content_type="application/rss+xml")
    town.add("Herald", "rss", url=httpserver.url_for("/feed.xml"))
    town.listen(due=True)
    for number in range(5):
        town.now += timedelta(minutes=1)
        town.topics = f'[[topics]]\nname = "The town"\nquery = "quillhaven OR harbor{number}"\n'
        assert town.listen(due=True).results == ()
        assert town.one(retry=True).state == "waiting"
    assert len(httpserver.log) == 1
    here = town.feeds[:]
    town.feeds = [here[0].replace("/feed.xml", "/other.xml")]
    assert town.listen(due=True).results[0].state == "ok"
    town.feeds = here
    assert town.listen(due=True).results[0].state == "refused"
    town.now += timedelta(hours=10, minutes=1)
    assert len(town.listen(due=True).results) == 1


# --- what happens to a computer in weeks ----------------------------------------------------------------------------


def test_after_nine_hours_of_sleep_it_catches_up_in_one_round(town: Town, papers: Papers) -> None:
    """The laptop was closed: said once, everybody asked once, and then they spread out again."""
    for number in range(6):
        papers.add(f"paper{number}", timedelta(hours=1))
    collecting = Collecting(town)
    collecting.go_on(timedelta(hours=3))
    town.now += timedelta(hours=9)
    collecting.said.clear()
    assert sorted(collecting.look()) == sorted(papers.every)
    assert "Nothing was done for 9 hours: the computer slept, or its clock was set." in collecting.said
    due = {state.due_at for state in states(town).values()}
    assert len(due) > 3


@pytest.mark.parametrize("back", [timedelta(hours=3), timedelta(days=365)])
def test_a_clock_that_is_set_back_stops_nobody(town: Town, papers: Papers, back: timedelta) -> None:
    """What was noted for a moment that is far away again is not waited for, and it goes on as before."""
    papers.add("busy", timedelta(minutes=30))
    papers.add("down", timedelta(minutes=30))
    papers.down["down"] = 503
    collecting = Collecting(town)
    collecting.go_on(timedelta(hours=6))
    town.now -= back
    papers.asked.clear()
    collecting.go_on(timedelta(hours=2))
    assert any("set back" in line for line in collecting.said)
    assert 3 <= papers.asked.count("busy") <= 9
    collecting.go_on(timedelta(hours=3))  # one that fails is left alone for four hours at most
    assert {"busy", "down"} == set(papers.asked)
    assert all(state.last_answer_at is None or state.last_answer_at <= town.now for state in states(town).values())


def test_a_clock_that_runs_ahead_by_a_year_loses_nothing(town: Town, papers: Papers) -> None:
    """Kept for 90 days, and the clock jumps: nothing is taken for old by a clock that no server agrees with."""
    papers.add("busy", timedelta(hours=1))
    town.topics += "\n[retention]\nmentions = 90\n"
    town.now = datetime.now(UTC) - timedelta(minutes=5)
    start = town.now

    def publish(request: Request) -> Response:
        items = [entry(n, f"Quillhaven {n}", when=start - timedelta(hours=n)) for n in range(20)]
        return Response(feed(*items), content_type="application/rss+xml")

    papers.server.clear()
    papers.server.expect_request("/busy").respond_with_handler(publish)
    collecting = Collecting(town)
    collecting.look()
    with town.store.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar()
    assert before == 20
    town.now = start + timedelta(days=365)
    collecting.look()
    assert any("clock seems to be" in line for line in collecting.warned)
    town.now = start + timedelta(hours=1)
    assert collecting.look() == ["busy"]
    with town.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == 20


def test_the_wait_follows_the_clock_on_the_wall() -> None:
    """A machine that slept wakes up to the right time; a clock that is set back by hours is not waited for."""
    start = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)

    def waited(jump: timedelta) -> int:
        at, ticks = start, 0

        def sleep(seconds: float) -> None:
            nonlocal at, ticks
            ticks += 1
            at += timedelta(seconds=seconds) + (jump if ticks == 3 else timedelta(0))

        unattended.wait(300, lambda: at, sleep, lambda: float(ticks))
        return ticks

    assert waited(timedelta(0)) == 300
    assert waited(timedelta(hours=9)) == 3
    assert waited(timedelta(hours=-5)) == 3
    assert waited(timedelta(seconds=-30)) == 300  # a little: it waits no longer than was meant


def test_without_a_network_nobody_is_blamed_or_hammered(town: Town, papers: Papers) -> None:
    """Two hours offline: said once, tried ever more seldom, and all is caught up once one place answers again."""
    papers.add("busy", timedelta(minutes=20))
    papers.add("other", timedelta(minutes=20))
    collecting = Collecting(town)
    collecting.go_on(timedelta(hours=1))
    with no_network(town):
        begun = len(collecting.results)
        collecting.go_on(timedelta(hours=2))
        rounds = len(collecting.results) - begun
    assert 9 < rounds < 30
    assert len([line for line in collecting.warned if "offline" in line]) == 1
    assert not [line for line in collecting.warned if line.startswith(("busy", "other"))]
    who = unattended.collector_of(town.store)
    assert who.offline_since is not None
    assert {state.failures for state in states(town).values()} == {0}
    papers.asked.clear()
    collecting.go_on(timedelta(minutes=35))
    assert {"busy", "other"} == set(papers.asked)
    assert any(line.startswith("The network is there again, after 2 hours") for line in collecting.said)


def test_who_was_out_of_reach_is_asked_as_soon_as_anybody_answers(town: Town, papers: Papers) -> None:
    """Ten places and hours without a network: the first that answers brings back all the others."""
    for number in range(10):
        papers.add(f"paper{number}", timedelta(minutes=20))
    collecting = Collecting(town)
    collecting.look()
    with no_network(town):
        collecting.go_on(timedelta(hours=4))
    papers.asked.clear()
    while not papers.asked:
        collecting.look()
    collecting.look()
    assert {f"paper{number}" for number in range(10)} == set(papers.asked)


@pytest.mark.parametrize("count", [1, 3])
def test_places_out_of_reach_are_not_knocked_on_all_day(town: Town, papers: Papers, count: int) -> None:
    """For eight hours nobody answers. One place alone is to blame, as status says; of three it may be the network."""
    for number in range(count):
        papers.add(f"paper{number}", timedelta(minutes=20))
    collecting = Collecting(town)
    collecting.look()
    with no_network(town):
        asked = collecting.go_on(timedelta(hours=8))
    assert 5 <= asked.count("paper0") <= 35
    alone = count == 1
    assert (states(town)["paper0"].failures >= 3) == alone
    assert (unattended.collector_of(town.store).offline_since is None) == alone
    assert any(line.startswith("paper0:") for line in collecting.warned) == alone


def test_one_place_that_is_gone_is_not_taken_for_the_network(town: Town, papers: Papers) -> None:
    """It is the only one due, and cannot be reached: another is asked, answers, and so the place is to blame."""
    papers.add("other", timedelta(days=21))
    town.add("gone", "rss", url="http://nowhere.invalid/feed")
    collecting = Collecting(town)
    collecting.go_on(timedelta(hours=1))
    assert states(town)["gone"].failures >= 2
    assert not any("offline" in line for line in collecting.warned)
    assert papers.asked.count("other") <= 3


def test_many_places_are_not_all_tried_without_a_network(town: Town) -> None:
    """A hundred and fifty places and nobody answers: twenty are tried."""
    for number in range(150):
        town.add(f"Feed {number}", "rss", url=f"http://127.0.0.1:9/{number}")
    result = town.listen()
    assert sum(one.state == "unreachable" for one in result.results) == 20
    assert {one.problem for one in result.results if one.state == "waiting"} == {
        "Nobody could be reached, so it was not asked."
    }
    assert "offline" in " ".join(result.notes)


def test_many_places_are_all_asked_where_one_answers(town: Town, papers: Papers) -> None:
    """The first few show that there is a network, whatever fails among them."""
    for number in range(120):
        papers.add(f"paper{number}", timedelta(days=1))
    result = town.listen()
    assert [one.state for one in result.results] == ["ok"] * 120


def test_many_places_that_rest_do_not_keep_the_others_from_being_asked(town: Town, papers: Papers) -> None:
    """A service wants rest for a hundred and twenty of its places: the five elsewhere are asked, run after run."""
    for number in range(120):
        papers.add(f"rests{number}", timedelta(days=1))
        papers.down[f"rests{number}"] = 503
    for number in range(5):
        papers.add(f"paper{number}", timedelta(days=1))
    town.listen()
    papers.asked.clear()
    for _ in range(3):
        town.now += timedelta(minutes=2)
        result = town.listen()
        assert all(one.good for one in result.results if one.feed.startswith("paper"))
        assert not any("Nobody could be reached" in one.problem for one in result.results)
    assert len(papers.asked) == 3 * 5


# --- what goes wrong at home ----------------------------------------------------------------------------------------


def test_a_broken_settings_file_is_said_once_and_the_old_one_goes_on(town: Town, papers: Papers) -> None:
    """Somebody edits it by hand; a mended file holds at once."""
    papers.add("busy", timedelta(minutes=10))
    collecting = Collecting(town)
    collecting.look()
    good = town.topics
    town.topics += "name = = 3\n"
    papers.asked.clear()
    collecting.go_on(timedelta(hours=1))
    assert papers.asked.count("busy") >= 3
    about = [line for line in collecting.warned if "listening.toml" in line]
    assert len(about) == 1
    assert "goes on with the settings as they were" in about[0]
    town.topics = good
    papers.add("new", timedelta(minutes=10))
    assert "new" in collecting.go_on(timedelta(minutes=10))
    assert "The settings can be read again, and hold from now on." in collecting.said


@pytest.mark.parametrize(
    "trouble", [StoreFull("There is no room left on the disk.", "Free some room."), KeyError("author")]
)
def test_what_ends_a_round_does_not_end_the_loop(town: Town, papers: Papers, trouble: Exception) -> None:
    """A full disk, or a fault of ours: said once, tried again ever more seldom, and status tells it."""
    papers.add("busy", timedelta(minutes=10))
    collecting = Collecting(town)
    collecting.look()
    collecting.trouble = trouble
    collecting.go_on(timedelta(hours=2))
    assert len(collecting.warned) == 1
    assert ("Please report this" in collecting.warned[0]) == (not isinstance(trouble, ListeningError))
    who = unattended.collector_of(town.store)
    assert 8 <= who.failures <= 16
    assert str(trouble).split(".")[0] in who.trouble or "KeyError" in who.trouble
    collecting.trouble = None
    papers.asked.clear()
    collecting.look()
    assert papers.asked == ["busy"]
    assert collecting.said[-2] == "It goes on, after 2 hours."
    assert unattended.collector_of(town.store).trouble == ""


def test_a_store_in_use_costs_a_round(town: Town, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds it for long: said, and caught up afterwards."""
    papers.add("busy", timedelta(minutes=10))
    monkeypatch.setattr("listening.store.sqlite.WAIT_SECONDS", 0.1)
    monkeypatch.setattr(stores.opening.open_store, "__kwdefaults__", {"wait_seconds": 0.1})
    collecting = Collecting(town)
    collecting.look()
    with closing(sqlite3.connect(stores.file_of(town.store.url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        collecting.go_on(timedelta(minutes=40))
        other.execute("ROLLBACK")
    assert len(collecting.warned) == 1
    assert "in use by another program" in collecting.warned[0]
    collecting.go_on(timedelta(minutes=16))
    assert any("It goes on" in line for line in collecting.said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full at once")
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_log_on_a_full_disk_does_not_end_the_loop(town: Town, papers: Papers, words: tuple[str, ...]) -> None:
    """Neither what it says nor what it warns of can be written: it collects round after round, and ends well."""
    papers.add("busy", timedelta(minutes=10))
    papers.add("down", timedelta(minutes=10))
    papers.down["down"] = 503
    with Path("/dev/full").open("w") as full:
        line = command(town, "collect", "--every", "15m", *words)
        running = subprocess.Popen(line, stdout=full, stderr=full, env=ENVIRONMENT)
        try:
            until(lambda: unattended.collector_of(town.store).asked_at is not None or running.poll() is not None)
            assert running.poll() is None
            assert len(town.titles()) >= 20
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        finally:
            running.kill()
            running.wait()
    assert unattended.collector_of(town.store).doing == "stopped"


def test_what_cannot_be_said_is_no_trouble(town: Town, papers: Papers) -> None:
    """A pipe whose reader is gone: nothing counts as failed, and what is broken meanwhile is survived as ever."""
    papers.add("busy", timedelta(minutes=10))
    collecting = Collecting(town)

    def gone(said: object) -> None:
        raise BrokenPipeError

    collecting.loop.say = collecting.loop.warn = collecting.loop.heard = gone
    good = town.topics
    collecting.look()
    town.topics += "name = = 3\n"
    collecting.look()
    town.topics = good
    town.now += timedelta(hours=3)
    collecting.look()
    collecting.trouble = KeyError("author")
    collecting.look()
    collecting.trouble = None
    collecting.look()
    assert papers.asked.count("busy") >= 2
    assert unattended.collector_of(town.store).trouble == ""


# --- never twice at once --------------------------------------------------------------------------------------------


@pytest.fixture
def slow(town: Town, httpserver: HTTPServer) -> threading.Event:
    """One feed that keeps everybody waiting until it is let go."""
    free = threading.Event()

    def answer(request: Request) -> Response:
        free.wait(20)
        return Response(feed(BRIDGE, BUS), content_type="application/rss+xml")

    httpserver.expect_request("/feed.xml").respond_with_handler(answer)
    town.add("Herald", "rss", url=httpserver.url_for("/feed.xml"))
    return free


def until(met: Callable[[], bool]) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + 30
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


def begun(town: Town, *words: str) -> subprocess.Popen[str]:
    """A collection of another process, with its feed asked."""
    return subprocess.Popen(
        command(town, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )


def test_a_second_collection_waits_and_asks_nobody_twice(
    town: Town, slow: threading.Event, httpserver: HTTPServer
) -> None:
    """“Collect now” beside another collection: it takes its turn, and whom the other has asked is heard already."""
    settings, store = town.settings, town.store
    first = begun(town, "collect", "--json")
    until(lambda: lock.holder(door.turn_file(store)) is not None)
    told: list[lock.Holder] = []

    def waiting(holder: lock.Holder) -> None:
        told.append(holder)
        slow.set()

    second = door.listen(settings, retry=True, waiting=waiting)
    assert json.loads(first.communicate(timeout=60)[0])["new"] == 2
    assert [holder.pid for holder in told] == [first.pid]
    assert second.results == ()
    assert len(httpserver.log) == 1


def test_a_timer_that_comes_too_early_goes_home(town: Town, slow: threading.Event) -> None:
    """`collect --due` beside another collection: who is due is being asked, so all is well and nothing is said."""
    store = town.store
    first = begun(town, "collect")
    try:
        until(lambda: lock.holder(door.turn_file(store)) is not None)
        timer = begun(town, "collect", "--due")
        assert timer.communicate(timeout=30) == ("", "")
        assert timer.returncode == 0
    finally:
        slow.set()
        first.communicate(timeout=60)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_second_collector_is_refused_and_a_killed_one_is_noticed(
    town: Town, slow: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says who runs; killed without warning it leaves nothing behind, and monitoring hears of it."""
    slow.set()
    store = town.store
    settings = ["--settings", str(town.file)]
    began = door.now()
    first = begun(town, "collect", "--every", "15m")
    try:
        until(lambda: unattended.collector_of(store).looked_at is not None)
        assert main([*settings, "collect", "--every", "15m"]) == 1
        said = capsys.readouterr().err
        assert re.search(rf"A collector for this store is under way already, since .*\(process {first.pid}\)", said)
        assert "there is nothing to do" in said
        assert main([*settings, "status", "--health"]) == 0
        assert re.search(r"^OK: 1 place; last answer .*; collecting by itself since .*\.$", capsys.readouterr().out)
        assert main([*settings, "status"]) == 0
        day = day_said(began, door.now(), store.timezone)
        assert re.search(f"Collecting by itself since {day}", capsys.readouterr().out)
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=30)
    assert main([*settings, "status", "--health"]) == 2
    assert "CRITICAL: The collector ended without being told to." in capsys.readouterr().out
    assert main([*settings, "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unattended"]["doing"] == "broken off"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_told_to_end_in_the_middle_it_ends_well(town: Town, slow: threading.Event) -> None:
    """SIGTERM while a server keeps it waiting: at once, exit code 0, noted as meant, and nothing is lost."""
    store = town.store
    first = begun(town, "collect", "--every", "15m")
    until(lambda: lock.holder(door.turn_file(store)) is not None)
    time.sleep(1)
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=20)
    slow.set()
    assert (first.returncode, said) == (0, "Stopped. What was collected is stored.\n")
    assert unattended.collector_of(store).doing == "stopped"
    subprocess.run(command(town, "collect", "--due"), check=True, env=ENVIRONMENT)
    assert len(town.titles()) == 2


# --- health ---------------------------------------------------------------------------------------------------------


def health(town: Town, limits: Limits = Limits(megabytes=0)) -> unattended.Health:  # noqa: B008
    """How it is judged at the town's time."""
    return judge(measure(town.settings, town.now), limits, town.now.astimezone(ZoneInfo("America/New_York")))


def test_health_before_anything_was_collected(town: Town, papers: Papers) -> None:
    """Nothing is made up, and no store is made."""
    papers.add("busy", timedelta(hours=1))
    assert health(town).line == "WARNING: Nothing has been collected yet."
    assert not (town.folder / "mentions.db").exists()


def test_health_by_silence(town: Town, papers: Papers) -> None:
    """Nobody has answered for longer than may be."""
    papers.add("busy", timedelta(hours=1))
    town.listen()
    assert health(town).line == "OK: 1 place; last answer today 10:00."
    town.now += timedelta(hours=7)
    assert health(town).level == "CRITICAL"
    assert "No place has answered for 7 hours, since today 10:00." in health(town).line
    assert health(town, Limits(megabytes=0, silence=timedelta(hours=8))).level != "CRITICAL"


def test_health_by_places_that_fail(town: Town, papers: Papers) -> None:
    """Half of them for an hour is a warning; fewer are named; a trouble of minutes is none."""
    for name in ("one", "two", "three", "four"):
        papers.add(name, timedelta(hours=1))
    papers.down |= {"one": 503, "two": 503}
    town.listen()
    assert health(town).level == "OK"
    town.now += timedelta(hours=1)
    town.listen(retry=True)
    assert health(town).line == "WARNING: 2 of 4 places fail: one, two."
    assert health(town, Limits(megabytes=0, failing=51)).line.startswith("OK: 4 places, 2 fail (one, two)")


def test_health_by_disk_and_store(town: Town, papers: Papers) -> None:
    """A disk that is nearly full, a store that is in use, and one that is none."""
    papers.add("busy", timedelta(hours=1))
    town.listen()
    assert health(town, Limits(megabytes=10**9)).level == "CRITICAL"
    assert "MB are free on the store's disk" in health(town, Limits(megabytes=10**9)).line
    free = measure(town.settings, town.now).free
    assert free is not None
    assert health(town, Limits(megabytes=free // 1_000_000 + 100)).level == "WARNING"
    file = stores.file_of(town.store.url)
    with pytest.MonkeyPatch.context() as hurry, closing(sqlite3.connect(file, isolation_level=None)) as other:
        hurry.setattr("listening.unattended.health.PATIENCE", 0.1)
        other.execute("BEGIN IMMEDIATE")
        assert health(town).level == "WARNING"
        assert "in use by another program" in health(town).line
    file.write_bytes(b"no store at all" * 1000)
    assert health(town).level == "CRITICAL"
    assert "not a Listening store" in health(town).line


def test_health_of_a_collector_that_hangs_or_fails(town: Town, papers: Papers) -> None:
    """It runs and does nothing; or every round fails; or there is no network."""
    papers.add("busy", timedelta(minutes=10))
    collecting = Collecting(town)
    with lock.held(unattended.loop_file(town.store), now=town.now, what="A collector"):
        collecting.look()
        assert health(town).level == "OK"
        collecting.trouble = KeyError("author")
        collecting.go_on(timedelta(minutes=10))
        assert health(town).level == "WARNING"
        assert "rounds in a row failed" in health(town).line
        collecting.trouble = None
        papers.add("other", timedelta(minutes=10))
        collecting.look()
        with no_network(town):
            collecting.go_on(timedelta(hours=1))
            assert "There has been no network since" in health(town).line
        collecting.look()
        town.now += timedelta(hours=2)
        assert "has done nothing since" in health(town).line
        assert health(town).level == "CRITICAL"


def test_a_place_that_is_behind_is_said(town: Town, papers: Papers) -> None:
    """Due over two hours ago, and nobody asks: a timer has stopped, perhaps."""
    papers.add("busy", timedelta(minutes=10))
    town.listen(due=True)
    town.now += timedelta(hours=3)
    assert health(town).line == "WARNING: 1 of 1 place should have been asked over two hours ago."


def test_a_store_of_the_version_before_is_brought_up(town: Town, papers: Papers) -> None:
    """Without what was learned of the pace, every place is due at once, and nothing is lost."""
    papers.add("busy", timedelta(hours=1))
    town.listen()
    before = town.titles()
    with closing(sqlite3.connect(stores.file_of(town.store.url), isolation_level=None)) as raw:
        for column in ("due_at", "pace", "seen"):
            raw.execute(f"ALTER TABLE feeds DROP COLUMN {column}")
        raw.execute("UPDATE meta SET value = '7' WHERE key = 'schema'")
    assert len(town.listen(due=True).results) == 1
    assert town.titles() == before
    assert states(town)["busy"].pace


def test_a_snapshot_does_not_tell_where_the_collector_runs(town: Town, papers: Papers) -> None:
    """It leaves the house; the computer's name stays."""
    papers.add("busy", timedelta(hours=1))
    Collecting(town).look()
    file = stores.file_of(town.store.url)
    copy = town.folder / "copy.db"
    stores.backup(town.store, copy)
    assert b'"host"' in file.read_bytes() or b'"host"' in copy.read_bytes()
    stores.without_names(copy)
    assert b'"host"' not in copy.read_bytes()
