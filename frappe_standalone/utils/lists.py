"""Lists and dictionaries: `frappe.core.utils`, and what `frappe.utils` has of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from frappe_standalone.utils.frappedict import _dict


def find(list_of_dict: Iterable[Any], match_function: Callable[[Any], Any]) -> Any:
    """The first that matches, else None."""
    return next(filter(match_function, list_of_dict), None)


def find_all(list_of_dict: Iterable[Any], match_function: Callable[[Any], Any]) -> list[Any]:
    """All in the list that the function is true of."""
    return list(filter(match_function, list_of_dict))


def ljust_list(_list: Iterable[Any], length: int, fill_word: Any = None) -> list[Any]:
    """At least as long, filled up at its end."""
    found = list(_list)
    return found + [fill_word] * (length - len(found))


def has_common(l1: Iterable[Any], l2: Iterable[Any]) -> set[Any]:
    """What is in both lists, as a set; empty for nothing."""
    return set(l1) & set(l2)


def is_subset(list_a: Sequence[Any], list_b: Iterable[Any]) -> bool:
    """Whether all of the first are in the second; False when one is there twice, as in Frappe."""
    return len(set(list_a) & set(list_b)) == len(list_a)


def dict_with_keys(dict: Mapping[Any, Any], keys: Iterable[Any]) -> dict[Any, Any]:
    """A dictionary of these keys alone, of those that are there."""
    return {key: value for key, value in dict.items() if key in keys}


def remove_blanks(d: dict[Any, Any]) -> dict[Any, Any]:
    """The same dictionary, without what is empty or zero."""
    for key in [key for key, value in d.items() if not value]:
        del d[key]
    return d


def groupby_metric(iterable: Mapping[Any, Iterable[Any]], key: str) -> dict[Any, Any]:
    """Rows that lie by category, by the value of one of their fields and then by category."""
    found: dict[Any, Any] = {}
    for category, rows in iterable.items():
        for row in rows:
            found.setdefault(row[key], {}).setdefault(category, []).append(row)
    return found


def squashify(what: Any) -> Any:
    """The only element of a sequence of one; anything else as it is."""
    return what[0] if isinstance(what, Sequence) and len(what) == 1 else what


def dictify(arg: Any) -> Any:
    """A dictionary as `_dict`, and those in a list in place."""
    if isinstance(arg, MutableSequence):
        for index, each in enumerate(arg):
            arg[index] = dictify(each)
    elif isinstance(arg, MutableMapping):
        return _dict(arg)
    return arg


def make_filter_tuple(doctype: str, key: str, value: Any) -> list[Any]:
    """A filter as a list: `[doctype, field, operator, value]`."""
    operator, wanted = value[:2] if isinstance(value, (list, tuple)) else ("=", value)
    return [doctype, key, operator, wanted]


def make_filter_dict(filters: Iterable[Sequence[Any]]) -> _dict:
    """Filters of four parts as `{field: (operator, value)}`."""
    return _dict({each[1]: (each[2], each[3]) for each in filters})
