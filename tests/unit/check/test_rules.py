"""Each rule finds its bad example, there and nothing else, and passes its good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from frappe_check.findings import Rule
from frappe_check.rules import RULES
from tests.unit.check.apps import examined, found, marked

EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


@EACH
def test_the_bad_example_is_found_where_it_says(rule: Rule, tmp_path: Path) -> None:
    report = examined(tmp_path, rule.bad)
    assert rule.code in report.by_code
    assert found(report) == marked(tmp_path / "myapp")


@EACH
def test_the_good_example_passes(rule: Rule, tmp_path: Path) -> None:
    assert found(examined(tmp_path, rule.good)) == set()


def test_codes_are_in_order_and_each_file_has_one() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    files = {Path(rule.find.__code__.co_filename) for rule in RULES}
    folder = next(iter(files)).parent
    assert files == set(folder.glob("*.py")) - {folder / "__init__.py"}
