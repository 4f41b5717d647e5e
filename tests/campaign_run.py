"""One run of the fault campaign: a deed, a fault, and everything that must hold afterwards."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import campaign_recount as recount
from campaign_children import Child, Stems
from campaign_deeds import DEEDS, STORE, Deed, Scene, command, copy_store, make_old
from campaign_faults import FAULTS, Trial, Usual, give_room, watch
from campaign_world import ZONE, Server, World, write_settings

from listening.errors import StoreError
from listening.store import open_store, size


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one run; ``name`` is what --replay takes."""

    name: str
    deed: str
    fault: str
    kind: str
    hit: bool
    wrong: list[str]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Control:
    """A deed without a fault: what it started from, what the store held then, and what it usually takes."""

    before: dict[str, Any]
    after: dict[str, Any]
    usual: Usual


class Runner:
    """Carries out runs, one after the other, in a folder of its own.

    ``worlds`` is how many there are; for each deed in each the store of a run without a fault is made once.
    """

    def __init__(self, folder: Path, worlds: int) -> None:
        self._folder = folder
        self._stems = Stems(folder / "caches")
        self._server = Server()
        self._worlds = [World(f"world {number}") for number in range(worlds)]
        self._stores: dict[tuple[str, int], Path] = {}
        self._controls: dict[tuple[str, int, str], Control] = {}

    def close(self) -> None:
        """End the children and the server."""
        self._stems.close()
        self._server.close()

    def run(self, name: str) -> Outcome:
        """One run; its name says which: the same name is the same run."""
        _, deed_name, fault_name, _ = name.split("/")
        rng = random.Random(name)
        deed, fault = DEEDS[deed_name], FAULTS[fault_name]
        scene = self._scene(deed, rng)
        outside = self._folder / "outside"
        outside.mkdir(exist_ok=True)
        control = self._control(deed, scene)
        trial = Trial(
            scene=scene,
            deed=deed,
            stems=self._stems,
            server=self._server,
            usual=control.usual,
            rng=rng,
            outside=outside,
        )
        began = time.monotonic()
        scene.folder.mkdir()
        try:
            with fault.place(trial):
                self._set_up(scene, deed)
                scene.before = {**control.before}
                fault.happen(trial)
                wrong = [*self._said(trial), *self._after(trial, control)]
                again = [] if wrong else list(self._once_more(trial, control))
        finally:
            shutil.rmtree(scene.folder)
        return Outcome(
            name=name,
            deed=deed_name,
            fault=fault_name,
            kind=trial.kind,
            hit=trial.hit,
            wrong=[*wrong, *again],
            seconds=time.monotonic() - began,
        )

    # --- before -----------------------------------------------------------------------------------------------------

    def _scene(self, deed: Deed, rng: random.Random) -> Scene:
        variant = rng.randrange(len(self._worlds))
        return Scene(
            folder=self._folder / "run",
            port=self._server.port,
            world=self._worlds[variant],
            variant=variant,
            seed=str(rng.random()),
            start=rng.choice(deed.starts),
        )

    def _set_up(self, scene: Scene, deed: Deed) -> None:
        if scene.start != "none":
            copy_store(self._store(scene.start, scene.variant), scene.store)
        self._server.say(scene.world, deed.hears)
        deed.prepare(scene)

    def _store(self, start: str, variant: int) -> Path:
        """A store that has grown by a collection and a review, or the same as the first version left it."""
        if (start, variant) not in self._stores:
            folder = self._folder / f"{start}-{variant}"
            folder.mkdir()
            self._server.say(self._worlds[variant], 0)
            file = write_settings(folder, self._server.port)
            self._do(command("collect"), folder)
            if start == "old":
                make_old(folder / STORE)
            else:
                self._do({"work": "review", "arguments": [str(file), f"before {variant}", 12]}, folder)
            self._stores[start, variant] = folder / STORE
        return self._stores[start, variant]

    def _do(self, order: dict[str, Any], folder: Path) -> Child:
        child = self._stems.start(order, folder, self._folder / "done")
        if child.wait() != 0:
            raise RuntimeError(f"without a fault: {order} ended with {child.code}: {child.complained()}")
        return child

    def _control(self, deed: Deed, scene: Scene) -> Control:
        """The same deed without a fault, made once for each world and start; its own store is checked as well."""
        key = (deed.name, scene.variant, scene.start)
        if key not in self._controls:
            made = replace(scene, folder=self._folder / "control", before={})
            shutil.rmtree(made.folder, ignore_errors=True)
            made.folder.mkdir()
            self._set_up(made, deed)
            before = recount.digest(made.store) if made.start == "grown" else {}
            if before:
                before["runs"] = recount.read(made.store).runs
            made.before = {**before}
            order = deed.order(made)
            child = self._stems.start(order, made.folder, self._folder / "done")
            largest = watch(child, made.store)
            after = recount.digest(made.store)
            if child.wait() != 0 or (wrong := recount.wrong(made.store)):
                raise RuntimeError(f"without a fault {deed.name} fails: {child.complained()} {wrong}")
            before |= {key: made.before[key] for key in made.before.keys() - before.keys()}
            before["expected"] = set(after["articles"])
            usual = Usual(seconds=child.seconds, largest=largest, readings=self._readings(deed, made))
            self._controls[key] = Control(before=before, after=after, usual=usual)
            shutil.rmtree(made.folder)
        return self._controls[key]

    def _readings(self, deed: Deed, made: Scene) -> int:
        if "clock" not in deed.faults:
            return 0
        shutil.rmtree(made.folder)
        made.folder.mkdir()
        self._set_up(made, deed)
        told = self._folder / "never"
        self._do(deed.order(made) | {"clock": {"at": 10**9, "by": 0, "told": str(told)}}, made.folder)
        return int(told.with_suffix(".readings").read_text(encoding="utf-8"))

    # --- after ------------------------------------------------------------------------------------------------------

    def _said(self, trial: Trial) -> Iterator[str]:
        """Whether the children ended as they should, and said it in sentences."""
        for child in trial.children:
            if child.hung:
                yield "it did not end"
            said = child.complained()
            if "Traceback" in said or "Error:" in said or "sqlite3." in said:
                yield f"it said {said[-1500:]!r}"
            if trial.kind == "a full disk" and "in use by" in said:
                yield f"with a full disk it blames another program: {said[-300:]!r}"
            if child.code not in (0, 1, 2) and not (trial.hit and trial.killed):
                yield f"it ended with {child.code}: {said[-300:]!r}"
            if child.code in (1, 2) and not said.strip():
                yield f"it ended with {child.code} and without a word"

    def _after(self, trial: Trial, control: Control) -> Iterator[str]:
        """What is wrong with the store that the fault left."""
        scene, deed = trial.scene, trial.deed
        done = all(child.code == 0 and not child.complained() for child in trial.children)
        reported = [child.printed() for child in trial.children]
        if scene.folder.is_mount():
            yield from self._while_full(trial)
            give_room(trial)
        if not scene.store.exists():
            if scene.start != "none":
                yield "the store is gone"
            return
        if scene.start != "old":
            yield from recount.wrong(scene.store)
        if (opened := _opened(scene)) is not None:
            yield opened
            return
        yield from recount.wrong(scene.store)
        held = recount.digest(scene.store)
        there = set(held["articles"])
        if gone := set(scene.before.get("articles", ())) - there - deed.may_go(scene):
            yield f"{len(gone)} posts that were there are lost, such as {min(gone)}"
        log = scene.before.get("log", [])
        kept = [entry for entry in log if entry[0] in there]
        if [entry for entry in held["log"] if entry[0] in there][: len(kept)] != kept:
            yield "the log of the review is not what it was"
        yield from deed.lost(scene, reported, done=done)
        yield from deed.beside(scene)
        if done and trial.kind != "a second program":
            yield from (f"done, but {each}" for each in recount.differences(control.after, held))

    def _while_full(self, trial: Trial) -> Iterator[str]:
        """With no room left what is stored can still be read."""
        if trial.scene.start != "grown":
            return
        child = trial.start(command("status", "--json"))
        if child.wait() != 0:
            yield f"with a full disk nothing can be read: {child.complained()!r}"

    def _once_more(self, trial: Trial, control: Control) -> Iterator[str]:
        """The deed without a fault: it completes what is missing, and doubles nothing."""
        scene, deed = trial.scene, trial.deed
        if (order := deed.again(scene)) is not None:
            child = trial.start(order)
            if child.wait() != 0:
                yield f"once more it ended with {child.code}: {child.complained()!r}"
        yield from (f"once more: {each}" for each in recount.wrong(scene.store))
        yield from (f"once more: {each}" for each in deed.beside(scene))
        held = recount.digest(scene.store)
        yield from (f"once more: {each}" for each in recount.differences(control.after, held))


def _opened(scene: Scene) -> str | None:
    """Whether our own program opens the store and reads it; what it says where it does not."""
    try:
        size(open_store(f"sqlite:///{scene.store}", ZoneInfo(ZONE)))
    except StoreError as error:
        return f"it does not open: {error}"
    return None
