"""What came of each way: read from the lines that the jobs left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.left.turn import LEAVES, LOOK


class Line(NamedTuple):
    """One job."""

    at: int
    """Its place in the order in which they ended."""
    pid: int
    method: str
    way: str
    """What it left or looked for; of other jobs nothing."""
    number: int
    """Of the call that left it."""
    site: str
    error: str
    seen: str

    @classmethod
    def read(cls, at: int, text: str) -> Line:
        pid, method, way, number, site, error, seen = text.split("\t")
        return cls(at, int(pid), method, way, int(number or 0), site, error, seen)


@dataclass
class Call:
    """One call of a method that leaves something, and the jobs after it."""

    number: int
    outcome: str = "died"
    left: str = ""
    """What it saw itself of what it left."""
    error: str = ""
    nth: int = 0
    """Which job of its process it was."""
    looks: int = 0
    """The jobs after it that looked for it."""
    seen: int = 0
    seen_elsewhere: int = 0
    """By jobs of the other site."""
    processes: int = 0
    """In which it was seen."""
    what: str = ""
    """What the first job that saw it saw."""


@dataclass
class Found:
    """A way, and what came of it."""

    name: str
    rule: str
    is_named: bool
    before: list[Call] = field(default_factory=list)
    """Calls that left nothing yet."""
    first: Call | None = None
    again: list[Call] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """By how many jobs."""
        return sum(call.seen for call in (self.first, *self.again) if call)


def read(text: str, ways: Mapping[str, Mapping[str, Any]], at_the_end: int) -> list[Found]:
    """Of all ways, in their order.

    Args:
        at_the_end: so many jobs come after the last call's, for all processes to run some: one that
            ran none of them had ended before.
    """
    lines = [Line.read(at, line) for at, line in enumerate(text.splitlines())]
    calls = _calls(lines, at_the_end)
    numbers = range(1, 1 + max((number for number, _ in calls), default=0))
    in_order = [(number, name) for number in numbers for name in ways]
    while in_order and in_order[-1] not in calls:
        in_order.pop()  # the run ended before
    found = []
    for name, way in ways.items():
        one = Found(name, way["rule"], way["is_named"])
        for number in (number for number, of in in_order if of == name):
            call = calls.get((number, name)) or Call(number)
            if call.number < way["leaves_from"]:
                one.before.append(call)
            elif call.number == way["leaves_from"]:
                one.first = call
            else:
                one.again.append(call)
        found.append(one)
    return found


def _is_a_look(line: Line) -> bool:
    return line.method == LOOK.partition(".")[2]


def _calls(lines: Sequence[Line], at_the_end: int) -> dict[tuple[int, str], Call]:
    last = max((line.at for line in lines if line.way and not _is_a_look(line)), default=0)
    whole = max(len(lines) - at_the_end, last + at_the_end // 10)  # a site may have run ahead
    ends = {line.pid: line.at for line in lines}
    ended = {pid: at for pid, at in ends.items() if at < whole}
    looks: dict[tuple[int, str], list[Line]] = defaultdict(list)
    left: dict[tuple[int, str], tuple[Line, int]] = {}
    jobs: Counter[int] = Counter()
    for line in lines[:whole]:
        jobs[line.pid] += 1
        if _is_a_look(line):
            looks[line.number, line.way].append(line)
        elif line.way:
            left[line.number, line.way] = line, jobs[line.pid]
    return {
        key: _call(
            line,
            nth,
            [look for look in looks[key] if look.at > line.at],
            ended.get(line.pid, len(lines)),
        )
        for key, (line, nth) in left.items()
    }


def _call(line: Line, nth: int, after: Sequence[Line], end: int) -> Call:
    seeing = [look for look in after if look.seen]
    return Call(
        line.number,
        _outcome(line, after, end),
        line.seen,
        line.error,
        nth,
        len(after),
        len(seeing),
        sum(look.site != LEAVES for look in seeing),
        len({look.pid for look in seeing}),
        seeing[0].seen if seeing else "",
    )


def _outcome(line: Line, after: Sequence[Line], end: int) -> str:
    """What became of what a job left; `end` is its process's last line."""
    if end == line.at:
        return "replaced"
    if not line.seen:
        return "leaves nothing"
    if not after:
        return "not looked for"
    if not any(look.seen for look in after):
        return "put back"
    same = [look for look in after if look.pid == line.pid]
    if not same or not same[-1].seen:
        return "put back later"
    return "replaced later" if end <= after[-1].at else "stays"
