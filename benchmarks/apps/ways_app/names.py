"""Names of modules."""

import json
import sys
import types

from lookout import beyond, way

from ways_app import settings

TOKEN = None
BY_GLOBALS = None
BY_MODULE = None
SET_DEFAULT = None
FIRST = None
_private = None
_PAIR = (None, None)
TOTAL = 0
deleted = "as imported"


@way(lambda: TOKEN)
def declared_global(tenant):
    global TOKEN
    TOKEN = tenant


@way(lambda: FIRST)
def declared_global_once(tenant):
    global FIRST
    FIRST = FIRST or tenant


@way(lambda: _private)
def declared_global_in_an_inner_function(tenant):
    def remember():
        global _private
        _private = tenant

    remember()


@way(lambda: _PAIR[0])
def unpacked_into_globals(tenant):
    global _PAIR
    _PAIR = tenant, None


@way(lambda: TOTAL)
def counted(tenant):
    global TOTAL
    TOTAL += 1


@way(lambda: BY_GLOBALS)
def by_globals(tenant):
    globals()["BY_GLOBALS"] = tenant


@way(lambda: BY_MODULE)
def by_sys_modules(tenant):
    sys.modules[__name__].BY_MODULE = tenant


@way(lambda: SET_DEFAULT)
def by_exec(tenant):
    exec(f"SET_DEFAULT = {tenant!r}", globals())


@way(lambda: globals().get("ADDED"))
def added(tenant):
    globals()["ADDED"] = tenant


@way(lambda: "deleted" not in globals())
def deleted_here(tenant):
    globals().pop("deleted", None)


@way(lambda: settings.TOKEN)
def of_another_module(tenant):
    settings.TOKEN = tenant


@way(lambda: settings.OTHER)
def of_another_module_by_setattr(tenant):
    setattr(settings, "OTHER", tenant)  # noqa: B010


@way(lambda: getattr(settings, "ADDED", None))
def added_to_another_module(tenant):
    settings.ADDED = tenant


@way(lambda: not hasattr(settings, "DEFAULT"))
def deleted_of_another_module(tenant):
    vars(settings).pop("DEFAULT", None)


@way(lambda: settings.ENDPOINT != "https://one.invalid" and settings.ENDPOINT)
def by_vars_of_another_module(tenant):
    vars(settings)["ENDPOINT"] = tenant


@way(lambda: settings.currency() != "EUR" and settings.currency())
def function_replaced(tenant):
    settings.currency = lambda: tenant


@way(lambda: settings.Theme.colour != "blue" and settings.Theme.colour)
def class_replaced(tenant):
    settings.Theme = type("Theme", (), {"colour": tenant})


@way(lambda: settings.__tenant__)
def dunder(tenant):
    settings.__tenant__ = tenant


@way(lambda: getattr(settings, "__secret__", None))
def dunder_added(tenant):
    settings.__secret__ = tenant


@way(lambda: "SECRET" in settings.__all__)
def dunder_all_grown(tenant):
    settings.__all__.append("SECRET")


@way(lambda: "__getattr__" in globals() and sys.modules[__name__].no_such_name)
def dunder_getattr(tenant):
    globals()["__getattr__"] = lambda name: tenant


@way(lambda: settings.PROVIDER is not json)
def module_as_value(tenant):
    settings.PROVIDER = types


@way(lambda: settings.SERIALIZER and settings.SERIALIZER.token)
def made_module_as_value(tenant):
    settings.SERIALIZER = types.ModuleType("serializer")
    settings.SERIALIZER.token = tenant


@way(lambda: settings.PROVIDERS["one"] is not json)
def module_in_a_dictionary(tenant):
    settings.PROVIDERS["one"] = types


@way(lambda: getattr(settings, "ADDED_MODULE", None))
def module_added(tenant):
    settings.ADDED_MODULE = types


@way(lambda: settings.json is not json)
def imported_module_replaced(tenant):
    settings.json = types.SimpleNamespace(dumps=lambda value: tenant)


class _Watching(types.ModuleType):
    token = None


@beyond(lambda: type(settings) is not types.ModuleType)
def class_of_a_module(tenant):
    settings.__class__ = _Watching
