"""The commands and their options, in the words of their help."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import NoReturn

from listening import __version__
from listening.cli import importing_options, keeping_options, listening_options, setup_options
from listening.errors import InputError

GROUPS: dict[str, dict[str, str]] = {
    "Look at it": {
        "demo": "show the page with an invented town: nothing to set up, no network needed",
        "serve": "show the page with what you collected",
        "snapshot": "freeze what the meeting will show into a folder",
    },
    "Set it up": {
        "init": "ask a few questions and write the settings file, listening.toml",
        "check": "read the settings and ask every feed once; nothing is stored",
        "try": "show what addresses or saved files give; nothing is stored",
    },
    "Listen": {
        "collect": "ask every feed and store what mentions you; --every 15m goes on for good",
        "import": "bring in what another tool found: its exports as CSV, XLSX or JSON lines",
        "status": "what is stored, how each feed is doing, whether all is well",
        "rematch": "match what is stored anew after a change of queries",
        "stories": "which texts came up more than once; join and split them by hand",
        "quotes": "what the page quotes; keep and leave out posts before a meeting",
    },
    "Trust the tags": {
        "evaluate": "how often the tags agree with people: with the review, or with a CSV of your labels",
        "learn": "adapt the tags to your corrections, where that makes them better",
        "retag": "tag what is stored anew after a change of words, names or tagger",
        "teach": "what your corrections propose: words that are neutral here, queries that leave more out",
    },
    "Hand on": {
        "send": "tell each department by mail or chat which posts wait for its answer",
        "export": "write mentions to a file for Excel and other programs",
        "report": "write what the page says as a brief, slides or a workbook",
        "chart": "draw the page's chart as a picture, for slides and reports",
        "tag": "tag the texts of any CSV file good, neutral or bad",
        "week": "a week's numbers; --close freezes them, so that a report stays true",
        "backup": "copy the store into a new file",
    },
    "Keep and forget": {
        "notice": "write what you collect and how long you keep it, for your website",
        "purge": "remove what is older than the settings keep it",
        "forget": "take a post, or all of one author, out of the store for good",
        "log": "who searched, opened, exported, purged or forgot what, and when",
    },
}
COMMANDS: dict[str, str] = {name: words for group in GROUPS.values() for name, words in group.items()}


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in our words."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        advice = f"Run `{self.prog} --help` to see what can be said."
        if found := re.match(r"argument COMMAND: invalid choice: '([^']*)'", message):
            near = get_close_matches(found[1], COMMANDS, n=1)
            advice = f"Did you mean `listening {near[0]}`?" if near else "Run `listening` to see the commands."
            raise InputError(f"There is no command “{found[1]}”.", advice)
        if found := re.match(r"argument (\S+): invalid choice: '?([^']*?)'? \(choose from (.*)\)$", message):
            choices = found[3].replace("'", "")
            raise InputError(f"{found[1]} cannot be “{found[2]}”.", f"It is one of: {choices}.")
        if found := re.match(r"argument (\S+): expected (?:one|at least one) argument$", message):
            raise InputError(f"{found[1]} needs a value after it.", advice)
        if found := re.match(r"argument (\S+): (.*)$", message, re.DOTALL):
            raise InputError(f"{found[1].split('/')[-1]}: {found[2]}", advice)
        if found := re.match(r"the following arguments are required: (.*)$", message):
            raise InputError(f"Something is missing: {found[1]}.", advice)
        raise InputError(f"{message[:1].upper()}{message[1:]}.", advice)


def overview() -> str:
    """What `listening` alone says."""
    lines = ["Listening shows a public agency what people already say about it.", ""]
    for group, commands in GROUPS.items():
        lines += [group, *(f"  listening {name:<9}{words}" for name, words in commands.items()), ""]
    return "\n".join([*lines, "First time here: listening demo", "More on one: listening collect --help"])


@cache
def parser() -> Parser:
    """The command line, put together once."""
    whole = Parser(prog="listening", add_help=False, allow_abbrev=False, usage=argparse.SUPPRESS)
    whole.add_argument("-h", "--help", action=_Overview, nargs=0)
    whole.add_argument("--version", action="version", version=f"listening {__version__}")
    _settings(whole, default=None)
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: str, more: str = "") -> Parser:
        words = COMMANDS[name]
        added: Parser = commands.add_parser(
            name,
            prog=f"listening {name}",
            description=f"{words[0].upper()}{words[1:]}.{f' {more}' if more else ''}",
            allow_abbrev=False,
            add_help=False,
            formatter_class=_Roomy,
        )
        added.set_defaults(run=f"listening.cli.{run}")
        added.add_argument("-h", "--help", action="help", help="show this help")
        return added

    _looking(command)
    _setting_up(command)
    _listening(command)
    _judging(command)
    _handing_on(command)
    listening_options.add(command, _settings, _json)
    keeping_options.add(command, _settings, _json)
    importing_options.add(command, _settings, _json)
    return whole


Command = Callable[..., Parser]


def _looking(command: Command) -> None:
    for name in ("demo", "serve"):
        added = command(name, f"starting:{name}", "Ctrl+C ends it.")
        if name == "serve":
            _settings(added)
            added.add_argument("--snapshot", metavar="FOLDER", help="show a snapshot, as it was when it was taken")
        added.add_argument("--port", type=port, metavar="N", help="the page's port (8501, or the next free one)")
        added.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    frozen = command(
        "snapshot",
        "freezing:freeze",
        "It opens on another computer that has Listening, without a network. People's names and handles stand in it as "
        "they are: hand on only the file page.html in it, where they are masked. Overwrites nothing.",
    )
    _settings(frozen)
    frozen.add_argument("-o", "--output", required=True, metavar="FOLDER", help="the new folder")


def _setting_up(command: Command) -> None:
    setup_options.add(command, _settings, _many)
    check = command("check", "checking:check")
    _settings(check)
    check.add_argument(
        "--meeting", action="store_true", help="instead rehearse the meeting: draw every view, say go or no go"
    )
    check.add_argument("--snapshot", metavar="FOLDER", help="with --meeting: rehearse what `listening snapshot` wrote")
    check.add_argument(
        "--opml", metavar="FILE", help="instead write the places for other feed readers; nothing is asked"
    )
    _json(check)

    trying = command("try", "trying:try_places", "Saved files are read, not changed; settings are not needed.")
    trying.add_argument(
        "places",
        nargs="+",
        metavar="PLACE",
        help="an address, a saved file, #tag@server, r/name, bluesky:words, ... (all forms: README)",
    )
    _settings(trying)
    trying.add_argument("--kind", metavar="KIND", help="what kind of place: rss, mastodon, bluesky, ... (guessed)")
    trying.add_argument("--query", metavar="QUERY", help="show which posts this query finds")
    _json(trying, "print a line of JSON for each post")


def _listening(command: Command) -> None:
    matched = command(
        "rematch", "judging:rematch", "Only posts that can differ are read; --dry-run shows what would change."
    )
    _settings(matched)
    matched.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    _json(matched)

    told = command(
        "stories",
        "telling_stories:stories",
        "Copies of one text are one story. The last 7 days, unless another time is named. What you join or split stays "
        "so, whatever is collected later.",
    )
    _settings(told)
    _view(told)
    told.add_argument("--most", type=int, default=10, metavar="N", help="show so many (10)")
    told.add_argument("--why", metavar="ID", help="say why this mention is in its story")
    told.add_argument("--join", nargs="+", metavar="ID", help="make one story of the stories of these mentions")
    told.add_argument("--split", metavar="ID", help="take this mention out of its story")
    _json(told)

    drawn = command(
        "chart",
        "picturing:chart",
        "Posts a day, or a week, with what the page says of them. Overwrites nothing. It needs an extra part; in the "
        "project's folder: .venv/bin/pip install -e '.[png]'.",
    )
    _settings(drawn)
    drawn.add_argument("-o", "--output", required=True, metavar="FILE", help="the new file: .png, or .svg for print")
    drawn.add_argument("--period", metavar="KEY", help="a period of the page: 24h, 7d (usual), week, 30d, 90d, 365d")
    drawn.add_argument("--topic", metavar="NAME", help="posts of this topic only")

    quoted = command(
        "quotes",
        "choosing:quotes",
        "Good and bad are as many, where there are both. What you keep stands first, in the order in which you name "
        "it; what you leave out still counts. The last 7 days, unless another time is named. Ids stand in every "
        "export.",
    )
    _settings(quoted)
    _view(quoted)
    quoted.add_argument("--keep", nargs="+", metavar="ID", help="quote these posts, whatever comes in later")
    quoted.add_argument("--leave-out", nargs="+", metavar="ID", help="do not quote these posts")
    quoted.add_argument("--by-rule", nargs="+", metavar="ID", help="leave these to the rule again")
    _json(quoted)


def _judging(command: Command) -> None:
    evaluate = command(
        "evaluate",
        "judging:evaluate",
        "The file is an export with one more column, “label”, in which somebody wrote good, neutral or bad; or any "
        "CSV with texts and labels. Without a file: what was read in the review, else what the page says.",
    )
    _labels(evaluate)
    _many(evaluate, "--name", "NAME", "a name that is no opinion; repeat for more")
    evaluate.add_argument("--show", action="store_true", help="show the sentence on the page")

    learn = command(
        "learn",
        "judging:learn",
        "From 20 labels on, the right ones too, not only mistakes; without a file those of the review. Adopted only "
        "where labels that it has not learned from are tagged better.",
    )
    _labels(learn)
    learn.add_argument("--undo", action="store_true", help="go back to the tags as they were shipped")
    learn.add_argument("--dry-run", action="store_true", help="say what would be learned, and write nothing")

    again = command("retag", "judging:retag", "Only mentions that can differ are read.")
    _settings(again)
    again.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    _json(again)

    taught = command(
        "teach",
        "teaching:teach",
        "From what was corrected in the review, each with what it would change in what is stored. Nothing is applied "
        "but what you name; it is written into the settings, and stored posts follow.",
    )
    _settings(taught)
    taught.add_argument("--neutral", metavar="WORD", help="make this word or phrase neutral")
    taught.add_argument("--exclude", metavar="TOPIC:WORDS", help="leave posts with these words out of this topic")
    taught.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    _json(taught)


def _view(to: Parser) -> None:
    to.add_argument("--since", metavar="DAY", help="from this day on: 2026-11-01, or 30d for 30 days back")
    to.add_argument("--until", metavar="DAY", help="up to and with this day: 2026-11-30 (until now)")
    to.add_argument("--period", metavar="KEY", help="a period of the page: 24h, 7d, week, 30d, 90d, 365d")
    to.add_argument("--topic", help="this topic only")
    to.add_argument("--tag", help="good, neutral, bad or unscored only")
    to.add_argument("--source", help="one kind of place only: rss, mastodon, bluesky, ...")
    to.add_argument("--search", metavar="QUERY", help="only what this query finds")
    to.add_argument("--questions", action="store_true", help="only posts that ask for something")
    to.add_argument("--department", metavar="NAME", help="only what people gave to this department")
    to.add_argument("--status", metavar="WORD", help="open, pending, answered or closed only, as people said")
    read = to.add_mutually_exclusive_group()
    read.add_argument("--reviewed", action="store_true", default=None, help="only what a person has read")
    read.add_argument("--unreviewed", action="store_false", dest="reviewed", help="only what nobody has read")


def _labels(to: Parser) -> None:
    _settings(to)
    to.add_argument("file", nargs="?", metavar="FILE.csv", help="the file with texts and labels")
    to.add_argument("--text", metavar="COLUMN", help="the column with the texts (guessed from its name)")
    to.add_argument("--label", metavar="COLUMN", help="the column with the right tags (guessed: label)")
    _kind(to)
    _json(to)


def _kind(to: Parser) -> None:
    to.add_argument(
        "--kind",
        choices=("headline", "post", "feedback"),
        default="post",
        metavar="KIND",
        help="headline, post or feedback: how much praise the rules ask for (post)",
    )


def _handing_on(command: Command) -> None:
    sent = command(
        "send",
        "sending:send",
        "One message to each department that has something to answer; a post goes there once. Safe in cron. It needs "
        "an extra part; in the project's folder: .venv/bin/pip install -e '.[send]'.",
    )
    _settings(sent)
    sent.add_argument("--department", metavar="NAME", help="this department only")
    sent.add_argument("--dry-run", action="store_true", help="show what would go to whom; nothing is sent or written")
    _json(sent)

    export = command(
        "export",
        "exporting:export",
        "The last 7 days, unless another time is named: the very mentions that the page counts. Private people's "
        "names and handles are masked.",
    )
    _settings(export)
    export.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write; - prints it")
    export.add_argument("--format", metavar="NAME", help="csv, xlsx, json (lines) or parquet (as the file is named)")
    _view(export)
    export.add_argument("--delimiter", metavar="SIGN", help="what stands between columns: , (usual) ; or tab")
    export.add_argument(
        "--handles", metavar="REASON", help="leave names and handles as they are; the reason goes into the access log"
    )

    report = command(
        "report",
        "reporting:report",
        "The last full week, unless another time is named: the page's numbers and sentences as a brief (html, docx), "
        "slides (pptx) or workbook (xlsx). Private people's names are masked.",
    )
    _settings(report)
    report.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write")
    report.add_argument("--format", metavar="NAME", help="html, docx, pptx or xlsx (as the file is named)")
    report.add_argument("--week", metavar="WEEK", help="such as 2026-W47 (the last full one)")
    report.add_argument("--period", metavar="KEY", help="instead a period of the page: 24h, 7d, week, 30d, 90d, 365d")
    report.add_argument("--topic", metavar="NAME", help="posts of this topic only")
    report.add_argument("--search", metavar="QUERY", help="only what this query finds")
    report.add_argument(
        "--evaluation", action="store_true", help="with the headings of three evaluation frameworks (html, docx)"
    )
    report.add_argument("--overwrite", action="store_true", help="also over a file that somebody changed")

    tag = command(
        "tag", "tagging:tag", "Its columns are kept; score, tag and why are added behind them. Nothing is stored."
    )
    _settings(tag)
    tag.add_argument("file", metavar="FILE.csv", help="commas, semicolons or tabs between the columns; any encoding")
    tag.add_argument("--text", metavar="COLUMN", help="the column with the texts (guessed from its name)")
    _many(tag, "--name", "NAME", "a name that is no opinion, such as “Department of Justice”; repeat for more")
    tag.add_argument("-o", "--output", metavar="OUT.csv", help="the file to write; - prints it (FILE-tagged.csv)")
    _kind(tag)

    week = command(
        "week",
        "closing:week",
        "The last full week, unless another is named. What changes after it was closed is shown beside the frozen "
        "numbers.",
    )
    _settings(week)
    week.add_argument("week", nargs="?", metavar="WEEK", help="such as 2026-W47")
    act = week.add_mutually_exclusive_group()
    act.add_argument("--close", action="store_true", help="freeze its numbers")
    act.add_argument("--reopen", action="store_true", help="let them move again")
    week.add_argument("--by", metavar="NAME", help="who closes or opens it (your account on this computer)")
    _json(week)

    backup = command("backup", "telling:backup", "Works while a collection runs; never overwrites anything.")
    _settings(backup)
    backup.add_argument("file", metavar="FILE", help="the new file")


class _Roomy(argparse.HelpFormatter):
    """Help with room for our longest option beside its words."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=min(shutil.get_terminal_size().columns, 100) - 2)


class _Overview(argparse.Action):
    """`listening --help` shows the same as `listening` alone."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from listening.cli import terminal

        terminal.say(overview())
        parser.exit()


def _settings(
    to: Parser, *, default: object = argparse.SUPPRESS, words: str = "the settings file (listening.toml in this folder)"
) -> None:
    to.add_argument("--settings", metavar="FILE", default=default, help=words)


def _json(to: Parser, words: str = "print it for a program to read") -> None:
    to.add_argument("--json", action="store_true", help=words)


def _many(to: Parser, option: str, metavar: str, words: str) -> None:
    to.add_argument(option, action="append", default=[], metavar=metavar, help=words)


def port(text: str) -> int:
    """A port from the command line."""
    if not text.isdecimal() or not 1024 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 1024 to 65535.")
    return int(text)
