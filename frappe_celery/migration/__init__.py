"""The bridge between RQ and Celery: look at an app before it moves, move piece by piece, go back.

`check` reads an app's sources and says what would go wrong where, `move` carries jobs between the
two systems; nobody but the commands of these names imports them.
"""
