"""The bridge between RQ and Celery: move piece by piece, compare the schedules, go back.

A bench that has moved needs none of it. `routes` says which of a bench's two systems a job goes to;
`armed` is what enters its processes meanwhile; `move` carries jobs between the two, `shadow`
compares what beat would do with what Frappe's scheduler did, `guide` says what to do next, `doctor`
what is wrong; `commands` calls them. `frappe_celery.jobs.bridge` is where the engine asks for it.
"""
