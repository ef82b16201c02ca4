"""The parts that CI's machines run are all of the tests."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.shards import HERE, is_in_shard

FILES = sorted((HERE / "tests").rglob("test_*.py"))
WORKFLOW = HERE / ".github" / "workflows" / "tests.yml"


def in_shards(shards: list[str]) -> Counter[Path]:
    return Counter(file for shard in shards for file in FILES if is_in_shard(file, shard))


def test_each_file_is_in_one_of_the_shards_of_the_workflow() -> None:
    listed = re.search(r"shard: \[(.*)\]", WORKFLOW.read_text())
    assert listed
    assert in_shards(re.findall(r"\d+/\d+", listed[1])) == Counter(FILES)


def test_without_a_shard_all_run() -> None:
    assert in_shards(["1/1"]) == Counter(FILES)
