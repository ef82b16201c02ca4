"""An app whose methods leave something in their process, each in one way: a tenant's token, mostly.

A way is a method, a job that leaves it, with what a later job sees of it above it. The modules are
the kinds; `jobs` has what looks, and imports all of them.
"""
