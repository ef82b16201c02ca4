"""A run's record and its life: written, found, changed by a script a step.

Others take the store (`store`), looking through many jobs (`paging`), a scheduler's claim
(`claim`), and which failures are alike (`kinds`).
"""
