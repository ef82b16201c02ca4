"""What templates find: Frappe's names that read; those that write, run or open files raise."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.config import settings

Write = Callable[[str, str], Path]
HONEST = {
    "{{ frappe.format('2026-01-05', 'Date') }}": "2026-01-05",
    "{{ frappe.format_value(2, {'fieldtype': 'Int'}) }}": "2",
    "{{ frappe.utils.fmt_money(1234.5, currency='EUR') }}": "€ 1,234.50",
    "{{ frappe.utils.get_url('/a') == frappe.get_url('/a') }}": "True",
    "{{ frappe.utils.add_days('2026-01-31', 1) }}": "2026-02-01",
    "{{ frappe.utils.formatdate('2026-01-05') and frappe.format_date('2026-01-05') }}": (
        "January 5, 2026"
    ),
    "{{ frappe.db.get_value('Memo', 'a', 'colour') }}": "red",
    "{{ frappe.db.exists('Memo', 'a') }} {{ frappe.db.count('Memo') }}": "a 2",
    "{{ frappe.db.get_all('Memo', pluck='name', order_by='name')|join(',') }}": "a,b",
    "{% for x in frappe.get_all('Memo', order_by='name') %}{{ x.name }}{% endfor %}": "ab",
    "{{ frappe.get_list('Memo', {'colour': 'red'})[0].name }}": "a",
    "{{ frappe.get_doc('Memo', 'a').colour }}": "red",
    "{{ frappe.get_cached_doc('Memo', 'a').get_formatted('colour') }}": "red",
    "{{ frappe.get_meta('Memo').get_field('nothing') }}": "None",
    "{{ frappe.db.sql('select colour from tabMemo where name = %s', 'a')[0][0] }}": "red",
    "{{ frappe.db.sql('select name from tabMemo order by name', as_dict=1)[1].name }}": "b",
    "{{ frappe.db.sql('select 1 as x union select 2', pluck=True) }}": "[1, 2]",
    "{{ frappe.qb.from_('Memo').select('colour').where(frappe.qb.Field('name') == 'b').run() }}": (
        "(('blue',),)"
    ),
    "{{ frappe.db.escape('50%') }}": "'50%%'",
    "{{ _('Hello') }} {{ scrub('Sales Order') }}": "Hello sales_order",
    "{{ frappe.session.user }} {{ frappe.user }}": "Administrator Administrator",
    "{{ frappe.render_template('{{ a }}', {'a': 1}) }}": "1",
    "{{ json.loads('[1]')[0] }} {{ json.dumps([1]) }}": "1 [1]",
    "{{ as_json({'a': 1})|length > 5 }} {{ _dict(a=1).a }} {{ dict(a=1).a }}": "True 1 1",
    "{{ sum([1, 2]) }} {{ sorted([2, 1]) }} {{ range(3)|list|len }}": "3 [1, 2] 3",
    "{{ shout('x') }}{{ 'y'|shout }} {{ twice('z') }}": "XY zz",
    "{{ '2026-01-05'|global_date_format }} {{ 'a/b'|abs_url }}": "January 5, 2026 /a/b",
    "{{ resolve_class('a', {'b': 1, 'c': 0}, ['d']) }} {{ is_rtl() }}": "a b d False",
    "{% set rows = [] %}{{ rows.append(1) or '' }}{{ rows }} {{ '%s' % 1 }} {{ 'a'.upper() }}": (
        "[1] 1 A"
    ),
    "{% if frappe.utils.nothing is defined %}x{% endif %}{{ nothing }}": "{{ nothing }}",
    "{% set d = frappe.new_doc('Memo') %}{{ d.update({'colour': 'pink'}).colour }}": "pink",
    "{{ doc.colour }} {{ doc.shouted() }} {{ doc.as_dict().name }}": "red RED a",
    "{{ frappe.get_hooks('app_name')[0] }} {{ 3|flt }} {{ {'a': 1}|json|len }}": "myapp 3.0 11",
}
HOSTILE = {
    "{{ frappe.utils.execute_in_shell('touch made') }}": "frappe.utils.execute_in_shell",
    "{{ frappe.utils.os.system('touch made') }}": "frappe.utils.os",
    "{{ frappe.utils.os }}": "frappe.utils.os",
    "{{ frappe.utils.touch_file('made') }}": "frappe.utils.touch_file",
    "{{ frappe.utils.safe_eval('1') }}": "frappe.utils.safe_eval",
    "{{ frappe.db.sql('delete from tabMemo') }}": "delete from tabMemo",
    "{{ frappe.db.sql('select 1; delete from tabMemo') }}": "here are 2",
    "{{ frappe.db.sql('with x as (delete from tabMemo returning 1) select * from x') }}": "SELECT",
    "{{ frappe.db.sql('select /*! 1 into outfile \"made\" */ 1') }}": "SELECT",
    "{{ frappe.db.sql('select /*+ SET_VAR(a=1) */ 1') }}": "SELECT",
    "{{ frappe.db.sql('select 1 /*M!1 + 1 */') }}": "SELECT",
    "{{ frappe.db.sql(\"select load_file('/etc/passwd')\") }}": "load_file",
    "{{ frappe.db.sql(\"select pg_read_file('/etc/passwd')\") }}": "pg_read_file",
    "{{ frappe.get_all('Memo', fields=[\"load_file('/etc/passwd') as x\"]) }}": "load_file",
    "{{ frappe.db.sql('select name from tabMemo for update') }}": "for update",
    "{{ frappe.db.multisql({'mariadb': 'delete from tabMemo'}) }}": "frappe.db.multisql",
    "{{ frappe.db.set_value('Memo', 'a', 'colour', 'x') }}": "frappe.db.set_value",
    "{{ frappe.db.delete('Memo') }}": "frappe.db.delete",
    "{{ frappe.db.commit() }}": "frappe.db.commit",
    "{{ frappe.db.rollback() }}": "frappe.db.rollback",
    "{{ frappe.qb.from_('Memo').delete().run() }}": "DELETE",
    "{{ sorted([''], key=frappe.qb.from_('Memo').delete().run) }}": "positional",
    "{{ (frappe.qb.from_('Memo').delete()|attr('run'))() }}": "DELETE",
    "{{ frappe.qb.from_('Memo').delete()['run']() }}": "DELETE",
    "{{ frappe.qb.update('Memo').set('colour', 'x').run() }}": "frappe.qb.update",
    "{{ frappe.qb.terms.inspect.os.system('touch made') }}": "frappe.qb.terms",
    "{{ frappe.get_doc('Memo', 'a').delete() }}": "Memo.delete",
    "{{ doc.save() }}": "Memo.save",
    "{{ doc.db_set('colour', 'x') }}": "Memo.db_set",
    "{{ doc['db_set']('colour', 'x') }}": "Memo.db_set",
    "{{ (doc|attr('delete'))() }}": "Memo.delete",
    "{{ ([doc]|map(attribute='delete')|list)[0]() }}": "Memo.delete",
    "{{ sorted(['x'], key=doc.run_method) }}": "Memo.run_method",
    "{{ frappe.new_doc('Memo').insert() }}": "Memo.insert",
    "{{ frappe.get_doc({'doctype': 'File', 'file_url': '/a'}).get_content() }}": "File.get_content",
    "{{ frappe.get_doc({'doctype': 'File', 'file_url': '/files/a'}).on_trash() }}": "File.on_trash",
    "{{ frappe.new_doc('Scheduled Job Type').enqueue() }}": "ScheduledJobType.enqueue",
    "{{ frappe.delete_doc('Memo', 'a') }}": "frappe.delete_doc",
    "{{ frappe.rename_doc('Memo', 'a', 'c') }}": "frappe.rename_doc",
    "{{ frappe.enqueue('myapp.x') }}": "frappe.enqueue",
    "{{ frappe.call('os.system', 'touch made') }}": "frappe.call",
    "{{ frappe.get_attr('os.system')('touch made') }}": "frappe.get_attr",
    "{{ frappe.get_module('os').system('touch made') }}": "frappe.get_module",
    "{{ frappe.sendmail(recipients='a@example.com') }}": "frappe.sendmail",
    "{{ frappe.log_error('x') }}": "frappe.log_error",
    "{{ frappe.read_file('hooks.py') }}": "frappe.read_file",
    "{{ frappe.local.conf }}": "frappe.local",
    "{{ frappe.conf.db_password }}": "frappe.conf",
    "{{ frappe.set_user('x') }}": "frappe.set_user",
    "{{ frappe.flags.__class__ }}": "Illegal template",
    "{{ frappe.flags['__class__'] | string | upper ~ (frappe|attr('__class__')) }}": "__class__",
    "{{ ''|attr('__class__')|attr('mro') }}": "__class__",
    "{{ frappe.get_all|attr('__globals__') }}": "__globals__",
    "{% set g = rows.gi_frame %}{{ g }}": "gi_frame",
    "{{ (frappe|attr('_source')).utils.os }}": "_source",
    "{{ (cycler|attr('__init__'))() }}": "__init__",
    "{{ lipsum|attr('__globals__') }}": "__globals__",
    "{% set c = '__class__' %}{{ ('{0.' ~ c ~ '}').format('') }}": "__class__",
    "{{ range(99999999) }}": "Range too big",
    "{{ calendar.sys.modules }}": "sys",
    "{{ FrappeClient('http://127.0.0.1') }}": "FrappeClient",
    "{{ run_script('x') }}": "run_script",
    "{{ open('/etc/passwd') }}": "open",
    "{% include '/etc/passwd' %}": "/etc/passwd",
    "{% include '../../../../../../etc/passwd' %}": "etc/passwd",
}

CALLING = {
    "{{ frappe.db.sql('select sleep(0)') }}": "sleep",
    "{{ frappe.db.sql('select `sleep` (0)') }}": "sleep",
    "{{ frappe.db.sql('select 1 --sleep(0)') }}": "sleep",
    "{{ frappe.db.sql('select {fn benchmark(1, 1)}') }}": "benchmark",
    "{{ frappe.db.sql('select get_lock(1, 0) from tabMemo') }}": "get_lock",
    "{{ frappe.db.sql('select name from tabMemo order by pg_sleep(0)') }}": "pg_sleep",
    "{{ frappe.db.sql('select pg_catalog.set_config(1, 2, 3)') }}": "pg_catalog.set_config",
    "{{ frappe.db.sql('select * from ts_stat(%s)', 'select 1') }}": "ts_stat",
    "{{ frappe.db.sql('select ts_rewrite(1, 2)') }}": "ts_rewrite",
    "{{ frappe.db.sql('select * from crosstab(1) as x(a, b)') }}": "crosstab",
    "{{ frappe.db.sql('select query_to_xml(1, 2, 3, 4)') }}": "query_to_xml",
    "{{ frappe.db.sql('select 1 from (select * from dblink(1, 2)) as x') }}": "dblink",
    "{{ frappe.db.sql('with upper(a) as (select 1), b as (select mine(1)) select a') }}": "mine",
    "{{ frappe.get_all('Memo', fields=['sleep(0) as s']) }}": "sleep",
    "{{ frappe.get_all('Memo', fields=[{'SLEEP': '0'}]) }}": "SLEEP",
    "{{ frappe.get_all('Memo', order_by='if(sleep(0), name, colour)') }}": "sleep",
    "{{ frappe.get_all('Memo', group_by='pg_sleep(0)') }}": "pg_sleep",
    "{{ frappe.get_all('Memo', [['benchmark(1, 1)', '>', 0]]) }}": "benchmark",
    "{{ frappe.db.get_value('Memo', 'a', 'mine(name)') }}": "mine",
    "{{ frappe.qb.max('Memo', 'sleep(0)') }}": "sleep",
}


@pytest.fixture
def notes(frappe: Any, write: Write, add_doctype: Callable[..., None]) -> Any:
    code = (
        "from frappe.model.document import Document\n"
        "class Memo(Document):\n    def shouted(self):\n        return self.colour.upper()\n"
    )
    add_doctype("Memo", {"fieldname": "colour", "fieldtype": "Data"}, autoname="prompt", code=code)
    write("myapp/jinja_helpers.py", "def shout(text):\n    return text.upper()\n")
    write("myapp/more_helpers.py", "def repeated(text):\n    return text * 2\n")
    write(
        "myapp/hooks.py",
        'app_name = "myapp"\n'
        'jinja = {"methods": ["myapp.jinja_helpers", "twice:myapp.more_helpers.repeated"],'
        ' "filters": ["myapp.jinja_helpers.shout"]}\n',
    )
    for name, colour in (("a", "red"), ("b", "blue")):
        frappe.get_doc({"doctype": "Memo", "name": name, "colour": colour}).insert()
    return frappe


def _context(frappe: Any) -> dict[str, Any]:
    import calendar

    return {
        "doc": frappe.get_doc("Memo", "a"),
        "rows": (each for each in ()),
        "calendar": calendar,
    }


@pytest.mark.parametrize("template", HONEST)
def test_a_template_reads(notes: Any, template: str) -> None:
    assert notes.render_template(template, _context(notes)) == HONEST[template]


@pytest.mark.parametrize("template", HOSTILE)
def test_a_template_does_nothing_else(notes: Any, root: Path, template: str) -> None:
    before, files = notes.db.sql("select * from tabMemo order by name"), sorted(root.iterdir())
    with pytest.raises(Exception) as refused:  # noqa: PT011 (what it says is looked at)
        notes.render_template(template, _context(notes))
    assert HOSTILE[template] in str(refused.value)
    assert notes.db.sql("select * from tabMemo order by name") == before
    assert sorted(root.iterdir()) == files


@pytest.mark.parametrize("template", CALLING)
def test_a_template_calls_known_functions_alone(notes: Any, template: str) -> None:
    name = re.escape(CALLING[template])
    with pytest.raises(notes.PermissionError, match=rf"{name}\(\) is none of the functions"):
        notes.render_template(template, _context(notes))


def test_the_project_adds_functions(notes: Any) -> None:
    own = {"mariadb": "last_insert_id", "postgres": "pg_backend_pid", "sqlite": "total_changes"}
    call = f"{own[notes.db.db_type]}()"
    asked = f"{{{{ frappe.db.sql('select {call} >= 0', pluck=True)[0]|int }}}}"
    field = {"fields": [f"{call} as x"], "pluck": "x"}
    for ask in (lambda: notes.render_template(asked), lambda: notes.get_all("Memo", **field)):
        with pytest.raises(
            notes.PermissionError, match=r'"frappe_celery_sql_functions": \["\w+"\]'
        ):
            ask()
    added = [call.upper().rstrip("()")]
    settings.use(replace(settings.current(), frappe_celery_sql_functions=added))
    assert notes.render_template(asked) == "1"
    assert len(notes.get_all("Memo", **field)) == 2


def test_a_value_in_quotes_does_not_end_them(notes: Any) -> None:
    with pytest.raises(notes.PermissionError, match="placeholder in quotes"):
        notes.render_template("""{{ frappe.db.sql("select '%s'", '+sleep(0)+') }}""")
    asked = (
        """{{ frappe.db.sql("select name from tabMemo where name like 'a%%' and 1 = %s", 1) }}"""
    )
    assert notes.render_template(asked) == "(('a',),)"


def test_a_template_that_reads_makes_the_tables_that_an_app_describes(
    notes: Any, add_doctype: Callable[..., None]
) -> None:
    add_doctype("New Memo", {"fieldname": "colour", "fieldtype": "Data"})
    notes.db.commit()
    assert notes.render_template("{{ frappe.db.sql('select colour from `tabNew Memo`') }}") == "()"


def test_an_expression_gets_the_same_names(notes: Any) -> None:
    from frappe.utils.safe_exec import get_safe_globals

    utils = get_safe_globals().get("frappe").get("utils")
    given = {"frappe": notes._dict(utils=utils), "doc": notes.get_doc("Memo", "a")}
    due = "frappe.utils.add_days('2026-01-31', 1) if doc.colour == 'red' else None"
    assert notes.safe_eval(due, None, given) == "2026-02-01"
    count = notes.safe_eval("frappe.db.count('Memo')", get_safe_globals())
    assert count == notes.db.count("Memo")
    assert get_safe_globals()["frappe"].get("_source") is None
    with pytest.raises(Exception, match="only read"):
        notes.safe_eval("frappe.db.delete('Memo')", get_safe_globals())
    memos = "frappe.qb.from_('Memo')"
    (row,) = notes.safe_eval(f"{memos}.select('name').limit(1).run(as_dict=1)", get_safe_globals())
    assert row.name == "a"
    with pytest.raises(notes.PermissionError, match="a template runs one SELECT"):
        notes.safe_eval(f"{memos}.delete().run()", get_safe_globals())
    assert notes.db.count("Memo") == 2


def test_what_is_refused_says_the_way_out(notes: Any) -> None:
    with pytest.raises(notes.ValidationError, match="call it in the code that renders"):
        notes.render_template("{{ frappe.db.set_value('Memo', 'a', 'colour', 'x') }}")
    with pytest.raises(notes.ValidationError, match=r"frappe\.utils\.scrub_urls needs a Frappe"):
        notes.render_template("{{ frappe.utils.scrub_urls('x') }}")
    with pytest.raises(notes.PermissionError, match="a template runs one SELECT"):
        notes.render_template("{{ frappe.db.sql('update tabMemo set colour = 1') }}")
