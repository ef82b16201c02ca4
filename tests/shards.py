"""The files of tests in parts, for machines that run one each."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

HERE = Path(__file__).parents[1]


def is_in_shard(file: Path, shard: str) -> bool:
    """Whether `2/4` has it: each file is in one of the four, on every machine in the same."""
    part, parts = map(int, shard.split("/"))
    return crc32(str(file.relative_to(HERE)).encode()) % parts == part - 1
