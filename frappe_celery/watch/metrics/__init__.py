"""Metrics for Prometheus, read from what the job store holds: they cost no job anything.

`ended` follows the runs as they end, `exposition` says what is exposed under which name.
"""
