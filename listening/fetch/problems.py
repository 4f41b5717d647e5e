"""What went wrong on the way, put into sentences. No sentence holds more of an address than its host."""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
from yarl import URL

from listening.errors import FeedError, FeedUnreachable, FeedUnreadable

_LATER = "The next run tries again."
_OTHER_SIDE = f"The server may be down for a while. {_LATER}"
_NETWORK = "Check this machine's network, VPN and proxy settings."

# OpenSSL's X509_V_ERR_* numbers.
_CERTIFICATE = {
    9: "is not valid yet; is this machine's clock right?",
    10: "has expired.",
    18: "is signed by nobody but itself.",
    19: "is signed by an authority that this machine does not know.",
    20: "is signed by an authority that this machine does not know.",
    21: "is signed by an authority that this machine does not know.",
    23: "was withdrawn by its authority.",
    62: "is for another name.",
    64: "is for another address.",
}

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def too_slow_to_connect(host: str, seconds: float) -> FeedUnreachable:
    """The server (or the name service before it) did not get as far as a connection in time."""
    return FeedUnreachable(f"{host} did not take the connection within {seconds:g} seconds.", _OTHER_SIDE)


def too_slow_to_answer(host: str, seconds: float) -> FeedUnreachable:
    """The answer did not end in time."""
    return FeedUnreachable(f"{host} did not finish its answer within {seconds:g} seconds.", _OTHER_SIDE)


def explain(error: Exception, host: str, port: int, proxy: URL | None) -> FeedError:
    """The sentence for an error of the HTTP library or of the system."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return FeedUnreachable(
            f"The proxy of this network does not let us ask {host} (status {error.status}).", _NETWORK
        )
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return FeedUnreachable(f"The proxy of this network{_named(proxy)} could not be reached.", _NETWORK)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        if proxy is not None:
            return FeedUnreachable(f"The proxy of this network{_named(proxy)} could not be found.", _NETWORK)
        return _name_problem(error, host)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate_problem(error.certificate_error, host)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return FeedUnreachable(
            f"{host} could not agree with this program on a secure connection.",
            "Check that the address should begin with https, not http, and its port.",
        )
    if isinstance(error, aiohttp.ClientResponseError):
        return FeedUnreadable(f"{host} answered with something that is not HTTP.", "Check the address and its port.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return FeedUnreachable(f"{host} broke off in the middle of its answer.", _LATER)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return FeedUnreachable(f"{host} closed the connection without an answer.", _OTHER_SIDE)
    if isinstance(error, aiohttp.InvalidURL):
        return FeedUnreachable(f"The address with the host {host} cannot be used.", "Check how it is written.")
    if isinstance(error, OSError):
        return _connection_problem(error, host, port)
    return FeedUnreachable(f"The connection to {host} failed ({type(error).__name__}).", _LATER)


def _named(proxy: URL | None) -> str:
    return f" ({proxy.host})" if proxy is not None and proxy.host else ""


def _name_problem(error: aiohttp.ClientConnectorDNSError, host: str) -> FeedUnreachable:
    if error.os_error.errno in _NO_SUCH_NAME:
        return FeedUnreachable(f"There is no server named {host}.", "Check the address; the site may have moved.")
    return FeedUnreachable(f"The name {host} could not be looked up.", f"{_NETWORK} {_LATER}")


def _certificate_problem(error: Exception, host: str) -> FeedUnreachable:
    number = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else 0
    what = _CERTIFICATE.get(number, "could not be checked.")
    return FeedUnreachable(
        f"The certificate of {host} {what}",
        "Nothing was read, since we cannot be sure who answers. Only whoever runs the server can mend this.",
    )


def _connection_problem(error: OSError, host: str, port: int) -> FeedUnreachable:
    if error.errno == errno.ECONNREFUSED:
        return FeedUnreachable(f"{host} refuses connections on port {port}.", _OTHER_SIDE)
    if error.errno in _NO_WAY:
        return FeedUnreachable(f"There is no way from this network to {host}.", _NETWORK)
    if error.errno in (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED):
        return FeedUnreachable(f"{host} broke the connection off.", _OTHER_SIDE)
    return FeedUnreachable(f"The connection to {host} failed ({type(error).__name__}).", _LATER)
