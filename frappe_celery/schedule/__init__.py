"""When scheduled jobs are due, who of many schedulers acts, and the rows and hooks behind it.

`scheduler` is what `celery beat` runs (`beat_schedule` is its front door): rows come from `reader`,
wait on the `agenda` and leave through `fire`; `leadership` says which of many acts. `cron` says
when an expression fires, which `expression` has read. Hosts use `events` and `sync` (hooks to
rows), `documents` (a document as a row), `timing` (when a row is due) and `changed_sites` (that one
changed); `listing` and `history` show it.
"""
