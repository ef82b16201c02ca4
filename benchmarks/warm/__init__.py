"""All script reports and schedule types of two sites in one warm process, beside RQ's fork."""
