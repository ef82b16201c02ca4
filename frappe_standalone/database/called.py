"""What SQL may call that only reads: the functions in `called.txt`, and those that a setting adds.

Looked for is what stands there, a name before a parenthesis, not what a tree has made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from sqlglot import Token, TokenType, exp

from frappe_celery.host import options_stand_in, settings
from frappe_standalone.database.mariadb_sql import FromMariaDB
from frappe_standalone.exceptions import PermissionError as NotPermitted

_LISTED = {*re.sub(r"(?m)^\[.*", "", Path(__file__).with_suffix(".txt").read_text()).split()}


def added() -> tuple[str, ...]:
    """The functions that the project adds to the list."""
    return tuple(settings.current().frappe_celery_sql_functions)


def check(text: str, tree: exp.Expr, more: tuple[str, ...]) -> None:
    r"""Refuse SQL that calls a function which is neither listed nor among `more`.

    What a server reads otherwise than it was read here, too: a comment that MariaDB runs, and a
    text with a quote after a backslash, which ends there with NO_BACKSLASH_ESCAPES.

    Args:
        tree: what `text` was read as.

    Raises:
        PermissionError: names it, and the way out.
    """
    tokens = FromMariaDB().tokenize(text)
    for token in tokens:
        is_run = any(each.startswith(("!", "M!")) for each in token.comments)
        if is_run or token.token_type == TokenType.HINT:
            raise NotPermitted(f"MariaDB runs a comment of this SELECT, write none of it: {text}")
        written, mark = text[token.start : token.end], text[token.end]
        if mark in "'\"" and re.search(rf"{_ESCAPING}{mark}", written):
            raise NotPermitted(f"write {mark}{mark} and not \\{mark} in: {text}")
    allowed = _LISTED | {name.upper() for name in more}
    tables = [each for each in tree.find_all(exp.TableAlias) if each.this and each.columns]
    with_columns = {each.this.meta.get("start") for each in tables}
    for name, start in _called(tokens):
        if name.upper() not in allowed and start not in with_columns:
            raise NotPermitted(
                f"{name}() is none of the functions that are known to read and do nothing else,"
                f' in: {text}. If that is all it does, add "frappe_celery_sql_functions":'
                f' ["{name}"] to {options_stand_in()}'
            )


_ESCAPING = r"(?<!\\)(?:\\\\)*\\"


def _called(tokens: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """The names before parentheses, `group by` as `by`, and where each stands."""
    for place, (token, after) in enumerate(pairwise(tokens)):
        if after.token_type != TokenType.L_PAREN or not re.search(r"\w", token.text):
            continue
        is_quoted = token.token_type == TokenType.IDENTIFIER
        name = token.text if is_quoted else token.text.split()[-1]
        if place > 1 and tokens[place - 1].token_type == TokenType.DOT:
            name = f"{tokens[place - 2].text}.{name}"
        yield name, token.start
