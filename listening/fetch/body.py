"""The body of an answer, read and unpacked bit by bit, so that no answer can fill the memory."""

from __future__ import annotations

import io
import zlib
from collections.abc import AsyncIterator, Mapping

from listening.errors import FeedUnreadable

_STEP = 256 * 1024  # bytes unpacked at a time

# Not compressions at all, but what servers write there by mistake.
_NO_COMPRESSION = frozenset({"", "identity", "none", "utf-8", "utf8", "binary", "7bit", "8bit"})
_COMPRESSIONS = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


def compression(headers: Mapping[str, str]) -> str:
    """How the body is compressed: "gzip", "deflate" or ""; FeedUnreadable if in any other way, or more than once."""
    said = [word.strip().lower() for word in headers.get("content-encoding", "").split(",")]
    named = [word for word in said if word not in _NO_COMPRESSION]
    if not named:
        return ""
    if len(named) > 1 or named[0] not in _COMPRESSIONS:
        name = "".join(letter for letter in ", ".join(named) if letter.isprintable())[:40]
        raise FeedUnreadable(
            f"The answer is compressed in a way that we did not ask for ({name}).",
            "Tell whoever runs the feed that only gzip was asked for; the next run tries again.",
        )
    return _COMPRESSIONS[named[0]]


async def read_body(pieces: AsyncIterator[bytes], headers: Mapping[str, str], max_bytes: int) -> bytes:
    """The unpacked body, of at most ``max_bytes``; FeedUnreadable if it is larger or cannot be unpacked."""
    unpacker = Unpacker(compression(headers), max_bytes)
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and len(announced) < 20:
        unpacker.expect(int(announced))
    async for piece in pieces:
        unpacker.feed(piece)
        if unpacker.done:
            break
    return unpacker.finish()


class Unpacker:
    """Unpacks a body that comes in pieces; ``done`` once nothing that follows can matter."""

    def __init__(self, compression: str, max_bytes: int) -> None:
        self.done = False
        self._compression = compression
        self._max_bytes = max_bytes
        # Compressing what cannot be compressed adds a little, an endless stream that unpacks to nothing adds a lot.
        self._max_received = 2 * max_bytes + 1024 if compression else max_bytes
        self._received = 0
        self._size = 0
        self._body = io.BytesIO()
        self._held = b""  # a first byte that does not yet tell the format
        self._stream: zlib._Decompress | None = None
        self._streams_ended = 0
        self._is_gzip = False

    def expect(self, announced: int) -> None:
        """Refuse an answer that is announced as too large before any of it is read."""
        if announced > self._max_received:
            raise self._too_large()

    def feed(self, piece: bytes) -> None:
        """Take the next piece as it came over the wire."""
        self._received += len(piece)
        if self._received > self._max_received:
            raise self._too_large()
        if self._compression:
            self._unpack(piece)
        else:
            self._add(piece)

    def finish(self) -> bytes:
        """The whole body; FeedUnreadable if its end is missing."""
        if self._stream is not None or (self._held and not self._streams_ended):
            raise FeedUnreadable(
                "The compressed answer ends half way.", "The next run tries again; nothing of it was used."
            )
        return self._body.getvalue()

    def _unpack(self, piece: bytes) -> None:
        data = self._held + piece
        self._held = b""
        while not self.done:
            if self._stream is None:
                if len(data) < 2:
                    self._held = data
                    return
                self._stream = self._open(data)
                if self._stream is None:
                    self.done = True  # something after the end: servers pad, and nobody minds
                    return
            # One byte over the limit is enough to know that it is too large; 0 would mean "no limit" to zlib.
            most = min(_STEP, self._max_bytes - self._size + 1)
            try:
                unpacked = self._stream.decompress(data, most)
            except zlib.error:
                raise _bad_compression() from None
            self._add(unpacked)
            if self._stream.eof:
                data = self._stream.unused_data
                self._stream = None
                self._streams_ended += 1
            else:
                data = self._stream.unconsumed_tail
                if not data and len(unpacked) < most:
                    return

    def _open(self, head: bytes) -> zlib._Decompress | None:
        """Start on a stream by its first two bytes; None if what follows a complete one is not another."""
        is_gzip = head[:2] == b"\x1f\x8b"
        if self._streams_ended:
            return zlib.decompressobj(31) if is_gzip and self._is_gzip else None
        self._is_gzip = is_gzip
        if is_gzip:
            return zlib.decompressobj(31)
        if head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0:
            return zlib.decompressobj(15)
        if self._compression == "deflate":
            return zlib.decompressobj(-15)  # many servers send it bare, without the header of RFC 1950
        raise _bad_compression()

    def _add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max_bytes:
            raise self._too_large()
        self._body.write(data)

    def _too_large(self) -> FeedUnreadable:
        limit = f"{self._max_bytes / 1e6:g} MB" if self._max_bytes >= 1e5 else f"{self._max_bytes} bytes"
        return FeedUnreadable(
            f"The answer is larger than {limit}.",
            "Check that the address is that of a feed; if it is, ask its owner for one with fewer entries.",
        )


def _bad_compression() -> FeedUnreadable:
    return FeedUnreadable(
        "The answer says that it is compressed, but it cannot be unpacked.",
        "The next run tries again; if this stays, tell whoever runs the feed.",
    )
