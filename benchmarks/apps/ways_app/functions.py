"""Functions, and what they hold: defaults, closures, code, attributes, memos."""

import functools
import sys

from lookout import beyond, way

HERE = sys.modules[__name__]

# -- defaults


def known(value=None, rows=[]):
    if value:
        rows.append(value)
    return rows


def options(value=None, by_name={}):
    if value:
        by_name[value] = 1
    return by_name


def of_keyword(value=None, *, rows=[]):
    if value:
        rows.append(value)
    return rows


def told(of="as imported"):
    return of


def told_by_keyword(*, of="as imported"):
    return of


def told_by_another_keyword(*, of="as imported"):
    return of


def untold(of):
    return of


def by_method(value=None, remember={}.setdefault):
    if value:
        remember(value, 1)
    return remember.__self__


@way(known)
def list_as_default(tenant):
    known(tenant)


@way(options)
def dictionary_as_default(tenant):
    options(tenant)


@way(of_keyword)
def list_as_default_of_a_keyword(tenant):
    of_keyword(tenant)


@way(lambda: told() != "as imported")
def defaults_replaced(tenant):
    told.__defaults__ = (tenant,)


@way(lambda: untold.__defaults__)
def defaults_added(tenant):
    untold.__defaults__ = (tenant,)


@way(lambda: told_by_keyword() != "as imported")
def keyword_default_set(tenant):
    told_by_keyword.__kwdefaults__["of"] = tenant


@way(lambda: told_by_another_keyword() != "as imported")
def keyword_defaults_replaced(tenant):
    told_by_another_keyword.__kwdefaults__ = {"of": tenant}


@beyond(by_method)
def method_of_a_container_as_default(tenant):
    by_method(tenant)


default_of_a_lambda = lambda value=None, rows=[]: rows.append(value) or rows if value else rows  # noqa: E731


@way(default_of_a_lambda)
def list_as_default_of_a_lambda(tenant):
    default_of_a_lambda(tenant)


# -- code


def computed():
    return "as imported"


def other():
    return "other"


class Computing:
    def computed(self):
        return "as imported"


@way(lambda: computed() != "as imported")
def code(tenant):
    computed.__code__ = other.__code__


@way(lambda: Computing().computed() != "as imported")
def code_of_a_method(tenant):
    Computing.computed.__code__ = (lambda self: "other").__code__


@beyond(lambda: told.__annotations__)
def annotations(tenant):
    told.__annotations__["of"] = tenant


@beyond(lambda: computed.__doc__)
def documentation(tenant):
    computed.__doc__ = tenant


@beyond(lambda: other.__name__ != "other")
def name(tenant):
    other.__name__ = "renamed"


# -- attributes


def called():
    called.times += 1


called.times = 0
called.rows = []


def unmarked():
    pass


def marked_by_name():
    pass


class Marked:
    def method(self):
        pass


@way(lambda: called.times)
def attribute(tenant):
    called()


@way(lambda: called.rows)
def list_of_a_function(tenant):
    called.rows.append(tenant)


@way(lambda: getattr(unmarked, "token", None))
def attribute_added(tenant):
    unmarked.token = tenant


@way(lambda: vars(marked_by_name))
def attribute_added_by_another_way(tenant):
    setattr(globals()["marked_by_name"], "token", tenant)  # noqa: B010


@way(lambda: vars(Marked.method))
def attribute_of_a_method(tenant):
    Marked.method.token = tenant


# -- closures


def counting():
    number = 0
    token = None
    rows = []

    def count(tenant=None):
        nonlocal number
        if tenant:
            number += 1
        return number

    def remember(tenant=None):
        if tenant:
            rows.append(tenant)
        return rows

    def tell():
        return token

    return count, remember, tell


def within():
    def inner():
        by_tenant = {}

        def innermost(tenant=None):
            if tenant:
                by_tenant[tenant] = 1
            return by_tenant

        return innermost

    return inner()


def holding(holder):
    def hold(tenant=None):
        if tenant:
            holder.token = tenant
        return holder.token

    return hold


class Holder:
    token = None


COUNT, REMEMBER, TELL = counting()
INNERMOST = within()
HOLD = holding(Holder())
empty_cell = []


def making():
    if empty_cell:
        made = None

    def give():
        return made

    def make(value):
        nonlocal made
        made = value

    return give, make


GIVE, MAKE = making()


def _given():
    try:
        return GIVE()
    except NameError:
        return None


@way(lambda: COUNT())
def number_in_a_closure(tenant):
    COUNT(tenant)


@way(lambda: REMEMBER())
def list_in_a_closure(tenant):
    REMEMBER(tenant)


@way(lambda: TELL())
def cell_of_a_closure(tenant):
    TELL.__closure__[0].cell_contents = tenant


@way(lambda: INNERMOST())
def dictionary_in_an_inner_closure(tenant):
    INNERMOST(tenant)


@way(lambda: HOLD())
def object_in_a_closure(tenant):
    HOLD(tenant)


@way(_given)
def cell_that_was_empty(tenant):
    MAKE(tenant)


# -- memos


def memo(function):
    results = {}

    @functools.wraps(function)
    def remembered(key):
        if key not in results:
            results[key] = function(key)
        return results[key]

    remembered.results = lambda: results
    return remembered


def memo_of_last(function):
    last = None

    def remembered(key):
        nonlocal last
        last = last or function(key)
        return last

    remembered.last = lambda: last
    return remembered


def memo_by_attribute(function):
    @functools.wraps(function)
    def remembered(key):
        return remembered.cache.setdefault(key, function(key))

    remembered.cache = {}
    return remembered


class Memo:
    def __init__(self, function):
        self.function = function
        self.results = {}

    def __call__(self, key):
        return self.results.setdefault(key, self.function(key))


class SlottedMemo:
    __slots__ = ("function", "results")

    def __init__(self, function):
        self.function = function
        self.results = {}

    def __call__(self, key):
        return self.results.setdefault(key, self.function(key))


@memo
def remembered(key):
    return key


@memo_of_last
def remembered_last(key):
    return key


@memo_by_attribute
def remembered_by_attribute(key):
    return key


@Memo
def remembered_by_class(key):
    return key


@SlottedMemo
def remembered_by_slots(key):
    return key


@functools.lru_cache
def cached(key):
    return key


@functools.cache
def cached_for_ever(key):
    return key


class Cached:
    @functools.lru_cache  # noqa: B019
    def method(self, key):
        return key

    @staticmethod
    @functools.lru_cache
    def static(key):
        return key

    @classmethod
    @functools.lru_cache
    def of_class(cls, key):
        return key

    @memo
    def remembered(self):
        return self

    @functools.cached_property
    def token(self):
        return []


def cached_within():
    @functools.lru_cache
    def inner(key):
        return key

    def call(key):
        return inner(key)

    call.size = lambda: inner.cache_info().currsize
    return call


CACHED, CACHED_WITHIN = Cached(), cached_within()
CACHES = {"one": functools.lru_cache(lambda key: key)}
LENGTHS = functools.lru_cache(len)


@way(lambda: remembered.results())
def memo_in_a_closure(tenant):
    remembered(tenant)


@way(lambda: remembered_last.last())
def memo_of_one_value(tenant):
    remembered_last(tenant)


@way(lambda: remembered_by_attribute.cache)
def memo_in_an_attribute(tenant):
    remembered_by_attribute(tenant)


@way(lambda: remembered_by_class.results)
def memo_in_an_object(tenant):
    remembered_by_class(tenant)


@way(lambda: remembered_by_slots.results)
def memo_in_a_slot(tenant):
    remembered_by_slots(tenant)


@way(lambda: Cached.remembered.results())
def memo_of_a_method(tenant):
    Cached.remembered(tenant)


@way(lambda: cached.cache_info().currsize)
def lru_cache(tenant):
    cached(tenant)


@way(lambda: cached_for_ever.cache_info().currsize)
def cache(tenant):
    cached_for_ever(tenant)


@way(lambda: Cached.method.cache_info().currsize)
def lru_cache_of_a_method(tenant):
    CACHED.method(tenant)


@way(lambda: Cached.static.cache_info().currsize)
def lru_cache_of_a_static_method(tenant):
    Cached.static(tenant)


@way(lambda: Cached.of_class.cache_info().currsize)
def lru_cache_of_a_class_method(tenant):
    Cached.of_class(tenant)


@way(lambda: CACHED_WITHIN.size())
def lru_cache_in_a_closure(tenant):
    CACHED_WITHIN(tenant)


@way(lambda: CACHES["one"].cache_info().currsize)
def lru_cache_in_a_dictionary(tenant):
    CACHES["one"](tenant)


@beyond(lambda: LENGTHS.cache_info().currsize)
def lru_cache_of_a_builtin(tenant):
    LENGTHS(tenant)


@way(lambda: vars(CACHED).get("token"))
def cached_property(tenant):
    CACHED.token.append(tenant)


# -- partials and others


def send(text, headers=None, rows=None):
    return text


PARTIAL = functools.partial(send, headers={"token": None})
PARTIAL_ROWS = functools.partial(send, rows=[])
PARTIAL_NEW = functools.partial(send)
PARTIAL_IN = {"one": functools.partial(send, headers={})}


class Sending:
    def send(self, headers):
        return headers

    send_plainly = functools.partialmethod(send, headers={})


@way(lambda: PARTIAL.keywords["headers"]["token"])
def keywords_of_a_partial(tenant):
    PARTIAL.keywords["headers"]["token"] = tenant


@way(lambda: PARTIAL_ROWS.keywords["rows"])
def list_of_a_partial(tenant):
    PARTIAL_ROWS.keywords["rows"].append(tenant)


@way(lambda: PARTIAL_NEW.keywords)
def keyword_added_to_a_partial(tenant):
    PARTIAL_NEW.keywords["headers"] = tenant


@way(lambda: getattr(PARTIAL, "tenant", None))
def attribute_of_a_partial(tenant):
    PARTIAL.tenant = tenant


@way(lambda: PARTIAL_IN["one"].keywords["headers"])
def partial_in_a_dictionary(tenant):
    PARTIAL_IN["one"].keywords["headers"][tenant] = 1


@way(lambda: vars(Sending)["send_plainly"].keywords["headers"])
def partial_method(tenant):
    vars(Sending)["send_plainly"].keywords["headers"][tenant] = 1


@functools.singledispatch
def shown(value):
    return "as imported"


@beyond(lambda: shown(1) != "as imported")
def single_dispatch(tenant):
    shown.register(int, lambda value: tenant)


def numbers():
    number = 0
    while True:
        number += 1
        yield number


@way(lambda: globals().get("_wrapped_target").__wrapped__() != "as imported")
def wrapped_function_replaced(tenant):
    _wrapped_target.__wrapped__ = lambda: tenant


@functools.wraps(computed)
def _wrapped_target():
    return _wrapped_target.__wrapped__()


_wrapped_target.__wrapped__ = lambda: "as imported"
