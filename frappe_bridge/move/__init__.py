"""Jobs that wait or have failed, carried between RQ and Celery, one at a time.

Both systems' data lie in the same Redis. Python reads a job and converts it; one script checks that
it is still where it was and unchanged, takes it out of the one and puts it into the other. A job
that a worker takes just then is the worker's. What the other side cannot carry stays and is named.

`rq_format` knows RQ's keys and fields, `pickles` reads what nobody signed, `convert` makes of
the one's job the other's, `moving` goes through the queues.
"""
