"""Lists and dictionaries: `frappe.core.utils`, and what `frappe.utils` has of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def find(list_of_dict: Iterable[Any], match_function: Callable[[Any], Any]) -> Any:
    """The first that matches, else None."""
    return next(filter(match_function, list_of_dict), None)


def find_all(list_of_dict: Iterable[Any], match_function: Callable[[Any], Any]) -> list[Any]:
    """All in the list that the function is true of."""
    return list(filter(match_function, list_of_dict))


def has_common(l1: Iterable[Any], l2: Iterable[Any]) -> set[Any]:
    """What is in both lists, as a set; empty for nothing."""
    return set(l1) & set(l2)


def make_filter_tuple(doctype: str, key: str, value: Any) -> list[Any]:
    """A filter as a list: `[doctype, field, operator, value]`."""
    operator, wanted = value[:2] if isinstance(value, (list, tuple)) else ("=", value)
    return [doctype, key, operator, wanted]
