"""What a function changes of the process that it runs in: FC205 to FC209."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.modules import Function
from frappe_check.syntax import called

_CALLS = {
    ("FC205", "the environment"): (
        *("os.putenv", "os.unsetenv", "os.environ.update", "os.environ.setdefault"),
        *("os.environ.pop", "os.environ.clear"),
    ),
    ("FC206", "the working directory"): ("os.chdir", "os.fchdir"),
    ("FC206", "the umask"): ("os.umask",),
    ("FC207", "how the process takes signals"): (
        *("signal.signal", "signal.alarm", "signal.setitimer", "faulthandler.register"),
    ),
    ("FC209", "the locale"): ("locale.setlocale",),
    ("FC209", "the decimal context"): ("decimal.setcontext",),
    ("FC209", "the time zone"): ("time.tzset",),
}
_CHANGE = {name: change for change, names in _CALLS.items() for name in names}
_THREADS = {"threading.Thread", "threading.Timer", "_thread.start_new_thread"}
_POOLS = {
    *("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"),
    "multiprocessing.pool.ThreadPool",
}
_ENDS = {"join", "shutdown", "cancel"}


def changed(function: Function) -> Iterator[tuple[str, ast.AST, str]]:
    """Rule, place and the beginning of a sentence, behind which who does it is said."""
    ends = any(called(call) in _ENDS and not call.args for call in function.calls)
    starts = any(called(call) == "start" for call in function.calls)
    for call in function.calls:
        name = function.full(call.func)
        if name in _CHANGE:
            rule, changes = _CHANGE[name]
            yield rule, call, f"`{name}` changes {changes} in"
        left = (name in _THREADS and starts) or (name in _POOLS and not _in_with(function, call))
        if left and not ends:
            yield "FC208", call, "A thread is started and left by"
    for node, target in function.written:
        if isinstance(target, ast.Subscript) and function.module.full(target.value) == "os.environ":
            yield "FC205", node, "The environment is changed in"
        elif isinstance(target, ast.Attribute) and _is_context(function, target.value):
            yield "FC209", node, "The decimal context is changed in"


def _in_with(function: Function, call: ast.Call) -> bool:
    """Whether a `with` or its caller has charge of it."""
    return isinstance(function.parents.get(call), ast.withitem | ast.Return)


def _is_context(function: Function, node: ast.expr | None) -> bool:
    """Whether it is what `getcontext()` gives."""
    if isinstance(node, ast.Name):
        node = function.made.get(node.id)
    return isinstance(node, ast.Call) and function.full(node.func) == "decimal.getcontext"
