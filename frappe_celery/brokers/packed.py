"""Compressed bodies, unpacked as far as a bound: 650 bytes of bzip2 can be gigabytes."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import Any

from kombu import compression

from frappe_celery.errors import Refused

MOST_BYTES = 64 * 1024 * 1024
_UNPACKERS = {
    "application/x-gzip": "zlib.decompressobj",
    "application/x-bz2": "bz2.BZ2Decompressor",
    "application/x-lzma": "lzma.LZMADecompressor",
    "application/zstd": "zstd.ZstdDecompressor",
}
"""By Celery's `compression` header, of what kombu has those that stop where they are told to."""


def unpack(body: bytes, kind: Any) -> bytes:
    """What was packed.

    Raises:
        Refused: it is too large, or of a kind that cannot be bounded.
        Exception: it is broken.
    """
    try:
        unpacker = attrgetter(_UNPACKERS[kind])(compression)()
    except (KeyError, TypeError, AttributeError):
        known = ", ".join(_UNPACKERS)
        raise Refused(f"its compression {kind!r} cannot be bounded: send it by {known}") from None
    read = partial(unpacker.decompress, body)
    if hasattr(unpacker, "stream_reader"):  # of the package zstandard, which kombu 5.6 takes
        read = unpacker.stream_reader(body).read
    plain = bytes(read(MOST_BYTES + 1))
    if len(plain) > MOST_BYTES:
        most = f"{MOST_BYTES:,} bytes"
        raise Refused(f"unpacked it has more than {most}: put it into a file, and send its name")
    return plain
