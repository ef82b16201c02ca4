"""What a job finds and leaves: its site, its user, its effects, and nothing of the job before."""

from __future__ import annotations

import uuid
from pathlib import Path

import psutil
import pytest

from tests.bench.bench import Bench
from tests.waiting import wait_until


def test_a_job_works_in_its_site_as_its_user_and_once(bench: Bench) -> None:
    bench.worker(2)
    label = uuid.uuid4().hex
    sites = [bench.site, bench.other_site or bench.site]
    code = """
        jobs = [frappe.enqueue(fc_probe.write, label=f"{label}-{n}", queue=queue)
                for n in range(20) for queue in ("short", "default", "long")]
        ended(*jobs)
        answer = written(label)
    """
    for site in sites:
        for user in ("Administrator", "Guest"):
            own = f"{label}-{site}-{user}"
            answer = bench.ask(f"label = {own!r}" + code.replace("\n        ", "\n"), site, user)
            expected = [f"{own}-{n}|{site}|{user}" for n in range(20) for _ in range(3)]
            assert sorted(answer) == sorted(expected)


def test_what_two_workers_write_at_once_is_there_once(bench: Bench) -> None:
    """On SQLite, whose one lock they take from each other, in reruns."""
    for _ in range(2):
        bench.worker(2)
    label = uuid.uuid4().hex
    states, written = bench.ask(
        f"""
        jobs = [frappe.enqueue(fc_probe.read_and_write, label=f"{label}-{{n:03}}")
                for n in range(100)]
        until(lambda: not any(job.is_queued or job.is_started for job in jobs), 150)
        answer = [sorted({{job.get_status() for job in jobs}}), written({label!r})]
        """
    )
    assert states == ["finished"]
    assert sorted(line.split("|")[0] for line in written) == [f"{label}-{n:03}" for n in range(100)]


def test_an_async_method_works_within_its_job_and_a_generator_fails_by_name(bench: Bench) -> None:
    bench.worker(1)
    label, site = uuid.uuid4().hex, bench.other_site or bench.site
    states, errors, written = bench.ask(
        f"""
        label, run = {label!r}, fc_probe.write_and_await
        jobs = [
            frappe.enqueue(run, label=label),
            frappe.enqueue(run, label="late " + label, seconds=60, timeout=2),
            frappe.enqueue(fc_probe.generate, label="never " + label),
        ]
        ended(*jobs)
        answer = [*zip(*((job.get_status(), job.exc_info) for job in jobs)), written(label)]
        """,
        site,
        "Guest",
    )
    assert states == ["finished", "failed", "failed"]
    assert written == [f"{label}|{site}|Guest"]
    assert "JobTimeoutException" in errors[1]
    assert "TypeError: fc_probe.generate is a generator" in errors[2]


@pytest.mark.parametrize("how", ["return", "raise", "exit", "interrupt"])
def test_nothing_of_a_job_is_left_for_the_next(bench: Bench, how: str) -> None:
    bench.worker(1)
    code = """
        job = frappe.enqueue(fc_probe.state)
        ended(job)
        answer = job.result
    """
    other = bench.other_site or bench.site
    before = bench.ask(code, other)
    bench.ask(f"ended(frappe.enqueue(fc_probe.make_a_mess, how={how!r}))", user="Guest")
    after = bench.ask(code, other)
    assert after["site"] == other
    assert after["left_behind"] == []
    assert after["user"] == "Administrator"
    assert {**after, "pid": 0} == {**before, "pid": 0}
    assert not bench.ask("answer = written('left behind')")


def test_metas_and_hooks_that_a_job_changed_are_as_before(bench: Bench) -> None:
    """Of the same site, in the same process, of a method that has run there before."""
    bench.worker(1)
    answers = bench.ask(
        """
        answer = []
        for _ in range(3):
            jobs = [frappe.enqueue(fc_probe.what_frappe_keeps),
                    frappe.enqueue(fc_probe.change_what_frappe_keeps)]
            ended(*jobs)
            answer.append(jobs[0].result)
        """
    )
    assert answers[0] == answers[1] == answers[2]


def test_the_level_of_logs_that_a_job_sets_is_its_own_and_no_line_is_doubled(bench: Bench) -> None:
    bench.worker(1)
    label = uuid.uuid4().hex
    levels = bench.ask(
        f"""
        answer = []
        for n in range(3):
            level = frappe.enqueue(fc_probe.log_level)
            ended(frappe.enqueue(fc_probe.log, text={label!r}), level)
            answer.append(level.result)
        """
    )
    assert (bench.root / "logs" / "fc_probe.log").read_text().count(label) == 3
    assert len(set(levels)) == 1


@pytest.mark.usefixtures("on_mariadb")
@pytest.mark.parametrize("how", ["return", "raise", "killed"])
def test_the_next_job_has_the_connection_with_a_session_as_new(bench: Bench, how: str) -> None:
    """One whose character set a job changed is not kept with mysqlclient, which hears of it."""
    driver = bench.ask("frappe.db.sql('select 1'); answer = type(frappe.db._conn).__module__")
    bench.worker(1)
    answer = bench.ask(
        f"""
        first = frappe.enqueue(fc_probe.connection)
        ended(first)
        job = frappe.enqueue(fc_probe.leave_in_the_session, how={how!r})
        ended(job)
        until(lambda: frappe.db.sql("select is_free_lock('left behind')")[0][0])
        second = frappe.enqueue(fc_probe.connection)
        ended(second)
        answer = [job.get_status(), first.result, second.result, written("left behind")]
        """
    )
    status, (first, as_new), (second, session), written = answer
    assert (status, written) == ("failed" if how == "raise" else "finished", [])
    assert session == as_new
    assert (second == first) is (how != "killed" and driver.startswith("pymysql"))


@pytest.mark.usefixtures("on_mariadb")
def test_a_connection_that_was_closed_between_two_jobs_harms_none(bench: Bench) -> None:
    bench.worker(1)
    first, second = bench.ask(
        """
        first = frappe.enqueue(fc_probe.connection)
        ended(first)
        try:
            frappe.db.sql("kill %s" % first.result[0])
        except frappe.db.OperationalError:
            pass  # none was kept
        second = frappe.enqueue(fc_probe.connection)
        ended(second)
        answer = [first.result[0], second.result[0]]
        """
    )
    assert first != second


@pytest.mark.usefixtures("on_mariadb")
def test_a_worker_that_ends_takes_leave_of_the_database(bench: Bench) -> None:
    """The server counts those that do not; a bench that is tested beside this one has some."""
    aborted = "answer = frappe.db.sql(\"show global status like 'Aborted_clients'\")"

    def takes_leave() -> bool:
        before = bench.ask(aborted)
        worker = bench.worker(1)
        bench.ask("ended(frappe.enqueue(fc_probe.connection))")
        worker.popen.terminate()
        assert worker.wait(10) == 0
        return bool(bench.ask(aborted) == before)

    assert any(takes_leave() for _ in range(4))


def test_a_site_that_cannot_be_opened_harms_no_other(bench: Bench) -> None:
    bench.worker(1)
    assert bench.ask(
        """
        from frappe.utils.background_jobs import get_queue
        lost = get_queue("default").enqueue_call(
            "frappe.utils.background_jobs.execute_job", job_id="no-such-site::x",
            kwargs={"site": "no-such-site", "user": "Guest", "method": "frappe.ping",
                    "event": None, "job_name": "ping", "is_async": True, "kwargs": {}})
        job = frappe.enqueue(fc_probe.state)
        ended(lost, job)
        answer = [lost.get_status(), "no-such-site" in lost.exc_info, job.result["site"]]
        """
    ) == ["failed", True, bench.site]


def test_arguments_arrive_as_they_were_sent(bench: Bench) -> None:
    bench.worker(1)
    answer = bench.ask(
        """
        from datetime import date
        from decimal import Decimal
        todo = frappe.get_doc(doctype="ToDo", description="a|b|c")
        job = frappe.enqueue(
            fc_probe.echo, day=date(2024, 2, 29), amount=Decimal("1.10"), pair=(1, 2),
            doc=todo, text="ünï", dictionary=frappe._dict(a=1))
        ended(job)
        answer = {key: kind for key, (kind, text) in job.result.items()}
        """
    )
    assert answer == {
        "day": "date",
        "amount": "Decimal",
        "pair": "tuple",
        "doc": "ToDo",
        "text": "str",
        "dictionary": "_dict",
    }


def test_after_commit_and_after_rollback(bench: Bench) -> None:
    bench.worker(1)
    label = uuid.uuid4().hex
    answer = bench.ask(
        f"""
        job = frappe.enqueue(fc_probe.write, label="{label}-kept", enqueue_after_commit=True)
        assert job is None
        frappe.db.commit()
        frappe.enqueue(fc_probe.write, label="{label}-lost", enqueue_after_commit=True)
        frappe.db.rollback()
        frappe.enqueue(fc_probe.enqueue_more, label="{label}-more", times=4)
        until(lambda: len(written("{label}")) >= 5)
        ended(frappe.enqueue(fc_probe.nothing))
        answer = written("{label}")
        """
    )
    labels = {line.split("|")[0].removeprefix(label) for line in answer}
    assert labels == {"-kept", "-more0", "-more1", "-more2", "-more3"}


@pytest.mark.usefixtures("since_15")
def test_callbacks_have_the_site_the_user_and_a_transaction(bench: Bench) -> None:
    bench.worker(1)
    label = uuid.uuid4().hex
    answer = bench.ask(
        f"""
        callbacks = dict(on_success=fc_probe.succeeded, on_failure=fc_probe.failed)
        good = frappe.enqueue(fc_probe.write, label="{label}-good", **callbacks)
        bad = frappe.enqueue(fc_probe.fail, label="{label}-bad", **callbacks)
        ended(good, bad)
        answer = written("{label}")
        """,
        user="Guest",
    )
    assert answer == [
        f"{label}-good|{bench.site}|Guest",
        f"succeeded {label}-good|{bench.site}|Guest",
        f"failed {label}-bad: broken on purpose: {label}-bad|{bench.site}|Guest",
    ]


def test_a_rerun_keeps_the_user_and_counts_once(bench: Bench) -> None:
    bench.worker(1)
    key = uuid.uuid4().hex
    answer = bench.ask(
        f"""
        job = frappe.enqueue(fc_probe.ask_for_a_rerun, key="{key}", times=2)
        ended(job)
        answer = [job.get_status(), job.result, written("rerun")]
        """,
        user="Guest",
    )
    assert answer == ["finished", ["Guest"] * 3, [f"rerun|{bench.site}|Guest"]]


def test_a_lock_timeout_is_run_again(bench: Bench) -> None:
    bench.worker(1)
    answer = bench.ask(
        """
        todo = frappe.get_doc(doctype="ToDo", description="x|x|x").insert(ignore_permissions=True)
        frappe.db.commit()
        fc_probe.lock(todo.name)
        job = frappe.enqueue(fc_probe.update_locked, name=todo.name, text="updated|x|x")
        until(lambda: job.is_started)
        time.sleep(1.5)  # longer than the job waits for the lock
        frappe.db.rollback()
        ended(job)
        answer = [job.get_status(), job.result, written("updated|x|x")]
        """
    )
    assert answer == ["finished", "Administrator", ["updated|x|x"]]


def test_what_another_changed_after_it_was_read_is_run_again(bench: Bench, tmp_path: Path) -> None:
    """MariaDB's 1020, PostgreSQL's 40001, SQLite's stale snapshot."""
    bench.worker(1)
    gate = str(tmp_path / "gate")
    answer = bench.ask(
        f"""
        import os
        todo = frappe.get_doc(doctype="ToDo", description="x|x|x").insert(ignore_permissions=True)
        frappe.db.commit()
        about = {{"name": todo.name, "gate": {gate!r}, "text": "by the job|x|x"}}
        job = frappe.enqueue(fc_probe.change_what_was_read, **about)
        until(lambda: os.path.exists({gate!r} + ".read"))
        frappe.db.set_value("ToDo", todo.name, "description", "by another|x|x")
        frappe.db.commit()
        open({gate!r}, "w").close()
        ended(job)
        answer = [job.get_status(), job.result, written("by the job|x|x")]
        """
    )
    assert answer == ["finished", 2, ["by the job|x|x"]]


def test_a_failure_is_in_the_error_log_and_undone(bench: Bench) -> None:
    bench.worker(1)
    label = uuid.uuid4().hex
    answer = bench.ask(
        f"""
        job = frappe.enqueue(fc_probe.fail, label="{label}")
        ended(job)
        frappe.db.rollback()
        titles = ("fc_probe.fail", "fail")  # the latter on 14, of a function
        logs = frappe.get_all("Error Log", {{"method": ("in", titles)}}, pluck="error")
        answer = [job.get_status(), written("{label}"), sum("{label}" in log for log in logs)]
        """
    )
    assert answer == ["failed", [], 1]


def test_a_timeout_is_raised_in_the_job_by_rqs_name(bench: Bench) -> None:
    bench.worker(1)
    answer = bench.ask(
        """
        job = frappe.enqueue(fc_probe.loop, seconds=30, timeout=1)
        ended(job)
        answer = [job.get_status(), "JobTimeoutException" in job.exc_info, written("timed out")]
        """
    )
    assert answer == ["failed", True, [f"timed out|{bench.site}|Administrator"]]


def test_the_running_job_is_rqs_current_job(bench: Bench) -> None:
    bench.worker(1)
    job_id, seen, wait = bench.ask(
        """
        job = frappe.enqueue(fc_probe.current_job)
        ended(job)
        answer = [job.id, job.result, str(job.enqueued_at)]
        """
    )
    assert seen == {"id": job_id, "kwargs": {}, "wait": wait}


def test_telemetry_costs_a_process_one_thread_and_no_job_its_time(bench: Bench) -> None:
    """Until 15.55 Frappe makes a client for each job, later one for each process: the next job's
    events wait for its thread."""
    if not bench.ask("import importlib.util as u; answer = bool(u.find_spec('posthog'))"):
        pytest.skip("this Frappe has no posthog")
    allow = "frappe.db.set_single_value('System Settings', 'enable_telemetry', {})"
    bench.ask(allow.format(1))
    bench.worker(1)
    try:
        answer = bench.ask(
            """
            def result(method):
                job = frappe.enqueue(method, timeout=20)
                ended(job)
                assert job.get_status() == "finished", job.exc_info
                return job.result

            import frappe.utils.telemetry
            if "Telemetry DISABLED" in (frappe.utils.telemetry.__doc__ or ""):
                answer = "a fork without telemetry"
            else:
                answer = max(result(fc_probe.tell_telemetry) for _ in range(4))
                until(lambda: result(fc_probe.telemetry_threads) <= 1)
            """
        )
    finally:
        bench.ask(allow.format(0))
    if isinstance(answer, str):
        pytest.skip(answer)
    most = 4 if bench.is_14 else 2  # 14 waits for none: the ones before may still be sending
    assert 1 <= answer <= most, "until 15.55 the one before may still be ending"


def test_a_process_that_waits_is_not_called_after_its_last_job(bench: Bench) -> None:
    worker = bench.worker(1)
    (child,) = psutil.Process(worker.pid).children()
    before = child.cmdline()
    bench.ask("ended(frappe.enqueue('frappe.ping'))")
    wait_until(lambda: child.cmdline() == before)
