"""As `throughput`, of many methods by turns: what is done once a method counts too."""

from __future__ import annotations

from benchmarks.measurements import throughput
from benchmarks.sides import Side
from benchmarks.sides.base import jobs


def measure(side: Side, scale: float) -> dict[str, float]:
    return throughput.measure(side, scale, [f"many.{name}" for name in jobs("many").NOOPS])
