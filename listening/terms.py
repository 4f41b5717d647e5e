"""A text as terms that can be counted: each word a number, in order, so that phrases can be put together from it.

What is no term of a theme is told apart here: stop words and words of one or two letters (they count only inside a
phrase: "Tag der offenen Tür"), characters of scripts without spaces (two or three of them make a phrase), and numbers,
links, handles and addresses, which end a phrase. A hashtag is its word.

Forms of one word have one number: bus and buses, pont and ponts, Brücke and Brücken; and so have words that mean nearly
the same: timetable and schedule. Only the number is made of what
folding leaves; people are shown a form that was written.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from zlib import crc32

from listening.query import is_character_word, places_of_words, tokens

MOST_WORDS = 500
"""Of a longer text the first so many words are counted."""

MOST_CHARACTERS = 8_000
"""Places of words are looked for in the first so many characters."""

# A number of 32 bits: three marks, and 29 bits of the folded word. Among 200,000 other words one shares a given word's
# number once in 2,700 cases; the counts that people see are counted by the words themselves.
BREAK = 0
REPEATED = 1 << 31
"""The word stood in this text before: a text counts a word once."""
SMALL = 1 << 30
"""A stop word, or one of one or two letters."""
CHARACTER = 1 << 29
"""One character of a script without spaces."""
_WORD = CHARACTER - 1

# A link, an address of mail, a handle: what is left of it would be words that nobody said.
_NO_WORDS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]*[@＠﹫][\w.@-]*\w", re.IGNORECASE)
_SIGNS = ("@", "://", "www.", "WWW.", "＠", "﹫")
_INSTEAD = " 0 "  # a number, which ends a phrase

# fmt: off
# Small words, and those of time, number, greeting and praise that stand in every talk.
_STOP = {
    "en": """
        a about above across after again against ago all almost along already also although always am among an and
        another any anybody anyone anything are aren't around as at away back be became because been before being
        below between both but by came can can't come comes could couldn't did didn't do does doesn't doing don't done
        down during each either else enough even ever every everybody everyone everything far few first for from get
        gets getting give go goes going gone good got had has hasn't have haven't having he her here hers herself him
        himself his how however i'd i'll i'm i've if in instead into is isn't it its itself just keep last least less
        let let's like likely look looks lot lots made make makes making many may maybe me might mine more most much
        must my myself near need needs neither never next no nobody none nor not nothing now of off often on once one
        only onto or other others our ours out over own per perhaps please put quite rather really said same say says
        see seen several shall she she's should shouldn't since so some somebody someone something soon still such
        take taken takes than that that's the their theirs them then there there's these they they're they've thing
        things this those though through thus to today together tomorrow tonight too took toward towards two under
        until up upon us use used uses using very want wants was wasn't way we we'll we're we've well went were
        weren't what what's when where which while who whole whom whose why will with within without won't would
        wouldn't yes yesterday yet you you'll you're you've your yours yourself three people day days week weeks month
        months year years time times new old way ways know think monday tuesday wednesday thursday friday saturday
        sunday hour hours minute minutes morning afternoon evening early later half bit lots start started end tell
        told ask asked four five six seven eight nine ten second third hrs hr mins yeah ok okay hi hello
    """,
    "es": """
        a al algo alguien algún alguna algunas alguno algunos allí ante antes aquel aquella aquellas aquello aquellos
        aquí así aún aunque ayer bajo bastante bien cada casi como cómo con contra cual cuál cuales cualquier cuando
        cuándo cuanto de debe deben debajo del desde después donde dónde dos durante e el él ella ellas ellos en
        encima entonces entre era eran es esa esas ese eso esos está están esta estaba estado estamos estar estas este
        esto estos estoy fue fueron gran grande ha había hace hacen hacer hacia han hasta hay he hemos hoy incluso ir
        la las le les lo los luego más mañana me mejor menos mi mí mientras mis mismo misma mucha muchas mucho muchos
        muy nada nadie ni ningún ninguna no nos nosotros nuestra nuestras nuestro nuestros nueva nuevas nuevo nuevos
        nunca o os otra otras otro otros para pero poco pocos por porque primera primero puede pueden pues que qué
        quien quién quienes se sea según ser será si sí siempre sin sino sobre solo sólo somos son su sus tal también
        tan tanto te tenemos tener tengo ti tiene tienen toda todas todavía todo todos tras tres tu tú tus un una unas
        uno unos usted ustedes va vamos van vez veces y ya yo día días semana semanas mes meses año años hora horas
        gente cosa cosas lunes martes miércoles jueves viernes sábado domingo minuto minutos tarde tardes primeros
        última último últimas últimos cuatro cinco seis siete ocho nueve diez segunda segundo quiero quiere ver
        gracias feliz soy eres ahora voy puedo bueno buena buenos buenas dice dicen favor
    """,
    "fr": """
        a à afin ai aie ainsi alors après as assez au aucun aucune aujourd'hui aussi autant autre autres aux avaient
        avait avant avec avez avoir avons beaucoup bien bon c ça car ce ceci cela celle celles celui cent ces cet
        cette ceux chaque chez comme comment contre d dans de déjà demain depuis dernier dernière des deux devant dit
        doit donc dont du durant elle elles en encore entre es est et étaient étais était étant été être eu eux fait
        faire faut fois font hier hui ici il ils j je jour jours jusqu jusque l la là laquelle le lequel les leur
        leurs lors lorsque lui m ma mais malgré me même mêmes mes mieux moi moins mois mon n ne ni non nos notre nôtre
        nous nouveau nouveaux nouvelle nouvelles on ont ou où par parce parmi pas pendant peu peut peuvent peux plus
        plusieurs plutôt pour pourquoi près presque puis qu quand que quel quelle quelles quelque quelques quels qui
        quoi s sa sans sauf se selon semaine semaines sera seront ses si sien soit sommes son sont sous souvent suis
        sur surtout t ta tandis tant te tel telle tellement tes toi ton toujours tous tout toute toutes très trois
        trop tu un une va vais vers voici voilà vont vos votre vous vu y an ans année années heure heures gens chose
        choses lundi mardi mercredi jeudi vendredi samedi dimanche minute minutes matin soir dernières derniers
        premier première quatre cinq sept huit neuf dix deuxième merci bonjour bonne bons bonnes vraiment aller voir
        rien jamais oui
    """,
    "de": """
        ab aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf aus außer bald bei
        beim bereits bin bis bist da dabei dadurch dafür dagegen daher damit danach dann daran darauf daraus darf
        darüber darum das dass davon davor dazu dein deine dem den denen denn dennoch der deren des deshalb dessen
        dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines
        einfach einige einigen einmal er es etwa etwas euch euer eure fast für ganz gar gegen gegenüber gehen geht
        gerade gern gerne gibt gut habe haben hat hatte hatten heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem
        ihren ihrer im immer in ins irgend ist ja jede jedem jeden jeder jedes jedoch jemand jetzt kann kannst kein
        keine keinem keinen keiner können könnte könnten lang lange machen macht mal man manche mehr mein meine meinem
        meinen meiner mich mir mit möchte muss müssen musste nach nachdem neben nein neu neue neuem neuen neuer neues
        nicht nichts nie niemand noch nun nur ob oben oder ohne schon sehr sei seid sein seine seinem seinen seiner
        seit selbst sich sie sind so sogar solche soll sollen sollte sollten sondern sonst sowie über überhaupt um und
        uns unser unsere unserem unseren unserer unter viel viele vielen vielleicht vom von vor während wann war waren
        warum was weder weg wegen weil weiter welche welchem welchen welcher wem wen wenig wenn wer werde werden
        weshalb wie wieder wieso will wir wird wirklich wo wohl wollen worden wurde wurden würde würden zu zum zur
        zwar zwei zwischen drei tag tage tagen woche wochen monat monate jahr jahre jahren uhr stunde stunden leute
        menschen gestern morgen montag dienstag mittwoch donnerstag freitag samstag sonntag minute minuten abend
        heutige erste ersten letzte letzten vier fünf sechs sieben acht neun zehn zweite zweiten bitte danke echt
        sieht sehen kommt kommen gute guten guter gutes sicher ganze geben gemacht sagen sagt finde
    """,
}
# fmt: on
# Where a language is not known all lists hold, but for words that in English say something.
_SAY_SOMETHING = frozenset(
    tokens("art bras but car chat chose cosa die font gut hat hay lang man mine mal pour son ton tel war")
)
_OF_THE_WEB = frozenset(tokens("amp btw com gt html http https lt nbsp rt via www"))
_STOPS = {language: _OF_THE_WEB.union(tokens(words)) for language, words in _STOP.items()}
_STOPS[""] = (frozenset().union(*_STOPS.values()) - _SAY_SOMETHING) | _STOPS["en"]

LANGUAGES = ("en", "es", "fr", "de")
"""Of these the stop words and the plurals are known; in others words are counted as they stand."""


class Located(NamedTuple):
    """A word of a text: as the query language folds it, its number, and where it stands."""

    word: str
    code: int
    start: int
    end: int


def without_links(text: str) -> str:
    """The text with a number in place of each link, address of mail and handle."""
    return text if is_plain(text) else _NO_WORDS.sub(_INSTEAD, text)


def is_plain(text: str) -> bool:
    """Whether a text holds no link, address of mail or handle, so that its tokens are its words."""
    return not any(sign in text for sign in (_SIGNS[:4] if text.isascii() else _SIGNS))


def words(text: str) -> list[str]:
    """The folded words of a text without links and handles."""
    return tokens(without_links(text))


def located(text: str, language: str | None) -> tuple[str, list[Located]]:
    """The beginning of a text without links, and its words with their places in it."""
    said = without_links(text[:MOST_CHARACTERS])
    numbers = _NUMBERS[_known(language)]
    return said, [
        Located(word, numbers[word], start, end)
        for word, (start, end) in zip(tokens(said), places_of_words(said), strict=True)
    ]


def code(word: str, language: str | None) -> int:
    """The number of a folded word; ``BREAK`` where it is a number."""
    return _NUMBERS[_known(language)][word]


def codes(title: Sequence[str], text: Sequence[str], language: str | None) -> bytes:
    """The terms of a text: its words' numbers in order, four bytes each, the lowest first.

    ``title`` and ``text`` are ``words`` of each; a break stands between them. ``unpack`` is the way back.
    """
    number_of = _NUMBERS[_known(language)].__getitem__
    numbers = [*map(number_of, title), BREAK, *map(number_of, text)] if title else list(map(number_of, text))
    del numbers[MOST_WORDS:]
    first = dict(zip(reversed(numbers), range(len(numbers) - 1, -1, -1), strict=True))
    for place in set(range(len(numbers))).difference(first.values()):
        numbers[place] |= REPEATED
    packed = array("I", numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(packed: bytes) -> tuple[int, ...]:
    """The numbers of ``codes``."""
    return struct.unpack(f"<{len(packed) // 4}I", packed)


def own_codes(names: Iterable[str]) -> frozenset[int]:
    """The numbers of all words of some names, whatever language a text is in."""
    return frozenset(
        number & _WORD
        for name in names
        for word in words(name)
        for language in ("", *LANGUAGES)
        if (number := _NUMBERS[language][word])
    )


def _known(language: str | None) -> str:
    short = language[:2].lower() if language else ""
    return short if short in LANGUAGES and (language or "")[2:3] in ("", "-", "_") else ""


class _Numbers(dict[str, int]):
    """The number of each word in a language; fills itself as words come, and begins anew when it has grown large."""

    MOST = 200_000

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stop = _STOPS[language]
        self._language = language

    def __missing__(self, word: str) -> int:
        if len(self) >= self.MOST:
            self.clear()
        self[word] = number = self._number(word)
        return number

    def _number(self, word: str) -> int:
        if word[0].isdigit():
            return BREAK
        if not word.isascii() and is_character_word(word):
            return CHARACTER | _hash(word)
        if len(word) <= 2 or word in self._stop:
            return SMALL | _hash(word)
        return _hash(fold(word, self._language))


def _hash(word: str) -> int:
    return (crc32(word.encode()) & _WORD) or 1


# Plurals. What folding leaves need not be a word; it must be the same for the forms of one word, and should differ for
# different words. A word that is in doubt stays as it is.

_NEVER = frozenset(tokens("news means goods customs series species lens"))
_FRENCH_AIL = {"travaux": "travail", "vitraux": "vitrail", "baux": "bail", "coraux": "corail"}
_GERMAN_EN = ("ungen", "heiten", "keiten", "schaften", "ionen", "taten")
_SHORTEST = 4


def fold(word: str, language: str) -> str:
    """What the forms of a word have in common; ``word`` is folded as in the query language.

    English: -s, -es after a hissing sound, -ies. Spanish: -s, -es, -ces. French: -s, -x after u, -aux. German: -en
    beside -e (Brücken), after -ung, -heit and the like, -innen, and -s. Other plurals of German stay apart, but for
    those in ``near.txt``, where words that mean nearly the same stand for each other.
    """
    if len(word) < _SHORTEST or word in _NEVER:
        return _near(language).get(word, word)
    one = _FOLDS.get(language, _english)(word)
    return _near(language).get(one, one)


@cache
def _near(language: str) -> Mapping[str, str]:
    """For a folded word the one that stands for its group of near-synonyms (``near.txt``)."""
    wanted = language if language in _FOLDS else "en"
    found: dict[str, str] = {}
    name = ""
    for line in files(__package__).joinpath("near.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and name == wanted:
            first, *others = (_one_number(word, wanted) for word in tokens(line))
            found |= dict.fromkeys(others, first)
            found.pop(first, None)
    return found


def _one_number(word: str, language: str) -> str:
    return word if len(word) < _SHORTEST or word in _NEVER else _FOLDS[language](word)


def _english(word: str) -> str:
    if word.endswith("ies") and len(word) > _SHORTEST:
        return word[:-3] + "y"
    if word.endswith("ie") and len(word) > _SHORTEST:
        return word[:-2] + "y"  # movie as movies
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    hissing = ("sse", "she", "che", "xe", "zze", "oe")
    if len(word) > 3 and (word.endswith(hissing) or (word.endswith("use") and word[-4] not in "ao")):
        word = word[:-1]  # classes as class, caches as cache, buses as bus
    return word


def _spanish(word: str) -> str:
    if word.endswith(("ces", "ce")):
        return word.removesuffix("s")[:-2] + "z"  # luces as luz
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word  # árboles as árbol, and so calles and calle too


def _french(word: str) -> str:
    if word in _FRENCH_AIL:
        return _FRENCH_AIL[word]
    if word.endswith("eaux"):
        return word[:-1]
    if word.endswith("aux") and len(word) > _SHORTEST:
        return word[:-2] + "l"  # journaux as journal
    if word.endswith("ux") or (word.endswith("s") and not word.endswith(("ss", "us", "is"))):
        return word[:-1]
    return word


def _german(word: str) -> str:
    if word.endswith(_GERMAN_EN) and len(word) > 6:
        return word[:-2]
    if word.endswith("innen") and len(word) > 6:
        return word[:-3]
    if word.endswith("en") and len(word) > 5:
        return word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_FOLDS = {"en": _english, "es": _spanish, "fr": _french, "de": _german}
_NUMBERS = {language: _Numbers(language) for language in ("", *LANGUAGES)}


def phrases_of(found: Sequence[Located], wanted: Sequence[int]) -> Iterator[tuple[Located, ...]]:
    """Where some words stand side by side in a text, by their numbers."""
    length = len(wanted)
    first = wanted[0]
    for place, word in enumerate(found):
        if word.code == first and place + length <= len(found):
            run = tuple(found[place : place + length])
            if all(one.code == number for one, number in zip(run, wanted, strict=True)):
                yield run
