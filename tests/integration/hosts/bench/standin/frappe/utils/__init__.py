import os


def get_bench_path():
    return os.environ["FRAPPE_BENCH_ROOT"]


def get_system_timezone():
    import frappe

    return frappe.get_system_settings("time_zone") or "Asia/Kolkata"


def cint(value):
    return int(value or 0)


def compare(value, operator, other):
    return {"=": value == other, "!=": value != other, "in": value in other}[operator]


def make_filter_dict(filters):
    return {field: (operator, value) for _doctype, field, operator, value in filters}


def get_datetime(value):
    return value


class CallbackManager:
    def __init__(self):
        self._functions = []

    def add(self, func):
        self._functions.append(func)

    def run(self):
        while self._functions:
            self._functions.pop(0)()

    def reset(self):
        self._functions.clear()
