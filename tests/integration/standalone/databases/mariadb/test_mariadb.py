"""What MariaDB alone does: locks, lost connections, tables that are not altered unasked."""

import threading
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.errors import UnreadableStatement
from frappe_standalone.jobs import run


def test_a_column_is_never_added_to_what_was_written(frappe: Any, mariadb_server: Any) -> None:
    frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
    with pytest.raises(frappe.CannotAlter, match=r"--doctype 'Memo' colour=text") as caught:
        frappe.db.set_value("Memo", "a", "colour", "red")
    assert "MariaDB" in str(caught.value)
    database = frappe.db.sql("select database()")[0][0]
    names = f"select name from {database}.tabMemo"
    assert mariadb_server.sql(names) == ""
    frappe.db.rollback()
    assert mariadb_server.sql(names) == ""
    frappe.get_doc({"doctype": "Memo", "name": "b", "colour": "red"}).insert()
    frappe.db.commit()
    assert mariadb_server.sql(names) == "b\n"
    frappe.db.savepoint("here")
    with pytest.raises(frappe.CannotAlter):
        frappe.db.set_value("Memo", "b", "taste", "sweet")


def test_whose_user_may_not_alter_tables_is_told(frappe: Any, mariadb_server: Any) -> None:
    database = frappe.db.sql("select database()")[0][0]
    mariadb_server.sql(f"create or replace user poor@'127.0.0.1'; grant select, insert, update,"
                       f" delete on {database}.* to poor@'127.0.0.1'")  # fmt: skip
    frappe.destroy()
    url = mariadb_server.url(database).replace("root@", "poor@")
    settings.use(settings.Settings.load(environ={"DATABASE_URL": url}))
    frappe.init("standalone")
    frappe.connect()
    frappe.get_doc({"doctype": "Memo", "name": "a", "count": 1}).insert()
    frappe.db.rollback()
    with pytest.raises(frappe.CannotAlter, match=r"colour=text.*denied"):
        frappe.get_doc({"doctype": "Memo", "name": "a", "colour": "red"}).insert()


def test_it_is_mariadb(frappe: Any) -> None:
    assert frappe.db.db_type == "mariadb"
    assert "MariaDB" in frappe.db.sql("select version()")[0][0]


def test_a_connection_that_was_closed_while_idle_is_opened_anew(
    frappe: Any, mariadb_server: Any
) -> None:
    frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
    frappe.db.commit()
    mariadb_server.sql(f"kill {frappe.db.sql('select connection_id()')[0][0]}")
    frappe.db.rollback()
    assert frappe.get_all("Memo", pluck="name") == ["a"]


def test_a_connection_that_is_lost_says_which_and_the_next_job_has_a_new_one(
    frappe: Any, mariadb_server: Any, caplog: Any
) -> None:
    def lose() -> None:
        frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
        mariadb_server.sql(f"kill {frappe.db.sql('select connection_id()')[0][0]}")
        frappe.get_doc({"doctype": "Memo", "name": "b"}).insert()

    def count() -> int:
        return int(frappe.db.count("Memo"))

    where = f"the database 127.0.0.1:{mariadb_server.port}/standalone\\d+ does not answer"
    with pytest.raises(Exception, match=where):
        run.execute(run.Run("site1", "a@example.com", lose, {}, "lose", "lose"))
    job = run.Run("site1", "a@example.com", count, {}, "count", "count")
    assert run.execute(job) == 0


def test_a_real_deadlock_is_run_again(frappe: Any) -> None:
    """Two transactions take two rows in opposite order; MariaDB rolls one of them back."""
    for name in ("a", "b"):
        frappe.get_doc({"doctype": "Memo", "name": name, "count": 0}).insert()
    frappe.db.commit()
    both_have_one = threading.Barrier(2)
    attempts: list[str] = []

    def swap(first: str, second: str) -> None:
        attempts.append(first)
        frappe.get_doc("Memo", first, for_update=True).db_set("count", 1)
        if len(attempts) <= 2:
            both_have_one.wait(10)
        frappe.get_doc("Memo", second, for_update=True).db_set("count", 1)

    errors: list[BaseException] = []

    def work(first: str, second: str) -> None:
        from django.db import connections

        kwargs = {"first": first, "second": second}
        try:
            run.execute(
                run.Run("standalone", "a@example.com", swap, kwargs, "swap", "swap"),
                sleep=lambda _: None,
            )
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(attempts) == 3
    frappe.db.rollback()
    assert frappe.get_all("Memo", {"count": 1}, order_by="name", pluck="name") == ["a", "b"]


def test_numbers_of_a_series_are_given_once_to_many_jobs(frappe: Any) -> None:
    names: list[str] = []

    def name_one() -> str:
        doc = frappe.get_doc({"doctype": "N", "naming_series": "N-.###"}).insert()
        return str(doc.name)

    def work() -> None:
        from django.db import connections

        job = run.Run("standalone", "a@example.com", name_one, {}, "name_one", "name_one")
        names.extend(run.execute(job, sleep=lambda _: None) for _ in range(10))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"N-{number:03}" for number in range(1, 41)]


def test_texts_that_no_app_describes_are_indexed_as_far_as_mariadb_can(frappe: Any) -> None:
    fields = {f"field{number}": f"{number} " * 200 for number in range(70)}
    frappe.get_doc({"doctype": "Wide", "name": "a", **fields}).insert()
    frappe.db.commit()
    frappe.get_doc({"doctype": "Wide", "name": "b", **fields, "field70": "one more"}).insert()
    frappe.db.commit()
    found = frappe.get_all("Wide", {"field7": fields["field7"]}, order_by="name", pluck="name")
    assert found == ["a", "b"]
    (plan,) = frappe.db.sql("explain select name from tabWide where field7 = 'x'", as_dict=True)
    assert plan.key == "tabWide_field7"
    (plan,) = frappe.db.sql("explain select name from tabWide where field70 = 'x'", as_dict=True)
    assert plan.key is None


@pytest.mark.parametrize(
    "template",
    [
        """{{ frappe.db.sql("select '%s'", "+get_lock(0x6d, 0)+") }}""",
        """{{ frappe.db.sql("select get_lock(0x6d, 0)") }}""",
        """{{ frappe.get_all('Memo', fields=["(select 1 /*! + get_lock(0x6d, 0) */) as x"]) }}""",
        """{{ frappe.get_all('Memo', order_by="get_lock(0x6d, 0)") }}""",
        """{{ frappe.get_all('Memo', order_by="if(benchmark(1, get_lock(0x6d, 0)), 1, 2)") }}""",
    ],
)
def test_a_template_calls_nothing_that_waits_or_locks(frappe: Any, template: str) -> None:
    frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
    with pytest.raises(Exception, match=r"none of the functions|placeholder in quotes|get_lock"):
        frappe.render_template(template)
    assert frappe.db.sql("select is_used_lock('m')") == ((None,),)


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"])
def test_a_text_ends_where_the_server_ends_it(frappe: Any, mode: str) -> None:
    frappe.db.sql(f"set sql_mode = '{mode}'")
    for query in (
        r"select 'a\', get_lock(0x6d, 0) -- ' 'b\' '",
        r"select N'a\', get_lock(0x6d, 0) -- ' N'b\' '",
        r"""select "a\", get_lock(0x6d, 0) -- " "b\" " """,
        """select "get_lock"(0x6d, 0)""",
    ):
        with pytest.raises((frappe.PermissionError, UnreadableStatement)):
            frappe.render_template("{{ frappe.db.sql(query) }}", {"query": query})
    query = r"""select 'it''s', 'a\\', 'say \"so\"' """
    assert frappe.render_template("{{ frappe.db.sql(query) }}", {"query": query})
    assert frappe.db.sql("select is_used_lock('m')") == ((None,),)
