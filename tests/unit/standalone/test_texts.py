"""Texts in SQL: what goes in comes out, and nothing else is read or changed.

The same on SQLite, MariaDB and PostgreSQL: the integration tests import them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, DataError
from hypothesis import HealthCheck, example, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from pypika.terms import Case

from frappe_celery.errors import NeedsFrappeSite, UnreadableStatement

PAYLOADS = {
    "union": "\\' union select content, content from tabSecret -- ",
    "union after two": "\\\\' union select content, content from tabSecret -- ",
    "or": "' or '1'='1",
    "or in parentheses": "\\') or ('1'='1",
    "second statement": "x'; delete from tabSecret; -- ",
    "second after a backslash": "x\\'; delete from tabSecret; -- ",
    "honest": "a\\b'c",
    "quote": "'",
    "only quotes": "''\"\"``",
    "backslash": "\\",
    "backslashes": "\\\\\\",
    "percent": "100%_\\%% %s %(content)s",
    "named": ":f0 :now ?1 $1 {0} {}",
    "mark": "\0:now\0 \0f0\0",
    "nul": "a\0' or 1=1 -- ",
    "escapes": "\\0\\n\\Z\\x41\\u0041\\'",
    "comments": "/*! */ -- # */ /* \n-- x",
    "lines": "a\r\n\t\x1a\x08\x7fb",
    "commas and brackets": ")), (', as x desc, (select 1",
    "unicode": "é \u202e \ufeff \U0001f600 \u02bc \uff07 \u2019 \ufe68 \u29f5",
    "long": "\\'" * 8_000 + "end",
}
OTHERS = ("plain", "other")


def _insert(frappe: Any, doctype: str, name: str, content: str) -> None:
    frappe.get_doc({"doctype": doctype, "name": name, "content": content}).insert()


@pytest.fixture
def texts(frappe: Any, add_doctype: Callable[..., None]) -> Any:
    """Two documents, and a secret beside them."""
    content = {"fieldname": "content", "fieldtype": "Text"}
    for doctype in ("Text", "Secret"):
        add_doctype(doctype, content, autoname="prompt")
        frappe.get_doc({"doctype": doctype, "name": "first"}).db_insert()
        frappe.db.rollback()
    _insert(frappe, "Secret", "secret", "key")
    for name in OTHERS:
        _insert(frappe, "Text", name, name)
    frappe.db.commit()
    return frappe


def _one(f: Any, text: str) -> Any:
    """Where it is one document's text, with the name `it`."""
    _insert(f, "Text", "it", text.replace("\0", "") if f.db.db_type == "postgres" else text)
    table = f.qb.DocType("Text")
    e = f.db.escape(text, percent=False)
    return SimpleNamespace(f=f, sql=f.db.sql, e=e, t=table, text=text, all=f.get_all, qb=f.qb)


def _pattern(text: str) -> str:
    """What LIKE finds it by."""
    for each in ("\\", "%", "_"):
        text = text.replace(each, "\\" + each)
    return text


def _rows(f: Any) -> Any:
    return f.db.sql("select name, content from tabText order by name")


def _sql(statement: str) -> Callable[[Any], Any]:
    """The first column."""
    return lambda q: [row[0] for row in q.sql(statement.replace("{e}", q.e))]


def _doubled(q: Any) -> Any:
    e = q.f.db.escape(f"%{_pattern(q.text)}%")
    return q.f.db.sql_list(f"select name from tabText where content like {e} and 1 = %s", (1,))


def _set_value(q: Any) -> Any:
    q.f.db.set_value("Text", "plain", "content", q.text)
    q.f.db.delete("Text", {"name": "it"})
    return [name for name, content in _rows(q.f) if content == q.text]


def _deleted(delete: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def gone(q: Any) -> Any:
        delete(q)
        left = {name for name, _ in _rows(q.f)}
        return [name for name in ("it", *OTHERS) if name not in left]

    return gone


def _qb_insert(q: Any) -> Any:
    q.sql("delete from tabText")
    q.qb.into("Text").columns("name", "content").insert("it", q.text).run()
    return [name for name, content in _rows(q.f) if content == q.text]


def _by_field(q: Any) -> Any:
    """Sorted by it: the last one."""
    by = f"field(content, 'other', 'plain', {q.e})"
    assert [row[0] for row in q.sql(f"select name from tabText order by {by}")][:2] == [
        *reversed(OTHERS)
    ]
    return q.all("Text", order_by=by, pluck="name")[-1:]


def _as_values(q: Any) -> Any:
    """Texts of the answer, each the one that went in."""
    first, second = q.sql(f"select {q.e}, concat(coalesce(null, {q.e}), '') as x from tabText")[0]
    assert first == second == q.text
    return ["it"]


def _qb_values(q: Any) -> Any:
    from frappe.query_builder.custom import ConstantColumn
    from frappe.query_builder.functions import Coalesce, Concat

    kinds = (q.t.name, ConstantColumn(q.text).as_("k"), Concat("", q.text), Coalesce(None, q.text))
    ((name, *found),) = q.qb.from_(q.t).select(*kinds).where(q.t.content == q.text).run()
    assert found == [q.text] * 3
    return [name]


def _as_text(q: Any) -> Any:
    """A query's own text, as Frappe runs it."""
    return q.f.db.sql_list(str(q.qb.from_(q.t).select("name").where(q.t.content == q.text)))


def _fields(q: Any) -> Any:
    chosen = Case().when(q.t.content == q.text, 1).else_(0).as_("chosen")
    rows = q.all("Text", fields=["name", f"if(content = {q.e}, 1, 0) as chosen"])
    assert [row for row in rows if row.chosen] == [{"name": "it", "chosen": 1}]
    found = q.qb.from_(q.t).select(q.t.name, chosen).run(as_dict=True)
    return [row.name for row in found if row.chosen]


PLACES: dict[str, Callable[[Any], Any]] = {
    "where =": _sql("select name from tabText where content = {e}"),
    "where, in parentheses": _sql("select name from tabText where (content = ({e}) and 1 = 1)"),
    "before a comment": _sql("select name from tabText where content = {e} -- the end"),
    "around a comment": _sql("select name /* a */ from tabText where content = {e} /* b */"),
    "in": _sql("select name from tabText where content in ('none', {e}, 'neither')"),
    "between": _sql("select name from tabText where content between {e} and {e}"),
    "like": lambda q: q.f.db.sql_list(
        f"select name from tabText where content like {q.f.db.escape(_pattern(q.text), False)}"
    ),
    "like beside a placeholder": _doubled,
    "having": _sql("select name from tabText group by name, content having content = {e}"),
    "case": _sql("select name from tabText where case when content = {e} then 1 else 0 end = 1"),
    "join": _sql(
        "select a.name from tabText a join tabText b on a.name = b.name and b.content = {e}"
    ),
    "subquery": _sql(
        "select name from tabText where name in (select name from tabText where content = {e})"
    ),
    "functions": _sql(
        "select name from tabText where replace(content, {e}, 'gone') = 'gone'"
        " and ifnull(nullif(content, {e}), 'same') = 'same'"
    ),
    "union": _sql(
        "select name from tabText where content = {e} union"
        " select name from tabText where content = concat({e}, '')"
    ),
    "order by field()": _by_field,
    "values of an answer": _as_values,
    "insert": lambda q: (
        q.sql("delete from tabText"),
        q.sql(f"insert into tabText (name, content) values ('it', {q.e})"),
        [name for name, content in _rows(q.f) if content == q.text],
    )[-1],
    "insert on duplicate key": lambda q: (
        q.sql("update tabText set content = 'x' where name = 'it'"),
        q.sql(
            f"insert into tabText (name, content) values ('it', {q.e})"
            f" on duplicate key update content = {q.e}"
        ),
        [name for name, content in _rows(q.f) if content == q.text],
    )[-1],
    "update": lambda q: (
        q.sql("update tabText set content = 'x' where name = 'it'"),
        q.sql(f"update tabText set content = {q.e} where name = 'it'"),
        [name for name, content in _rows(q.f) if content == q.text],
    )[-1],
    "delete": _deleted(lambda q: q.sql(f"delete from tabText where content = {q.e}")),
    "db.get_value": lambda q: [q.f.db.get_value("Text", {"content": q.text})],
    "db.exists and db.count": lambda q: (
        [q.f.db.exists("Text", {"content": q.text})] * q.f.db.count("Text", {"content": q.text})
    ),
    "db.set_value": _set_value,
    "db.delete": _deleted(lambda q: q.f.db.delete("Text", {"content": q.text})),
    "get_all =": lambda q: q.all("Text", {"content": q.text}, pluck="name"),
    "get_all like": lambda q: q.all("Text", {"content": ["like", q.text]}, pluck="name"),
    "get_all in": lambda q: q.all("Text", {"content": ["in", ["none", q.text]]}, pluck="name"),
    "get_all or_filters": lambda q: q.all(
        "Text", or_filters=[["content", "=", q.text], ["content", "=", "none"]], pluck="name"
    ),
    "get_all by an expression": _fields,
    "get_all by PyPika": lambda q: q.all("Text", filters=q.t.content == q.text, pluck="name"),
    "qb where": lambda q: [
        row[0] for row in q.qb.from_(q.t).select("name").where(q.t.content.isin([q.text])).run()
    ],
    "qb like": lambda q: [
        row[0]
        for row in q.qb.from_(q.t).select("name").where(q.t.content.like(_pattern(q.text))).run()
    ],
    "qb functions": _qb_values,
    "qb insert": _qb_insert,
    "qb update": lambda q: (
        q.qb.update("Text").set("content", q.text).where(q.t.name == "it").run(),
        [name for name, content in _rows(q.f) if content == q.text],
    )[-1],
    "qb as text": _as_text,
}
IS_SET = {"db.set_value": ["plain"]}


def _ends_at_a_nul(database: str, place: str) -> bool:
    """No text of PostgreSQL's can hold one, and SQLite's LIKE and REPLACE() read no further."""
    return database == "postgres" or (database == "sqlite" and "like" in place)


@pytest.mark.parametrize("place", PLACES)
def test_a_text_is_a_text_wherever_it_stands(texts: Any, place: str) -> None:
    kept = texts.db.sql("select name, content from tabSecret")
    for kind, text in PAYLOADS.items():
        try:
            if "\0" in text and _ends_at_a_nul(texts.db.db_type, place):
                with pytest.raises((NeedsFrappeSite, DataError), match="NUL"):
                    PLACES[place](_one(texts, text))
            elif (texts.db.db_type, place, kind) != ("sqlite", "functions", "mark"):
                assert PLACES[place](_one(texts, text)) == IS_SET.get(place, ["it"]), kind
        finally:
            texts.db.rollback()
        assert texts.db.sql("select name, content from tabSecret") == kept, kind
        assert _rows(texts) == tuple((name, name) for name in sorted(OTHERS)), kind


ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
AWKWARD = st.text(st.sampled_from("\\'\"`%s(){}:f0;-/*#\n \x1a,é\U0001f600"), max_size=60)


@trying(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("a\\b'c")
@example("\\' union select content from tabSecret -- ")
@given(ANY | AWKWARD)
def test_what_goes_in_comes_out(texts: Any, text: str) -> None:
    as_it_is, beside = texts.db.escape(text, percent=False), texts.db.escape(text)
    assert texts.db.sql(f"select {as_it_is}") == ((text,),)
    assert texts.db.sql(f"select {beside}, %s", (text,)) == ((text, text),)
    assert texts.db.sql(f"select {beside}, %(x)s", {"x": text}) == ((text, text),)
    texts.db.sql(f"update tabText set content = {as_it_is} where name = 'plain'")
    assert texts.db.get_value("Text", "plain", "content") == text
    assert texts.db.sql(f"select content from tabText where content = {as_it_is}")[0][0] == text
    found = texts.qb.from_("Text").select("content").where(texts.qb.Field("content") == text)
    assert texts.db.sql(str(found)) == found.run()


@pytest.mark.no_database
def test_escape_gives_frappes_form(frappe: Any) -> None:
    assert frappe.db.escape("50%") == "'50%%'"
    assert frappe.db.escape("50%", percent=False) == "'50%'"
    assert frappe.db.escape(None) == "''"
    assert frappe.db.escape(5) == "'5'"
    assert frappe.db.escape(b"\xc3\xa9") == "'é'"
    assert frappe.db.escape("a\\b\0'c") in (r"'a\\b\0''c'", r"'a\\b\0\'c'")


def test_a_second_statement_is_refused(texts: Any) -> None:
    by = {"mariadb": (DatabaseError, "delete from")}
    error, why = by.get(texts.db.db_type, (UnreadableStatement, "here are 2"))
    with pytest.raises(error, match=why):
        texts.db.sql("select 1; delete from tabSecret")
    texts.db.rollback()
    assert texts.db.count("Secret") == 1
    assert texts.db.sql("select 1;") == ((1,),)


@pytest.mark.parametrize("sign", ['"', "`", "'", "\\", "%", '""` \''])
def test_a_name_is_a_name(texts: Any, sign: str) -> None:
    """A doctype's, a field's and what an answer is called."""
    secret = f"{sign}, (select content from tabSecret) as {sign}x"
    for doctype in (f"x{sign} as a, tabSecret as {sign}b", secret):
        with pytest.raises(texts.DoesNotExistError, match="not found: no app describes it"):
            texts.get_all(doctype, filters={"name": "a"}, fields=["*"])
        assert not texts.db.exists(doctype, "a")
    for fields in ([secret], [f"name as {secret}"], [f"name{sign}"]):
        try:
            rows = texts.get_all("Text", fields=fields)
        except Exception:
            texts.db.rollback()
        else:
            assert "key" not in str(rows)
    ((column,),) = texts.qb.from_("Text").select(texts.qb.Field("name").as_(secret)).limit(1).run()
    assert column in OTHERS
