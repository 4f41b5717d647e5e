"""Markup to plain text, and addresses to one spelling.

Everything here takes what strangers wrote, never raises, and works in time that grows with the length of the input.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit

MOST_CHARACTERS = 50_000
"""A text longer than this is cut and ends with an ellipsis."""

MOST_MARKUP = 500_000
"""Markup beyond this many characters is not looked at."""

MOST_ADDRESS = 4_096

# While markup is read, these two stand for a line break and for a list item's dash. They are cut out of the input
# first, and no entity resolves to them.
_BREAK, _DASH = "\x02", "\x01"

# Invisible in print, but able to split a keyword, to hide a word or to turn the line around: control characters
# (the ones that count as white space are collapsed elsewhere), soft hyphens, zero-width and bidi characters, and lone
# surrogates, which no store can write. A joiner stays after letters beyond Latin: emoji and Persian need it.
_INVISIBLE = re.compile(
    "[\x00\x03-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_JOINER = re.compile("(?<![\u0300-\U0010ffff])[\u200c\u200d]+")
_ASCII_INVISIBLE = re.compile("[\x00\x03-\x08\x0e-\x1b\x7f]")

# A tag never reaches over the next "<": that keeps the search linear on hostile input, where every "<" starts anew.
# The second branch is for unbalanced quotes. "<jane@herald.example>" and "<https://...>" are not tags.
_NAME = r"[a-zA-Z][a-zA-Z0-9_-]*+(?::[a-zA-Z0-9_-]++)?+"
_TAG = re.compile(
    rf"<(?:(/?{_NAME})(?=[\s/>\"'])(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+>)|[!?][a-zA-Z\[][^<>]*+>)"
)

# Markup that broke off: "<a href=..." without its end, or a closing tag cut at the end of the text.
_BROKEN = re.compile(rf"<{_NAME}\s+[a-zA-Z_:-]++\s*+=[^<>]*+|</[a-zA-Z]*+\s*+\Z")

_OPENING = re.compile(r"<(?=[a-zA-Z/!?])")
_HUGE_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")
_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z]{2,8});")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


_LINE = _words(
    "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr legend main nav ol p pre section summary table tbody tfoot thead tr ul"
)
_GAP = _words("td th option button")
_DROPPED = _words("script style template head noscript iframe object svg select textarea")

_INSTEAD = dict.fromkeys(_LINE, _BREAK) | {f"/{name}": _BREAK for name in _LINE}
_INSTEAD |= dict.fromkeys(_GAP, " ") | {"li": f"{_BREAK}{_DASH}", "/li": _BREAK}


def plain(markup: str) -> str:
    """Turn markup into plain text: lines for blocks, "- " for list items, entities resolved, no tag left.

    Line breaks of the source are kept only where it holds no tag, because there they are meant.
    """
    if "<" not in markup and "&" not in markup:
        return tidy(markup)
    text = _visible(markup[:MOST_MARKUP].replace(_BREAK, "").replace(_DASH, ""))
    # Feeds escape once too often: what still is markup after its entities are resolved gets one more round.
    for _ in range(2):
        if "<" in text:
            text = _without_tags(text)
        if "&" not in text:
            break
        text = _visible(_resolved(text))
        if _TAG.search(text) is None and _ENTITY.search(text) is None:
            break
    text = _with_dashes(text).replace(_BREAK, "\n")  # before the last look: "<b" and ">" may stand around a break
    if "<" in text:
        # A blank in its place, so that what stood around the tag does not become one.
        text = _BROKEN.sub(" ", _TAG.sub(" ", text))
        if _TAG.search(text):  # tags inside tags
            text = _OPENING.sub("< ", text)
    return _collapsed(text)


def tidy(text: str) -> str:
    """Clean text that is plain already: blanks collapsed, empty lines and what cannot be seen dropped, NFC, bounded."""
    return _collapsed(_visible(text[:MOST_MARKUP]).replace(_BREAK, "").replace(_DASH, ""))


def _collapsed(text: str) -> str:
    """Collapse blanks, drop empty lines, compose letters, cut what is too long."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\n" in text or "\r" in text:
        lines = (" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        text = "\n".join(line for line in lines if line)
    else:
        text = " ".join(text.split())
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - 1].rstrip() + "…"
    return text


def _visible(text: str) -> str:
    """Drop what cannot be seen."""
    if text.isascii():
        return _ASCII_INVISIBLE.sub("", text)
    text = _INVISIBLE.sub("", text)
    return _JOINER.sub("", text) if "\u200c" in text or "\u200d" in text else text


def _resolved(text: str) -> str:
    """Resolve entities; a reference too large to be a character vanishes (Python refuses to read such a number)."""
    if "&#" in text:
        text = _HUGE_REFERENCE.sub("", text)
    return _REFERENCE.sub(lambda found: _character(found[0]), text)


@lru_cache(maxsize=2_048)
def _character(reference: str) -> str:
    """What one entity stands for; a text has few different ones, and they are slow to look up."""
    return html.unescape(reference)


def _without_comments(markup: str) -> str:
    """Cut comments out; one that never ends takes the rest along, as in a browser."""
    pieces = []
    position = 0
    while (start := markup.find("<!--", position)) >= 0:
        pieces.append(markup[position:start])
        end = markup.find("-->", start + 4)
        if end < 0:
            return "".join(pieces)
        position = end + 3
    pieces.append(markup[position:])
    return "".join(pieces)


def _without_tags(markup: str) -> str:
    """Replace every tag by what it does to the flow of the text."""
    if "<!" in markup:
        markup = _CDATA.sub("", _without_comments(markup))
    pieces = _TAG.split(markup)
    if len(pieces) == 1:
        return _BROKEN.sub(" ", markup)  # no tags, so that its line breaks are meant
    # Text stands at even places, the name of the tag between (None for <!...> and <?...>).
    names = [name.lower() if name else "" for name in pieces[1::2]]
    if not _DROPPED.isdisjoint(names):
        pieces = _without_dropped(pieces, names)
    else:
        pieces[1::2] = [_INSTEAD.get(name, "") for name in names]
    return "".join(pieces).replace("\r", " ").replace("\n", " ")


def _without_dropped(pieces: list[str], names: list[str]) -> list[str]:
    """Leave out scripts, styles and the like with all they hold."""
    last_end = {name: place for place, name in enumerate(names) if name.startswith("/")}
    shown = [pieces[0]]
    place = 0
    while place < len(names):
        name = names[place]
        if name in _DROPPED:
            if last_end.get(f"/{name}", -1) > place:
                place = names.index(f"/{name}", place)
            elif name in ("script", "style"):
                break  # never closed: the rest is code
        shown += _INSTEAD.get(names[place], ""), pieces[2 * place + 2]
        place += 1
    return shown


def _with_dashes(text: str) -> str:
    """Write list items as "- ", also where the item's text begins with a line of its own; empty items vanish."""
    if _DASH not in text:
        return text
    first, *items = text.split(_DASH)
    shown = (item.strip(f"{_BREAK} ") for item in items)
    return _BREAK.join([first, *(f"- {item}" for item in shown if item)])


_CANONICAL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[A-Za-z0-9_~/+,;=@-]*+(?:\.[A-Za-z0-9]+)?")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_UNSAFE = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]")
_CLEAN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]*")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_JUNK = re.compile(r"[\x00-\x20\x7f-\x9f\u200b\u2028\u2029\ufeff\ud800-\udfff]")

# Parameters that say how a reader came, never what is read.
_TRACKING = _words(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid li_fat_id igshid igsh mc_cid mc_eid mkt_tok "
    "_hsenc _hsmi hsctatracking __hstc __hssc __hsfp vero_id vero_conv oly_anon_id oly_enc_id _openstat wickedid "
    "s_cid cmpid ns_campaign ns_mchannel ns_source ns_linkname ns_fee at_medium at_campaign at_custom1 at_custom2 "
    "at_custom3 at_custom4 at_bbc_team at_link_id at_link_type at_link_origin at_format at_ptr_name ref_src ref_url "
    "guccounter guce_referrer guce_referrer_sig xtor ito ftag smid sref srnd trk trkcampaign _ga _gl"
)


def canonical_url(url: str, base: str = "") -> str:
    """Write an address in one spelling, without tracking; empty if it is no http(s) address.

    ``base`` is the page that a relative address is relative to.
    """
    if _CANONICAL.fullmatch(url):
        return url
    try:
        return _canonical(url, base)
    except ValueError:  # a bracket, a port or a host that no address can have (UnicodeError is one too)
        return ""


def _canonical(url: str, base: str) -> str:
    url = url.strip()
    if not url:
        return ""
    if base and not url.lower().startswith(("http://", "https://")):
        url = urljoin(base, url)
    # Blanks, line breaks and the like inside an address are typing mistakes, except in paths, where they are blanks.
    url = _JUNK.sub(lambda found: "%20" if found[0] == " " else "", url)
    if len(url) > MOST_ADDRESS:
        return ""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".").lower()
    if scheme not in ("http", "https") or not host:
        return ""
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = host.encode("idna").decode("ascii").lower()
    if not _HOST.fullmatch(host):
        return ""
    port = parts.port
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        host = f"{host}:{port}"
    query = "&".join(
        part for part in parts.query.replace("&amp;", "&").split("&") if part and not _is_tracking(part.split("=")[0])
    )
    address = f"{scheme}://{host}{_escaped(parts.path) or '/'}"
    if not address.startswith(f"{scheme}://{host}/"):
        return ""
    return f"{address}?{_escaped(query)}" if query else address


def _is_tracking(name: str) -> bool:
    name = (unquote(name) if "%" in name else name).lower()
    return name in _TRACKING or name.startswith("utm_")


def _escaped(part: str) -> str:
    """Escape what must be escaped, and nothing that need not be, with capital digits."""
    if _CLEAN.fullmatch(part):
        return part
    part = _STRAY_PERCENT.sub("%25", part)
    part = _UNSAFE.sub(lambda found: quote(found[0], safe=""), part)
    return _ESCAPE.sub(_one_escape, part)


def _one_escape(found: re.Match[str]) -> str:
    character = chr(int(found[0][1:], 16))
    if character.isascii() and (character.isalnum() or character in "-._~"):
        return character
    return found[0].upper()
