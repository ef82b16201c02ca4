"""The bridge between RQ and Celery: look at an app before it moves, move piece by piece, go back.

`check` reads an app's sources and says what would go wrong where; nobody but the command of that
name imports it.
"""
