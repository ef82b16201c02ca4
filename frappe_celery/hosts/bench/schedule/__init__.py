"""The schedule of a bench's sites is their own: the Scheduled Job Type rows that Desk shows.

`rows` reads them and brings them up to the hooks, `off` says why a site is not scheduled, `changes`
has saving tell beat.
"""
