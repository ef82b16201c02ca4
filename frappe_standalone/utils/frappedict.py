"""`frappe._dict`: a dictionary whose keys are attributes too."""

from __future__ import annotations

from typing import Any


class _dict(dict[str, Any]):  # noqa: N801 (Frappe's name)
    """A missing key reads as None, as attribute only; `d["key"]` still raises KeyError."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in self:
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def update(self, *args: Any, **kwargs: Any) -> _dict:  # type: ignore[override]
        """As dict's, and returns itself, as Frappe's does."""
        super().update(*args, **kwargs)
        return self

    def copy(self) -> _dict:
        """A shallow copy of the same kind."""
        return _dict(self)

    def __reduce__(self) -> tuple[type[_dict], tuple[dict[str, Any]]]:
        return _dict, (dict(self),)


_dict.__module__ = "frappe.types.frappedict"
