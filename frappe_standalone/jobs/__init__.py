"""A job's run on its site, and the queue under the names that Frappe and RQ have for it."""
