import os


def get_bench_path():
    return os.environ["FRAPPE_BENCH_ROOT"]


def cint(value):
    return int(value or 0)


def compare(value, operator, other):
    return {"=": value == other, "!=": value != other, "in": value in other}[operator]


def make_filter_dict(filters):
    return {field: (operator, value) for _doctype, field, operator, value in filters}
