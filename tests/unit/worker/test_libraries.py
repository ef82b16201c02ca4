"""What jobs set in libraries is put back, and what libraries do to themselves is left alone."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from frappe_celery.worker.state.libraries import Libraries
from frappe_celery.worker.state.restoring import WarmState
from tests.rooms import PACKAGES

Make = Callable[..., tuple[WarmState, ModuleType]]

LIBRARY = """
import functools

api_key = None
version = 1.0
_session = None
timeout = 5

class Client:
    token = None
    default = None
    made = 0

    def __init__(self):
        self.default = 1

    def send(self):
        return "sent"

    def answered(self, client):
        client.send = None

    @classmethod
    def make(cls):
        cls.made += 1

def session():
    global _session
    _session = object()

def configure():
    setattr(Client, "timeout", 1)

@functools.lru_cache
def described(thing):
    return repr(thing)
"""
JOBS = """
import paying

class Tenant:
    pass

def send(self):
    return "tenant's"
"""


OURS = ("paying", "lazily", "extending", "could")
WATCHED = (*OURS, "builtins", "json", "json.encoder", "mimetypes", "socket", "threading")
"""A test's process has thousands of modules."""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A library `paying`, an app `shop` that uses it, and the state that is put back."""
    add = Libraries.add
    monkeypatch.setattr(Libraries, "add", lambda self, m: m.__name__ in WATCHED and add(self, m))
    monkeypatch.syspath_prepend(tmp_path)
    of_pytest = "AssertionRewritingHook"  # whose modules have no code that could be read
    finders = [one for one in sys.meta_path if type(one).__name__ != of_pytest]
    monkeypatch.setattr(sys, "meta_path", finders)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "paying.py").write_text(LIBRARY)
    (tmp_path / "extending.py").write_text("import paying\npaying.version = 'extended'\n")
    (tmp_path / "lazily.py").write_text("api_key = None\n")
    (tmp_path / "shop" / "jobs.py").write_text(JOBS)
    told: list[str] = []

    def of(*kept: str, **modules: str) -> tuple[WarmState, ModuleType]:
        for name, text in modules.items():
            (tmp_path / "shop" / f"{name}.py").write_text(text)
        paying = importlib.import_module("paying")
        importlib.import_module("shop.jobs")
        state = WarmState(["shop"], kept, lambda name, job: told.append(name), set)
        state.begin()
        paying.told = told  # type: ignore[attr-defined]
        return state, paying

    yield of
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("shop", *OURS):
            del sys.modules[name]


def standard() -> dict[str, ModuleType]:
    names = ("copyreg", "decimal", "functools", "json", "mimetypes", "socket", "threading")
    return {name: importlib.import_module(name) for name in names}


def job(what: str) -> None:
    names = {name: sys.modules.get(name) for name in ("paying", "shop.jobs")}
    shown = {"paying": names["paying"], "jobs": names["shop.jobs"]}
    exec(what, {**standard(), **shown})


@pytest.mark.parametrize(
    ("use", "look"),
    [
        ("paying.api_key = 'secret'", "paying.api_key"),
        ("paying.version = 1", "repr(paying.version)"),
        ("paying.Client.token = 'secret'", "paying.Client.token"),
        ("paying.Client.default = 'secret'", "paying.Client.default"),
        ("paying.Client.send = jobs.send", "paying.Client.send"),
        ("paying.described = lambda thing: ''", "paying.described"),
        ("json.JSONEncoder.default = lambda *of: ''", "json.JSONEncoder.default"),
        ("json.dumps = functools.partial(json.dumps, indent=2)", "json.dumps"),
        ("socket.socket = None", "socket.socket"),
        ("threading.Thread.start = len", "threading.Thread.start"),
        ("__import__('builtins').open = None", "open"),
        ("decimal.DefaultContext.prec = 5", "decimal.DefaultContext.prec"),
        ("decimal.BasicContext.traps[decimal.Inexact] = True", "repr(decimal.BasicContext)"),
        ("copyreg.pickle(jobs.Tenant, jobs.send)", "len(copyreg.dispatch_table)"),
        ("mimetypes.add_type('a/b', '.abab')", "mimetypes.guess_type('x.abab')"),
        ("mimetypes.init(); mimetypes.add_type('a/b', '.a2')", "mimetypes.guess_type('x.a2')"),
    ],
)
def test_what_a_job_set_is_put_back_each_time(make: Make, use: str, look: str) -> None:
    state, paying = make()
    names = {"paying": paying, **standard()}
    before = eval(look, names)
    for number in range(3):
        job(use)
        assert eval(look, names) != before, "the job sets it"
        assert state.put_back("a job", f"method {number}")
        assert eval(look, names) == before
    assert len(paying.told) > 0


def test_what_was_found_once_is_put_back_without_a_look(make: Make) -> None:
    state, paying = make()
    for number in range(3):
        paying.api_key = str(number)
        assert state.put_back("a job", "method")
        assert paying.api_key is None


@pytest.mark.parametrize(
    "use",
    [
        "paying.session()",
        "paying._session = 1",
        "paying.Client.make()",
        "paying.Client()",
        "paying.added = 1",
        "paying.configure()",
        "paying.described('a text')",
        "paying.Client.__doc__ = 'text'",
    ],
)
def test_what_a_library_does_to_itself_stays(make: Make, use: str) -> None:
    state, paying = make()
    before = {**vars(paying), **vars(paying.Client)}
    job(use)
    after = {**vars(paying), **vars(paying.Client)}
    info = paying.described.cache_info()
    assert after != before or "Client()" in use or info.currsize
    assert state.put_back("a job", "method", everything=True)
    assert {**vars(paying), **vars(paying.Client)} == after
    assert paying.described.cache_info() == info
    assert paying.told == []


def test_what_is_kept_stays(make: Make) -> None:
    state, paying = make("paying.api_key", "paying.Client.*")
    paying.api_key = paying.Client.token = "secret"
    assert state.put_back("a job", "method", everything=True)
    assert paying.api_key == paying.Client.token == "secret"


def test_what_traces_stays(make: Make) -> None:
    state, paying = make()
    of_sentry = FunctionType(job.__code__, {"__name__": "sentry_sdk.integrations.paying"})
    paying.Client.send = of_sentry
    assert state.put_back("a job", "method", everything=True)
    assert vars(paying.Client)["send"] is of_sentry


def test_what_wraps_for_tracing_stays(make: Make) -> None:
    wrapt = pytest.importorskip("wrapt")
    state, paying = make()
    of_tracer = FunctionType(job.__code__, {"__name__": "opentelemetry.instrumentation.paying"})
    wrapt.wrap_function_wrapper("paying", "Client.send", of_tracer)
    wrapped = vars(paying.Client)["send"]
    assert state.put_back("a job", "method", everything=True)
    assert vars(paying.Client)["send"] is wrapped


def test_a_cache_of_a_library_that_holds_an_apps_object_is_emptied(make: Make) -> None:
    state, paying = make()
    job("paying.described(jobs.Tenant())")
    assert state.put_back("a job", "method")
    assert paying.described.cache_info().currsize == 0
    assert paying.told == ["paying.described"]


def test_a_library_is_known_as_it_was_imported_by_a_job(make: Make) -> None:
    state, _ = make()
    lazily: Any = importlib.import_module("lazily")
    lazily.api_key = "secret"
    assert state.put_back("a job", "method")
    assert lazily.api_key is None


def test_what_an_import_of_another_library_sets_stays(make: Make) -> None:
    state, paying = make()
    paying.api_key = "a job's"
    importlib.import_module("extending")
    assert state.put_back("a job", "method")
    assert [paying.version, paying.api_key] == ["extended", None]


def test_a_late_library_that_could_patch_another_and_does_not(make: Make) -> None:
    could = "import paying\n\ndef patch():\n    paying.version = 2\n\npatch_it = patch\n"
    state, paying = make()
    Path(paying.__file__ or "").with_name("could.py").write_text(could)
    importlib.import_module("could")
    paying.version = 3
    assert state.put_back("a job", "method")
    assert paying.version == 1.0


@pytest.mark.parametrize(
    "code",
    [
        "import paying\npaying.Client.send = lambda self: 'patched'\n",
        "import paying\ndef patch():\n    paying.Client.send = lambda self: 'patched'\npatch()\n",
        "from paying import Client\nClient.send = lambda self: 'patched'\n",
    ],
)
def test_what_an_apps_import_sets_stays_and_what_the_job_set_does_not(
    make: Make, code: str
) -> None:
    state, paying = make(patches=code)
    paying.api_key = "secret"
    importlib.import_module("shop.patches")
    paying.Client.token = "secret"
    for number in range(2):
        assert state.put_back("a job", f"method {number}")
        assert paying.Client().send() == "patched"
        assert paying.api_key is paying.Client.token is None


def test_what_was_set_before_the_first_job_is_how_it_was(make: Make) -> None:
    _, paying = make()
    state = WarmState(["shop"], (), lambda *_: None)
    paying.api_key = "the bench's"
    state.begin()
    paying.api_key = "a job's"
    assert state.put_back("a job", "method")
    assert paying.api_key == "the bench's"


@pytest.mark.parametrize("package", [package for package in PACKAGES if package != "frappe_check"])
def test_what_a_job_has_our_own_packages_set_stays(package: str) -> None:
    """By which routes it went, say."""
    libraries, module = Libraries(bool, bool), ModuleType(f"{package}.routing")
    vars(module)["known"] = 1
    libraries.add(module)
    vars(module)["known"] = 2
    assert libraries.differing() == []
