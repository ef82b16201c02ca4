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


@pytest.fixture(params=[0, restoring.FEW], ids=["seen by a fork", "seen here"])
def make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Make]:
    """An app `shop` whose module `code` is imported, and the state that is put back."""
    monkeypatch.setattr(restoring, "FEW", request.param)
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
        state.watch_imports()
        made.append(state)
        return state, module

    yield of
    for state in made:
        sys.meta_path.remove(state._imports)
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
        f"{code}\n\ndef use():\n    {use}\n\ndef look():\n    return repr(({look}))\n"
    )
    before = module.look()
    for _ in range(3):
        module.use()
        assert module.look() != before, "the job changes it"
        assert state.put_back("job", everything=True)
        assert module.look() == before


def test_what_cannot_be_compared_is_put_back_by_identity(make: Make) -> None:
    state, module = make(f"{UNEQUAL}\nONE, TWO = Lazy(), Lazy()\nD = {{1: ONE}}\nP = Proxy()\n")
    assert state.put_back("job", everything=True), "nothing was changed, and nothing compared"
    module.D[1] = module.TWO
    assert state.put_back("job", everything=True)
    assert module.D[1] is module.ONE


@pytest.mark.parametrize(
    ("code", "use", "look"),
    [
        ("class C:\n    __slots__ = 'n', 'm'\nO = C()\nO.n = 1", "O.n = 2", "O.n"),
        ("class C:\n    __slots__ = 'n', 'm'\nO = C()\nO.n = 1", "O.m = 2", "hasattr(O, 'm')"),
        ("class C:\n    __slots__ = 'n'\nO = C()\nO.n = 1", "del O.n", "hasattr(O, 'n')"),
        ("class C:\n    __slots__ = 'd'\nO = C()\nO.d = {}", "O.d[1] = 2", "O.d"),
        (
            "class C:\n    __slots__ = '__n'\n    def n(self, n):\n        self.__n = n\nO = C()\n"
            "O.n(1)",
            "O.n(2)",
            "O._C__n",
        ),
        (
            "def w():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n"
            "    return f, lambda: n\nf, g = w()",
            "f()",
            "g()",
        ),
        (
            "def memo(f):\n    last = None\n    def of(n):\n        nonlocal last\n"
            "        last = last or f(n)\n        return last\n    return of\n"
            "@memo\ndef f(n):\n    return n",
            "f(1)",
            "[c.cell_contents for c in f.__closure__]",
        ),
        (
            "def w():\n    if 0:\n        n = 0\n    def f():\n        nonlocal n\n        n = 1\n"
            "    return f\nf = w()",
            "f()",
            "f.__closure__[0]",
        ),
        ("def f(n=1):\n    return n", "f.__defaults__ = (2,)", "f()"),
        ("def f(n=1):\n    return n", "f.__defaults__ = (True,)", "f()"),
        ("def f(*, n=1):\n    return n", "f.__kwdefaults__['n'] = 2", "f()"),
        ("def f(*, n=1):\n    return n", "f.__kwdefaults__ = {'n': 2}", "f()"),
        ("def f():\n    return 1", "f.__code__ = (lambda: 2).__code__", "f()"),
        ("class C:\n    def f(self):\n        pass", "C.f.n = 1", "vars(C.f)"),
        (
            "class C:\n    def __init__(self, known=[]):\n        self.known = known",
            "C().known.append(1)",
            "C().known",
        ),
        (
            "class C:\n    def n(self):\n        pass\n    @property\n    def p(self): pass\n"
            "    @p.setter\n    def p(self, n, known=[]):\n        known.append(n)\n",
            "C().p = 1",
            "C.p.fset.__defaults__",
        ),
        ("import json\nM = json", "global M\n    import re as M", "M.__name__"),
        ("import types\nM = types.ModuleType('m')", "M.n = 1", "hasattr(M, 'n')"),
        ("__rates__ = {}\n__n__ = 1", "global __n__\n    __n__ = 2", "__n__"),
        ("__rates__ = {}", "__rates__[1] = 1", "__rates__"),
        (
            "class C:\n    def __call__(self):\n        return 1",
            "C.__call__ = lambda self: 2",
            "C()()",
        ),
        ("import types\nN = types.SimpleNamespace()", "N.n = 1", "N"),
        ("import types\nN = types.SimpleNamespace(d={})", "N.d[1] = 1", "N"),
        ("import collections\nM = collections.ChainMap({}, {1: 1})", "M[2] = 2", "M"),
        ("import collections\nM = collections.ChainMap({})", "M.maps.append({})", "M"),
        ("import collections\nM = collections.UserDict(a=1)", "M['b'] = 2", "M"),
        ("import array\nA = array.array('d', [0.0])", "A[0] = -0.0", "A"),
        ("import array\nA = array.array('i', [1])", "A.append(2)", "A"),
        ("import functools\np = functools.partial(dict, a=1)", "p.keywords['b'] = 2", "p()"),
        ("import functools\np = functools.partial(list, [])", "p.args[0].append(2)", "p()"),
        ("import functools\np = functools.partial(dict)", "p.n = 1", "vars(p)"),
        ("class D(dict):\n    pass\nO = D()", "O.site = 1", "vars(O)"),
        ("class L(list):\n    __slots__ = 'n'\nO = L()", "O.n = 1", "hasattr(O, 'n')"),
        (
            "class D(dict):\n    def clear(self):\n        raise TypeError\n    update = clear\n"
            "O = D(a=1)",
            "O['b'] = 1",
            "O",
        ),
        ("import threading\nT = threading.local()", "T.site = 1", "vars(T)"),
        ("import threading\nclass C(threading.local):\n    d = {}\nT = C()", "T.d = 1", "T.d"),
        ("import queue\nQ = queue.Queue()", "Q.put(1)", "[*Q.queue], Q.unfinished_tasks"),
        ("import queue\nQ = queue.PriorityQueue()", "Q.put(1)", "Q.queue"),
        ("import queue\nQ = queue.SimpleQueue()", "Q.put(1)", "Q.qsize()"),
        ("import asyncio\nQ = asyncio.Queue()", "Q.put_nowait(1)", "Q.qsize()"),
        ("import threading\nE = threading.Event()", "E.set()", "E.is_set()"),
        ("import threading\nE = threading.Event()\nE.set()", "E.clear()", "E.is_set()"),
        ("import asyncio\nE = asyncio.Event()", "E.set()", "E.is_set()"),
        ("import threading\nS = threading.Semaphore(2)", "S.acquire()", "S._value"),
        ("import requests\nS = requests.Session()", "S.headers['Token'] = '1'", "S.headers"),
        ("import requests\nS = requests.Session()", "S.cookies.set('a', 'b')", "S.cookies"),
        (
            "import weakref\nclass C:\n    pass\nO = C()\nW = weakref.WeakKeyDictionary()",
            "W[O] = 1",
            "[*W]",
        ),
        (
            "import weakref\nclass C:\n    pass\nO = C()\nW = weakref.WeakValueDictionary()",
            "W[1] = O",
            "[*W]",
        ),
        ("import weakref\nclass C:\n    pass\nO = C()\nW = weakref.WeakSet()", "W.add(O)", "[*W]"),
        (
            "class C:\n    def __init__(self):\n        self.n = 1\n    def get(self):\n"
            "        return self.__dict__\nget = C().get",
            "get()['n'] = 2",
            "get()",
        ),
        ("add = [].append", "add(1)", "add.__self__"),
        (
            "import functools\n@functools.cache\ndef f(n, known=[]):\n    known.append(n)",
            "f(1)",
            "f.__wrapped__.__defaults__",
        ),
    ],
)
@pytest.mark.parametrize("make", [restoring.FEW], indirect=True, ids=["seen here"])
def test_what_else_can_hold_something_is_as_it_was(
    make: Make, code: str, use: str, look: str
) -> None:
    test_what_a_job_changed_is_as_it_was(make, code, use, look)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[1]", "[True]"), ("[True]", "[1]"), ("{1: 1}", "{1: 1.0}"), ("{1: 1}", "{True: 1}"),
        ("[0.0]", "[-0.0]"), ("{1, 2}", "{1, 2.0}"), ("[(1,)]", "[(True,)]"),
        ("[Decimal('1.0')]", "[Decimal('1.000')]"), ("[frozenset((1,))]", "[frozenset((1.0,))]"),
        ("{1: 1, 2: 2}", "{2: 2, 1: 1}"), ("[E()]", "[E()]"), ("deque([1])", "deque([True])"),
        ("OrderedDict(a=1, b=2)", "OrderedDict(b=2, a=1)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("make", [restoring.FEW], indirect=True, ids=["seen here"])
def test_what_only_python_calls_equal_is_put_back(make: Make, before: str, after: str) -> None:
    imports = "from collections import OrderedDict, deque\nfrom decimal import Decimal\n"
    equal = "class E:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n"
    holder = f"class C:\n    pass\nO = C()\nO.held = {before}\nN = O.held\n"
    state, module = make(f"{imports}{equal}{holder}")
    held, was = module.O.held, [*module.O.held]
    values = [*held.values()] if isinstance(held, dict) else []
    for _ in range(2):
        new = eval(after, vars(module))
        held.clear()
        getattr(held, "update", getattr(held, "extend", None))(new)
        assert state.put_back("job", everything=True)
        assert module.O.held is module.N is held
        assert {*map(id, held)} == {*map(id, was)}
        if isinstance(held, dict):
            assert [*map(id, held.values())] == [*map(id, values)]
            assert [*held] == was


def test_what_others_hold_is_the_same_object(make: Make) -> None:
    state, module = make("D = {'a': []}\nheld = D['a']\n")
    module.held.append(1)
    assert state.put_back("job", everything=True)
    assert module.held == []
    assert module.D["a"] is module.held


@pytest.mark.parametrize("kept", ["shop.code._kept", "shop.code._*", "shop.*"])
def test_what_is_kept_is_left_alone_under_whatever_name(make: Make, kept: str) -> None:
    alias = "from shop.code import _kept as other\n"
    state, module = make("_kept = {}\n\ndef use():\n    _kept[1] = 1\n", kept, alias=alias)
    importlib.import_module("shop.alias")
    module.use()
    assert state.put_back("job", everything=True)
    assert module._kept == {1: 1}


def test_what_is_kept_is_compared_with_what_it_became(make: Make) -> None:
    state, module = make("model = None", "shop.code.model")
    module.model = object()
    assert state.put_everything_back("a job")
    assert not state._numbers_of_differing()
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
    assert state.put_back("job", everything=True)
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
    assert state.put_back("job", everything=True)
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
    assert not state.put_back("job", everything=True)


def test_nothing_is_told_of_a_job_that_changed_nothing(make: Make) -> None:
    state, module = make("D = {}\nclass C:\n    d = {}\n\ndef use():\n    D[1] = 1\n")
    told: list[Any] = []
    state._tell = lambda *what: told.append(what)
    assert state.put_back("first", everything=True)
    assert told == []
    module.use()
    state.put_back("second")
    module.use()
    state.put_back("third")
    assert told == [("shop.code.D", "second")]
