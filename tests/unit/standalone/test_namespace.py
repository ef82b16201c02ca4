"""`import frappe` without Frappe: when ours is served, what it costs, what it says of the rest."""

from __future__ import annotations

import inspect
import runpy
import sysconfig
from collections.abc import Callable
from importlib import import_module
from os.path import exists
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from frappe_celery import errors
from frappe_celery.errors import NeedsFrappeSite
from frappe_standalone.namespace.importer import NAMESPACE, table

HERE = Path(__file__).parents[3]


def test_nothing_called_frappe_is_in_site_packages() -> None:
    assert not (Path(sysconfig.get_paths()["purelib"]) / "frappe").exists()


def test_the_parts_of_an_import_statement_that_are_missing_name_themselves(
    module: ModuleType, tmp_path: Path
) -> None:
    cases = {
        "import frappe.desk.form": ("frappe.desk", ImportError),
        "from frappe.desk.form import load": ("frappe.desk", ImportError),
        "from frappe import sessions": ("frappe.sessions", ImportError),
        "from frappe.utils import goal": ("frappe.utils.goal", ImportError),
        "from frappe.utils.data import nothing": ("frappe.utils.data.nothing", ImportError),
        "import frappe; frappe.sessions": ("frappe.sessions", AttributeError),
        "import frappe; frappe.utils.pdf.get_pdf": ("frappe.utils.pdf", AttributeError),
        "from rq import Callback": ("rq.Callback", ImportError),
    }
    for statement, (thing, kind) in cases.items():
        (tmp_path / "it.py").write_text(f"try:\n    {statement}\nexcept KeyError: pass\n")
        with pytest.raises(NeedsFrappeSite) as caught:
            runpy.run_path(str(tmp_path / "it.py"))
        assert isinstance(caught.value, kind), statement
        assert str(caught.value).startswith(f"{thing} needs a Frappe site"), statement
    assert not hasattr(module, "sessions")
    assert getattr(module, "sessions", "none") == "none"


def test_errors_go_by_frappes_name(module: ModuleType) -> None:
    import pickle

    error = module.ValidationError("no")
    assert type(error).__module__ == "frappe.exceptions"
    assert pickle.loads(pickle.dumps(error)).args == ("no",)
    assert issubclass(module.DoesNotExistError, module.ValidationError)
    assert issubclass(module.DuplicateEntryError, module.NameError)


def test_every_module_of_the_table_is_imported(module: ModuleType) -> None:
    for file, lines in table().items():
        path = Path(file).relative_to(NAMESPACE).with_suffix("")
        there = import_module(".".join(path.parts).removesuffix(".__init__"))
        assert hasattr(there, "__path__") == (path.name == "__init__"), file
        if lines:
            source = Path(file).read_text() if exists(file) else lines
            assert inspect.getsource(there) == source, file


def test_the_default_site_is_entered_by_use(frappe: Any) -> None:
    frappe.destroy()
    assert frappe.local.site == "standalone"
    assert frappe.session.user == "Administrator"
    assert not frappe.job
    assert not frappe.request


def test_what_was_set_before_the_default_site_was_entered_stays(frappe: Any) -> None:
    frappe.destroy()
    frappe.set_user("a@example.com")
    frappe.local.mark = 1
    assert (frappe.local.site, frappe.session.user, frappe.local.mark) == (
        "standalone",
        "a@example.com",
        1,
    )


def test_local_belongs_to_its_thread(frappe: Any) -> None:
    import threading

    frappe.set_user("a@example.com")
    frappe.flags.mark = 1
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append((frappe.session.user, frappe.flags.mark)))
    thread.start()
    thread.join()
    assert seen == [("Administrator", None)]
    assert frappe.session.user == "a@example.com"


def test_nothing_of_a_visit_remains(frappe: Any) -> None:
    from frappe_standalone.site.context import visit

    frappe.flags.outer = 1
    with visit("other", "a@example.com"):
        frappe.flags.inner = frappe.local.inner = 1
        assert (frappe.local.site, frappe.session.user) == ("other", "a@example.com")
        assert frappe.flags.outer is None
    assert frappe.local.site == "standalone"
    assert frappe.flags.outer == 1
    assert frappe.flags.inner is None
    assert not hasattr(frappe.local, "inner")


def test_a_site_that_the_bench_does_not_have(
    frappe: Any, root: Path, write: Callable[..., Path]
) -> None:
    (root / "sites" / "one").mkdir(parents=True)
    (root / "sites" / "one" / "site_config.json").write_text('{"db_name": "x", "note": 3}')
    with pytest.raises(frappe.exceptions.IncorrectSitePath, match=r"two does not exist.*one"):
        frappe.init("two")
    frappe.init("one")
    assert frappe.conf.note == 3
    assert frappe.get_site_path("private").endswith("sites/one/private")


def test_what_enqueue_refuses_is_a_validation_error(module: ModuleType) -> None:
    for refused in (errors.UnknownQueue, errors.DeduplicateNeedsJobId, errors.QueueOverloaded):
        assert issubclass(refused, module.ValidationError)
    assert module.QueueOverloaded is errors.QueueOverloaded
    with pytest.raises(module.ValidationError, match="Queue should be one of"):
        module.enqueue("frappe.ping", queue="nope")


def test_rqs_retry(module: ModuleType) -> None:
    from rq import Retry

    assert (Retry(max=3).max, Retry(max=3).intervals) == (3, [0])
    assert Retry(3, [10, 20]).intervals == [10, 20]


def test_a_missing_part_of_an_object_names_itself(frappe: Any) -> None:
    for owner, thing in (
        (frappe.db, "frappe.db"),
        (frappe.get_meta("Error Log"), "frappe.get_meta()"),
    ):
        assert not hasattr(owner, "nothing_there")
        with pytest.raises(NeedsFrappeSite) as caught:
            _ = owner.nothing_there
        assert str(caught.value).startswith(f"{thing}.nothing_there needs a Frappe site")


def test_short_names_of_newer_versions(frappe: Any) -> None:
    frappe.db.set_single_value("Shop Settings", "open", 1)
    assert frappe.get_single_value("Shop Settings", "open") == 1
    assert (frappe.safe_decode(b"\xc3\xa9"), frappe.safe_encode("\xe9")) == ("\xe9", b"\xc3\xa9")
    assert (frappe.utils.safe_decode(5), frappe.utils.safe_encode(b"x")) == (5, b"x")
    assert frappe.read_only()(lambda a: a)(a=2, unknown=3) == 2
    assert frappe.client_cache is frappe.cache


def test_a_function_that_travels_by_value_may_use_frappe(frappe: Any) -> None:
    import cloudpickle

    assert cloudpickle.loads(cloudpickle.dumps(lambda: frappe.utils.cint("3")))() == 3
