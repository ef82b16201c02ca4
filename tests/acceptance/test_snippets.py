"""Every Python snippet of the research document runs, checked by its effect in a real worker."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import frappe
import pytest

from tests.acceptance import snippets_enqueue, snippets_errors, snippets_schedule
from tests.acceptance.desk import Desk
from tests.acceptance.research import DOCUMENT, blocks
from tests.acceptance.snippets import CASES, ELSEWHERE, LATER, NO_DOCUMENT, Case

MODULES = (snippets_enqueue, snippets_errors, snippets_schedule)  # they fill CASES

with_document = pytest.mark.skipif(not DOCUMENT.exists(), reason=NO_DOCUMENT)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.check.__name__)
def test_snippet(case: Case, request: pytest.FixtureRequest) -> None:
    """The project's own copy, which is the document's code (see below)."""
    case.check(case.own_copy(), request.getfixturevalue(case.fixture))


@with_document
def test_every_block_of_the_document_is_in_the_table() -> None:
    python = {(block.heading, block.number) for block in blocks() if block.language == "python"}
    others = {(block.heading, block.number) for block in blocks()} - python
    assert len(python) == 23
    assert {(case.heading, case.number) for case in CASES} == python
    assert {*ELSEWHERE, *LATER} == others


def test_what_the_table_names_exists() -> None:
    for named in ELSEWHERE.values():
        file, _, function = named.partition("::")
        assert f"def {function}(" in (Path(__file__).parent / file).read_text()


@with_document
def test_the_copies_are_the_documents_code() -> None:
    for case in CASES:
        assert ast.dump(case.own_copy().tree) == ast.dump(case.from_document().tree), case.copy


@with_document
def test_the_fixture_app_has_every_method_that_the_document_names(desk: Desk) -> None:
    named = set(re.findall(r"""['"](myapp\.\w+(?:\.\w+)?)['"]""", DOCUMENT.read_text()))
    assert len(named) > 15
    for path in named - {"myapp.task_with_retry"}:  # a snippet defines that one
        assert callable(frappe.get_attr(path))
