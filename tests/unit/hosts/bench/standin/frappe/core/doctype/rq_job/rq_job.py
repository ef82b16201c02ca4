from rq.job import Job  # noqa: F401

import frappe


class RQJob:
    @staticmethod
    def get_list(args):
        raise AssertionError("reads all jobs")

    @staticmethod
    def get_count(args):
        raise AssertionError("reads all jobs")

    if frappe.STABLE_16:

        @staticmethod
        def get_list(filters=None, start=0, page_length=20, order_by="creation desc"):
            raise AssertionError("reads all jobs")

        @staticmethod
        def get_count(filters=None):
            raise AssertionError("reads all jobs")


def serialize_job(job):
    return [job.kwargs["kwargs"]["n"], job.get_status()]
