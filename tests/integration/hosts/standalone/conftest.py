"""Fixtures of tests that run a team's tests."""

from tests.team_sessions import live, run

__all__ = ["live", "run"]
