"""What each code means, for docs/check.md and `frappe-celery check --rules`."""

from __future__ import annotations

from frappe_check.findings import Rule
from frappe_check.rules import RULES


def markdown() -> str:
    """A section a rule."""
    return "\n".join(_section(rule) for rule in RULES)


def _section(rule: Rule) -> str:
    bad, good = rule.bad.strip(), rule.good.strip()
    return f"""### {rule.code}: {rule.title}

{rule.happens}

Found:

```python
{bad}
```

{rule.instead}

```python
{good}
```
"""
