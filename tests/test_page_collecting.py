"""Collections that a page begins: heard to their end, however much they say."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import subprocess
import sys

from listening.pages.collecting import Collecting

LOUD = "import sys; sys.stderr.write('this place does not answer' + chr(10) * 300_000); sys.exit(1)"


def test_a_collection_that_complains_at_length_comes_to_its_end() -> None:
    """More than a pipe holds: nobody has to read it for the process to go on, and all of it is kept."""
    process = subprocess.Popen([sys.executable, "-c", LOUD], stderr=subprocess.PIPE, text=True)
    collecting = Collecting(process=process)
    assert collecting.wait(60)
    assert collecting.over
    assert len("this place does not answer") + 300_000 == len(collecting.complained)
    assert 1 == process.returncode
