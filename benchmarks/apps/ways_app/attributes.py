"""Attributes of objects: clients, singletons, and what they hold."""

import dataclasses
import functools
import types
import weakref

from lookout import beyond, way

# -- a client's token


class Client:
    def __init__(self):
        self.token = None
        self.headers = {}
        self.history = []
        self.session = Session()

    @property
    def account(self):
        return self._account

    @account.setter
    def account(self, value):
        self._account = value


class Session:
    def __init__(self):
        self.key = None
        self.cookies = {"jar": {}}


client = Client()
by_header = Client()
in_history = Client()
added_to = Client()
deleted_from = Client()
swapped = Client()
of_session = Client()
in_session = Client()
new_session = Client()
by_property = Client()
IN_A_LIST, IN_A_DICT, IN_A_TUPLE, DEEP = (
    *([Client()], {"one": Client()}, (Client(),)),
    {"of": [({"it": Client()},)]},
)


@way(lambda: client.token)
def token_of_a_client(tenant):
    client.token = tenant


@way(lambda: by_header.headers)
def header_of_a_client(tenant):
    by_header.headers["Authorization"] = tenant


@way(lambda: in_history.history)
def list_of_a_client(tenant):
    in_history.history.append(tenant)


@way(lambda: getattr(added_to, "tenant", None))
def attribute_added(tenant):
    added_to.tenant = tenant


@way(lambda: not hasattr(deleted_from, "token"))
def attribute_deleted(tenant):
    vars(deleted_from).pop("token", None)


@way(lambda: swapped.token)
def all_attributes_swapped(tenant):
    swapped.__dict__ = {**swapped.__dict__, "token": tenant}


@way(lambda: of_session.session.key)
def attribute_of_an_inner_object(tenant):
    of_session.session.key = tenant


@way(lambda: in_session.session.cookies["jar"])
def dictionary_within_an_inner_object(tenant):
    in_session.session.cookies["jar"][tenant] = 1


@way(lambda: new_session.session.key)
def inner_object_replaced(tenant):
    new_session.session = Session()
    new_session.session.key = tenant


@way(lambda: getattr(by_property, "_account", None))
def attribute_by_a_property(tenant):
    by_property.account = tenant


@way(lambda: IN_A_LIST[0].token)
def object_in_a_list(tenant):
    IN_A_LIST[0].token = tenant


@way(lambda: IN_A_DICT["one"].token)
def object_in_a_dictionary(tenant):
    IN_A_DICT["one"].token = tenant


@way(lambda: IN_A_TUPLE[0].token)
def object_in_a_tuple(tenant):
    IN_A_TUPLE[0].token = tenant


@way(lambda: DEEP["of"][0][0]["it"].token)
def object_four_deep(tenant):
    DEEP["of"][0][0]["it"].token = tenant


# -- singletons


class Single:
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.token = None
        return cls._instance


Single()


class Lazy:
    _instance = None

    @classmethod
    def instance(cls):
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance


class OneEach(type):
    _instances = {}

    def __call__(cls):
        if cls not in cls._instances:
            cls._instances[cls] = super().__call__()
        return cls._instances[cls]


class Registry(metaclass=OneEach):
    def __init__(self):
        self.names = []


class Borg:
    _shared = {}

    def __init__(self):
        self.__dict__ = self._shared


@way(lambda: Single().token)
def attribute_of_a_singleton(tenant):
    Single().token = tenant


@way(lambda: Lazy._instance and Lazy._instance.token)
def singleton_made(tenant):
    Lazy.instance().token = tenant


@way(lambda: OneEach._instances and Registry().names)
def singleton_of_a_metaclass(tenant):
    Registry().names.append(tenant)


@way(lambda: Borg._shared)
def borg(tenant):
    Borg().token = tenant


# -- __slots__


class Slotted:
    __slots__ = ("rows", "token", "unset")

    def __init__(self):
        self.token = None
        self.rows = []


class MoreSlots(Slotted):
    __slots__ = ("key",)

    def __init__(self):
        super().__init__()
        self.key = None


class SlotsAndMore(Slotted):
    def __init__(self):
        super().__init__()
        self.inner = Slotted()


SLOTTED, OF_BASE, OWN, UNSET, DELETED, ROWS = (
    *(Slotted(), MoreSlots(), MoreSlots()),
    *(Slotted(), Slotted(), Slotted()),
)
MORE, SLOTTED_IN = SlotsAndMore(), {"one": Slotted()}


@way(lambda: SLOTTED.token)
def slot(tenant):
    SLOTTED.token = tenant


@way(lambda: OF_BASE.token)
def slot_of_a_base(tenant):
    OF_BASE.token = tenant


@way(lambda: OWN.key)
def slot_of_a_subclass(tenant):
    OWN.key = tenant


@way(lambda: getattr(UNSET, "unset", None))
def slot_that_was_empty(tenant):
    UNSET.unset = tenant


@way(lambda: not hasattr(DELETED, "token"))
def slot_emptied(tenant):
    if hasattr(DELETED, "token"):
        del DELETED.token


@way(lambda: ROWS.rows)
def list_in_a_slot(tenant):
    ROWS.rows.append(tenant)


@way(lambda: MORE.inner.token)
def slot_of_an_inner_object(tenant):
    MORE.inner.token = tenant


@way(lambda: MORE.token)
def slot_beside_a_dictionary(tenant):
    MORE.token = tenant


@way(lambda: SLOTTED_IN["one"].token)
def slot_of_an_object_in_a_dictionary(tenant):
    SLOTTED_IN["one"].token = tenant


# -- objects of other kinds


@dataclasses.dataclass
class Data:
    token: object = None
    rows: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Frozen:
    token: object = None


class ByKey:
    """A descriptor that keeps what it is given."""

    def __init__(self):
        self.values = weakref.WeakKeyDictionary()

    def __get__(self, owner, kind=None):
        return self.values.get(owner) if owner is not None else self

    def __set__(self, owner, value):
        self.values[owner] = value


class Described:
    token = ByKey()

    @functools.cached_property
    def rows(self):
        return []


class Proxy:
    """Stands for another, as werkzeug's do."""

    def __init__(self, of):
        object.__setattr__(self, "_of", of)

    def __getattr__(self, name):
        return getattr(self._of, name)

    def __setattr__(self, name, value):
        setattr(self._of, name, value)


class Error(Exception):
    pass


class Tenant(Client):
    pass


DATA, ROWS_OF_DATA, FROZEN, DESCRIBED, CACHED = Data(), Data(), Frozen(), Described(), Described()
PROXY, ERROR, RECLASSED = Proxy(Client()), Error("none"), Client()
BOUND = Client().__init__
METHOD = types.MethodType(lambda self: self.token, Client())
REFERENCE_TO = Client()
REFERENCE = weakref.ref(REFERENCE_TO)


@way(lambda: DATA.token)
def field_of_a_data_class(tenant):
    DATA.token = tenant


@way(lambda: ROWS_OF_DATA.rows)
def list_of_a_data_class(tenant):
    ROWS_OF_DATA.rows.append(tenant)


@way(lambda: FROZEN.token)
def field_of_a_frozen_data_class(tenant):
    object.__setattr__(FROZEN, "token", tenant)


@way(lambda: DESCRIBED.token)
def value_of_a_descriptor(tenant):
    DESCRIBED.token = tenant


@way(lambda: vars(CACHED).get("rows"))
def cached_property_of_an_object(tenant):
    CACHED.rows.append(tenant)


@way(lambda: PROXY.token)
def attribute_behind_a_proxy(tenant):
    PROXY.token = tenant


@beyond(lambda: ERROR.args != ("none",))
def arguments_of_an_error(tenant):
    ERROR.args = (tenant,)


@beyond(lambda: type(RECLASSED) is not Client)
def class_of_an_object(tenant):
    RECLASSED.__class__ = Tenant


@way(lambda: BOUND.__self__.token)
def object_of_a_bound_method(tenant):
    BOUND.__self__.token = tenant


@way(lambda: METHOD.__self__.token)
def object_of_a_made_method(tenant):
    METHOD.__self__.token = tenant


@way(lambda: REFERENCE().token)
def object_behind_a_reference(tenant):
    REFERENCE().token = tenant
