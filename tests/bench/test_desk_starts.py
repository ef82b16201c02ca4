"""What Desk has done by jobs: reports prepared and taken back, data imported, lists edited."""

from __future__ import annotations

import uuid

import pytest

from tests.bench.bench import Bench

REPORT = "Database Storage Usage By Tables"


def test_a_report_is_prepared_and_its_job_is_kept_with_it(bench: Bench) -> None:
    bench.worker(1)
    status, rows, job = bench.ask(
        f"""
        from frappe.core.doctype.prepared_report.prepared_report import make_prepared_report
        name = make_prepared_report({REPORT!r}, "{{}}")["name"]
        frappe.db.commit()
        def report():
            frappe.db.rollback()
            return frappe.get_doc("Prepared Report", name)
        until(lambda: report().status in ("Completed", "Error"), 150)  # 40 s on SQLite
        done = report()
        shown = frappe.get_doc("RQ Job", done.job_id)
        ended(frappe.get_doc("RQ Job", done.job_id).job)
        answer = [done.status, len(json.loads(done.get_prepared_data())["result"]),
                  [shown.queue, shown.job_name.rpartition(".")[2], shown.timeout]]
        done.delete()
        """
    )
    assert status == "Completed"
    assert rows > 50
    assert job == ["long", "generate_report", 1500]


@pytest.mark.usefixtures("since_15")
def test_a_prepared_report_that_is_deleted_takes_its_job_along(bench: Bench) -> None:
    """One that waits is taken out of its queue, one that runs is stopped."""
    answer = bench.ask(
        f"""
        report = frappe.get_doc(doctype="Prepared Report", report_name={REPORT!r}).insert()
        job = frappe.enqueue(fc_probe.sleep, seconds=60)
        report.db_set("job_id", job.id)
        report.delete()
        answer = [job.get_status()]
        """
    )
    assert answer == [None]
    bench.worker(1)
    answer = bench.ask(
        f"""
        report = frappe.get_doc(doctype="Prepared Report", report_name={REPORT!r}).insert()
        job = frappe.enqueue(fc_probe.sleep, seconds=60)
        frappe.db.commit()  # for which the job waits, since this has written
        until(lambda: job.is_started)
        report.db_set({{"job_id": job.id, "status": "Started"}})
        report.delete()
        ended(job)
        answer = [job.get_status()]
        """
    )
    assert answer == ["stopped"]


def test_data_is_imported_by_one_job(bench: Bench) -> None:
    label = uuid.uuid4().hex
    code = f"""
        from frappe.core.doctype.data_import.data_import import form_start_import
        frappe.db.set_value("DocType", "ToDo", "allow_import", 1)  # which later ones ask for
        frappe.clear_cache(doctype="ToDo")
        lines = "Description\\n" + "".join(f"{label}|{{n}}|import\\n" for n in range(20))
        file = frappe.get_doc(doctype="File", file_name="{label}.csv", content=lines).insert()
        data = frappe.get_doc(doctype="Data Import", reference_doctype="ToDo",
            import_type="Insert New Records", import_file=file.file_url).insert()
        frappe.db.commit()
        started = [bool(form_start_import(data.name)), bool(form_start_import(data.name))]
        frappe.db.commit()
        answer = [data.name, started]
    """
    name, started = bench.ask(code)
    assert started == [True, False], "the second time it waits already"
    bench.worker(1)
    status, written = bench.ask(
        f"""
        def status():
            frappe.db.rollback()
            return frappe.db.get_value("Data Import", {name!r}, "status")
        until(lambda: status() not in ("Pending", "Partial Success"))  # v15's, row by row
        answer = [status(), len(written({label!r}))]
        """
    )
    assert (status, written) == ("Success", 20)


def test_many_documents_are_edited_by_a_job(bench: Bench) -> None:
    label = uuid.uuid4().hex
    bench.worker(1)
    assert (
        bench.ask(
            f"""
        from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs
        names = [frappe.get_doc(doctype="ToDo", description=f"{label}|{{n}}|bulk").insert().name
                 for n in range(25)]
        frappe.db.commit()
        submit_cancel_or_update_docs("ToDo", json.dumps(names), "update", {{"status": "Closed"}})
        def closed():
            frappe.db.rollback()
            return frappe.db.count("ToDo", {{"name": ("in", names), "status": "Closed"}})
        until(lambda: closed() == 25)
        answer = closed()
        """
        )
        == 25
    )


def test_a_failed_job_is_shown_with_what_it_raised_and_what_it_was_given(bench: Bench) -> None:
    bench.worker(1)
    shown = bench.ask(
        """
        job = frappe.enqueue(fc_probe.fail, label="shown", queue="short", timeout=77)
        ended(job)
        doc = frappe.get_doc("RQ Job", job.id)
        answer = {"queue": doc.queue, "status": doc.status, "timeout": int(doc.timeout),
                  "raised": "ValueError: broken on purpose: shown" in doc.exc_info,
                  "arguments": json.loads(doc.arguments)["kwargs"],
                  "times": bool(doc.started_at and doc.ended_at and doc.creation)}
        doc.delete()
        answer["left"] = job.get_status()
        """
    )
    assert shown == {
        "queue": "short",
        "status": "failed",
        "timeout": 77,
        "raised": True,
        "arguments": {"label": "shown"},
        "times": True,
        "left": None,
    }


def test_bench_doctor_and_purge_jobs(bench: Bench) -> None:
    bench.worker(1, "--queue", "long")
    bench.ask("for n in range(3): frappe.enqueue('frappe.ping', queue='short')")
    said = bench.frappe("--site", bench.site, "doctor")
    assert "Workers online: 1" in said
    assert "frappe.ping : 3" in said
    assert "Purged 3 jobs" in bench.frappe("purge-jobs", "--site", bench.site)
    assert (
        bench.ask(
            "from frappe.utils.background_jobs import get_queue; answer = get_queue('short').count"
        )
        == 0
    )
