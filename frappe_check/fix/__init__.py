"""What `--fix` rewrites: v14's ways that have an equal in v15, comments and layout kept (libcst).

`fix` does a report's files, `deduplication` the rewriting.
"""
