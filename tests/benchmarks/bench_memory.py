"""Whether memory stays flat while the store grows: one process collects again and again, all entries new each time.

    python tests/benchmarks/bench_memory.py [--feeds 100] [--turns 48]

Prints after each turn the mentions stored, the store's size and this process's own memory, then the growth of
memory over the second half of the turns beside the growth of the store. In the first half SQLite fills its cache.
"""

from __future__ import annotations

import argparse
import gc
import re
import tempfile
import time
import urllib.request
from pathlib import Path

from bench_collect import server, write_settings

from listening import door
from listening import store as stores
from listening.settings import load

MEGABYTE = 1_000_000


def memory() -> float:
    """This process's own memory in megabytes (Linux), without pages of files that lie in the system's cache."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    assert found is not None, "this needs Linux"
    return int(found[1]) * 1024 / MEGABYTE


def main() -> None:
    """Collect, turn after turn."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--feeds", type=int, default=100)
    arguments.add_argument("--turns", type=int, default=48)
    chosen = arguments.parse_args()
    seen: list[tuple[int, float]] = []
    with server(chosen.feeds) as urls, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = load(write_settings(Path(folder), urls), {})
        store = door.store_of(settings)
        new_turn = urls[0].rsplit("/", 1)[0] + "/turn"
        print(f"{chosen.feeds} feeds x 20 new entries a turn")
        print(f"{'turn':>5}{'mentions':>10}{'store MB':>10}{'memory MB':>11}")
        for turn in range(chosen.turns):
            began = time.perf_counter()
            result = door.listen(settings, store=store)
            seconds = time.perf_counter() - began
            assert result.new == chosen.feeds * 20, result.new
            gc.collect()
            rows, size = stores.size(store)
            seen.append((rows, memory()))
            print(f"{turn + 1:5}{rows:10,}{size / MEGABYTE:10.1f}{seen[-1][1]:11.1f}   {seconds:.1f} s", flush=True)
            with urllib.request.urlopen(urllib.request.Request(new_turn, method="POST"), timeout=60) as answer:
                answer.read()
    middle, last = seen[len(seen) // 2], seen[-1]
    print(
        f"From turn {len(seen) // 2 + 1} to {len(seen)} the store grew {last[0] / middle[0]:.2f} x, "
        f"memory {last[1] / middle[1]:.2f} x."
    )


if __name__ == "__main__":
    main()
