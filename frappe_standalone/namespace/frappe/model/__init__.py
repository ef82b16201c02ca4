"""What `frappe.model` holds itself; its modules are in the table."""

import frappe_standalone.documents.base_document as _base_document
import frappe_standalone.documents.meta as _meta

default_fields = ("doctype", *_base_document.STANDARD_FIELDS)
child_table_fields = _base_document.CHILD_FIELDS
optional_fields = ("_user_tags", "_comments", "_assign", "_liked_by", "_seen")
table_fields = _meta.TABLES
numeric_fieldtypes = (*_meta.DECIMAL, "Int", "Long Int", "Check")
float_like_fields = set(_meta.DECIMAL)
datetime_fields = {"Datetime", "Date", "Time"}
attachment_fieldtypes = ("Attach", "Attach Image")
display_fieldtypes = _meta.NO_FIELDS
no_value_fields = (*display_fieldtypes, *table_fields)
data_fieldtypes = tuple(_meta.KINDS)
