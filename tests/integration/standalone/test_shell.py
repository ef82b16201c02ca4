"""Without Frappe, `frappe.utils.execute_in_shell` runs a real shell."""

from __future__ import annotations

from types import ModuleType

import pytest


def test_a_shell_s_output_comes_back_and_its_failure_raises(module: ModuleType) -> None:
    u = module.utils
    assert u.execute_in_shell("echo out; echo err >&2") == (b"err\n", b"out\n")
    with pytest.raises(module.CommandFailedError):
        u.execute_in_shell("exit 3", check_exit_code=True)
