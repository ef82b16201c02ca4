"""Frappe's own doctypes: the same calls give here what they gave on Frappe 16.9."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from frappe_standalone.documents.tables import make_all
from tests.apps import frappes_doctypes

ON_A_BENCH = json.loads(Path(frappes_doctypes.__file__).with_suffix(".json").read_text())


def test_calls_answer_what_a_bench_answered(frappe: Any) -> None:
    make_all(frappe.local.site)
    assert frappes_doctypes.answers(frappe) == ON_A_BENCH
