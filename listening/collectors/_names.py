"""Names of elements and namespaces, and what feedparser makes of them: the tables of the fast reader."""

from __future__ import annotations

import re

ATOM = "http://www.w3.org/2005/Atom"

# Namespaces that feedparser knows. Those that it takes for plain RSS or that bring markup are not here, so that their
# documents are handed over.
PREFIXES = {
    "": "",
    ATOM.lower(): "",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://wellformedweb.org/commentapi/": "wfw",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://backend.userland.com/creativecommonsrssmodule": "creativecommons",
    "http://www.georss.org/georss": "georss",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://purl.org/syndication/thread/1.0": "thread",
}
HANDED_OVER = re.compile(
    r"https?://(?:purl\.org/(?:rss/1\.0/(?:modules/rss091#)?$|atom/|echo/|pie/|net/rss)|backend\.userland\.com/rss|"
    r"blogs\.law\.harvard\.edu/tech/rss|my\.netscape\.com/|example\.com/|www\.w3\.org/|www\.opengis\.net/|"
    r"podlove\.org/|creativecommons\.org/|web\.resource\.org/|cyber\.law\.harvard\.edu/|webns\.net/|"
    r"backend\.userland\.com/creativecommons)|uri/of/echo/"
)
HANDED_OVER_PREFIXES = frozenset(
    {"xhtml", "rdf", "cc", "creativecommons", "gml", "psc", "xlink", "xml", "admin", "thr"}
)

# What an element of an entry does; what is not named here is passed over if it has no children.
ACTIONS = {
    "title": "title",
    "dc:title": "title",
    "media:title": "media title",
    "link": "link",
    "guid": "id",
    "id": "id",
    "description": "summary",
    "summary": "summary",
    "dc:description": "summary",
    "media:description": "summary",
    "itunes:summary": "summary",
    "content": "content",
    "content:encoded": "content",
    "author": "author",
    "dc:creator": "author",
    "dc:author": "author",
    "itunes:author": "author",
    "pubdate": "published",
    "published": "published",
    "issued": "published",
    "dcterms:issued": "published",
    "updated": "updated",
    "modified": "updated",
    "lastbuilddate": "updated",
    "dc:date": "updated",
    "dcterms:modified": "updated",
    "created": "created",
    "dcterms:created": "created",
    "source": "source",
    "contributor": "contributor",
    "dc:language": "language",
    "slash:comments": "comments",
    "thread:total": "thread total",
    "thread:in-reply-to": "reply",
    "feedburner:origlink": "original link",
    "media:group": "group",
    "media:content": "group",
    "media:community": "group",
    "media:rating": "rating",
    "media:statistics": "statistics",
    "media:starrating": "ratings",
}
ACTIONS |= dict.fromkeys(
    # feedparser keeps books on these, or they would take the place of something that is read.
    [
        "image",
        "textinput",
        "name",
        "width",
        "height",
        "url",
        "homepage",
        "uri",
        "email",
        "tagline",
        "info",
        "abstract",
        "body",
        "fullitem",
        "item",
        "entry",
        "channel",
        "feed",
        "rss",
        "language",
        "webmaster",
        "managingeditor",
        "newlocation",
        "svg",
        "math",
        "div",
        "cloud",
        "href",
        "authors",
        "links",
        "tags",
        "items",
        "entries",
        "author_detail",
        "title_detail",
        "summary_detail",
        "content_detail",
        "date",
        "date_parsed",
        "published_parsed",
        "updated_parsed",
        "created_parsed",
        "media_rating",
        "media_statistics",
        "media_starrating",
        "slash_comments",
        "thr_total",
        "thr_in-reply-to",
        "feedburner_origlink",
        "news_source",
        "news:source",
        "guidislink",
        "itunes:owner",
        "itunes:name",
        "itunes:email",
        "feedburner:browserfriendly",
    ],
    "hand over",
)
CONTAINERS = frozenset({"image", "textinput", "skiphours", "skipdays", "author", "contributor"})
