import frappe
from frappe.model.document import Document


class ShopOrder(Document):
    def ship(self, carrier):
        self.status = f"Shipped with {carrier}"
        self.save()

    def on_update(self):
        if self.get("confirm", 0):
            self.confirm = 0
            self.queue_action("send_confirmation", recipient="customer@example.com")

    def send_confirmation(self, recipient):
        frappe.db.set_value("Shop Order", self.name, "confirmed_to", recipient)
