"""Importing a large export: rows a second, and whether memory stays flat.

    python tests/benchmarks/bench_import.py [--rows 100000 1000000] [--share 10]

For each number of rows a file of invented tweets is written, of which so many in a hundred mention us, and imported by
the command into an empty store. Beside it stands what nobody can do without: reading the file with Python's own
``csv``, matching each row, and tagging those that match, in one process and saving nothing.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from listening import door
from listening.models import Post
from listening.settings import load

MEGABYTE = 1_000_000
SETTINGS = """
[agency]
name = "Town of Quillhaven"
timezone = "America/New_York"
contact = "press@quillhaven.example"

[[topics]]
name = "Town"
query = "quillhaven"

[[topics]]
name = "Buses"
query = "quillhaven AND (bus OR buses OR timetable)"
"""
BEGINNINGS = ("Honestly,", "This morning", "For once", "As so often", "To whom it may concern:", "Good news:", "Sigh:")
MIDDLES = (
    "the bus came late again and nobody said why", "the library was open and the people there were lovely",
    "why is the timetable wrong on Sundays", "the new bridge makes my walk so much nicer", "parking is a nightmare",
    "thank you to the driver who waited", "the fountain is broken", "the town hall answered within a day",
)  # fmt: skip
ENDS = (
    "and that is that.",
    "but what do I know?",
    "– again!",
    "and I could not be happier.",
    "please fix it.",
    "#harbor",
)


def write(path: Path, rows: int, share: int) -> None:
    """A file of invented tweets; the same for the same numbers."""
    dice = random.Random(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "timestamp_utc", "user_screen_name", "text", "like_count", "retweet_count", "lang"])
        for number in range(rows):
            where = "Quillhaven" if dice.randrange(100) < share else "Millbrook"
            words = (dice.choice(BEGINNINGS), "in", where, dice.choice(MIDDLES), dice.choice(ENDS))
            said = f"{' '.join(words)} {dice.randrange(10**6)}"
            key = 1_990_000_000_000_000_001 + number * 4_000
            at = 1_790_000_000 + number * 3
            out.writerow([key, at, f"user{dice.randrange(10**5)}", said, dice.randrange(50), dice.randrange(9), "en"])


def memory(process: int) -> float:
    """A process's own memory in megabytes (Linux); 0 where it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / MEGABYTE if found else 0.0


def imported(folder: Path, file: Path) -> tuple[float, float, str]:
    """Seconds that the command takes, the most memory of its own process, and what it says."""
    began, most = time.perf_counter(), 0.0
    command = [sys.executable, "-m", "listening", "import", str(file), "--settings", str(folder / "listening.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        while process.poll() is None:
            most = max(most, memory(process.pid))
            time.sleep(0.1)
        said = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0, said
    return time.perf_counter() - began, most, said.splitlines()[0]


def plainly(folder: Path, file: Path) -> float:
    """Seconds for reading, matching and tagging alone."""
    concluder = door.concluder_of(load(folder / "listening.toml", {}))
    began = time.perf_counter()
    with file.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            concluder_post = Post(
                source="x", feed="plain", key=row["id"], text=row["text"], author=row["user_screen_name"]
            )
            concluder.mention(concluder_post, kind="post", now=door.now())
    return time.perf_counter() - began


def main() -> None:
    """Each number of rows, both ways."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    arguments.add_argument("--share", type=int, default=10)
    chosen = arguments.parse_args()
    print(f"{chosen.share} in 100 rows are mentions")
    print(f"{'rows':>10}{'file MB':>9}{'seconds':>9}{'rows/s':>9}{'memory MB':>11}{'plainly s':>11}{'ratio':>7}")
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "listening.toml").write_text(SETTINGS, encoding="utf-8")
            file = folder / "export.csv"
            write(file, rows, chosen.share)
            seconds, most, said = imported(folder, file)
            plain = plainly(folder, file)
            size = file.stat().st_size / MEGABYTE
            print(
                f"{rows:10,}{size:9.0f}{seconds:9.1f}{rows / seconds:9,.0f}{most:11.0f}{plain:11.1f}"
                f"{seconds / plain:7.2f}   {said}",
                flush=True,
            )


if __name__ == "__main__":
    main()
