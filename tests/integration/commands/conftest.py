"""The jobs of a project, as the tests of what looks on have them."""

from tests.integration.watch.conftest import store

__all__ = ["store"]
