"""How many times as much one tree gives as the other, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

T_95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""Student's t that 95 % lie within, for 1 to 30 degrees of freedom; for more it is hardly less."""


@dataclass(frozen=True)
class Ratio:
    """With the interval that it lies in with 95 % confidence."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """0.02 where the interval's end is 2 % above its beginning."""
        return self.high / self.low - 1 if self.low else math.inf


def ratio(pairs: Sequence[tuple[float, float]]) -> Ratio | None:
    """Of the second number to the first; None where there is none, as of zeros.

    The geometric mean of the pairs' ratios, with Student's t interval of their logarithms.
    """
    if not pairs or any(number <= 0 for pair in pairs for number in pair):
        return None
    logs = [math.log(second / first) for first, second in pairs]
    mean = statistics.fmean(logs)
    if len(logs) == 1:
        return Ratio(math.exp(mean), 0.0, math.inf)
    t = T_95[min(len(logs) - 1, len(T_95)) - 1]
    margin = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return Ratio(math.exp(mean), math.exp(mean - margin), math.exp(mean + margin))
