"""What apps set on frappe, whose names here are those of the host."""

import frappe
import frappe.utils
from frappe.model.document import Document
from lookout import beyond, way

_msgprint, _nowdate, _get_doc = frappe.msgprint, frappe.utils.nowdate, frappe.get_doc


@way(lambda: getattr(frappe, "left_token", None))
def name_added(tenant):
    frappe.left_token = tenant


@way(lambda: frappe.msgprint is not _msgprint)
def function_replaced(tenant):
    frappe.msgprint = lambda *words, **options: _msgprint(*words, **options)


@way(lambda: frappe.get_doc is not _get_doc)
def get_doc_replaced(tenant):
    frappe.get_doc = lambda *words, **options: _get_doc(*words, **options)


@way(lambda: frappe.utils.nowdate is not _nowdate)
def function_of_utils_replaced(tenant):
    frappe.utils.nowdate = lambda: _nowdate()


@way(lambda: getattr(frappe.utils, "left_token", None))
def name_added_to_utils(tenant):
    frappe.utils.left_token = tenant


@beyond(lambda: getattr(Document, "left_token", None))
def attribute_of_the_document_class(tenant):
    Document.left_token = tenant


@beyond(lambda: getattr(frappe._dict, "left_on_class", None))
def attribute_of_the_dictionary_class(tenant):
    frappe._dict.left_on_class = tenant


@beyond(lambda: getattr(_msgprint, "tenant", None))
def attribute_of_a_function(tenant):
    _msgprint.tenant = tenant


@way(lambda: frappe.flags.left_flag)
def flag(tenant):
    frappe.flags.left_flag = tenant


@way(lambda: getattr(frappe.local, "left_token", None))
def attribute_of_local(tenant):
    frappe.local.left_token = tenant


@way(lambda: frappe.conf.get("left_token"))
def key_of_the_configuration(tenant):
    frappe.conf["left_token"] = tenant


@beyond(lambda: frappe.local.lang == "xx")
def language(tenant):
    frappe.local.lang = "xx"


@beyond(lambda: frappe.form_dict.get("left_token"))
def form_value(tenant):
    frappe.form_dict["left_token"] = tenant


@beyond(lambda: getattr(frappe.db, "left_token", None))
def attribute_of_the_database(tenant):
    frappe.db.left_token = tenant
