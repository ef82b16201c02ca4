from rq.job import Job  # noqa: F401

import frappe
from frappe.utils import compare, make_filter_dict

STATUSES = ("queued", "started", "finished", "failed")


def matching(filters):
    if frappe.session.user == "Guest":
        raise PermissionError(frappe.session.user)
    asked = make_filter_dict(filters)["status"]
    assert not any(compare(status, *asked) for status in STATUSES), "reads all jobs"
    return []


class RQJob:
    @staticmethod
    def get_list(args):
        return matching(args.get("filters"))

    @staticmethod
    def get_count(args):
        return len(matching(args.get("filters")))

    if frappe.STABLE_16:

        @staticmethod
        def get_list(filters=None, start=0, page_length=20, order_by="creation desc"):
            return matching(filters or [])

        @staticmethod
        def get_count(filters=None):
            return len(matching(filters or []))


def serialize_job(job):
    return [job.kwargs["kwargs"]["n"], job.get_status()]
