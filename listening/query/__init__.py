"""The query language: read once, match many, say what matched where.

    a b · a AND b · a OR b · NOT a · -a · ( ) · "a phrase" · word* · NEAR/n · ONEAR/n · raw:"ICE" · #tag · @handle
    title: site: url: author: lang: source: since: until: topic:

``words`` says what a word is, ``lexer`` and ``parser`` read a query, ``syntax`` is what they make of it, ``values`` are
those of fields, ``match`` finds, ``slips`` warns.
"""

from listening.query.match import Matcher
from listening.query.parser import parse
from listening.query.slips import warnings
from listening.query.syntax import (
    And,
    Field,
    Handle,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Raw,
    Tag,
    Word,
    unparse,
)
from listening.query.words import FTS_TOKENIZER, is_character_word, marks, places_of_words, tokens

__all__ = [
    "FTS_TOKENIZER",
    "And",
    "Field",
    "Handle",
    "Matcher",
    "Near",
    "Node",
    "Not",
    "Or",
    "Phrase",
    "Prefix",
    "Query",
    "Raw",
    "Tag",
    "Word",
    "is_character_word",
    "marks",
    "parse",
    "places_of_words",
    "tokens",
    "unparse",
    "warnings",
]
