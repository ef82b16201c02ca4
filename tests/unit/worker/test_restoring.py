"""What can hold something from one job to the next is found, and made what it was."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from frappe_celery.worker.state import restoring
from frappe_celery.worker.state.restoring import WarmState

Make = Callable[..., tuple[WarmState, ModuleType]]

UNEQUAL = """
class Lazy:
    def __eq__(self, other):
        raise RuntimeError("no site")
    __hash__ = None

class Proxy:
    def __getattr__(self, name):
        raise RuntimeError("object is not bound")
    __class__ = property(lambda self: 1 / 0)

class Slotted:
    __slots__ = ("values",)
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """An app `shop` whose module `code` is imported, and the state that is put back."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    told: list[str] = []
    made: list[WarmState] = []

    def of(code: str, *kept: str, **others: str) -> tuple[WarmState, ModuleType]:
        for name, text in {"code": code, **others}.items():
            (tmp_path / "shop" / f"{name}.py").write_text(text)
        module = importlib.import_module("shop.code")
        state = WarmState(["shop"], kept, lambda name, job: told.append(name))
        state.begin()
        made.append(state)
        return state, module

    yield of
    for state in made:
        for imports in state._imports:
            sys.meta_path.remove(imports)
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("code", "use", "look"),
    [
        ("D = {}", "D[1] = 1", "D"),
        ("D = {1: 1}", "D[1] = 2", "D"),
        ("D = {1: 1}", "del D[1]", "D"),
        ("L = [1]", "L.append(2)", "L"),
        ("L = [1, 2]", "L.reverse()", "L"),
        ("S = {1}", "S.add(2)", "S"),
        ("B = bytearray(b'a')", "B.extend(b'b')", "B"),
        ("import collections\nQ = collections.deque([1], 2)", "Q.append(2)", "[*Q, Q.maxlen]"),
        ("import collections\nO = collections.OrderedDict(a=1)", "O['b'] = 1", "O"),
        ("import collections\nD = collections.defaultdict(list)", "D['a'].append(1)", "D"),
        ("D = {'a': {'b': [1]}}", "D['a']['b'].append(2)", "D"),
        ("T = ([1],)", "T[0].append(2)", "T"),
        ("N = 1", "global N\n    N = 2", "N"),
        ("N = 1", "import sys\n    sys.modules[__name__].N = 2", "N"),
        ("N = 1", "import sys\n    sys.modules[__name__].M = 2", "'M' in globals()"),
        ("class C:\n    d = {}", "C.d[1] = 1", "C.d"),
        ("class C:\n    n = 1", "C.n = 2", "C.n"),
        ("class C:\n    class D:\n        n = 1", "C.D.n = 2", "C.D.n"),
        ("class C:\n    pass\nO = C()", "O.n = 2", "vars(O)"),
        ("class C:\n    pass\nO = C()\nO.d = {}", "O.d[1] = 2", "O.d"),
        ("def f(known=[]):\n    return known", "f().append(1)", "f()"),
        ("def f():\n    pass", "f.known = 1", "vars(f)"),
        ("def w():\n    d = {}\n    return lambda: d\nf = w()", "f()[1] = 1", "f()"),
        ("import functools\n@functools.cache\ndef f(n):\n    return []", "f(1).append(1)", "f(1)"),
        (
            "import functools\nclass C:\n    @staticmethod\n    @functools.cache\n    def f(n):\n"
            "        return []",
            "C.f(1).append(1)",
            "C.f(1)",
        ),
    ],
)
def test_what_a_job_changed_is_as_it_was(make: Make, code: str, use: str, look: str) -> None:
    state, module = make(
        f"{code}\n\ndef use():\n    {use}\n\ndef look():\n    return repr({look})\n"
    )
    before = module.look()
    for _ in range(3):
        module.use()
        assert module.look() != before, "the job changes it"
        assert state.put_back("job", "method", everything=True)
        assert module.look() == before


def test_what_cannot_be_compared_is_put_back_by_identity(make: Make) -> None:
    state, module = make(f"{UNEQUAL}\nONE, TWO = Lazy(), Lazy()\nD = {{1: ONE}}\nP = Proxy()\n")
    assert state.put_back("job", "method", everything=True), (
        "nothing was changed, and nothing compared"
    )
    module.D[1] = module.TWO
    assert state.put_back("job", "method", everything=True)
    assert module.D[1] is module.ONE


def test_what_others_hold_is_the_same_object(make: Make) -> None:
    state, module = make("D = {'a': []}\nheld = D['a']\n")
    module.held.append(1)
    assert state.put_back("job", "method", everything=True)
    assert module.held == []
    assert module.D["a"] is module.held


@pytest.mark.parametrize("kept", ["shop.code._kept", "shop.code._*", "shop.*"])
def test_what_is_kept_is_left_alone_under_whatever_name(make: Make, kept: str) -> None:
    alias = "from shop.code import _kept as other\n"
    state, module = make("_kept = {}\n\ndef use():\n    _kept[1] = 1\n", kept, alias=alias)
    importlib.import_module("shop.alias")
    module.use()
    assert state.put_back("job", "method", everything=True)
    assert module._kept == {1: 1}


def test_what_is_kept_is_compared_with_what_it_became(make: Make) -> None:
    state, module = make("model = None", "shop.code.model")
    module.model = object()
    assert state.put_everything_back("a job")
    assert state._every_value == state._every_before
    assert module.model is not None


def test_what_an_import_adds_stays_beside_what_the_job_left(make: Make) -> None:
    state, module = make(
        "REGISTERED = {}\nHOOKS = []\nKINDS = set()\nclass Base:\n    added = None\n",
        plugin="from shop import code\ncode.REGISTERED['plugin'] = 1\ncode.HOOKS.append('plugin')\n"
        "code.KINDS.add('plugin')\ncode.Base.added = 'plugin'\n",
    )
    module.REGISTERED["job"] = 1
    module.HOOKS.append("job")
    module.KINDS.add("job")
    importlib.import_module("shop.plugin")
    assert state.put_back("job", "method", everything=True)
    assert module.REGISTERED == {"plugin": 1}
    assert sorted(module.KINDS) == ["plugin"]
    assert module.HOOKS == ["plugin"]
    assert module.Base.added == "plugin"


def test_an_import_that_fails_leaves_all_as_it_was_found(make: Make) -> None:
    state, module = make("D = {}\n", broken="raise ValueError('on purpose')\n")
    for _ in range(2):
        with pytest.raises(ValueError, match="on purpose"):
            importlib.import_module("shop.broken")
    module.D[1] = 1
    assert state.put_back("job", "method", everything=True)
    assert module.D == {}


def test_what_cannot_be_put_back_has_the_process_replaced(make: Make) -> None:
    refusing = (
        "class Refusing(type):\n    def __setattr__(cls, name, value):\n"
        "        if name == 'n' and value == 1: raise TypeError(name)\n"
        "        super().__setattr__(name, value)\n"
        "class C(metaclass=Refusing):\n    n = 1\n"
    )
    state, module = make(refusing)
    module.C.n = 2
    assert not state.put_back("job", "method", everything=True)


def test_nothing_is_told_of_a_job_that_changed_nothing(make: Make) -> None:
    state, module = make("D = {}\nclass C:\n    d = {}\n\ndef use():\n    D[1] = 1\n")
    told: list[Any] = []
    state._tell = lambda *what: told.append(what)
    assert state.put_back("first", "method", everything=True)
    assert told == []
    module.use()
    state.put_back("second", "method")
    module.use()
    state.put_back("third", "method")
    assert told == [("shop.code.D", "second")]


LATER = "D = {'a': {}}\n\ndef use(n):\n    D['a'].update({1: n} if n else {})\n"


def test_what_a_method_leaves_first_is_seen_by_no_other_job(make: Make) -> None:
    state, module = make(LATER)
    for number in range(3):
        module.use(1)
        assert state.put_back("job", f"method {number}")
        assert module.D == {"a": {}}


def test_what_a_method_leaves_later_is_put_back_by_the_next_look(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "FULL_EVERY", 10)
    state, module = make(LATER)
    assert state.put_back("job", "method")
    module.use(1)
    for _ in range(9):
        assert state.put_back("job", "method")
        assert module.D == {"a": {1: 1}}
    assert state.put_back("job", "method")
    assert module.D == {"a": {}}


def test_what_another_process_saw_is_looked_at_from_the_next_job_on(make: Make) -> None:
    state, module = make(LATER)
    assert state.put_back("job", "method")
    news = [{"shop.code.D['a']", "shop.code.E", "json.dumps", "no.such.name", ""}]
    state._heard = lambda: news.pop() if news else set()
    for _ in range(2):
        module.use(1)
        module.E = 1
        assert state.put_back("job", "method")
        assert module.D == {"a": {}}
        assert not hasattr(module, "E")


def test_what_is_forged_has_nothing_put_back_that_a_library_sets(make: Make) -> None:
    import tempfile

    state, _ = make("")
    state._heard = lambda: {"tempfile.tempdir", "tempfile._name_sequence"}
    before = tempfile.tempdir
    try:
        tempfile.tempdir = "/var"
        assert state.put_back("job", "method")
        assert tempfile.tempdir == "/var"
    finally:
        tempfile.tempdir = before


def test_looks_that_are_due_take_their_share_and_no_more(make: Make) -> None:
    state, module = make(LATER)
    state._looked = 1000.0
    module.use(1)
    for number in range(3):
        assert state.put_back("job", f"method {number}")
    assert module.D == {"a": {1: 1}}, "there was no time to look"
    state._began -= 1000 / restoring.SHARE
    assert state.put_back("job", "method 1")
    assert module.D == {"a": {}}, "what was due is made up for"


def test_an_import_of_an_apps_module_has_everything_looked_through(make: Make) -> None:
    state, module = make(LATER, other="")
    assert state.put_back("job", "method")
    importlib.import_module("shop.other")
    module.use(1)
    assert state.put_back("job", "method")
    assert module.D == {"a": {}}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python tells of lines from 3.12 on")
def test_a_line_that_no_job_ran_before_has_everything_looked_through(make: Make) -> None:
    state, module = make("D = {'a': {}}\n\ndef use(n):\n    if n:\n        D['a'][1] = n\n")
    for _ in range(2):
        module.use(0)
        assert state.put_back("job", "method")
    looks = []
    state._look = lambda: looks.append(1)  # type: ignore[assignment,func-returns-value]
    module.use(0)
    assert state.put_back("job", "method")
    assert looks == [], "no line was new"
    del state._look
    module.use(1)
    assert state.put_back("job", "method")
    assert module.D == {"a": {}}
