"""What can hold something from one job to the next is found, and made what it was."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from frappe_celery.jobs.forked import Forked
from frappe_celery.worker.state import restoring
from frappe_celery.worker.state.libraries import Libraries
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
    """An app `shop` whose module `code` is imported, and the state that is put back; of libraries
    just two, since a test's process has thousands of modules."""
    add = Libraries.add
    few = ("json", "tempfile")
    monkeypatch.setattr(Libraries, "add", lambda self, m: m.__name__ in few and add(self, m))
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
        ("class C:\n    pass\nO = C()\nO.d = 1", "O.__dict__ = {'d': 2}", "O.d"),
        (
            "import collections\nD = collections.defaultdict(list)",
            "D.default_factory = dict",
            "D.default_factory",
        ),
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
        (
            "import functools\nclass C:\n    m = functools.partialmethod(dict, a=1)",
            "vars(C)['m'].keywords['a'] = 2",
            "vars(C)['m'].keywords",
        ),
        ("import logging\nA = logging.LoggerAdapter(None, {})", "A.extra['site'] = 1", "A.extra"),
        (
            "import configparser\nC = configparser.ConfigParser()",
            "C.read_dict({'a': {'b': '1'}})",
            "[*C]",
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
        ("import decimal\nC = decimal.Context(prec=9)", "C.prec = 3", "C.prec"),
        (
            "import decimal\nC = decimal.Context()",
            "C.traps[decimal.Inexact] = True",
            "C.traps[decimal.Inexact]",
        ),
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
        assert state.put_back("job", "method", everything=True)
        assert module.O.held is module.N is held
        assert {*map(id, held)} == {*map(id, was)}
        if isinstance(held, dict):
            assert [*map(id, held.values())] == [*map(id, values)]
            assert [*held] == was


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


def test_a_kept_name_keeps_neither_a_module_nor_what_is_defined_elsewhere(make: Make) -> None:
    clients = (
        "import re, shop.code\nfrom shop import code\nfrom shop.code import C, cached, f\n"
        "client = {}\nclass Own:\n    pass\n"
    )
    code = "import functools\nclass C:\n    n = 1\ndef f(known=[]):\n    return known\n"
    cached = "@functools.cache\ndef cached(known=[]):\n    return known\n"
    state, module = make(f"{code}{cached}D = {{}}\n", "shop.clients.*", clients=clients)
    kept = importlib.import_module("shop.clients")
    module.D[1] = module.C.n = module.new = 2
    module.f().append(1)
    module.cached().append(1)
    kept.client[1] = kept.Own.n = 2
    assert state.put_back("job", "method", everything=True)
    assert (module.D, module.C.n, module.f(), module.cached()) == ({}, 1, [], [])
    assert not hasattr(module, "new")
    assert (kept.client, kept.Own.n) == ({1: 2}, 2)


def test_a_module_is_kept_under_its_own_name_alone(make: Make) -> None:
    state, module = make("import json\nbackend = None\n", part="")
    package: Any = sys.modules["shop"]
    importlib.import_module("shop.part")
    module.json = package.other = module.backend = sys.modules["re"]
    package.made = ModuleType("shop.made")
    assert state.put_back("job", "method", everything=True)
    assert package.part is sys.modules["shop.part"]
    assert module.json is sys.modules["json"]
    assert module.backend is None
    assert not hasattr(package, "other")
    assert not hasattr(package, "made")


def test_what_is_weakly_referred_to_is_not_held_and_may_go(make: Make) -> None:
    state, module = make(
        "import weakref\nclass C:\n    pass\nold = C()\nK = weakref.WeakKeyDictionary({old: 1})\n"
        "class Own(weakref.WeakSet):\n    pass\n"
        "V = weakref.WeakValueDictionary({1: old})\nS = Own([old])\n"
        "held = iter([old])\ndel old\n"
    )
    told: list[Any] = []
    state._tell = lambda *what: told.append(what)
    new = module.K[module.C()] = module.V[2] = module.C()
    module.K[new] = 1
    module.S.add(new)
    assert state.put_back("first", "method", everything=True)
    assert ([*module.V], len(module.K), len(module.S)) == ([1], 1, 1)
    assert {name for name, _ in told} == {"shop.code.K", "shop.code.V", "shop.code.S"}
    told.clear()
    assert [*module.held], "which nothing refers to any more"
    assert state.put_back("second", "method", everything=True)
    assert ([*module.V], len(module.K), len(module.S)) == ([], 0, 0)
    assert not told


def test_iterators_go_on(make: Make) -> None:
    state, module = make("import itertools\nnumbers = itertools.count()\nrows = iter([1, 2])\n")
    assert (next(module.numbers), next(module.rows)) == (0, 1)
    assert state.put_back("job", "method", everything=True)
    assert (next(module.numbers), next(module.rows)) == (1, 2)


def test_what_was_found_to_differ_is_compared_exactly_after_each_job(make: Make) -> None:
    state, module = make("D = {1: 1}\n\ndef use():\n    D[1] = True\n")
    module.use()
    assert state.put_back("job", "method", everything=True)
    module.use()
    assert state.put_back("job", "method")
    assert module.D[1] is 1  # noqa: F632 (True == 1)


def test_what_is_kept_is_compared_with_what_it_became(make: Make) -> None:
    state, module = make("model = None", "shop.code.model")
    module.model = object()
    assert state.put_everything_back("a job")
    assert state._look()[0] == []
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


def test_what_an_import_changes_of_a_function_stays_or_has_the_process_replaced(
    make: Make,
) -> None:
    first = "from shop.own import g\ng.hooks = [1]\nfrom shop.code import f\nf.hooks = [1]\n"
    second = "from shop.code import f\nf.hooks = [2]\nf.__defaults__ = (2,)\n"
    own = "def g():\n    pass\n"
    state, module = make("def f(n=1):\n    return n\n", own=own, first=first, second=second)
    importlib.import_module("shop.first")
    assert not state.put_back("job", "method", everything=True), "it may have been the job"
    assert vars(module.f) == {}
    assert vars(sys.modules["shop.own"].g) == {"hooks": [1]}
    importlib.import_module("shop.second")
    assert state.put_back("job", "method", everything=True), "it is looked at around imports now"
    assert (module.f(), module.f.hooks) == (2, [2])


@pytest.mark.parametrize("lock", ["Lock", "RLock"])
def test_a_lock_that_no_thread_holds_has_the_process_replaced(make: Make, lock: str) -> None:
    state, module = make(f"import threading\nL = threading.{lock}()\n")
    with module.L:
        pass
    assert state.put_back("job", "method", everything=True)
    module.L.acquire()
    assert not state.put_back("job", "method", everything=True)


def test_what_was_in_a_queue_of_c_is_not_known(make: Make) -> None:
    state, module = make("import queue\nQ = queue.SimpleQueue()\nQ.put(1)\n")
    assert state.put_back("job", "method", everything=True)
    module.Q.put(2)
    assert not state.put_back("job", "method", everything=True)


COMMON = """
import abc
import asyncio
import collections
import concurrent.futures
import contextlib
import copy
import dataclasses
import datetime
import decimal
import enum
import functools
import json
import logging
import re
import string
import threading
import typing
import warnings

T = typing.TypeVar("T")
logger = logging.getLogger(__name__)
lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
pattern = re.compile("a+")
encoder = json.JSONEncoder()
template = string.Template("$a")
executor = concurrent.futures.ThreadPoolExecutor(1)

class Colour(enum.Flag):
    RED = 1
    BLUE = 2

class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...

    @classmethod
    def __subclasshook__(cls, other):
        return NotImplemented

@dataclasses.dataclass(slots=True)
class Square(Shape):
    side: int
    def area(self):
        return self.side ** 2

class Box(typing.Generic[T]):
    content: T
    @functools.cached_property
    def twice(self):
        return 2

class Sized(typing.Protocol):
    def size(self) -> int: ...

runtime = typing.runtime_checkable(Sized)

class Point(typing.NamedTuple):
    x: int = 0

class Row(typing.TypedDict, total=False):
    name: str

@functools.singledispatch
def shown(value):
    return str(value)

@shown.register
def _(value: int):
    return "int"

@contextlib.contextmanager
def inside():
    yield 1

@functools.wraps(shown)
def wrapped(value):
    return shown(value)

def use():
    warnings.warn("old", stacklevel=1)
    logger.info("used")
    assert isinstance(Square(2), Shape) and not isinstance(3, Shape)
    assert Colour.RED | Colour.BLUE and Colour(3).name and ~Colour.RED
    assert Box[int]().twice == 2 and Box.__annotations__ and Point(1)._asdict()
    assert not isinstance(3, runtime) and Row(name="a")
    assert shown(1) == "int" and wrapped(1.5) == "1.5" and shown(decimal.Decimal(1))
    assert copy.copy(Box()) and typing.get_type_hints(Square) and dataclasses.asdict(Square(1))
    with inside(), lock, rlock, condition:
        assert pattern.match("aa") and encoder.encode([1]) and template.substitute(a=1)
    async def later():
        await asyncio.sleep(0)
        return collections.Counter("aa")
    return asyncio.run(later()), datetime.date.today()
"""


@pytest.mark.filterwarnings("ignore:old")
def test_common_code_goes_on_working(make: Make) -> None:
    state, module = make(COMMON)
    told: list[Any] = []
    state._tell = lambda *what: told.append(what)
    for _ in range(3):
        module.use()
        assert state.put_back("job", "method", everything=True)
    caches = "shop.code.Colour.", "shop.code.shown"
    assert [name for name, _ in told if not name.startswith(caches)] == []


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


def test_an_object_whose_dictionary_is_made_anew_each_time_is_left_alone(make: Make) -> None:
    shown = "class C:\n    @property\n    def __dict__(self):\n        return {'n': 1}\nO = C()\n"
    state, _ = make(shown)
    told: list[Any] = []
    state._tell = lambda *what: told.append(what)
    assert state.put_back("job", "method", everything=True)
    assert told == []


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
    module.use(0)
    assert state.put_back("job", "method")
    state._rests_until = 0
    module.use(1)
    for _ in range(9):
        assert state.put_back("job", "method")
        assert module.D == {"a": {1: 1}}
    assert state.put_back("job", "method")
    assert module.D == {"a": {}}


def test_what_a_method_leaves_is_looked_for_once_in_all_processes(make: Make) -> None:
    state, module = make(LATER)

    def run_there() -> bool:
        module.use(0)
        return state.put_back("job", "method")

    assert Forked(run_there).answer(False)
    module.use(1)
    assert state.put_back("job", "method")
    assert module.D == {"a": {1: 1}}, "another process has looked after one of this method"
    assert state.put_back("job", "another")
    assert module.D == {"a": {}}


@pytest.mark.parametrize(
    ("name", "job"),
    [("shop.code.D['a']", "as another process saw it"), ("shop.code.D.a", "has another name here")],
)
def test_a_process_in_which_it_has_another_name_looks_for_itself(
    make: Make, name: str, job: str
) -> None:
    state, module = make(LATER)
    assert Forked(lambda: state.put_back("job", "method")).answer(False)
    state._heard = lambda: {name}
    module.use(1)
    assert state.put_back(job, "method")
    assert module.D == {"a": {}}


def test_a_process_that_has_not_heard_of_all_looks_for_itself(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    _, module = make(LATER)
    state = WarmState(["shop"], (), lambda *_: None)
    state.seen.add_name("shop.code.E")  # which another process told, and an operator forgot
    assert Forked(lambda: state.put_back("job", "method")).answer(False)
    state.begin()
    module.use(1)
    assert state.put_back("job", "method")
    assert module.D == {"a": {}}


def test_what_a_start_sets_in_libraries_the_first_process_tells_the_others(make: Make) -> None:
    import tempfile

    make("")
    state, look = WarmState(["shop"], (), lambda *_: None), restoring._in_a_fork

    def process() -> tuple[int, bool]:
        looks: list[Any] = []
        restoring._in_a_fork = lambda what: looks.append(what) or look(what)  # type: ignore[func-returns-value]
        tempfile.mkdtemp = str  # type: ignore[assignment]
        state.begin()
        number = len(looks)
        return number, state.put_everything_back("a job") and tempfile.mkdtemp is str

    assert [Forked(process).answer((0, False)) for _ in range(2)] == [(1, True), (0, True)]


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
    state._began -= 1000 / restoring.SHARE_OF_NEW
    assert state.put_back("job", "method 1")
    assert module.D == {"a": {}}, "what was due is made up for"


def test_looks_for_nothing_new_take_a_smaller_share(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "FULL_EVERY", 2)
    state, module = make(LATER)
    module.use(0)
    assert state.put_back("job", "method")
    module.use(1)
    for _ in range(3):
        assert state.put_back("job", "method")
    assert module.D == {"a": {1: 1}}, "it has looked just now"
    state._rests_until = 0
    assert state.put_back("job", "method")
    assert module.D == {"a": {}}


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
