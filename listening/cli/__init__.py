"""The ``listening`` command.

``parser`` names the commands and their options, one module a stage does the work and is loaded only when it is asked
for, ``terminal`` and ``files`` say and write.

Exit codes: 0 done, 1 something could not be done (said on stderr), 2 wrong usage or settings.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from listening.cli import terminal
from listening.cli.parser import overview, parser
from listening.errors import InputError, ListeningError, QueryError, SettingsError

DONE, NOT_DONE, WRONG_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    _tolerant_streams()
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except (SettingsError, QueryError, InputError) as error:
        terminal.complain(error)
        return WRONG_USAGE
    except ListeningError as error:
        terminal.complain(error)
        return NOT_DONE
    except KeyboardInterrupt:
        terminal.warn("Stopped.")
        return NOT_DONE
    except BrokenPipeError:
        # Whoever read us (head, less) has seen enough. Python would complain once more while it flushes at the end.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open until the process ends
        return NOT_DONE


def _run(argv: Sequence[str]) -> int:
    try:
        arguments, unknown = parser().parse_known_args(argv)
    except SystemExit as said:  # after --help and --version
        return int(said.code or 0)
    if unknown:
        of = f" {arguments.command}" if arguments.command else ""
        raise InputError(
            f"This is not understood here: {' '.join(unknown)}",
            f"Run `listening{of} --help` to see what can be said.",
        )
    if arguments.command is None:
        terminal.say(overview())
        return DONE
    module, function = arguments.run.split(":")
    run: Callable[..., int] = getattr(import_module(module), function)
    return run(arguments)


def _tolerant_streams() -> None:
    """A sign that the terminal cannot show becomes a question mark; what goes to a file or a program is UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="replace")
