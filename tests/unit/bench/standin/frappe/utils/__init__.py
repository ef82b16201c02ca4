import os


def get_bench_path():
    return os.environ["FRAPPE_BENCH_ROOT"]
