"""The brokers over which the same tests run."""

from __future__ import annotations

import pytest

both_brokers = pytest.mark.parametrize("broker", ["redis", "rabbitmq"], indirect=True)
"""Run a test, whose `project` is that of all tests, on Redis and on RabbitMQ."""
