"""Where a request may go: addresses read and redacted, the inside of this network kept from redirects, proxies."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import re
import socket
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote_plus
from urllib.request import getproxies, proxy_bypass

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from listening.errors import FeedInside, FeedUnreachable
from listening.models import Request

Address = IPv4Address | IPv6Address
IsInside = Callable[[Address], bool]

HIDDEN = "***"
"""What stands in place of a secret."""

ALWAYS_SECRET = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "auth",
        "client_secret",
        "key",
        "password",
        "secret",
        "sig",
        "signature",
        "token",
    }
)
"""Query parameters that are hidden in words and logs even where nobody said that they are secret."""

_SHORTEST_SECRET = 6  # a shorter value turns up in harmless parameters by chance

# Sent exactly as it is written; anything else is quoted first.
_PLAIN_ADDRESS = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(r"[A-Za-z0-9._:%~-]+")

_INSIDE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # the metadata service of one cloud provider; Python 3.11 knows it only in part
        "168.63.129.16/32",  # that of another, at an address that looks public
        "::/96",  # the old way to write an IPv4 address as IPv6
    )
)
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: the last 32 bits are the IPv4 address


def parse_address(text: str) -> URL:
    """An address without its fragment; ValueError if it cannot be read."""
    text = text.strip()
    if not text.isprintable():  # a line break would be dropped silently, and glue two parts together
        raise ValueError("an address has no control characters")
    return URL(text, encoded=bool(_PLAIN_ADDRESS.fullmatch(text))).with_fragment(None)


def without_login(url: URL) -> URL:
    """The address without user name and password."""
    return url.with_user(None) if url.raw_user or url.raw_password else url


def is_usable(url: URL) -> bool:
    """Whether the address names a host in a form that can be looked up."""
    return bool(url.raw_host and _HOST.fullmatch(url.raw_host))


def host_and_port(url: URL) -> tuple[str, int]:
    """The host, lower case and without a closing dot, and the port."""
    return (url.raw_host or "").lower().rstrip("."), url.port or 0


def same_place(before: URL, after: URL) -> bool:
    """Whether credentials for one address may go to the other: one host, and the same port or http turned https."""
    if (before.scheme, *host_and_port(before)) == (after.scheme, *host_and_port(after)):
        return True
    upgraded = (before.scheme, before.port, after.scheme, after.port) == ("http", 80, "https", 443)
    return upgraded and host_and_port(before)[0] == host_and_port(after)[0]


def same_host(first: str, then: str) -> bool:
    """Whether what was meant for the first address (a token, trust) may be used for the other, as a redirect judges."""
    try:
        before, after = parse_address(first), parse_address(then)
        return is_usable(before) and is_usable(after) and same_place(before, after)
    except ValueError:
        return False


def literal_address(host: str) -> Address | None:
    """The IP address that a host name spells out, in any form that a system's own look-up would take, else None."""
    host = host.rstrip(".").replace("%25", "%")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # 2130706433, 0x7f.1, 0177.0.0.1
    except (OSError, UnicodeError):
        return None


def is_inside(address: Address) -> bool:
    """Whether an address is this machine, a private or link-local network, or a cloud's metadata service."""
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            embedded = IPv4Address(int(address) & 0xFFFFFFFF)
        if embedded is not None:
            return is_inside(embedded)
        if address.is_site_local:
            return True
    if not address.is_global or address.is_multicast:
        return True
    return any(address in network for network in _INSIDE_NETWORKS) or _is_this_machine(address)


def _is_this_machine(address: Address) -> bool:
    """Whether a public address is one of this machine's own: then the way to it starts at itself (nothing is sent)."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return ipaddress.ip_address(probe.getsockname()[0]) == address
    except (OSError, ValueError):
        return False


def refuse_inside(host: str, is_inside: IsInside) -> None:
    """Raise FeedRefused if the host is written as an inside address, or is this machine's own name."""
    address = literal_address(host)
    name = host.lower().rstrip(".")
    if (address is not None and is_inside(address)) or name == "localhost" or name.endswith(".localhost"):
        raise leads_inside(host)


def leads_inside(host: str) -> FeedInside:
    """The error for a public address that leads to this machine or into this network."""
    return FeedInside(
        f"It leads to {host}, an address inside this network, which a public feed has no business doing.",
        "Nothing was asked there. If the feed really is inside, name its own address in the settings.",
    )


class SystemNames(AbstractResolver):
    """Looks names up as the operating system does, in threads of its own so that one slow name holds up no other."""

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="listening-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host; OSError if there is none."""
        look_up = functools.partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        except UnicodeError as error:  # an empty part or one of over 63 letters: no such name can exist
            raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
        return [
            ResolveResult(
                hostname=host,
                host=_numeric_host(place),
                port=port,
                family=found_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found_family, _, protocol, _, place in found
        ]

    async def close(self) -> None:
        """Let go of the threads; a look-up still under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _numeric_host(place: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> str:
    """The IP address of a look-up's result, with its scope where it has one (link-local IPv6)."""
    host = str(place[0])
    if len(place) == 4 and place[3] and "%" not in host:
        return f"{host}%{place[3]}"
    return host


class OutsideNames(AbstractResolver):
    """Gives only the addresses of a name that lie outside: what is checked is exactly what is connected to."""

    def __init__(self, names: AbstractResolver, is_inside: IsInside) -> None:
        self._names = names
        self._is_inside = is_inside

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The outside addresses of a host; FeedRefused if all are inside, OSError if there is none."""
        found = await self._names.resolve(host, port, family)
        outside = [result for result in found if not self._is_inside(ipaddress.ip_address(result["host"]))]
        if found and not outside:
            raise leads_inside(host)
        return outside

    async def close(self) -> None:
        """The names belong to whoever gave them."""


def environment_proxy(url: URL) -> URL | None:
    """The proxy that the environment names for an address (may look a name up on Windows: call it in a thread)."""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass("{}:{}".format(*host_and_port(url))):
        return None
    try:
        address = URL(proxy if "://" in proxy else f"http://{proxy}")
        usable = address.scheme in ("http", "https") and is_usable(address)
    except ValueError:
        usable = False
    if not usable:
        raise FeedUnreachable(
            "The proxy that this machine's environment names cannot be used.",
            f"Set {url.scheme}_proxy to an address like http://proxy.example:3128, or unset it.",
        )
    return address


def secret_values(url: URL, secret: Collection[str]) -> tuple[str, ...]:
    """The values of the secret parameters of an address, as far as they are long enough to be told apart."""
    names = {name.casefold() for name in secret}
    values = (value for name, value in url.query.items() if name.casefold() in names)
    return tuple(value for value in values if len(value) >= _SHORTEST_SECRET)


def without_secrets(url: URL, secret: Collection[str], values: Collection[str]) -> URL:
    """The address without secret parameters, by their names or by what they hold."""
    names = {name.casefold() for name in secret}

    def harmless(parameter: str) -> bool:
        name, _, value = (unquote_plus(part) for part in parameter.partition("="))
        return name.casefold() not in names and not any(hidden in unquote_plus(value) for hidden in values)

    parameters = url.raw_query_string.split("&") if url.raw_query_string else []
    kept = [parameter for parameter in parameters if harmless(parameter)]
    if len(kept) == len(parameters):
        return url
    base = str(url.with_query(None))
    return URL(f"{base}?{'&'.join(kept)}" if kept else base, encoded=True)


def shown(url: str, request: Request) -> str:
    """An address that a request names or is sent to, as it may be shown."""
    if not request.secret_path:
        return redact(url, request.secret)
    try:
        parts = URL(url)
        return f"{parts.scheme}://{parts.host}/{HIDDEN}" if parts.scheme and parts.host else HIDDEN
    except ValueError:
        return HIDDEN


def redact(url: str, secret: Collection[str] = ()) -> str:
    """An address that may be shown: without login and fragment, the values of secret parameters hidden."""
    names = ALWAYS_SECRET | {name.casefold() for name in secret}
    before, mark, query = url.partition("#")[0].partition("?")
    before = re.sub(r"^([A-Za-z][\w+.-]*:)?//[^/]*@", rf"\1//{HIDDEN}@", before)

    def shown(parameter: str) -> str:
        name, equals, value = parameter.partition("=")
        return f"{name}={HIDDEN}" if equals and value and unquote_plus(name).casefold() in names else parameter

    whole = before + mark + "".join(shown(part) for part in re.split(r"([?&;])", query))
    return "".join(letter for letter in whole if letter.isprintable())  # a stranger wrote it, a terminal may show it
