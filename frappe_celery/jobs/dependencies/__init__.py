"""Jobs that wait for other jobs: `deferred` until these have ended for good.

A job is known by its first run, whatever follows (repetitions, reruns, requeues): its newest run
says how it stands (`line_now.lua`). Who depends on it is in `dependants:<first run>`, what one
still waits for in `awaits:<run>`. A run on which others depend has the field `needed`, so that the
script that ends it sees it without asking; it then settles them (`settle.lua`).

Others take `dependency`: what a caller says, and what a job depends on.
"""
