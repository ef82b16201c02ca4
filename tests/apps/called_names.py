"""What apps' code calls of Frappe, counted, and calls of it drawn by a seed.

    python -m tests.apps.called_names SEED COUNT APP_FOLDER…

reads the folders' Python files, those of tests and patches left out, and prints a drawn call a
line: how often it occurs, in how many apps, its name and the kinds of its arguments. A document's
methods are `doc.…`, the operators of filters `filter …`. `frappes_answers.json` has an expression
of our own for each of the 500 that seed 48 drew from 25 apps.
"""

from __future__ import annotations

import ast
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from frappe_check.syntax import dotted

ROOMS = r"(db|qb|utils|cache|defaults|query_builder|model|permissions)(\.\w+)*"
ASKED = re.compile(rf"frappe\.({ROOMS}|\w+)|doc\.\w+|filter .*")
NO_ANSWER = re.compile(
    r".*\.(now\w*|today|CurDate|Now|\w*random\w*|generate_hash|get_url\w*|get_link_to\w*|whitelist"
    r"|enqueue\w*|sendmail|publish_\w*|get_traceback|log_error|logger|DocType|Table|Field|from_"
    r"|get_\w*_path|get_hooks|render_template|respond_as_web_page|get_pdf|attach_print"
    r"|update_progress_bar|redis_cache|[A-Z]\w*Error|connect|init|destroy|get_jenv|only_for"
    r"|get_installed_apps|redirect_to_message|unbuffered_cursor|call|reload_doc)"
)
"""Not drawn: of now, at random, of a bench's files and services, or part of every query."""
METHODS = re.compile(
    r"append|extend|set|get|update|save|insert|submit|cancel|delete|reload|remove|rename|run_method"
    r"|db_(set|get|update|insert)|as_(dict|json)|[gs]et_value|is_new|has_(value_changed|permission)"
    r"|get_(doc_before_save|formatted|password|title|valid_dict|all_children|field|db_value|label"
    r"|label_from_fieldname|(link|table)_fields|valid_columns|options|invalid_links|signature|onload"
    r"|parentfield_of_doctype|permlevel_access)|precision|add_comment|check_permission|has_field"
    r"|update_child_table|validate_(value|set_only_once)|round_floats_in|notify_update|set_onload"
    r"|delete_key|is_dummy_password|is_child_table_same|set_new_name"
)
OPERATORS = re.compile(
    r"(not )?(in|like)|!=|is|[<>]=?|=|between|timespan|(not )?descendants of( \(inclusive\))?"
    r"|(not )?ancestors of"
)


def calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Names with the kinds of their arguments."""
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    full = {(n.asname or n.name): f"{each.module}.{n.name}" for each in froms for n in each.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = dotted(node.func).partition(".")
            name = full.get(first, first) + dot + rest
            if not name.startswith("frappe.") and isinstance(node.func, ast.Attribute):
                name = f"doc.{node.func.attr}" if METHODS.fullmatch(node.func.attr) else ""
            named = sorted(f"{each.arg}={_kind(each.value)}" for each in node.keywords)
            yield name.replace("utils.data.", "utils."), ", ".join([*map(_kind, node.args), *named])
        elif isinstance(node, ast.Dict):
            for value in node.values:
                if isinstance(value, (ast.List, ast.Tuple)) and len(value.elts) == 2:
                    operator, beside = value.elts
                    said = str(operator.value) if isinstance(operator, ast.Constant) else ""
                    if OPERATORS.fullmatch(said):
                        yield f"filter {said}", _kind(beside)


def _kind(node: ast.AST) -> str:
    return type(node.value if isinstance(node, ast.Constant) else node).__name__.lower()


def drawn(seed: int, count: int, apps: list[Path]) -> list[str]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for app in apps:
        for path in sorted(app.rglob("*.py")):
            if not re.search(r"/(tests?|patches)/|/test_|_test\.py$", path.as_posix()):
                with suppress(SyntaxError):  # of a newer Python
                    for name, kinds in calls(ast.parse(path.read_text(encoding="utf8"))):
                        if ASKED.fullmatch(name) and not NO_ANSWER.fullmatch(name):
                            found[name, kinds].append(app.name)
    by_chance = random.Random(seed)
    order = sorted(found, key=lambda each: by_chance.random() ** (1 / len(found[each])))
    chosen = sorted(order[-count:])
    return [f"{len(found[e])}\t{len(set(found[e]))}\t{e[0]}({e[1]})" for e in chosen]


if __name__ == "__main__":
    print(*drawn(int(sys.argv[1]), int(sys.argv[2]), list(map(Path, sys.argv[3:]))), sep="\n")
