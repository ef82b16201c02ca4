"""Each rule finds its bad example, there and nothing else, and passes its good one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from frappe_check import rules
from frappe_check.rules import PAGE, RULES, Rule
from tests.unit.check.apps import examined, found, marked

EACH = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)


@EACH
def test_the_bad_example_is_found_where_it_says(rule: Rule, tmp_path: Path) -> None:
    report = examined(tmp_path, rule.bad)
    assert rule.code in report.by_code
    assert found(report) == marked(tmp_path / "myapp")


@EACH
def test_the_good_example_passes(rule: Rule, tmp_path: Path) -> None:
    assert found(examined(tmp_path, rule.good)) == set()


def test_codes_are_in_order_and_every_section_of_the_page_is_read() -> None:
    assert list(RULES) == sorted(RULES)
    assert list(RULES) == re.findall(r"^### (\w+)", PAGE, re.MULTILINE)


def test_every_code_that_the_finders_give_has_a_section() -> None:
    sources = (file.read_text() for file in Path(rules.__file__).parent.glob("*.py"))
    assert {code for source in sources for code in re.findall(r'"(FC\d+)"', source)} == set(RULES)
