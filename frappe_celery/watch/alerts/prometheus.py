"""The conditions as rules for Prometheus: docs/alerts.yml, `frappe-celery metrics --rules`."""

from __future__ import annotations

import json
from textwrap import indent

from frappe_celery.watch.alerts.conditions import CONDITIONS, Condition

HEAD = """\
# Alerts of frappe_celery for Prometheus, written by `frappe-celery metrics --rules`.
groups:
  - name: frappe_celery
    rules:
"""


def rules() -> str:
    """The conditions as a file of Prometheus' alert rules, in YAML."""
    return HEAD + "".join(map(_rule, CONDITIONS))


def _rule(condition: Condition) -> str:
    lines = [f"{name}: {json.dumps(text)}" for name, text in condition.templated().items()]
    return (
        f"      - alert: {condition.name}\n"
        f"        expr: |\n{indent(condition.expression, ' ' * 10)}\n"
        f"        for: {condition.seconds}s\n"
        f"        labels:\n"
        f"          severity: {'critical' if condition.is_critical else 'warning'}\n"
        f"        annotations:\n{indent(chr(10).join(lines), ' ' * 10)}\n"
    )
