"""What waits since the package had another name leads to the modules of today."""

from __future__ import annotations

import pickle
from importlib import import_module

import frappe

from frappe_standalone.database.transaction import CallbackManager as Callbacks
from frappe_standalone.documents.document import Document

FORMER = "frappe_celery.hosts.standalone"


def test_a_module_is_the_same_under_both_names() -> None:
    former = import_module(f"{FORMER}.documents.document")
    assert former.Document is Document
    assert former.__spec__ is not None
    assert former.__spec__.name == "frappe_standalone.documents.document"


def test_a_pickle_from_before_is_read() -> None:
    text = pickle.dumps(Callbacks, 0).replace(b"frappe_standalone", FORMER.encode())
    assert FORMER.encode() in text
    assert pickle.loads(text) is Callbacks


def test_a_module_that_moved_is_found_under_each_of_its_names() -> None:
    for package in (FORMER, "frappe_standalone"):
        text = f"c{package}.utils.callbacks\nCallbackManager\n.".encode()
        assert pickle.loads(text) is Callbacks
        assert frappe.get_attr(f"{package}.documents.clearing.clear_cache") is frappe.clear_cache


def test_a_path_from_before_leads_to_the_function() -> None:
    assert frappe.get_attr(f"{FORMER}.site.calling.get_attr") is frappe.get_attr
