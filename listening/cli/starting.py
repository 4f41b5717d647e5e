"""`listening demo` and `listening serve`: the page, started as a process of its own and ended with this one."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import listening
from listening import demo as invented
from listening import door, snapshot
from listening import settings as settings_files
from listening.cli import terminal
from listening.errors import InputError, ListeningError
from listening.settings.read import FILE_NAME

FIRST_PORT = 8501
PORTS = 100
SECONDS_TO_START = 90
SECONDS_TO_END = 5


def serve(arguments: Namespace) -> int:
    """Show the page on the user's settings, or on a snapshot."""
    if arguments.snapshot:
        if arguments.settings:
            raise InputError("--snapshot and --settings do not go together.", "A snapshot brings its own settings.")
        frozen = snapshot.of_folder(Path(arguments.snapshot).expanduser().resolve())
        door.load(frozen.settings)
        return show({"LISTENING_SETTINGS": str(frozen.settings), "LISTENING_STORE": frozen.store_url}, arguments)
    named = None if arguments.settings is None else Path(arguments.settings)
    path = settings_files.find(named, os.environ, Path.cwd()) or Path.cwd() / FILE_NAME
    if not path.exists() and path.parent.is_dir() and named is None:
        terminal.say(f"There is no {path} yet: the page asks a few questions and writes it.")
    else:
        door.load(path)
    return show({"LISTENING_SETTINGS": str(path.resolve())}, arguments)


def demo(arguments: Namespace) -> int:
    """Show the page on the invented town, which vanishes again at the end."""
    app()
    with tempfile.TemporaryDirectory(prefix="listening-demo-", ignore_cleanup_errors=True) as folder:
        terminal.say("Building the invented town of Quillhaven …")
        sys.stdout.flush()
        with terminal.stoppable():
            try:
                settings = invented.build(Path(folder), door.now)
            except KeyboardInterrupt:
                terminal.say("\nStopped.")
                return 0
        environment = {"LISTENING_SETTINGS": str(settings.path), "LISTENING_STORE": settings.store_url}
        own = Path.cwd() / FILE_NAME
        if not own.exists():
            environment["LISTENING_SET_UP"] = str(own)  # who has looked may go on to set up, without another command
        return show(environment, arguments)


def app() -> Path:
    """The page's program; raises InputError where it was not installed."""
    file = Path(listening.__file__).resolve().parent.parent / "app.py"
    if not file.exists():
        raise InputError(
            "The page is not here: this program was installed without its file app.py.",
            "Get the whole project and install it from there: pip install -e .",
        )
    return file


def show(environment: Mapping[str, str], arguments: Namespace) -> int:
    """Start the page, say where it is, and wait for Ctrl+C."""
    file = app()
    port = arguments.port or free_port()
    if arguments.port and not is_free(port):
        raise InputError(
            f"Port {port} is in use by another program, perhaps another page.",
            "Close that one, name another port, or leave --port out.",
        )
    command = [sys.executable, "-m", "streamlit", "run", str(file)]
    options = {"port": str(port), "address": "127.0.0.1", "headless": "true"}
    command += [word for name, value in options.items() for word in (f"--server.{name}", value)]
    command += ["--logger.level", "warning"]  # what else it says on starting is ours to say
    with terminal.stoppable():
        page = subprocess.Popen(  # noqa: S603 - our own program with our own words
            command,
            cwd=file.parent,  # where the page's own configuration lies
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C reaches us alone, and we end the page in good order
        )
        try:
            _wait_until_ready(page, port)
            address = f"http://localhost:{port}"
            terminal.say(f"The page: {address} – press Ctrl+C to stop.")
            sys.stdout.flush()
            if not arguments.no_browser and _has_screen():
                webbrowser.open(address)
            page.wait()
        except KeyboardInterrupt:
            terminal.say("\nStopped.")
            return 0
        finally:
            _end(page)
    raise ListeningError("The page has ended by itself.", "What it said last stands above. Start it again.")


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a page that just ended is no hindrance
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """The first free port from 8501 up."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if is_free(port):
            return port
    raise InputError(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free.", "Name one: --port 9000.")


def _wait_until_ready(page: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        if page.poll() is not None:
            raise ListeningError(
                f"The page could not be started (its program ended with {page.returncode}).",
                "What it said stands above. Is everything installed? pip install -e .",
            )
        if _is_ready(port):
            return
        time.sleep(0.1)
    raise ListeningError(
        f"The page did not start within {SECONDS_TO_START} seconds.", "This computer may be busy: try again."
    )


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().read().strip() == b"ok"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _has_screen() -> bool:
    """Whether there is a screen for a browser: without one a text browser would take the terminal over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER"))


def _end(page: subprocess.Popen[bytes]) -> None:
    if page.poll() is not None:
        return
    page.terminate()
    try:
        page.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        page.kill()
        page.wait()
