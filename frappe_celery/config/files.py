"""Finding, reading and changing what a bench or project is configured by."""

from __future__ import annotations

import fcntl
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from frappe_celery.config.option_defaults import KEYS, kind
from frappe_celery.errors import ConfigError

COARSEST_CLOCK_NS = 2 * 10**9
"""Two changes of a folder within that time may bear the same time."""
ENVIRONMENT_PREFIX = "FRAPPE_CELERY_"
DJANGO_SETTINGS = "DJANGO_SETTINGS_MODULE"

_JOBS = "utils/background_jobs.py"
_TOLD_BY = {
    **{17: ("utils/task_queue.py", "def get_current_task"), 16: (_JOBS, "||")},
    **{15: (_JOBS, "deduplicate"), 14: (_JOBS, "def enqueue")},
}
"""Of each version of Frappe a file, with a text in it, that none before it has."""
_importable: set[Path] = set()
_listed: dict[str, tuple[int, tuple[str, ...]]] = {}
_read: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {}


def find_root(environ: Mapping[str, str]) -> Path:
    """The bench's or project's folder.

    $FRAPPE_BENCH_ROOT; above `sites` when in it; here; but in a folder that is no bench, the bench
    whose environment this Python is, as for a script that is started from anywhere.
    """
    if environ.get("FRAPPE_BENCH_ROOT"):
        root = Path(environ["FRAPPE_BENCH_ROOT"])
        if not root.is_dir():
            raise ConfigError(f"FRAPPE_BENCH_ROOT is {str(root)!r}, which is not a folder")
        return root
    here = Path.cwd()
    if here.name == "sites" and (
        (here / "apps.txt").exists() or (here / "common_site_config.json").exists()
    ):
        return here.parent
    its_bench = Path(sys.prefix).parent
    if not (here / "sites").is_dir() and (its_bench / "apps" / "frappe").is_dir():
        return its_bench
    return here


def frappe_version_in(root: Path) -> int | None:
    """The major version of the Frappe in a bench's `apps`, None where there is none.

    One under a name and a number of its own is told by what its jobs know.
    """
    frappe = root / "apps" / "frappe" / "frappe"
    text = text_of(frappe / "__init__.py")
    found = re.search(r'^__version__ = "(\d+)', text, re.MULTILINE)
    number = int(found[1]) if found else None
    if number is None or number >= min(_TOLD_BY):
        return number
    told = (v for v, (file, name) in _TOLD_BY.items() if name in text_of(frappe / file))
    return next(told, number)


def text_of(path: Path) -> str:
    """'' where there is no file."""
    return path.read_text() if path.exists() else ""


def folders_in(path: str) -> tuple[str, ...]:
    """Names of the folders in a folder, none where it is none; listed again once it changed."""
    try:
        changed = os.stat(path).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return ()
    known = _listed.get(path)
    if known is None or known[0] != changed:
        known = changed, tuple(entry.name for entry in os.scandir(path) if entry.is_dir())
        if time.time_ns() - changed > COARSEST_CLOCK_NS:
            _listed[path] = known
    return known[1]


def options_stand_in() -> str:
    """Where somebody who reads an error writes this project's options."""
    module = os.environ.get(DJANGO_SETTINGS)
    if module and not (find_root(os.environ) / "sites").is_dir():
        return f"FRAPPE_CELERY in {module}"
    return "sites/common_site_config.json"


def read_json(path: Path | str) -> Mapping[str, Any]:
    """A configuration file's object, empty where there is no file; read again once it changed.

    Raises:
        ConfigError: no JSON in UTF-8, or not an object; names the file and the line.
    """
    path = str(path)
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return {}
    version = (stat.st_mtime_ns, stat.st_size)
    cached = _read.get(path)
    if cached is None or cached[0] != version:
        value = _parse(Path(path))
        if not isinstance(value, dict):
            raise ConfigError(f"{path} holds a {type(value).__name__}; it must be a JSON object")
        _read[path] = cached = (version, value)
    return cached[1]


def _parse(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}") from exc
    try:
        return json.loads(content.decode())
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ConfigError(f"{path}, line {line}: not UTF-8 text ({exc.reason})") from None
    except json.JSONDecodeError as exc:
        raise ConfigError(
            f"{path}, line {exc.lineno}, column {exc.colno}: {exc.msg}. Mend the JSON there"
        ) from None


def edit_json(path: Path, edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Let `edit` change a configuration file's object, under a lock; gives what it is then.

    Raises:
        ConfigError: the file is no JSON object.
        OSError: it cannot be written.
    """
    path = path.resolve()  # of a link the file, which is replaced
    with locked(path.with_suffix(".lock")):
        before = read_json(path)
        config = dict(before)
        edit(config)
        if config != before:
            replace(path, json.dumps(config, indent=1))
        return config


def replace(path: Path, text: str) -> None:
    """Write a file anew in one step, owner and mode as they were."""
    replacement = path.with_suffix(".new")
    replacement.unlink(missing_ok=True)
    write_secret(replacement, text)
    if path.exists():
        was = path.stat()
        with suppress(PermissionError):  # root gives it back to the bench's user
            os.chown(replacement, was.st_uid, was.st_gid)
        os.chmod(replacement, was.st_mode)
    os.replace(replacement, path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only process in this file's lock."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def variable(name: str) -> str:
    """The environment variable of an option."""
    return ENVIRONMENT_PREFIX + name.upper().removeprefix(ENVIRONMENT_PREFIX)


def parse_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The options that the environment sets: texts as they stand, others as JSON."""
    values: dict[str, Any] = {
        name: environ[variable(name)] for name in KEYS if variable(name) in environ
    }
    for name, text in values.items():
        if kind(name) != "str":
            with suppress(json.JSONDecodeError):
                values[name] = json.loads(text)
    return values


def find_apps(root: Path) -> tuple[str, ...]:
    """Packages with a hooks.py in `root`, in a bench's `apps`, and on PYTHONPATH."""
    on_path = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    found = [
        hooks.parent.name
        for folder in (*app_folders(root), *map(Path, on_path))
        for hooks in sorted(folder.glob("*/hooks.py"))
        if (hooks.parent / "__init__.py").exists() and hooks.parent.name != "frappe_celery"
    ]  # that is an app in benches only
    return tuple(dict.fromkeys(found))


def app_folders(root: Path) -> list[Path]:
    """Where app packages lie: the project's folder, and each folder in a bench's `apps`."""
    return [root, *(path for path in sorted(root.glob("apps/*")) if path.is_dir())]


def make_importable(root: Path) -> None:
    """Put the folders of the apps on Python's path, behind what is there."""
    if root in _importable:
        return
    _importable.add(root)
    for folder in app_folders(root):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def module_of(file: Path, name: str) -> ModuleType:
    """A file run as the module of that name, which another one may have in `sys.modules`."""
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_django(name: str, environ: Mapping[str, str], root: Path) -> Any:
    """What stands under a name in a Django project's settings, None where there is none.

    Raises:
        ConfigError: they cannot be imported.
    """
    module = environ.get(DJANGO_SETTINGS)
    if not module:
        return None
    from django.conf import settings as django_settings

    make_importable(root)  # which manage.py and `celery` do, and a command of ours does not
    try:
        return getattr(django_settings, name, None)
    except ImportError as exc:
        raise ConfigError(
            f"DJANGO_SETTINGS_MODULE is {module!r}, which cannot be imported: {exc}."
            " Start in the folder that it is in, or put that on PYTHONPATH"
        ) from exc
