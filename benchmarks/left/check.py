"""Whether each way leaves what its look sees, where nothing is put back.

    python -m benchmarks.left.check

Works in the project that is the working directory. Each way is tried in a fork of its own, and told
where its look sees something before it was left, or nothing after.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

import psutil

from benchmarks.left.turn import LEAVES, registered

CALLS = 3


def main() -> None:
    """Ends with 1 if a way does not."""
    ways = registered()
    wrong = 0
    for name, way in ways.items():
        seen = _in_a_fork(name, way.method)
        expected = [number == way.leaves_from for number in range(way.leaves_from + 1)]
        if [bool(one) for one in seen[: len(expected)]] != expected:
            print(f"{name}: seen {seen}, expected {expected}")
            wrong += 1
    print(f"{len(ways)} ways, {wrong} wrong")
    sys.exit(bool(wrong))


def _in_a_fork(name: str, method: str) -> list[str]:
    """What is seen of it before its first call and after each; empty where its process died."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writer, json.dumps(_tried(name, method)).encode())
        finally:
            for process in psutil.Process().children():
                process.kill()
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        told = file.read()
    os.waitpid(pid, 0)
    seen: list[str] = json.loads(told) if told else []
    return seen


def _tried(name: str, method: str) -> list[str]:
    frappe: Any = import_module("frappe")
    lookout: Any = import_module("lookout")
    module, _, function = method.rpartition(".")
    frappe.init(LEAVES)
    frappe.connect()
    seen = [lookout.sees(name)]
    for number in range(1, CALLS + 1):
        with suppress(ValueError):  # which some raise on purpose
            getattr(import_module(module), function)(f"{LEAVES}/{number}")
        frappe.db.commit()
        seen.append(lookout.sees(name))
    return seen


if __name__ == "__main__":
    main()
