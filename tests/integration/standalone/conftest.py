"""What the unit tests have, and a team's tests that are run."""

from tests.team_sessions import live, run
from tests.unit.standalone.conftest import add_doctype, frappe, module, write

__all__ = ["add_doctype", "frappe", "live", "module", "run", "write"]
