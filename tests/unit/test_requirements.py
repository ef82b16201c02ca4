"""Every package that the code imports is one that pyproject.toml has installed with it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import chain

import pytest

from tests.rooms import HERE, PACKAGES, SOURCES

tomllib = pytest.importorskip("tomllib", reason="it reads pyproject.toml, from Python 3.11 on")

OF_BOTH_HOSTS = {"frappe", "rq"}
"""A bench has them, and the standalone host brings their names."""
OF_A_BENCH = {"psutil", "pymysql", "MySQLdb"}
"""Frappe requires them: they are there for what only a bench imports, and for nothing else."""
IN_A_BENCH = ("frappe_celery/hosts/bench/", "frappe_bridge/armed/")
OF_THE_DEMO = {"shop"}
WHERE_INSTALLED = {"hiredis", "sentry_sdk"}
"""Asked for, and done without."""
OF_THE_CALLER = {"pytest"}
"""It loads the plugin."""
ELSEWHERE = OF_THE_CALLER | OF_BOTH_HOSTS | OF_A_BENCH | OF_THE_DEMO | WHERE_INSTALLED
EXTRAS = {
    "apprise": "alerts",
    "axes": "admin",
    "libcst": "fix",
    "prometheus_client": "metrics",
    "waitress": "admin",
    "whitenoise": "admin",
}
"""Imported by what an extra is for."""


def imported() -> Iterator[tuple[str, str]]:
    """Each third-party module at its top name, and a file that imports it."""
    for path in sorted(chain.from_iterable((SOURCES / name).rglob("*.py") for name in PACKAGES)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names}:
                if name not in sys.stdlib_module_names and name not in PACKAGES:
                    yield name, str(path.relative_to(SOURCES))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_is_required() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    required = {canonical(re.split(r"[^\w.-]", line)[0]) for line in project["dependencies"]}
    extras = {
        name: {canonical(re.split(r"[^\w.-]", line)[0]) for line in lines}
        for name, lines in project["optional-dependencies"].items()
    }
    distributions = packages_distributions()
    missing = []
    for module, file in imported():
        if module in OF_A_BENCH and not file.startswith(IN_A_BENCH):
            missing.append(f"{file} imports {module}, which only a bench has")
        if module in ELSEWHERE:
            continue
        known = extras[EXTRAS[module]] if module in EXTRAS else required
        if not {canonical(name) for name in distributions.get(module, [])} & known:
            missing.append(f"{file} imports {module}")
    assert not missing


def test_the_exceptions_are_still_needed() -> None:
    assert ELSEWHERE | EXTRAS.keys() <= {module for module, _ in imported()}
