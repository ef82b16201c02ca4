"""What `frappe-celery doctor` looks at: one file a group of checks, `examination` runs them all.

A check reads only what costs the same at a hundred and at a million jobs: counts, the ends of
sorted sets, a bounded number of records. It changes nothing but the mark by which losses are
noticed.
"""
