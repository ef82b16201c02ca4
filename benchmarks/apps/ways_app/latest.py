"""Imported by a job."""


def remember(known=[]):
    return known
