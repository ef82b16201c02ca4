"""The bridge between RQ and Celery: move piece by piece, compare the schedules, go back.

`move` carries jobs between the two systems, `shadow` compares what beat would do with what Frappe's
scheduler did, `guide` says what to do next; nobody but the commands imports them.
"""
