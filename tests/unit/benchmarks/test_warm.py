"""Answers that differ are told apart, and a process that was replaced without a reason is seen."""

from __future__ import annotations

import json

from benchmarks.warm.filters import filters_of
from benchmarks.warm.reading import differences, processes

PAGE = """
frappe.query_reports["Ledger"] = { filters: [
    { fieldname: "company", fieldtype: "Link", options: "Company", reqd: 1 },
    { "fieldname": "periodicity", "options": ["Monthly", "Yearly"], "default": "Yearly" },
    { fieldname: "depth", fieldtype: "Int", default: 3, },
    { fieldname: "based_on", fieldtype: "Select", options: ["Qty", "Amount"], reqd: 1 },
    { fieldname: "bom", fieldtype: "Link", options: "BOM", reqd: 1 },
    { fieldname: "item", fieldtype: "Link", options: "Item" },
    { fieldname: "since", fieldtype: "Date", default: frappe.datetime.get_today() },
]};
"""


def kinds(theirs: str, ours: str) -> list[str]:
    return [one.kind for one in differences({"a": theirs}, {"a": ours})]


def received(pid: int, site: str) -> dict[str, str]:
    return {"process": f"JobProcess-1.{pid}", "logger": "celery.worker.strategy", "site": site}


def log(*lines: dict[str, str]) -> str:
    whole = ({"timestamp": "", "message": "", "logger": "frappe_celery", **line} for line in lines)
    return "\n".join(["banner", '{"printed": "by a job"}', "{}", *map(json.dumps, whole)])


def test_an_answer_that_another_job_changed_is_seen() -> None:
    leaked = differences({"b: report": '{"company": "B"}'}, {"b: report": '{"company": "A"}'})
    assert [(one.name, one.kind) for one in leaked] == [("b: report", "answer")]
    assert leaked[0].theirs.endswith('"B"}')
    assert leaked[0].ours.endswith('"A"}')


def test_equal_answers_differ_in_nothing() -> None:
    assert not kinds("2026-12-01 07:15:01", "2026-12-01 07:15:01")


def test_clock_and_sizes_are_told_apart_from_answers() -> None:
    assert kinds("at 2026-12-01 07:15:01.25", "at 2026-12-01 07:16:41.5") == ["clock"]
    assert kinds("7:15:01, 12.5 MB", "7:16:41, 13 MB") == ["sizes"]
    assert kinds("7:15:01, 12", "7:16:41, 13") == ["answer"]
    assert kinds("2026-12-01", "2026-12-02") == ["answer"]
    of_sizes = "b: report: Database Storage Usage By Tables"
    assert [one.kind for one in differences({of_sizes: "12"}, {of_sizes: "13"})] == ["sizes"]


def test_an_answer_that_one_side_has_not_is_seen() -> None:
    assert [one.ours for one in differences({"a": "x"}, {})] == ["nothing"]


def test_a_replaced_process_has_the_reason_that_its_log_names() -> None:
    left = {
        "process": "JobProcess-1.7",
        "message": "a.b[1-2] left threads: t; its process is replaced",
    }
    died = {"process": "MainProcess.1", "message": "process 8 ended: signal 9 (SIGKILL)"}
    lines = (received(7, "a"), received(7, "b"), left, received(8, "a"), died, received(9, "a"))
    found = processes(log(*lines, received(10, "b")))
    assert [one.pid for one in found] == [7, 8, 9, 10]
    assert [one.reason for one in found] == [
        "a.b left threads: t; its process is replaced",
        "process 8 ended: signal 9 (SIGKILL)",
        "",
        "",
    ]
    assert [(one.jobs, one.turns) for one in found] == [(2, 1), (1, 0), (1, 0), (1, 0)]


def test_filters_are_the_page_s_defaults_and_the_site_s_documents() -> None:
    found = filters_of(PAGE, {"company": "A"}, lambda doctype: f"first {doctype}")
    assert found == {
        "company": "A",
        "periodicity": "Yearly",
        "depth": 3,
        "based_on": "Qty",
        "bom": "first BOM",
    }
