"""How long the leaders' page takes in a real browser: ``python tests/benchmarks/bench_page.py --rows 1000000``.

Beside it, in the same run, a bare Streamlit page that shows one small Altair chart and a choice that changes it. The
first view is drawn when headline, numbers and chart stand there; a change of period or topic when headline and chart
are those of the new one. What lies below may still be coming: it is timed too, as "all of it". The posts behind a
number are there when their list is; as no bare page has any, its ratio is to that page's choice, too. Behind each
ratio stands its 95 % interval; ``--slower 2`` makes the browser half as fast.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench_store import FEEDS, NOW, TOPICS, ZONE, fill
from playwright.sync_api import Page, sync_playwright

from listening import store as stores

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from browser_kit import ARGUMENTS, chromium, free_port

PROJECT = Path(__file__).resolve().parent.parent.parent
ROUNDS, CHANGES = 7, 14
"""How often each page is opened, and each choice is made: of fewer, the median differs by a fifth from run to run."""

BARE = """
import altair as alt
import pandas as pd
import streamlit as st

st.set_page_config(layout="wide")
days = st.selectbox("Period", [7, 14, 30])
st.html(f"<h1>{days} days</h1>")
data = pd.DataFrame({"day": range(days), "count": range(days)})
st.altair_chart(alt.Chart(data).mark_bar().encode(x="day:O", y="count:Q"))
"""

SETTINGS = """
[agency]
name = "Town of Quillhaven"
timezone = "{zone}"
contact = "press@quillhaven.example"

{topics}
{feeds}
[store]
url = "{url}"
"""

AT_THE_STORES_TIME = f"""
import sys
from datetime import datetime
from listening import door
begun = datetime.fromisoformat("{NOW.isoformat()}") - door.now()
real = door.now
door.now = lambda: real() + begun
from streamlit.web.cli import main
sys.exit(main())
"""
"""Starts the page at the moment at which the store's last mentions were said, however long ago it was filled."""

DRAWN = """(headline) => {
  const h1 = document.querySelector("h1");
  const chart = document.querySelector("[data-testid=stVegaLiteChart] svg.marks path[aria-label]");
  return h1 && chart && !chart.closest("[data-stale=true]") && !h1.closest("[data-stale=true]")
         && (headline === "" || h1.innerText !== headline);
}"""
WHOLE = """() => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
               && !document.querySelector("[data-stale=true]")"""


OPENED = """(count) => (document.querySelector("[role=dialog]")?.innerText ?? "").includes(` of ${count}.`)"""


@contextmanager
def serving(app: Path, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A Streamlit page, until the end of the block."""
    port = free_port()
    start = ["-c", AT_THE_STORES_TIME] if environment else ["-m", "streamlit"]
    command = [sys.executable, *start, "run", str(app), f"--server.port={port}", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    with (
        (folder / "page.log").open("w", encoding="utf-8") as out,
        subprocess.Popen(command, cwd=PROJECT, env={**environ(), **environment}, stdout=out, stderr=out) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            while True:
                try:
                    if urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).read() == b"ok":
                        break
                except OSError:
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()


def environ() -> dict[str, str]:
    """This environment without what is ours."""
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith("LISTENING_")}


def settings(folder: Path, url: str) -> Path:
    """Settings for the store that ``bench_store`` fills."""
    topics = "\n".join(f'[[topics]]\nname = "{name}"\nquery = "{name.split()[0].lower()}"\n' for name in TOPICS)
    places = {"rss": 'url = "https://herald.example/{n}.xml"', "mastodon": 'server = "s{n}.example"\ntag = "town"'}
    feeds = "\n".join(
        f'[[feeds]]\nname = "{name}"\nsource = "{source}"\n{places[source].format(n=number)}\n'
        for number, (name, source) in enumerate(FEEDS)
    )
    file = folder / "listening.toml"
    file.write_text(SETTINGS.format(zone=ZONE.key, topics=topics, feeds=feeds, url=url), encoding="utf-8")
    return file


def seconds(page: Page, begin: Callable[[], object], headline: str = "") -> tuple[float, float]:
    """Until what is seen first is drawn, and until all of it is."""
    begun = time.perf_counter()
    begin()
    page.wait_for_function(DRAWN, arg=headline, polling="raf")
    drawn = time.perf_counter() - begun
    page.wait_for_function(WHOLE, polling="raf")
    return drawn, time.perf_counter() - begun


def choose(page: Page, label: str, option: str) -> Callable[[], object]:
    """Opens a choice, and gives the click that chooses."""
    page.get_by_role("combobox", name=label).click()
    return page.get_by_role("option", name=option, exact=True).click


def report(name: str, ours: list[float], bare: list[float], whole: list[float]) -> None:
    """One line; the ratio is one of medians, with the interval that other draws of the same times would give it."""
    low, high = interval(ours, bare)
    ratio = "" if ours is bare else f"{median(ours) / median(bare):>8.2f}  [{low:.2f}, {high:.2f}]"
    print(f"{name:<38}{median(ours) * 1e3:>9.0f}{median(whole) * 1e3:>12.0f}{ratio}")


def interval(ours: list[float], bare: list[float]) -> tuple[float, float]:
    """The middle 95 % of the ratio of the medians over 2,000 draws with replacement (percentile bootstrap)."""
    draw = random.Random(0).choices
    ratios = sorted(median(draw(ours, k=len(ours))) / median(draw(bare, k=len(bare))) for _ in range(2_000))
    return ratios[49], ratios[-50]


def main() -> None:
    """Fill, open, choose, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="use, or make and keep, bench.db in this folder")
    parser.add_argument(
        "--slower", type=float, default=1, help="make the browser, not the server, slower by this factor"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        url = f"sqlite:///{(arguments.folder or folder) / 'bench.db'}"
        there = ((arguments.folder or folder) / "bench.db").exists()
        store = stores.open_store(url, ZONE)
        if not there:
            fill(store, arguments.rows)
        rows, _ = stores.size(store)
        bare = folder / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        context = playwright.chromium.launch_persistent_context(
            folder / "browser", executable_path=chromium(), args=list(ARGUMENTS), reduced_motion="reduce"
        )
        context.set_default_timeout(60_000)

        def tab() -> Page:
            page = context.new_page()
            if arguments.slower > 1:
                context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": arguments.slower})
            return page

        environment = {"LISTENING_SETTINGS": str(settings(folder, url))}
        with serving(bare, folder, {}) as plain, serving(PROJECT / "app.py", folder, environment) as ours:
            run(tab, plain, ours, rows)
        context.close()


def run(tab: Callable[[], Page], plain: str, ours: str, rows: int) -> None:
    """Time both pages in turn, so that a busy machine is busy for both."""
    for url in (plain, ours):  # the browser keeps the scripts, the server the program
        page = tab()
        seconds(page, lambda page=page, url=url: page.goto(url))  # type: ignore[misc]
        page.close()
    opened: dict[str, list[tuple[float, float]]] = {plain: [], ours: []}
    for _ in range(ROUNDS):
        for url, times in opened.items():
            page = tab()
            times.append(seconds(page, lambda page=page, url=url: page.goto(url)))  # type: ignore[misc]
            page.close()
    print(f"{rows:,} mentions")
    print(f"{'milliseconds':<38}{'first view':>9}{'all of it':>12}{'ratio':>8}  [95 % interval]")
    bare_opened = [drawn for drawn, _ in opened[plain]]
    report("bare page, opened", bare_opened, bare_opened, [whole for _, whole in opened[plain]])
    report("leaders' page, opened", [one for one, _ in opened[ours]], bare_opened, [one for _, one in opened[ours]])
    page, bare_page = tab(), tab()
    seconds(page, lambda: page.goto(ours))
    seconds(bare_page, lambda: bare_page.goto(plain))
    choices = [
        ("Period", "Last 30 days"),
        ("Topic", "Transit"),
        ("Topic", "All topics"),
        ("Period", "Last 365 days"),
        ("Period", "Last 7 days"),
    ]
    changed: dict[tuple[str, str], list[tuple[float, float]]] = {choice: [] for choice in choices}
    bare_changed = []
    for number in range(CHANGES * len(choices)):
        option = ("14", "30", "7")[number % 3]
        bare_changed.append(change(bare_page, "Period", option)[0])
        choice = choices[number % len(choices)]
        changed[choice].append(change(page, *choice))
    report("bare page, a choice", bare_changed, bare_changed, bare_changed)
    for (label, option), times in changed.items():
        report(f"{label}: {option}", [one for one, _ in times], bare_changed, [one for _, one in times])
    every = [time for times in changed.values() for time in times]
    report("any of these choices", [one for one, _ in every], bare_changed, [one for _, one in every])
    proofs = [proof(page, number % 3) for number in range(CHANGES)]
    report("the posts behind a number", proofs, bare_changed, proofs)


def change(page: Page, label: str, option: str) -> tuple[float, float]:
    """Choose something else, and wait until it is drawn."""
    page.bring_to_front()
    headline = page.locator("h1").inner_text()
    return seconds(page, choose(page, label, option), headline)


def proof(page: Page, number: int) -> float:
    """Seconds until the posts behind one of the numbers stand there; they are closed again."""
    page.bring_to_front()
    page.wait_for_function(WHOLE, polling="raf")
    way = page.locator(".st-key-metrics button").nth(number)
    count = way.inner_text().removeprefix("See the ").removesuffix(" posts")
    begun = time.perf_counter()
    way.click()
    page.wait_for_function(OPENED, arg=count, polling="raf")
    taken = time.perf_counter() - begun
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    return taken


if __name__ == "__main__":
    main()
