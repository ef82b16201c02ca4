"""FC003: a dotted name in hooks.py or in a call that enqueues, which this app does not have."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_check.app import App
from frappe_check.findings import Finding, found
from frappe_check.modules import is_test
from frappe_check.syntax import text
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Finding]:
    """Names that begin with the app's own and lead nowhere."""
    hooks = code.app.hooks
    for entry in hooks.entries:
        if leads_nowhere(code.app, entry.name):
            what = f"{entry.hook} names {_missing(entry.name)}"
            yield found("FC003", hooks.module, entry.node, what)
    for each in code.app.enqueues:
        name = text(each.method)
        if name and each.kind != "enqueue_doc" and leads_nowhere(code.app, name):
            yield found("FC003", each.module, each.call, f"The job's method is {_missing(name)}")


def _missing(name: str) -> str:
    return f"`{name}`, which is not there."


def leads_nowhere(app: App, name: str) -> bool:
    """Whether a dotted name is this app's, by its beginning, and neither module nor name in one."""
    head, *rest = name.split(".")
    if head != app.name or not rest or not all(part.isidentifier() for part in rest):
        return False
    if any(f"{name}.".startswith(f"{module}.") for module in app.unparsable):
        return False
    if is_test(f"{rest[-1]}.py") or (app.folder.joinpath(*rest)).is_dir():
        return False
    found = app.find(name)
    if found is None:
        return True
    module, inner = found
    if inner and not inner.startswith(module.name) and _skipped(app, module.name, inner):
        return False
    first = inner.partition(".")[0]
    return bool(first) and module.names is not None and first not in module.names


def _skipped(app: App, module: str, inner: str) -> bool:
    """Whether the name goes on in a folder or file that is not looked at, such as patches."""
    place = app.folder.joinpath(*module.split(".")[1:], inner.partition(".")[0])
    return place.is_dir() or place.with_suffix(".py").exists()
