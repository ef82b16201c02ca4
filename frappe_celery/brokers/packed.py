"""Compressed bodies, unpacked as far as a bound: 650 bytes of bzip2 can be gigabytes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from kombu import compression

from frappe_celery.errors import Refused

MOST_BYTES = 64 * 1024 * 1024
_UNPACKERS: dict[Any, tuple[str, str]] = {
    "application/x-gzip": ("zlib", "decompressobj"),
    "application/x-bz2": ("bz2", "BZ2Decompressor"),
    "application/x-lzma": ("lzma", "LZMADecompressor"),
    "application/zstd": ("kombu.compression", "zstd"),
}
"""By what Celery's `compression` header says: those that stop where they are told to."""


def unpack(body: bytes, kind: Any) -> bytes:
    """What was packed.

    Raises:
        Refused: it is too large, or of a kind that cannot be bounded.
        Exception: it is broken.
    """
    if not isinstance(kind, str) or kind not in _UNPACKERS:
        known = ", ".join(_UNPACKERS)
        raise Refused(f"its compression {kind!r} cannot be bounded: send it with one of {known}")
    plain = _unpacker(kind)(body, MOST_BYTES + 1)
    if len(plain) > MOST_BYTES:
        raise Refused(
            f"unpacked it has more than {MOST_BYTES:,} bytes: put the data into a file or a"
            " document, and send its name"
        )
    return plain


def _unpacker(kind: str) -> Callable[[bytes, int], bytes]:
    module, name = _UNPACKERS[kind]
    made: Any = getattr(import_module(module), name)
    if made is not getattr(compression, "zstd", None):
        return made().decompress
    unpacker = made.ZstdDecompressor()
    if hasattr(unpacker, "stream_reader"):  # of the package zstandard, which kombu 5.6 takes
        return lambda body, most: bytes(unpacker.stream_reader(body).read(most))
    return unpacker.decompress
