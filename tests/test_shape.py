"""Which module may know which: imports point one way, and the heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

import listening

PACKAGE = Path(listening.__file__).resolve().parent
PROJECT = PACKAGE.parent

GRAIN: dict[str, set[str]] = {
    "errors": set(),
    "models": set(),
    "text": set(),
    "language": set(),
    "fetch": {"errors", "models"},
    "query": {"errors", "models"},
    "sentiment": {"models"},
    "collectors": {"errors", "models", "text"},
    "settings": {"errors", "models", "query", "collectors"},
    "strong": {"sentiment"},
    "privacy": {"models", "strong"},
    "stories": {"models", "query"},
    "terms": {"query"},
    "phrases": set(),
    "questions": {"models", "phrases"},
    "store": {"errors", "models", "query", "stories", "terms"},
    "accounts": {"models"},
    "asking": {"accounts", "language", "models", "questions"},
    "conclude": {"accounts", "asking", "language", "models", "query", "sentiment"},
    "upkeep": {"asking", "store"},
    "workers": {"conclude", "errors", "models", "sentiment"},
    "agreement": {"models"},
    "retag": {"language", "models", "sentiment", "store"},
    "rematch": {"asking", "models", "query", "store"},
    "pace": set(),
    "lock": {"errors"},
    "signing": {"collectors", "errors", "models"},
    "collect": {
        "asking", "conclude", "collectors", "errors", "fetch", "models", "pace", "signing", "store", "upkeep",
        "workers",
    },
    "spreadsheet": {"errors"},
    "importing": {
        "asking", "collect", "collectors", "conclude", "errors", "models", "spreadsheet", "store", "text", "upkeep",
    },
    "conversations": {"collect", "collectors", "errors", "fetch", "lookups", "models", "store"},
    "snapshot": {"errors", "settings", "store"},
    "facts": {"collectors", "errors", "messages", "models", "routing", "settings", "store"},
    "notice": {"facts", "settings"},
    "lookups": {"collect", "collectors", "errors", "fetch", "models", "store"},
    "recheck": {"collect", "collectors", "errors", "fetch", "lookups", "models", "store"},
    "retention": {"settings", "snapshot", "store"},
    "forgetting": {"errors", "models", "store"},
    "review": {"models", "routing", "settings", "store"},
    "routing": {"models", "query", "settings"},
    "weeks": {"errors", "insights", "settings", "snapshot", "store"},
    "digest": {"insights", "models", "privacy", "review", "settings"},
    "messages": {"errors", "settings"},
    "demo": {"collect", "collectors", "errors", "fetch", "models", "settings", "store", "door"},
    "door": {
        "asking", "collect", "collectors", "conclude", "conversations", "demo", "errors", "fetch", "lock", "models",
        "query", "recheck", "rematch", "retag", "retention", "sentiment", "settings", "signing", "snapshot", "store",
        "workers",
    },
    "teaching": {
        "agreement", "collectors", "demo", "door", "errors", "models", "query", "rematch", "retag",
        "sentiment", "settings", "snapshot", "store", "terms",
    },
    "unattended": {"collect", "door", "errors", "insights", "lock", "settings", "store"},
    "setup": {
        "accounts", "collect", "collectors", "conclude", "door", "errors", "fetch", "models", "query", "settings",
        "signing", "text",
    },
    "insights": {"asking", "models", "pace", "query", "questions", "sentiment", "store", "terms"},
    "overview": {"asking", "collectors", "insights", "models", "privacy", "settings", "store"},
    "leaflet": {"collectors", "insights", "models", "overview", "pages", "privacy", "settings", "store"},
    "charts": {"insights"},
    "picture": {"charts", "errors", "insights", "models"},
    "export": {"insights", "models", "overview", "privacy", "sentiment", "store"},
    "provenance": {"agreement", "export", "insights", "overview", "privacy", "settings", "store", "teaching"},
    "takeaway": {
        "asking", "collectors", "export", "insights", "models", "overview", "privacy", "provenance", "settings",
        "store", "weeks",
    },
    "pages": {
        "agreement", "asking", "charts", "collectors", "demo", "door", "errors", "export", "importing", "insights",
        "models", "overview", "privacy", "query", "rematch", "review", "routing", "sentiment", "settings", "setup",
        "snapshot", "store", "strong", "takeaway", "teaching", "unattended", "weeks",
    },
    "cli": {
        "agreement", "forgetting", "importing", "notice", "pages", "rematch", "retag", "retention", "teaching",
        "collect", "collectors", "demo", "digest", "door", "errors", "export", "fetch", "insights", "language",
        "leaflet", "lock", "messages", "models", "pace", "picture", "privacy", "query", "routing", "sentiment",
        "settings", "setup", "signing", "snapshot", "spreadsheet", "store", "stories", "takeaway", "text",
        "unattended", "weeks",
    },
}  # fmt: skip
"""What each room may import of ours, beside itself. A new line here is a decision."""

ROOMS = {
    "streamlit": {"pages"},
    "altair": {"charts"},
    "sqlalchemy": {"store"},
    "aiohttp": {"fetch"},
    "rich": {"cli"},
    "apprise": {"messages"},
    "xlsxwriter": {"export"},
    "pptx": {"export"},
    "docx": {"export"},
    "pyarrow": {"charts", "export"},
    "openpyxl": {"importing"},
}
"""Which room alone may know a library."""


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The module or package right under ``listening`` that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names that a file imports, also within functions; relative ones made absolute."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                package = [PACKAGE.name, *path.relative_to(PACKAGE).parts[:-1]]
                module = ".".join([*package[: len(package) - node.level + 1], *([module] if module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    """A module knows only the rooms that lie before it on the way of a mention."""
    here = room(path)
    if here in ("__init__", "__main__"):
        return
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("listening.")} - {here, "__version__"}
    assert ours <= GRAIN[here], f"{here} may not know {ours - GRAIN[here]}"


def test_every_room_is_on_the_plan_and_packaged() -> None:
    """A new folder is a decision: it stands in the plan above and in pyproject.toml."""
    assert {room(path) for path in modules()} - {"__init__", "__main__"} == set(GRAIN)
    listed = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {".".join(path.parent.relative_to(PROJECT).parts) for path in modules()}
    assert set(listed) == found


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_stays_in_its_room(library: str) -> None:
    """Streamlit is the pages' alone, the database the store's alone, the network fetch's alone."""
    users = {room(path) for path in modules() if any(name.split(".")[0] == library for name in imported(path))}
    assert users == ROOMS[library]


def test_models_and_errors_need_nothing_but_the_standard_library() -> None:
    """Whoever writes a collector can read them in a minute."""
    for name in ("models", "errors"):
        found = {dotted.split(".")[0] for dotted in imported(PACKAGE / f"{name}.py")}
        assert found <= sys.stdlib_module_names


def test_collectors_have_no_network_and_no_clock() -> None:
    """What a collector gives depends on the saved answer alone."""
    for path in (PACKAGE / "collectors").glob("*.py"):
        found = {name.split(".")[0] for name in imported(path)}
        assert not found & {"aiohttp", "requests", "socket", "time", "http"}, path.name
        assert not re.search(r"\.(now|today|utcnow)\(", path.read_text(encoding="utf-8")), path.name


def test_the_top_level_is_what_the_card_says() -> None:
    """Somebody who opens the project sees six things, the licence and the changes."""
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False).stdout
    top = {line.split("/")[0] for line in tracked.splitlines() if not line.startswith(".")}
    allowed = {"app.py", "pyproject.toml", "listening", "sample_feeds", "tests", "README.md", "LICENSE", "CHANGELOG.md"}
    assert top <= allowed
