"""Classes, and what they hold."""

import abc
import dataclasses
import enum

from lookout import beyond, way


class Plain:
    token = None
    other = None
    third = "as imported"
    tokens = {}
    rows = []
    ids = set()
    nested = {"of": {}}

    class Meta:
        tenant = None
        options = {}

    def name(self):
        return "as imported"

    @property
    def title(self):
        return "as imported"

    @staticmethod
    def currency():
        return "EUR"

    @classmethod
    def remember(cls, tenant):
        cls.remembered = tenant

    remembered = None


class Child(Plain):
    pass


@way(lambda: Plain.token)
def attribute(tenant):
    Plain.token = tenant


@way(lambda: getattr(Plain, "added", None))
def attribute_added(tenant):
    Plain.added = tenant


@way(lambda: not hasattr(Plain, "third"))
def attribute_deleted(tenant):
    if hasattr(Plain, "third"):
        del Plain.third


@way(lambda: vars(Child).get("other"))
def attribute_of_a_subclass(tenant):
    Child.other = tenant


@way(lambda: Plain.remembered)
def by_a_class_method(tenant):
    Plain.remember(tenant)


@way(lambda: Plain.tokens)
def dictionary(tenant):
    Plain.tokens[tenant] = 1


@way(lambda: Plain.rows)
def list_of_a_class(tenant):
    Plain().rows.append(tenant)


@way(lambda: Plain.ids)
def set_of_a_class(tenant):
    Child.ids.add(tenant)


@way(lambda: Plain.nested["of"])
def nested_dictionary(tenant):
    Plain.nested["of"][tenant] = 1


@way(lambda: Plain.Meta.tenant)
def attribute_of_an_inner_class(tenant):
    Plain.Meta.tenant = tenant


@way(lambda: Plain.Meta.options)
def dictionary_of_an_inner_class(tenant):
    Plain.Meta.options[tenant] = 1


@way(lambda: Plain().name() != "as imported")
def method_replaced(tenant):
    Plain.name = lambda self: tenant


@way(lambda: Plain().title != "as imported")
def property_replaced(tenant):
    Plain.title = property(lambda self: tenant)


@way(lambda: Plain.currency() != "EUR")
def static_method_replaced(tenant):
    Plain.currency = staticmethod(lambda: tenant)


class Dunder:
    __tenant__ = None
    x: int

    def __init__(self):
        self.token = None

    def __repr__(self):
        return "as imported"


@way(lambda: Dunder().token)
def dunder_init(tenant):
    Dunder.__init__ = lambda self: setattr(self, "token", tenant)


@way(lambda: repr(Dunder()) != "as imported")
def dunder_repr(tenant):
    Dunder.__repr__ = lambda self: tenant


@way(lambda: "__call__" in vars(Dunder) and Dunder()())
def dunder_added(tenant):
    Dunder.__call__ = lambda self: tenant


@way(lambda: Dunder.__tenant__)
def dunder_of_its_own(tenant):
    Dunder.__tenant__ = tenant


@beyond(lambda: Dunder.__annotations__.get("tenant"))
def annotations(tenant):
    Dunder.__annotations__["tenant"] = tenant


@beyond(lambda: Dunder.__doc__)
def documentation(tenant):
    Dunder.__doc__ = tenant


class Meta(type):
    token = None
    classes = []


class OfMeta(metaclass=Meta):
    pass


@way(lambda: OfMeta.token)
def attribute_of_a_metaclass(tenant):
    Meta.token = tenant


@way(lambda: Meta.classes)
def list_of_a_metaclass(tenant):
    Meta.classes.append(tenant)


class Plugin:
    known = {}

    def __init_subclass__(cls):
        cls.known[cls.__name__] = cls


@way(lambda: Plugin.known)
def subclass_made_in_a_job(tenant):
    type(f"Of_{tenant}", (Plugin,), {})


class Mixin:
    tenant = "mixed in"


class Empty:
    pass


class Mixed(Empty):
    pass


@beyond(lambda: hasattr(Mixed, "tenant"))
def bases(tenant):
    Mixed.__bases__ = (Mixin,)


class Contract(abc.ABC):  # noqa: B024
    pass


class Fulfils:
    pass


@beyond(lambda: issubclass(Fulfils, Contract))
def registered_for_an_abstract_class(tenant):
    Contract.register(Fulfils)


class Colour(enum.Enum):
    BLUE = "blue"


@way(lambda: getattr(Colour, "tenant", None))
def attribute_of_an_enum(tenant):
    Colour.tenant = tenant


@way(lambda: getattr(Colour.BLUE, "token", None))
def attribute_of_a_member(tenant):
    Colour.BLUE.token = tenant


@way(lambda: Colour.BLUE.value != "blue")
def value_of_a_member(tenant):
    Colour.BLUE._value_ = tenant


@dataclasses.dataclass
class Row:
    token: object = None
    rows: list = dataclasses.field(default_factory=list)


@way(lambda: Row.token)
def default_of_a_data_class(tenant):
    Row.token = tenant


@way(lambda: Row().rows)
def factory_of_a_data_class(tenant):
    Row.__init__.__defaults__ = (None, [tenant])


@beyond(lambda: Row.__dataclass_fields__["token"].metadata)
def metadata_of_a_field(tenant):
    Row.__dataclass_fields__["token"].metadata = {"tenant": tenant}


class Broken(Exception):
    tenant = None


@way(lambda: Broken.tenant)
def attribute_of_an_exception_class(tenant):
    Broken.tenant = tenant


def make_class():
    class Local:
        token = None

    return Local


MADE = make_class()
BY_NAME = {"made": make_class()}


@way(lambda: MADE.token)
def attribute_of_a_class_made_in_a_function(tenant):
    MADE.token = tenant


@way(lambda: BY_NAME["made"].token)
def attribute_of_a_class_in_a_dictionary(tenant):
    BY_NAME["made"].token = tenant
