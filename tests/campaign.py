"""The fault campaign: a thousand times something goes wrong while Listening writes, and nothing may be lost or doubled.

    python tests/campaign.py --runs 1000 --seed 1 --jobs 2
    python tests/campaign.py --runs 50 --deed collect --fault kill
    python tests/campaign.py --replay 1/collect/kill/17

A run is a deed (a collection, a review, a purge, ...) in a process of its own, and a fault: the process is killed, the
disk is full, the connection is reset, the clock jumps, the store is locked. Then the store must be sound and open; what
was reported as saved must be there; nothing may be there twice; daily counts, verdicts, stories and the index must be
what a recount gives; and every complaint must be a sentence. The deed is then done once more without a fault, and the
store must hold what that of a run without any fault holds. Exits with 1 where it does not.

It wants a system with ``fork``. Where a small file system may be mounted (as root, or by ``unshare`` with rights of its
own) the disk is really full; elsewhere a limit on the size of files stands for it, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from campaign_deeds import DEEDS
from campaign_faults import FAULTS
from campaign_run import Outcome, Runner


def names(seed: str, runs: int, deeds: Sequence[str], faults: Sequence[str]) -> list[str]:
    """The runs of a campaign: each deed with each of its faults in turn."""
    pairs = [(deed, fault) for deed in deeds for fault in faults if fault in DEEDS[deed].faults]
    return [f"{seed}/{deed}/{fault}/{number}" for number, (deed, fault) in _turns(pairs, runs)]


def _turns(pairs: list[tuple[str, str]], runs: int) -> Iterator[tuple[int, tuple[str, str]]]:
    for number in range(runs):
        yield number // len(pairs), pairs[number % len(pairs)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a campaign, or one run of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    parser.add_argument("--deed", action="append", choices=sorted(DEEDS))
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS))
    parser.add_argument("--replay", metavar="NAME", help="one run, by its name in the list of what went wrong")
    parser.add_argument("--worlds", type=int, default=4, help="what there is to hear, in so many versions")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if not given.alone and (how := _own_mounts()):
        said = sys.argv[1:] if arguments is None else arguments
        os.execvp(how[0], [*how, sys.executable, __file__, *said, "--alone"])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was found until then is told all the same
    chosen = names(given.seed, given.runs, given.deed or list(DEEDS), given.fault or list(FAULTS))
    wanted = [given.replay] if given.replay else chosen
    if given.part is not None:
        own, of = map(int, given.part.split("/"))
        with suppress(KeyboardInterrupt):
            for outcome in outcomes(wanted[own::of], given.worlds):
                print(json.dumps(asdict(outcome)), flush=True)
        return 0
    began = time.monotonic()
    alone = given.jobs == 1 or given.replay
    found: list[Outcome] = []
    try:
        for outcome in outcomes(wanted, given.worlds) if alone else _side_by_side(given, len(wanted)):
            found.append(outcome)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
    return report(found, time.monotonic() - began)


def _own_mounts() -> list[str]:
    """How to be where what we mount is seen by nobody else and gone at the end; empty where that cannot be."""
    for how in (["unshare", "-m"], ["unshare", "-rm"]):
        if shutil.which("unshare") and subprocess.run([*how, "true"], capture_output=True, check=False).returncode == 0:
            return how
    return []


def outcomes(wanted: Sequence[str], worlds: int) -> Iterator[Outcome]:
    """Carry out runs in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        runner = Runner(Path(folder), worlds)
        try:
            for name in wanted:
                yield _run(runner, name)
        finally:
            runner.close()


def _run(runner: Runner, name: str) -> Outcome:
    """One run; where the campaign itself fails, that is what is wrong with it, and the next one comes."""
    try:
        return runner.run(name)
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        _, deed, fault, _ = name.split("/")
        what = traceback.format_exc()
        return Outcome(name=name, deed=deed, fault=fault, kind="", hit=False, wrong=[what], seconds=0.0)


def _side_by_side(given: argparse.Namespace, runs: int) -> Iterator[Outcome]:
    chosen = [f"--{option}={value}" for option in ("deed", "fault") for value in getattr(given, option) or ()]
    parts = [
        subprocess.Popen(
            [
                *(sys.executable, __file__, "--alone", f"--part={number}/{given.jobs}"),
                *(f"--runs={runs}", f"--seed={given.seed}", f"--worlds={given.worlds}", *chosen),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(given.jobs)
    ]
    try:
        yield from _heard(parts, runs)
    finally:
        for part in parts:
            part.terminate()
            part.wait()


def _heard(parts: Sequence[subprocess.Popen[str]], runs: int) -> Iterator[Outcome]:
    """What the parts tell, as it comes."""
    done = wrong = 0
    began = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for part in parts:
            assert part.stdout is not None
            selector.register(part.stdout, selectors.EVENT_READ, part)
        while selector.get_map():
            for key, _ in selector.select():
                line = key.data.stdout.readline()
                if not line:
                    selector.unregister(key.fileobj)
                    if key.data.wait() != 0:
                        raise RuntimeError("a part of the campaign broke off")
                    continue
                outcome = Outcome(**json.loads(line))
                done, wrong = done + 1, wrong + bool(outcome.wrong)
                if outcome.wrong:
                    print(f"\n{outcome.name} ({outcome.kind}): {'; '.join(outcome.wrong)}", file=sys.stderr)
                _progress(done, runs, wrong, time.monotonic() - began)
                yield outcome


def _progress(done: int, runs: int, wrong: int, seconds: float) -> None:
    """A line that changes where somebody looks on; elsewhere one after every fifty runs."""
    on_terminal = sys.stderr.isatty()
    if on_terminal or done % 50 == 0 or done == runs:
        left = seconds / done * (runs - done) / 60
        line = f"{done:,} of {runs:,} runs, {wrong} wrong, {left:.0f} min left "
        ends = "\n" if not on_terminal or done == runs else ""
        print(f"\r{line}" if on_terminal else line, end=ends, file=sys.stderr, flush=True)


def report(found: Sequence[Outcome], seconds: float) -> int:
    """The table, and what went wrong; 1 where something did."""
    print(f"{'deed':<9}{'fault':<8}{'runs':>6}{'hit':>6}{'wrong':>7}{'seconds a run':>15}")
    for deed in DEEDS:
        for fault in FAULTS:
            some = [each for each in found if (each.deed, each.fault) == (deed, fault)]
            if some:
                hit = "-" if fault == "none" else sum(each.hit for each in some)
                wrong = sum(bool(each.wrong) for each in some)
                mean = sum(each.seconds for each in some) / len(some)
                print(f"{deed:<9}{fault:<8}{len(some):>6}{hit:>6}{wrong:>7}{mean:>15.2f}")
    wrong_ones = [each for each in found if each.wrong]
    faulty = [each for each in found if each.fault != "none"]
    hits = sum(each.hit for each in faulty)
    print(
        f"\n{len(found):,} runs, {len(faulty):,} of them with a fault, which hit in {hits:,}; {len(wrong_ones)} wrong. "
        f"{seconds / 60:.1f} minutes."
    )
    kinds = sorted({each.kind for each in found if each.fault == "full"})
    if kinds:
        print(f"The disk: {', '.join(kinds)}.")
    for each in wrong_ones:
        print(f"\n--replay {each.name} ({each.kind})")
        for what in each.wrong:
            print(f"  {what}")
    return 1 if wrong_ones else 0


if __name__ == "__main__":
    sys.exit(main())
