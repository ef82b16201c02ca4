import json
import time
from pathlib import Path

import frappe
from frappe.utils import CallbackManager


class Database:
    class InternalError(Exception):
        pass

    class OperationalError(Exception):
        pass

    def __init__(self, site):
        self.site = site
        self.lines = []
        self.after_commit = CallbackManager()
        self.transaction_writes = 0
        self.db_type = "mariadb"

    def sql(self, query):
        self.check_transaction_status(query)

    def check_transaction_status(self, query):
        if query in ("commit", "rollback"):
            self.transaction_writes = 0
        elif query == "insert":
            self.transaction_writes += 1

    def close(self):
        self.lines.clear()

    def write(self, text):
        self.sql("insert")
        self.lines.append(f"{text}|{self.site}|{frappe.session.user}")

    def commit(self):
        with open("../effects.txt", "a") as effects:
            effects.writelines(line + "\n" for line in self.lines)
        self.lines.clear()
        self.sql("commit")
        self.after_commit.run()

    def rollback(self):
        self.lines.clear()
        self.sql("rollback")
        self.after_commit.reset()

    def values(self):
        """What is in the site's `database.json`, which tests write."""
        path = Path(self.site, "database.json")
        values = json.loads(path.read_text()) if path.exists() else {}
        if values.get("down"):
            raise self.OperationalError(2003, "cannot connect")
        while values.get("hangs") and path.exists():
            time.sleep(0.01)
        return values

    def put(self, name, value):
        values = {**self.values(), name: value}
        Path(self.site, "database.json").write_text(json.dumps(values))

    def set_value(self, dt, dn, field, val=None, update_modified=True):
        self.lines.append(f"set|{dt}|{field}")

    def set_single_value(self, doctype, fieldname, value=None):
        self.lines.append(f"set|{doctype}|{fieldname}")

    def get_single_value(self, doctype, fieldname):
        return self.values().get(doctype, {}).get(fieldname, 1)

    def get_table_columns(self, doctype):
        return [name for row in self.values().get(doctype, []) for name in row]

    def is_deadlocked(self, exc):
        return exc.args[0] == 1213

    def is_timedout(self, exc):
        return exc.args[0] == 1205
