"""Posts out of other tools' exports: any file of rows, read as its tool wrote it, on the way of a collected post.

tables ──> choice ──> survey ──> posts ──> run ──> the store
           tools, layout         dates     tally
``tables`` opens a file (``nature`` names what is none), ``choice`` says what its columns hold, ``survey`` looks through
it once, ``posts`` makes a row a post, ``run`` keeps what mentions us. ``preview`` shows the first rows instead.
"""

from __future__ import annotations

from listening.importing.choice import Choice, Wishes, choose, columns_said, name_for, usable, zone_of
from listening.importing.layout import FIELDS, Dates, Lack, Layout, check, lacking
from listening.importing.layout import from_json as layout_from_json
from listening.importing.posts import REFUSED, Posts, Reading
from listening.importing.preview import Previewed, first_rows, preview, unreadable
from listening.importing.run import Outcome, mark_of, run
from listening.importing.survey import DatesUnclear, Survey, alike_words, fingerprint, lasting, look_through, with_order
from listening.importing.tables import Table, opened
from listening.importing.tally import Tally, sentences, tally_of
from listening.importing.tools import TOOLS, guessed, recognised

__all__ = [
    "FIELDS",
    "REFUSED",
    "TOOLS",
    "Choice",
    "Dates",
    "DatesUnclear",
    "Lack",
    "Layout",
    "Outcome",
    "Posts",
    "Previewed",
    "Reading",
    "Survey",
    "Table",
    "Tally",
    "Wishes",
    "alike_words",
    "check",
    "choose",
    "columns_said",
    "fingerprint",
    "first_rows",
    "guessed",
    "lacking",
    "lasting",
    "layout_from_json",
    "look_through",
    "mark_of",
    "name_for",
    "opened",
    "preview",
    "recognised",
    "run",
    "sentences",
    "tally_of",
    "unreadable",
    "usable",
    "with_order",
    "zone_of",
]
