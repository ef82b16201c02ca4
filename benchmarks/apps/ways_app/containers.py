"""Containers, and what stands in them."""

import array
import ctypes
import io
import random
import sys
import types
import weakref
from collections import (
    ChainMap,
    Counter,
    OrderedDict,
    UserDict,
    UserList,
    UserString,
    defaultdict,
    deque,
    namedtuple,
)
from types import SimpleNamespace

import frappe
from lookout import beyond, by_rule, way

# -- dictionaries

KEYED, GROWN, SHRUNK, CHANGED, CLEARED, MERGED = {}, {}, {"a": 1}, {"a": 1}, {"a": 1}, {}


@way(lambda: KEYED)
def dictionary_set_default(tenant):
    KEYED.setdefault(tenant.partition("/")[0], tenant)


@way(lambda: GROWN)
def dictionary_grown(tenant):
    GROWN[tenant] = tenant


@way(lambda: not SHRUNK)
def dictionary_shrunk(tenant):
    SHRUNK.pop("a", None)


@way(lambda: CHANGED["a"] != 1)
def dictionary_changed(tenant):
    CHANGED["a"] = tenant


@way(lambda: not CLEARED)
def dictionary_cleared(tenant):
    CLEARED.clear()


@way(lambda: MERGED)
def dictionary_merged(tenant):
    global MERGED
    MERGED |= {tenant: 1}


DEFAULTS = {"user": {"roles": {"of": {"tenant": None}}}, "list": [[0], [1]]}
LARGE = {f"{n}": n for n in range(100)}
LARGE_NESTED = {f"{n}": {"n": n} for n in range(100)}
IN_A_TUPLE = ({"token": None}, [])


@way(lambda: DEFAULTS["user"]["roles"]["of"]["tenant"])
def dictionary_four_deep(tenant):
    DEFAULTS["user"]["roles"]["of"]["tenant"] = tenant


@way(lambda: len(DEFAULTS["list"][1]) > 1)
def list_in_a_list_in_a_dictionary(tenant):
    DEFAULTS["list"][1].append(tenant)


@way(lambda: LARGE["50"] != 50 and LARGE["50"])
def value_of_a_large_dictionary(tenant):
    LARGE["50"] = tenant


@way(lambda: LARGE_NESTED["50"]["n"] != 50)
def value_in_a_large_dictionary(tenant):
    LARGE_NESTED["50"]["n"] = tenant


@way(lambda: IN_A_TUPLE[0]["token"])
def dictionary_in_a_tuple(tenant):
    IN_A_TUPLE[0]["token"] = tenant


@way(lambda: IN_A_TUPLE[1])
def list_in_a_tuple(tenant):
    IN_A_TUPLE[1].append(tenant)


ORDERED, MOVED = OrderedDict(), OrderedDict(a=1, b=2)
BY_SITE, FACTORY = defaultdict(dict), defaultdict(list)
COUNTS = Counter()
_hidden = {"token": None}
SHOWN = types.MappingProxyType(_hidden)
_proxied = types.MappingProxyType({"inner": {}})


@way(lambda: ORDERED)
def ordered_dictionary(tenant):
    ORDERED[tenant] = 1


@way(lambda: [*MOVED] != ["a", "b"])
def ordered_dictionary_reordered(tenant):
    MOVED.move_to_end("a")


@way(lambda: BY_SITE)
def default_dictionary(tenant):
    BY_SITE[tenant]["token"] = tenant


@way(lambda: FACTORY.default_factory is not list)
def factory_of_a_default_dictionary(tenant):
    FACTORY.default_factory = lambda: tenant


@way(lambda: COUNTS)
def counter(tenant):
    COUNTS.update([tenant])


@way(lambda: SHOWN["token"])
def dictionary_behind_a_proxy(tenant):
    _hidden["token"] = tenant


@beyond(lambda: _proxied["inner"])
def dictionary_that_only_a_proxy_has(tenant):
    _proxied["inner"][tenant] = 1


# -- lists and the like

APPENDED, INSERTED, ASSIGNED, SORTED, EMPTIED, SLICED = [], [1], [1, 2], [3, 1, 2], [1], [1, 2, 3]
LARGE_LIST = [*range(100)]
HEAP = [5, 6, 7]
RECENT, FULL, ROTATED = deque(), deque([1, 2, 3], maxlen=3), deque([1, 2, 3])
BYTES, GROWN_BYTES = bytearray(b"none"), bytearray()
NUMBERS, GROWN_NUMBERS = array.array("i", [1, 2, 3]), array.array("d")


@way(lambda: APPENDED)
def list_appended(tenant):
    APPENDED.append(tenant)


@way(lambda: len(INSERTED) > 1)
def list_inserted(tenant):
    INSERTED.insert(0, tenant)


@way(lambda: ASSIGNED[0] != 1)
def list_item(tenant):
    ASSIGNED[0] = tenant


@way(lambda: SORTED != [3, 1, 2])
def list_sorted(tenant):
    SORTED.sort()


@way(lambda: not EMPTIED)
def list_emptied(tenant):
    EMPTIED.clear()


@way(lambda: SLICED != [1, 2, 3])
def list_slice(tenant):
    SLICED[1:] = [tenant, tenant]


@way(lambda: LARGE_LIST[50] != 50)
def item_of_a_large_list(tenant):
    LARGE_LIST[50] = tenant


@way(lambda: len(HEAP) > 3)
def heap(tenant):
    import heapq

    heapq.heappush(HEAP, 1)


@way(lambda: RECENT)
def deque_appended(tenant):
    RECENT.append(tenant)


@way(lambda: [*FULL] != [1, 2, 3])
def deque_that_is_full(tenant):
    FULL.append(tenant)


@way(lambda: [*ROTATED] != [1, 2, 3])
def deque_rotated(tenant):
    ROTATED.rotate()


@way(lambda: bytes(BYTES) != b"none")
def byte_array_item(tenant):
    BYTES[:] = b"some"


@way(lambda: GROWN_BYTES)
def byte_array_grown(tenant):
    GROWN_BYTES.extend(tenant.encode())


@way(lambda: NUMBERS[0] != 1)
def array_item(tenant):
    NUMBERS[0] = 7


@way(lambda: len(GROWN_NUMBERS))
def array_grown(tenant):
    GROWN_NUMBERS.append(7.0)


# -- sets

SEEN, DISCARDED, REPLACED = set(), {1}, {1}
SETS = {"of": {"tenants": set()}}


@way(lambda: SEEN)
def set_grown(tenant):
    SEEN.add(tenant)


@way(lambda: not DISCARDED)
def set_shrunk(tenant):
    DISCARDED.discard(1)


@way(lambda: {1} != REPLACED)
def set_of_the_same_size(tenant):
    REPLACED.clear()
    REPLACED.add(tenant)


@way(lambda: SETS["of"]["tenants"])
def nested_set(tenant):
    SETS["of"]["tenants"].add(tenant)


# -- other containers

CHAIN, CHAIN_OF_MAPS = ChainMap({}, {"a": 1}), ChainMap({})
USER_DICT, USER_LIST, USER_TEXT = UserDict(), UserList(), UserString("none")
SPACE, DEEP_SPACE = SimpleNamespace(token=None), SimpleNamespace(inner=SimpleNamespace(tokens={}))
SPACES = {"one": SimpleNamespace(token=None)}
Point = namedtuple("Point", "rows")
POINT = Point([])
FRAPPE_DICT = frappe._dict(token=None)


@way(lambda: CHAIN.maps[0])
def chain_map(tenant):
    CHAIN["token"] = tenant


@way(lambda: len(CHAIN_OF_MAPS.maps) > 1)
def maps_of_a_chain_map(tenant):
    CHAIN_OF_MAPS.maps.append({"token": tenant})


@way(lambda: USER_DICT)
def user_dictionary(tenant):
    USER_DICT["token"] = tenant


@way(lambda: USER_LIST)
def user_list(tenant):
    USER_LIST.append(tenant)


@beyond(lambda: USER_TEXT != "none")
def user_string(tenant):
    USER_TEXT.data = tenant


@way(lambda: SPACE.token)
def simple_namespace(tenant):
    SPACE.token = tenant


@way(lambda: DEEP_SPACE.inner.tokens)
def nested_simple_namespace(tenant):
    DEEP_SPACE.inner.tokens[tenant] = 1


@way(lambda: SPACES["one"].token)
def simple_namespace_in_a_dictionary(tenant):
    SPACES["one"].token = tenant


@way(lambda: POINT.rows)
def list_in_a_named_tuple(tenant):
    POINT.rows.append(tenant)


@way(lambda: FRAPPE_DICT.token)
def frappe_dictionary(tenant):
    FRAPPE_DICT.token = tenant


# -- attributes of container subclasses


class Config(dict):
    tenant = None


class Rows(list):
    tenant = None


class Ids(set):
    tenant = None


class Recent(deque):
    tenant = None


class Settings(UserDict):
    tenant = None


class Ordered(OrderedDict):
    pass


CONFIG, ROWS, IDS, LAST, SETTINGS, IN_ORDER = (
    *(Config(), Rows(), Ids(), Recent()),
    *(Settings(), Ordered()),
)
NUMBERED = type("Numbered", (array.array,), {"tenant": None})("i", [1])
CONFIGS = {"one": Config()}


@way(lambda: CONFIG.tenant)
def attribute_of_a_dictionary(tenant):
    CONFIG.tenant = tenant


@way(lambda: ROWS.tenant)
def attribute_of_a_list(tenant):
    ROWS.tenant = tenant


@way(lambda: IDS.tenant)
def attribute_of_a_set(tenant):
    IDS.tenant = tenant


@way(lambda: LAST.tenant)
def attribute_of_a_deque(tenant):
    LAST.tenant = tenant


@way(lambda: SETTINGS.tenant)
def attribute_of_a_user_dictionary(tenant):
    SETTINGS.tenant = tenant


@way(lambda: getattr(IN_ORDER, "tenant", None))
def attribute_of_an_ordered_dictionary(tenant):
    IN_ORDER.tenant = tenant


@way(lambda: NUMBERED.tenant)
def attribute_of_an_array(tenant):
    NUMBERED.tenant = tenant


@way(lambda: CONFIGS["one"].tenant)
def attribute_of_a_dictionary_in_a_dictionary(tenant):
    CONFIGS["one"].tenant = tenant


@way(lambda: CONFIG.get("token"))
def key_of_a_dictionary_of_its_own_class(tenant):
    CONFIG["token"] = tenant


# -- weak ones


class Connection:
    token = None


CONNECTION = Connection()
WEAK_VALUES, WEAK_KEYS = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary()
WEAK_KEYS_NESTED = weakref.WeakKeyDictionary({CONNECTION: {}})
WEAK_SET = weakref.WeakSet()


@way(lambda: len(WEAK_VALUES))
def weak_value_dictionary(tenant):
    WEAK_VALUES[tenant] = CONNECTION


@way(lambda: WEAK_KEYS.get(CONNECTION))
def weak_key_dictionary(tenant):
    WEAK_KEYS[CONNECTION] = tenant


@beyond(lambda: len(WEAK_SET))
def weak_set(tenant):
    WEAK_SET.add(CONNECTION)


@beyond(lambda: WEAK_KEYS_NESTED[CONNECTION])
def dictionary_in_a_weak_key_dictionary(tenant):
    WEAK_KEYS_NESTED[CONNECTION][tenant] = 1


# -- what has a state of its own


NUMBERS_OF_JOBS = iter(range(10**9))
SERIES = __import__("itertools").count()
TEXTS, FILE = io.StringIO(), io.BytesIO()
DICE = random.Random(1)
_dice = DICE.getstate()
BUFFER = ctypes.create_string_buffer(40)


@by_rule(lambda: repr(SERIES) != "count(0)", "numbers go on")
def itertools_count(tenant):
    next(SERIES)


@by_rule(lambda: NUMBERS_OF_JOBS.__length_hint__() != 10**9, "iterators go on")
def iterator(tenant):
    next(NUMBERS_OF_JOBS)


@beyond(lambda: TEXTS.getvalue())
def text_buffer(tenant):
    TEXTS.write(tenant)


@beyond(lambda: FILE.getvalue())
def bytes_buffer(tenant):
    FILE.write(tenant.encode())


@beyond(lambda: DICE.getstate() != _dice)
def dice_of_the_app(tenant):
    DICE.random()


@beyond(lambda: BUFFER.value)
def buffer_of_ctypes(tenant):
    BUFFER.value = tenant.encode()[:39]


@beyond(lambda: getattr(sys.modules[__name__].Point, "tenant", None))
def attribute_of_a_named_tuple_class(tenant):
    Point.tenant = tenant
