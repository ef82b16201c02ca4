"""MariaDB's SQL as sqlglot's trees: read, and made what every other database would understand.

Times by the site's clock, changes of several tables, INSERT … ON DUPLICATE KEY.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from sqlglot import TokenType, exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import ParseError
from sqlglot.parsers.mysql import MySQLParser

from frappe_standalone.database.kinds import NAMED

MARK = secrets.token_hex(16)
"""Stands around a placeholder's name where a statement was written: in no text, unlike any sign."""


class FromMariaDB(MySQL):
    """As sqlglot reads MySQL, but functions that we have by their names stay calls.

    A table's name in quotes is refused, as MariaDB does: so PostgreSQL's SQL is written, whose
    columns in quotes are texts here.
    """

    class Parser(MySQLParser):
        FUNCTIONS: ClassVar = {
            name: function for name, function in MySQLParser.FUNCTIONS.items() if name not in NAMED
        } | dict.fromkeys(("NOW", "SYSDATE"), exp.CurrentTimestamp.from_arg_list)

        def _parse_table_part(self, schema: bool = False) -> exp.Expr | None:
            if self._match(TokenType.STRING, advance=False):
                self.raise_error("A table's name stands in backticks")
            return super()._parse_table_part(schema)


def placeholder(self: Any, node: exp.Placeholder) -> str:
    """What a generator leaves where a value comes, for `translating` to cut at."""
    return f"{MARK}{node.name}{MARK}"


def _clock(key: str) -> Any:
    return lambda self, node: f"{MARK}{key}{MARK}"


PLACEHOLDERS = {
    exp.Placeholder: placeholder,
    exp.CurrentDate: _clock(":today"),
    exp.CurrentTime: _clock(":time"),
    exp.UtcTimestamp: _clock(":utc"),
    **dict.fromkeys((exp.CurrentTimestamp, exp.CurrentDatetime), _clock(":now")),
    **dict.fromkeys((exp.Localtime, exp.Localtimestamp), _clock(":now")),
}
"""How a generator writes them: NOW() and the like are values, too, by the site's clock."""


def is_assignment(node: exp.Expr) -> bool:
    """Whether it is `column = value` of a change: nothing is compared."""
    return isinstance(node.parent, (exp.Update, exp.OnConflict))


def spell(tree: exp.Expr, names: set[str]) -> None:
    """Columns as their tables spell them: on MariaDB their case does not count."""
    aliases = {each.alias for each in tree.find_all(exp.Alias)}
    for column in tree.find_all(exp.Column):
        if column.name not in names | aliases and column.name.lower() in names:
            column.set("this", exp.to_identifier(column.name.lower(), quoted=True))


def sum_floats(tree: exp.Expr) -> None:
    """A sum is a float, as a bench's connection reads MariaDB's."""
    for each in tree.find_all(exp.Sum):
        summed = each.find(exp.Distinct) or each
        one = summed.expressions[0] if isinstance(summed, exp.Distinct) else summed.this
        one.replace(exp.Mul(this=exp.Paren(this=one.copy()), expression=exp.Literal.number("1.0")))


def all_of(insert: exp.Expr, fields: Iterable[tuple[str, str, str]]) -> list[exp.Expr]:
    """What a REPLACE changes in the row that is there: all columns, those it names or not.

    Raises:
        ParseError: it names none.
    """
    if not isinstance(insert.this, exp.Schema):
        raise ParseError("REPLACE needs the names of its columns")
    table, named = insert.this.this.name, [each.name for each in insert.this.expressions]
    names = [name for doctype, name, _ in fields if f"tab{doctype}" == table]
    return [
        exp.EQ(
            this=exp.column(name),
            expression=exp.Anonymous(this="VALUES", expressions=[exp.column(name)]),
        )
        for name in names or named
    ]


def change_one_table(tree: exp.Expr) -> None:
    """INSERT … ON DUPLICATE KEY, UPDATE and DELETE of joined tables, as the standard has them."""
    if isinstance(tree, exp.Insert):
        _insert(tree)
    elif isinstance(tree, exp.Update):
        _update(tree)
    elif isinstance(tree, exp.Delete) and tree.args.get("tables"):
        _delete(tree)
    is_chosen = any(tree.args.get(part) for part in ("order", "limit"))
    if is_chosen and isinstance(tree, (exp.Update, exp.Delete)):
        _choose(tree)


def _choose(tree: exp.Expr) -> None:
    """ORDER BY and LIMIT choose names in a query: the standard has them nowhere else."""
    if tree.args.get("from_"):
        raise ParseError("an UPDATE of several tables with ORDER BY or LIMIT")
    names = exp.select(exp.column("name")).from_(tree.this.copy())
    for part in ("where", "order", "limit"):
        names.set(part, tree.args.get(part))
        tree.set(part, None)
    tree.set("where", exp.Where(this=exp.column("name").isin(names)))


def _insert(tree: exp.Insert) -> None:
    conflict = tree.args.get("conflict")
    if tree.args.get("ignore"):
        tree.set("ignore", None)
        tree.set("conflict", exp.OnConflict(action=exp.var("DO NOTHING")))
    elif conflict is not None and conflict.args.get("duplicate"):
        table = tree.find(exp.Table)
        assert table is not None
        changes = []
        for change in conflict.expressions:
            new = change.expression.transform(_excluded, table.name)
            changes.append(exp.EQ(this=exp.to_identifier(change.this.name), expression=new))
        key = ("doctype", "field") if table.name == "tabSingles" else ("name",)
        keys = [exp.to_identifier(name) for name in key]
        tree.set(
            "conflict",
            exp.OnConflict(conflict_keys=keys, action=exp.var("DO UPDATE"), expressions=changes),
        )


def _excluded(node: exp.Expr, table: str) -> exp.Expr:
    if isinstance(node, exp.Anonymous) and node.name.upper() == "VALUES":
        return exp.column(node.expressions[0].name, table="excluded")
    if isinstance(node, exp.Column) and not node.table:
        return exp.column(node.name, table=table)
    return node


def _update(tree: exp.Update) -> None:
    joins = tree.this.args.get("joins") or []
    if any(join.side or join.args.get("using") for join in joins):
        raise ParseError("an UPDATE of tables that are joined otherwise than by JOIN … ON")
    tree.this.set("joins", None)
    tables = [tree.this, *(join.this for join in joins)]
    changed = {change.this.table for change in tree.expressions} - {""}
    if len(changed) > 1:
        raise ParseError("an UPDATE that changes several tables")
    target = next((each for each in tables if each.alias_or_name in changed), tables[0])
    tables.remove(target)
    tree.set("this", target)
    if tables:
        tree.set("from_", exp.From(this=tables[0]))
    for other in tables[1:]:
        tables[0].append("joins", exp.Join(this=other))
    for join in joins:
        if join.args.get("on"):
            tree.where(join.args["on"], copy=False)
    made: dict[str, exp.Expr] = {}
    for change in tree.expressions:
        change.set("this", exp.column(change.this.name))
        if not tables:
            change.set("expression", change.expression.transform(_as_changed, made))
            made[change.this.name] = change.expression


def _as_changed(node: exp.Expr, made: dict[str, exp.Expr]) -> exp.Expr:
    """MariaDB sets one field after another: a later one sees what was set before."""
    is_changed = isinstance(node, exp.Column) and node.name in made
    return exp.Paren(this=made[node.name].copy()) if is_changed else node


def _delete(tree: exp.Delete) -> None:
    (target,) = tree.args["tables"]
    source = tree.this
    tables = [source, *(join.this for join in source.args.get("joins") or [])]
    named = next((table for table in tables if table.alias_or_name == target.name), None)
    if named is None:
        raise ParseError(f"a DELETE of {target.name}, which it does not read")
    names = exp.select(exp.column("name", table=target.name)).from_(source.copy())
    names.set("where", tree.args.get("where"))
    tree.set("tables", None)
    tree.set("this", exp.to_table(f"`{named.name}`", dialect="mysql"))
    tree.set("where", exp.Where(this=exp.column("name").isin(names)))
