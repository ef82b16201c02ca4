"""What `./dev bench-from` makes of a small tree; a whole bench is tried by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest

from tests.bench_from import apps, servers, trees
from tests.bench_from.layout import Layout, run
from tests.servers import find_program, folder_for

PROJECT = """
[project]
name = "frappe"
requires-python = ">=3.10"
dependencies = [
    "click~=8.2",
    "gunicorn @ git+https://example.com/frappe/gunicorn@bb55",
    "PyPika @ git+https://example.com/frappe/pypika@2c50",
]
[tool.bench.dev-dependencies]
responses = "==0.23.1"
"""
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Apps at two depths of a folder, and one that another's tests have."""
    folder = tmp_path / "fetched" / "owner+name" / "repo"
    of_tests = "frappe/tests/frappe"
    for root, app in (("frappe", "frappe"), ("apps/erpnext", "erpnext"), (of_tests, "frappe")):
        (folder / root / app).mkdir(parents=True)
        (folder / root / app / "hooks.py").touch()
        (folder / root / app / "__init__.py").write_text('__version__ = "15.1.2"\n')
        (folder / root / "pyproject.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> Layout:
    bench = Layout(tmp_path / "bench")
    bench.make()
    return bench


@pytest.mark.parametrize("bare", [False, True], ids=["a folder", "a git directory"])
def test_apps_are_found_and_copied(tree: Path, bench: Layout, bare: bool) -> None:
    place = tree
    if bare:
        place = tree.with_name("bare")
        run(*GIT, "init", "--initial-branch", "other", cwd=tree)
        run(*GIT, "add", ".", cwd=tree)
        run(*GIT, "commit", "--message", "apps", cwd=tree)
        run(*GIT, "clone", "--bare", str(tree), str(place))
    assert trees.copy_apps(str(place), "other", bench) == ["frappe", "erpnext"]
    assert (bench.sites / "apps.txt").read_text() == "frappe\nerpnext\n"
    assert trees.version_of(bench, "erpnext") == "15.1.2"
    assert not (bench.apps / "frappe" / ".git").exists()
    assert (bench.apps / "frappe" / "tests").exists()


def test_a_subfolder_is_meant(tree: Path, bench: Layout) -> None:
    assert trees.copy_apps(f"{tree}:frappe", "HEAD", bench) == ["frappe"]


def test_more_apps_come_after_those_that_are_always_there(tree: Path, bench: Layout) -> None:
    app = tree / "apps" / "crm"
    shutil.copytree(tree / "apps" / "erpnext", app)
    (app / "erpnext").rename(app / "crm")
    with pytest.raises(click.UsageError, match=r"no lms/hooks\.py with a pyproject\.toml above it"):
        trees.copy_apps(str(tree), "HEAD", bench, ("crm", "lms"))
    assert trees.copy_apps(str(tree), "HEAD", bench, ("crm",)) == ["frappe", "erpnext", "crm"]


def test_its_command_bench_is_frappes_in_the_folder_sites(bench: Layout, tmp_path: Path) -> None:
    helper = bench.apps / "frappe" / "frappe" / "utils" / "bench_helper.py"
    helper.parent.mkdir(parents=True)
    helper.write_text("import json, os, sys; print(json.dumps([os.getcwd(), *sys.argv[1:]]))")
    (bench.env / "bin").mkdir(parents=True)
    (bench.env / "bin" / "python").symlink_to(sys.executable)
    bench.add_command()
    said = run(
        str(bench.env / "bin" / "bench"),
        *("worker", "--queue", "a b"),
        cwd=tmp_path,
        PYTHONPATH=str(bench.apps / "frappe"),
    )
    assert json.loads(said) == [str(bench.sites), "frappe", "worker", "--queue", "a b"]


def test_what_frappe_pins_to_a_commit_is_taken_from_what_was_fetched_else_from_the_registry(
    tree: Path, bench: Layout
) -> None:
    fetched = tree.parents[1] / "frappe+pypika" / "repo"
    fetched.mkdir(parents=True)
    trees.copy_apps(f"{tree}:frappe", "HEAD", bench)
    assert apps.requirements(bench, tree, "frappe") == [
        "click~=8.2",
        "gunicorn==23.0.0",
        f"PyPika @ git+file://{fetched}@2c50",
        "responses==0.23.1",
    ]


def test_a_server_that_takes_its_pid_file_away_meanwhile_has_ended(bench: Layout) -> None:
    file, over = bench.config / "pids" / "redis_queue.pid", threading.Event()

    def begin_and_end() -> None:
        while not over.is_set():
            file.write_text("1")
            file.unlink(missing_ok=True)

    with ThreadPoolExecutor() as threads:
        threads.submit(begin_and_end)
        try:
            for _ in range(3000):
                servers.stop(bench)
        finally:
            over.set()


@pytest.fixture(params=["mariadb", "postgres", "sqlite"])
def with_servers(request: pytest.FixtureRequest) -> Iterator[Layout]:
    """In a folder that PostgreSQL's user may pass, unlike pytest's own."""
    find_program("redis-server", "redis-server")
    if request.param == "mariadb":
        find_program("mariadbd", "mariadb-server")
    if request.param == "postgres":
        find_program("postgres", "postgresql")
    folder = folder_for("bench")
    folder.chmod(0o755)
    bench = Layout(folder / "bench")
    bench.make()
    servers.make(bench, request.param)
    servers.start(bench)
    yield bench
    servers.stop(bench)
    shutil.rmtree(folder)


def test_servers_are_stopped_and_started_again_with_their_data(with_servers: Layout) -> None:
    bench = with_servers
    redis = ("redis-cli", "-p", bench.configuration["redis_queue"].rpartition(":")[2])
    run(*redis, "set", "job", "1")
    servers.stop(bench)
    assert subprocess.run([*redis, "ping"], capture_output=True).returncode == 1
    assert not list((bench.config / "pids").glob("*.pid"))
    assert not (bench.data / "postgres" / "postmaster.pid").exists()
    servers.start(bench)
    servers.start(bench)
    assert run(*redis, "get", "job").strip() == "1"
