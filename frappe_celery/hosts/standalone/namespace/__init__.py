"""The packages `frappe` and `rq` as task code sees them: names only, no code."""
