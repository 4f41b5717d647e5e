"""A real browser before the real page. A test file loads these fixtures with ``pytest_plugins = ["browser_kit"]``.

``open_page`` opens an address in a tab of its own and watches it: a test fails at its end when the browser's console
said an error, when anything was asked of another machine, when an answer was an error, or when the server wrote a
traceback.
"""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event
from typing import Literal, Protocol
from urllib.parse import urlsplit

import clock_kit
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Locator,
    Page,
    Response,
    TimeoutError,
    expect,
    sync_playwright,
)

from listening import demo, door
from listening.settings import Settings
from listening.store import Store

PROJECT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 60
MILLISECONDS_TO_WAIT = 60_000
GLANCE = 50
"""Milliseconds between two looks at whether something is there; looking at every frame is work for the page."""
LAST_WORDS = 3_000
"""Characters of a program's log that are shown where a test fails."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

ONE_FOR_ALL = ("--process-per-site", "--renderer-process-limit=1")
"""One process draws all pages, so that the next one finds what the last one has read: a fifth less work a page."""

LOST = r"Traceback.*\n(?:(?:  .*)?\n)+starlette\.websockets\.WebSocketDisconnected: .*\n"
GONE = re.compile(
    rf"^.*Exception in ASGI application\n{LOST}(?:\n.*another exception occurred:\n\n{LOST})*", re.MULTILINE
)
"""What Streamlit writes when a tab went away while it was being answered: nothing broke."""

ON_A_DEEP_LINK = re.compile(r"/\w+/_stcore/(health|host-config)")
"""What a deep link asks for beside its own page and does not find there; Streamlit then asks at the root."""

LANGUAGE, CLOCK = "en-US", "America/New_York"

Scheme = Literal["light", "dark"]


# --- the page's program ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The page's program, running on a port of this machine."""

    url: str
    log: Path

    def said(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def trouble(self, since: int = 0) -> str:
        """The end of what it has written, without its first ``since`` characters, where something broke in it."""
        said = GONE.sub("", self.said()[since:])
        return said[-LAST_WORDS:] if "Traceback" in said else ""


def free_port() -> int:
    """The first of a hundred ports that nobody uses; with other processes it shares them seldom.

    So addresses come again, for which the browser has the scripts compiled.
    """
    first = 20_000 + os.getpid() % 120 * 100
    for port in range(first, first + 100):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port from {first} to {first + 99} is free")


@contextmanager
def serving(
    folder: Path, environment: Mapping[str, str], *, before: str = "", port: int | None = None
) -> Iterator[Server]:
    """Run the page with these variables in its environment, and end it afterwards.

    ``before`` is Python that the program runs first. What it says is kept in ``folder``.
    """
    port, log = port or free_port(), folder / "page.log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LISTENING_")}
    start = "import sys; from streamlit.web.cli import main; sys.exit(main())"
    first = "\n".join(part for part in (clock_kit.SAME_ELSEWHERE, before) if part)
    command = ["-c", f"{first}\n{start}"] if first else ["-m", "streamlit"]
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(
            [
                sys.executable,
                *command,
                "run",
                "app.py",
                f"--server.port={port}",
                "--server.address=127.0.0.1",
                "--server.headless=true",
                "--server.fileWatcherType=none",
                "--logger.enableRich=false",
            ],
            cwd=PROJECT,
            env={**inherited, **clock_kit.FOR_ITS_IMPORT, "NO_COLOR": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        server = Server(url=f"http://127.0.0.1:{port}", log=log)
        try:
            _wait_until_it_answers(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
    assert not server.trouble(), server.trouble()


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes]) -> None:
    pause = Event()
    for _ in range(SECONDS_TO_START * 20):
        assert process.poll() is None, f"the page ended by itself:\n{server.said()}"
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except (urllib.error.URLError, OSError):
            pass
        pause.wait(0.05)
    raise AssertionError(f"the page did not answer within {SECONDS_TO_START} seconds:\n{server.said()}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """The invented town, collected into a store of its own."""

    settings: Settings
    store: Store

    @property
    def environment(self) -> Mapping[str, str]:
        """What tells the page to show this town."""
        return {"LISTENING_SETTINGS": str(self.settings.path), "LISTENING_STORE": self.settings.store_url}


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Collected once for all tests, which only read it."""
    folder = tmp_path_factory.mktemp("town")
    # In a thread of its own: collecting needs an event loop, and the browser's occupies this one.
    with ThreadPoolExecutor(1) as elsewhere:
        settings = elsewhere.submit(demo.build, folder, door.now).result()
    return Town(settings=settings, store=door.store_of(settings))


@pytest.fixture(scope="session")
def town_page(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page that shows the town: one for all tests that only read."""
    with serving(tmp_path_factory.mktemp("page"), town.environment) as server:
        yield server


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts another page: ``serve(environment)``. It ends with the tests of its file."""
    with ExitStack() as running:

        def start(environment: Mapping[str, str], *, before: str = "") -> Server:
            return running.enter_context(serving(tmp_path_factory.mktemp("page"), environment, before=before))

        yield start


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A page whose settings, and so its store, are changed while it runs."""

    server: Server
    file: Path
    settings: str
    turns: Iterator[int] = field(default_factory=lambda: count(1))

    def show(self, store: Store | str, settings: str | None = None) -> None:
        """From the next look on the page shows this store."""
        url = store if isinstance(store, str) else store.url
        self.write(f'{settings or self.settings}\n[store]\nurl = "{url}"\n')

    def write(self, settings: str) -> None:
        """Put these settings in place; the file is younger each time, however fast the tests are."""
        self.file.write_text(settings, encoding="utf-8")
        at = self.file.stat().st_mtime_ns + next(self.turns) * 1_000_000_000
        os.utime(self.file, ns=(at, at))


MakeStage = Callable[..., Stage]


@pytest.fixture(scope="module")
def make_stage(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> MakeStage:
    """Starts one page for all tests of a file: ``make_stage(settings)``."""

    def make(settings: str, *, before: str = "") -> Stage:
        file = tmp_path_factory.mktemp("stage") / "listening.toml"
        file.write_text(settings, encoding="utf-8")
        return Stage(server=serve({"LISTENING_SETTINGS": str(file)}, before=before), file=file, settings=settings)

    return make


# --- the browser ----------------------------------------------------------------------------------------------------


def chromium() -> Path:
    """The browser's program: LISTENING_CHROMIUM, else where Debian has it."""
    return Path(os.environ.get("LISTENING_CHROMIUM", "").strip() or "/usr/bin/chromium")


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser's folder."""
    return tmp_path_factory.mktemp("chromium")


@pytest.fixture(scope="module")
def browser(profile: Path) -> Iterator[BrowserContext]:
    """Chromium. Without it these tests are skipped, but not where everything must be tested.

    It is kept for the tests of one file, since it occupies this thread's event loop. The page's scripts stay compiled
    in its folder for the next file; what pages kept there does not stay.
    """
    if not chromium().exists():
        missing = f"there is no browser {chromium()}; install chromium, or name one in LISTENING_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    expect.set_options(timeout=MILLISECONDS_TO_WAIT)
    for kept in ("Cookies", "Local Storage", "Session Storage", "Sessions", "IndexedDB", "WebStorage"):
        there = profile / "Default" / kept
        shutil.rmtree(there) if there.is_dir() else there.unlink(missing_ok=True)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            args=[*ARGUMENTS, *ONE_FOR_ALL],
            reduced_motion="reduce",
            locale=LANGUAGE,
            timezone_id=CLOCK,
        )
        context.set_default_timeout(MILLISECONDS_TO_WAIT)
        _keep_one_tab(context)
        yield context
        context.close()


def _keep_one_tab(context: BrowserContext) -> None:
    """An empty tab of this machine stays open: with the last one the process that draws would end."""
    tab = context.pages[0]
    empty = "http://127.0.0.1:9/empty"
    tab.route(empty, lambda asked: asked.fulfill(body="<title>Nothing</title>", content_type="text/html"))
    tab.goto(empty)


@dataclass(kw_only=True, eq=False)
class Tab:
    """A tab of the browser, with an eye on what goes wrong in it."""

    page: Page
    server: Server
    read: int
    faults: list[str] = field(default_factory=list)

    # --- waiting ----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until the page's script has run and everything is drawn."""
        try:
            self._drawn()
        except TimeoutError as late:
            state = self.page.evaluate(
                """() => ({
                  script: document.querySelector("[data-testid=stApp]")?.dataset.testScriptState,
                  title: document.querySelector("h1")?.innerText,
                  coming: [...document.querySelectorAll("[data-testid=stSkeleton], [data-stale=true]")]
                            .slice(0, 5).map(part => part.outerHTML.slice(0, 300)),
                  charts: [...document.querySelectorAll("[data-testid=stVegaLiteChart]")]
                            .map(chart => Boolean(chart.querySelector("svg.marks"))),
                  said: document.body.innerText.slice(0, 600),
                })"""
            )
            raise AssertionError(f"not drawn: {self.page.url} {state}") from late

    def _drawn(self) -> None:
        self.until(
            """() => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
                  && document.querySelector("h1, [data-testid=stAlert], [data-testid=stException]")
                  && !document.querySelector("[data-testid=stSkeleton], [data-stale=true]")
                  && [...document.querySelectorAll("[data-testid=stVegaLiteChart]")]
                       .every(chart => chart.querySelector("svg.marks"))"""
        )

    @contextmanager
    def rerunning(self) -> Iterator[None]:
        """What is done within makes the page's script run: wait until it has begun, however late, and ended."""
        self.page.evaluate(
            """() => {
              const app = document.querySelector("[data-testid=stApp]");
              window.ran = false;
              new MutationObserver((_, observer) => {
                if (app.dataset.testScriptState === "notRunning") return;
                window.ran = true;
                observer.disconnect();
              }).observe(app, {attributes: true, attributeFilter: ["data-test-script-state"]});
            }"""
        )
        yield
        self.until("() => window.ran")
        self.settle()

    def until(self, condition: str, arg: object = None) -> None:
        """Wait until a function of the page's own language says yes."""
        self.page.wait_for_function(condition, arg=arg, polling=GLANCE)

    def come_to_rest(self) -> None:
        """Wait until nothing fades any more: what was drawn anew is pale for a while, and nobody reads it then."""
        self.until(
            """() => document.getAnimations().every(
                 one => one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity)"""
        )

    def go(self, path: str = "/") -> None:
        """Open an address of the page."""
        self.page.goto(self.server.url + path)
        self.settle()

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def dialog(self) -> Locator:
        """What a click opened."""
        return self.page.get_by_role("dialog")

    @property
    def problem(self) -> Locator:
        """Where the page would show that its program broke."""
        return self.page.get_by_test_id("stException")

    def number(self, metric: str) -> str:
        """What stands under a metric's label, once the page is whole again."""
        self.settle()
        return self.page.locator(f".st-key-metric_{metric}").locator("dd.value").inner_text()

    def bars(self) -> dict[str, int]:
        """Each day of the chart, and how many posts its parts have together."""
        found: dict[str, int] = {}
        for part in self.page.locator("svg.marks path[aria-roledescription=bar]").all():
            day, _, said = (part.get_attribute("aria-label") or "").partition(": ")
            posts = re.match(r"([\d,]+|no)(?: good| neutral| bad)? posts?(?: not tagged)?$", said)
            assert posts, said
            found[day] = found.get(day, 0) + (0 if posts[1] == "no" else int(posts[1].replace(",", "")))
        return found

    def beyond_the_edge(self) -> int:
        """By how many pixels the page is wider than the window, once the chart has taken its new width."""
        parts = """[document.documentElement, document.querySelector("[data-testid=stMain]")]
                   .map(part => part.scrollWidth - part.clientWidth)"""
        with suppress(TimeoutError):
            self.page.wait_for_function(f"() => Math.max(...{parts}) <= 0", timeout=20_000, polling=GLANCE)
        wider: int = self.page.evaluate(f"() => Math.max(...{parts})")
        return wider

    def barriers(self) -> list[str]:
        """What axe-core finds that keeps somebody out."""
        self.settle()
        self.come_to_rest()
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:300]}"
            for one in found
            for node in one["nodes"]
        ]

    # --- watching ---------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """From now on note everything that must not happen."""
        self.page.on("console", self._console)
        self.page.on("pageerror", self._broken)
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("websocket", lambda socket: self._asked(socket.url))
        self.page.on("response", self._answered)
        self.page.on("dialog", self._interrupted)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _is_missing_on_a_deep_link(message.location["url"]):
            self.faults.append(f"the console says: {message.text} ({message.location['url']})")

    def _interrupted(self, box: Dialog) -> None:
        self.faults.append(f"a script opened a box: {box.message}")
        box.dismiss()

    def _broken(self, error: Error) -> None:
        self.faults.append(f"a script broke: {error.message}")

    def _asked(self, url: str) -> None:
        where = urlsplit(url)
        if where.scheme not in ("data", "blob") and where.hostname not in ("127.0.0.1", "localhost"):
            self.faults.append(f"another machine was asked: {url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not (response.status == 404 and _is_missing_on_a_deep_link(response.url)):
            self.faults.append(f"{response.url} answered {response.status}")


def _is_missing_on_a_deep_link(url: str) -> bool:
    return ON_A_DEEP_LINK.fullmatch(urlsplit(url).path) is not None


class OpenPage(Protocol):
    """How a test asks for a tab: ``open_page(server, "/sources", scheme="dark", width=390)``."""

    def __call__(
        self, server: Server, path: str = "/", *, scheme: Scheme = "light", width: int = 1280, height: int = 720
    ) -> Tab:
        """A new tab at this address, everything drawn."""


@pytest.fixture
def open_page(browser: BrowserContext) -> Iterator[OpenPage]:
    """Opens tabs, and at the end says what went wrong in them."""
    tabs: list[Tab] = []

    def open_(
        server: Server, path: str = "/", *, scheme: Scheme = "light", width: int = 1280, height: int = 720
    ) -> Tab:
        page = browser.new_page()
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        tab = Tab(page=page, server=server, read=len(server.said()))
        tabs.append(tab)
        tab.watch()
        tab.go(path)
        return tab

    yield open_
    for tab in tabs:
        tab.page.close()
    faults = [fault for tab in tabs for fault in tab.faults]
    faults += [trouble for tab in tabs if (trouble := tab.server.trouble(since=tab.read))]
    assert [] == faults
