"""Stands before the real hiredis on PYTHONPATH with --no-hiredis; redis-py then parses itself."""

raise ImportError("hiredis is switched off by --no-hiredis")
