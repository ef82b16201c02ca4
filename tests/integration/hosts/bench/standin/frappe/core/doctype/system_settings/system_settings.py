import frappe
from frappe.model.document import Document


class SystemSettings(Document):
    def on_update(self):
        frappe.db.lines.append("system settings")
