"""What two sides' answers have not in common, and why the log says that processes were replaced."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHOWN = 80
"""Characters of an answer from shortly before it differs."""
_MASKS = {
    "clock": re.compile(r"(\d{4}-\d\d-\d\d[ T])?\d\d?:\d\d:\d\d(\.\d+)?"),
    "sizes": re.compile(r"\d+(\.\d+)? ?(bytes|[KMG]i?B)\b"),
}
_OF_SIZES = "report: Database Storage Usage By Tables"
"""Its rows are in the order of what is compared."""
_REPLACED = re.compile(r"process (is|has to be) replaced|this one is replaced|ended its process")
_DIED = re.compile(r"process (\d+) ended: ")
_RECEIVED = "celery.worker.strategy"
_OF_A_JOB = re.compile(r"\S+\[[\w-]+\]")


@dataclass
class Difference:
    """An answer that is not the same on both sides."""

    name: str
    kind: str
    """`clock`, `sizes`, or `answer`."""
    theirs: str
    ours: str


def differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[Difference]:
    """The answers that differ; one that a side has not counts too."""
    found = []
    for name in dict.fromkeys((*theirs, *ours)):
        pair = theirs.get(name, "nothing"), ours.get(name, "nothing")
        if pair[0] != pair[1]:
            kind, begin = _kind(name, *pair), max(_first(*pair) - SHOWN // 2, 0)
            shown = (text[begin : begin + SHOWN] for text in pair)
            found.append(Difference(name, kind, *shown))
    return found


def _first(theirs: str, ours: str) -> int:
    """The first place in which they differ."""
    pairs = enumerate(zip(theirs, ours, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(theirs), len(ours)))


def _kind(name: str, theirs: str, ours: str) -> str:
    if name.endswith(_OF_SIZES):
        return "sizes"
    for kind, mask in _MASKS.items():
        theirs, ours = mask.sub("…", theirs), mask.sub("…", ours)
        if theirs == ours:
            return kind
    return "answer"


@dataclass
class Process:
    """One that ran jobs, in the order in which they began."""

    pid: int
    jobs: int = 0
    turns: int = 0
    """How often a job was of another site than the one before."""
    site: str = ""
    reason: str = ""
    """Why it was replaced, as the log says; nothing of the last one."""


def processes(log: str) -> list[Process]:
    """Of a worker's JSON lines."""
    found: dict[int, Process] = {}
    for line in _lines(log):
        pid = int(line["process"].rpartition(".")[2])
        if line["logger"] == _RECEIVED:
            one = found.setdefault(pid, Process(pid))
            one.turns += one.jobs > 0 and one.site != line["site"]
            one.jobs += 1
            one.site = line["site"]
        died = _DIED.search(line["message"])
        if died or _REPLACED.search(line["message"]):
            one = found.setdefault(int(died[1]) if died else pid, Process(pid))
            one.reason = one.reason or _OF_A_JOB.sub(_without_run, line["message"])
    return list(found.values())


def said(log: str) -> list[str]:
    """What the log says beside jobs that began and ended well."""
    return [
        f"{line['process']} {line['level']}: {line['message'][:300]}"
        for line in _lines(log)
        if not line["logger"].startswith(("celery.worker.strategy", "celery.app.trace"))
    ]


def _without_run(job: re.Match[str]) -> str:
    return job[0].partition("[")[0]


def _lines(log: str) -> list[dict[str, Any]]:
    """Its own: jobs print what they like."""
    return [json.loads(line) for line in log.splitlines() if line.startswith('{"timestamp": ')]
