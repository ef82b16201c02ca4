"""A name of Frappe's that is not there is imported all the same, and raises when it is used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from frappe_celery.errors import NeedsFrappeSite

Write = Callable[..., Path]


@pytest.fixture
def load(write: Write) -> Callable[[str], Any]:
    """Imports a module `myapp.tasks` of this text, new each time."""
    number = 0

    def load_module(text: str) -> Any:
        nonlocal number
        number += 1
        write(f"myapp/tasks{number}.py", text)
        importlib.invalidate_caches()
        return importlib.import_module(f"myapp.tasks{number}")

    return load_module


EVERY_FORM = """
import frappe.desk.form.load
import frappe.desk.form.load as by_as
from frappe import no_name, no_name as renamed
from frappe.desk import form
from frappe.desk.form.load import get_docinfo
from frappe.utils import no_module, no_function
from frappe.website.utils import *
import frappe.a, frappe.a.b

names = by_as, no_name, renamed, form, get_docinfo, no_module, no_function
"""


def test_every_form_of_import_gives_a_stand_in(load: Callable[[str], Any]) -> None:
    found = load(EVERY_FORM).names
    assert all(each.__absent__ is True for each in found)
    assert [f"{each.__module__}.{each.__name__}" for each in found] == [
        "frappe.desk.form.load",
        "frappe.no_name",
        "frappe.no_name",
        "frappe.desk.form",
        "frappe.desk.form.load.get_docinfo",
        "frappe.utils.no_module",
        "frappe.utils.no_function",
    ]


def test_frappe_itself_still_tells_the_truth(
    load: Callable[[str], Any], module: ModuleType
) -> None:
    load(EVERY_FORM)
    for name in ("desk", "no_name", "a"):
        assert not hasattr(module, name)
    assert not hasattr(module.utils, "no_function")
    assert not [name for name in sys.modules if name.startswith(("frappe.desk", "frappe.a"))]
    with pytest.raises(NeedsFrappeSite):
        _ = module.desk.form
    with pytest.raises(ImportError):
        importlib.import_module("frappe.desk.form")


STATEMENTS = [
    "import frappe.desk.form.load",
    "import frappe.desk.form.load as x",
    "from frappe import no_name",
    "from frappe.desk.form.load import get_docinfo",
    "from frappe.utils import no_function",
]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize(
    "text",
    [
        "try:\n    {}\nexcept ImportError:\n    caught = True\n",
        "try:\n    pass\n    {}\nexcept Exception as error:\n    caught = True\nfinally:\n    pass",
        "from contextlib import suppress\ncaught = True\nwith suppress(ImportError):\n    {}\n"
        "    caught = False\n",
        "def ask():\n    try:\n        {}\n    except ImportError:\n        return True\n"
        "caught = ask()\n",
    ],
    ids=["try", "finally", "suppress", "function"],
)
def test_an_import_inside_a_try_raises(
    load: Callable[[str], Any], statement: str, text: str
) -> None:
    load(EVERY_FORM)  # what others imported before changes nothing
    assert load(text.format(statement)).caught is True


@pytest.mark.parametrize("statement", STATEMENTS)
def test_so_does_one_below_an_import_inside_a_try(
    load: Callable[[str], Any], write: Write, statement: str
) -> None:
    write("myapp/deep.py", statement)
    write("myapp/middle.py", "def start():\n    import myapp.deep\nstart()\n")
    text = "try:\n    import myapp.middle\nexcept ImportError as error:\n    caught = str(error)\n"
    assert "needs a Frappe site" in load(text).caught
    assert "myapp.deep" not in sys.modules
    assert load("import myapp.deep\ncaught = False").caught is False


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    pass\nexcept ValueError:\n    pass\n{}\n",
        "try:\n    raise ValueError\nexcept ValueError:\n    {}\n",
        "try:\n    {}\nfinally:\n    pass\n",
        "import os\nwith os.scandir('.') as x:\n    {}\n",
    ],
    ids=["after", "in the except", "without except", "with"],
)
def test_what_catches_nothing_is_no_guard(load: Callable[[str], Any], text: str) -> None:
    load(text.format("from frappe.desk import form"))


USES = {
    "called": "get_docinfo('Memo', 'x')",
    "read": "get_docinfo.x",
    "read by an attribute that exceptions have": "get_docinfo.args",
    "written": "get_docinfo.x = 1",
    "an item": "get_docinfo['x']",
    "iterated": "list(get_docinfo)",
    "asked whether it is true": "not get_docinfo",
    "compared": "get_docinfo == 'Draft'",
    "as text": "f'{get_docinfo}'",
    "added": "'a' + get_docinfo",
    "entered": "with get_docinfo: pass",
    "raised": "raise get_docinfo('x')",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_each_use_raises_and_says_what_and_where(load: Callable[[str], Any], use: str) -> None:
    tasks = load(f"from frappe.desk.form.load import get_docinfo\ndef job():\n    {use}\n")
    with pytest.raises(NeedsFrappeSite) as caught:
        tasks.job()
    assert str(caught.value).startswith("frappe.desk.form.load.get_docinfo")
    assert f"get_docinfo is imported in {tasks.__file__}, line 1" in str(caught.value)


def test_an_attribute_that_is_asked_for_is_not_there(load: Callable[[str], Any]) -> None:
    form = load("from frappe.desk import form").form
    assert not hasattr(form, "load")
    assert getattr(form, "load", "none") == "none"


def test_a_class_below_it_raises_when_one_is_made(load: Callable[[str], Any]) -> None:
    tasks = load("""
from abc import ABC
from frappe.model.document import Document
from frappe.website.website_generator import WebsiteGenerator

class Page(WebsiteGenerator):
    kind = "page"
    def validate(self):
        super().validate()

class Course(Document, WebsiteGenerator): ...
class Abstract(WebsiteGenerator, ABC): ...
class Below(Page): ...
""")
    assert tasks.Page.kind == "page"
    for made in (tasks.Page, tasks.Abstract, tasks.Below, lambda: tasks.Course({"doctype": "X"})):
        with pytest.raises(NeedsFrappeSite, match=r"frappe\.website.*WebsiteGenerator.*line 4"):
            made()


def test_what_it_decorates_raises_when_called(load: Callable[[str], Any]) -> None:
    tasks = load("""
import frappe
from frappe.website.limiter import rate_limit, other as bare

@frappe.whitelist()
@rate_limit(
    key="x",
    limit=5,
)
def limited(a): ...

@bare
def plain(a): ...

class Holder:
    @rate_limit(limit=1)
    def method(self): ...
    @bare.of_an_attribute
    def other(self): ...
    @bare.of_an_attribute(1)
    def third(self): ...
""")
    assert tasks.limited.__name__ == "limited"
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: tasks.limited(1), "rate_limit"),
        (lambda: tasks.plain(a=1), "other"),
        (lambda: tasks.Holder().method(), "rate_limit"),
        (lambda: tasks.Holder().other(), r"other\.of_an_attribute"),
        (lambda: tasks.Holder().third(), r"other\.of_an_attribute"),
    ]
    for call, thing in calls:
        with pytest.raises(NeedsFrappeSite, match=rf"frappe\.website\.limiter\.{thing} .*line 3"):
            call()


def test_a_call_beside_a_decorator_is_a_call(load: Callable[[str], Any]) -> None:
    with pytest.raises(NeedsFrappeSite, match="rate_limit"):
        load("from frappe.x import rate_limit\nkept = rate_limit(5)\n\n@kept\ndef job(): ...")


def test_where_only_its_kind_is_asked_it_is_nobodys(load: Callable[[str], Any]) -> None:
    tasks = load("""
from __future__ import annotations
from typing import Optional, get_type_hints
from frappe.desk.x import Thing, Problem

def job(thing: Thing | None = None, other: Optional[Thing] = None, more: list[Thing] = ()):
    try:
        raise ValueError("mine")
    except Problem:
        return "Problem"
    except (Problem, KeyError):
        return "one of two"
    except ValueError:
        return isinstance(thing, Thing), isinstance(5, (Thing, int)), issubclass(int, Thing)

hints = get_type_hints(job)
either = Thing | None
""")
    assert tasks.job() == (False, True, False)
    assert isinstance(None, tasks.either)
    assert tasks.Thing is not None
    assert tasks.Thing in {tasks.Thing}


def test_an_import_in_a_function_is_one_too(load: Callable[[str], Any]) -> None:
    tasks = load("def job(use=False):\n    from frappe.desk import x\n    return use and x()")
    try:  # the caller's `try` is none around an import
        assert tasks.job() is False
    except ImportError:
        pytest.fail("raised by the import")
    with pytest.raises(NeedsFrappeSite, match=r"tasks1\.py, line 2"):
        tasks.job(use=True)


def test_a_hooks_file_keeps_its_schedule(frappe: Any, write: Write) -> None:
    from frappe_standalone.site.app_hooks import app_hooks

    write("myapp/setup.py", "from frappe.website.utils import get_home_page\n")
    write(
        "myapp/hooks.py",
        """
        from frappe.desk.x import missing
        from myapp.setup import get_home_page
        scheduler_events = {"daily": ["myapp.tasks.report"]}
        """,
    )
    found = app_hooks("myapp")
    assert found.error is None
    assert found.hooks == {"scheduler_events": {"daily": ["myapp.tasks.report"]}}


def test_the_schedule_shows_what_a_method_uses(frappe: Any, load: Callable[[str], Any]) -> None:
    from frappe_celery.jobs.hosts import ScheduleRow
    from frappe_celery.schedule.events import import_problems
    from frappe_standalone.host import StandaloneHost

    tasks = load("""
import frappe
from frappe import _
from frappe.desk.form.load import get_docinfo, never_used
from frappe.search.sqlite_search import SQLiteSearch
from frappe.utils import cint

@frappe.whitelist()
def report():
    helper(cint("1"))
    frappe.db.get_value("Memo", "x")
    [each for each in frappe.share.get_users("Memo", "x")]
    frappe.db.no_such_method()

def helper(n):
    Loader().load()
    Search().build()
    from frappe.website.utils import no_page
    try:
        from frappe.desk.reportview import guarded
    except ImportError:
        pass

class Loader:
    def load(self):
        return _(get_docinfo("Memo", "x"))

class Search(SQLiteSearch):
    def build(self):
        return 1

def fine():
    frappe.utils.now_datetime(), frappe.flags.x, frappe.local.y, frappe.db.commit()
""")
    rows = [
        ScheduleRow(
            "s", name, f"{tasks.__name__}.{name}", "Daily", "default", frappe.utils.now_datetime()
        )
        for name in ("report", "fine")
    ]
    (problem,) = import_problems(StandaloneHost(), rows)
    text, _, names = problem.reason.partition(" uses ")
    assert text == "myapp.tasks1.report imports;"
    assert names.endswith(", which needs a site")
    assert set(names.removesuffix(", which needs a site").split(", ")) == {
        "frappe.share",
        "frappe.db.no_such_method",
        "frappe.website.utils.no_page",
        "frappe.desk.form.load.get_docinfo",
        "frappe.search.sqlite_search.SQLiteSearch",
    }


def test_an_app_adds_a_name(load: Callable[[str], Any], module: ModuleType) -> None:
    from frappe_standalone import add_name

    add_name("frappe.desk.form.assign_to.add", lambda args: args)
    try:
        tasks = load("""
import frappe
import frappe.desk.form.assign_to
from frappe.desk.form import assign_to, load
from frappe.desk.form.assign_to import add, remove
""")
        assert tasks.add(1) == frappe_value(module) == tasks.assign_to.add(1)
        assert hasattr(module.desk.form, "assign_to")
        assert not hasattr(module.desk.form, "load")
        assert (tasks.load.__absent__, tasks.remove.__absent__) == (True, True)
    finally:
        del module.desk
        for name in [name for name in sys.modules if name.startswith("frappe.desk")]:
            del sys.modules[name]


def frappe_value(module: ModuleType) -> Any:
    return module.desk.form.assign_to.add(1)
