"""Documents whose saving runs methods, and the runner of queued actions, which catches."""

import frappe


class Document:
    doctype = "Document"

    def __init__(self, **values):
        self.__dict__.update(values)

    def run_method(self, name):
        if hasattr(self, name):
            getattr(self, name)()

    def save(self):
        self.run_method("on_update")

    def rename(self):
        self.run_method("after_rename")

    def delete(self):
        self.run_method("after_delete")

    def db_set(self, fieldname, value=None, update_modified=True):
        frappe.db.set_value(
            self.doctype,
            self.__dict__.get("name"),
            fieldname,
            value,
            update_modified=update_modified,
        )


def execute_action(__doctype, __name, __action, **kwargs):
    doc = frappe.get_doc(__doctype, __name)
    try:
        getattr(doc, __action)(**kwargs)
    except Exception as exc:
        frappe.db.rollback()
        frappe.db.lines.append(f"comment|{exc}")
    frappe.db.commit()
