"""Keys that no option has, each with the option that was likely meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from frappe_celery.config.files import ENVIRONMENT_PREFIX, variable

MOST_EDITS = 2
"""So far from an option's name a key of common_site_config.json, where others' keys stand too, is
taken for it; of a short name less."""


def unknown_keys(
    names: Iterable[str],
    django: Iterable[str],
    common: Iterable[str],
    environ: Mapping[str, str],
) -> Iterator[str]:
    """A sentence for each key that is none of `names`, by where it stands."""
    known = list(names)
    for key in sorted(set(django).difference(known)):
        yield _sentence(f"FRAPPE_CELERY in Django's settings has {key!r}", _nearest(key, known))
    for key in sorted(set(common).difference(known)):
        nearest = _nearest(key, known)
        if edits(key, nearest) <= min(MOST_EDITS, len(nearest) // 3):
            yield _sentence(f"sites/common_site_config.json has {key!r}", nearest)
    variables = {variable(name) for name in known}
    for key in sorted(environ.keys() - variables):
        if key.startswith(ENVIRONMENT_PREFIX):
            yield _sentence(f"the environment has {key}", _nearest(key, variables))


def _sentence(found: str, nearest: str) -> str:
    return f"{found}, which is no option and does nothing; the nearest one is {nearest}"


def _nearest(key: str, names: Iterable[str]) -> str:
    return min(sorted(names), key=lambda name: edits(key.lower(), name.lower()))


def edits(a: str, b: str) -> int:
    """How many letters have to be put in, left out, changed or swapped with the next one."""
    two_before: list[int] = []
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                row[-1] = min(row[-1], two_before[j - 2] + 1)
        two_before, before = before, row
    return before[-1]
