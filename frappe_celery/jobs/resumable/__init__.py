"""Jobs that go on from where they stopped (`options(resumable=True)`), and how far a job is.

loop    `each` and `step`
memory  which items are done: rows in the site's database
state   what a running job knows of itself; how it leaves its process, and what is noted in Redis

An item is written as begun before its first statement and as done at its end, in its own
transaction: both share the fate of what the item wrote. A row that is begun and not done was
committed by the item itself: a doubt. A row that is neither was undone with the item, which is
then done again. So nothing has to be guessed, whatever died or was rolled back, or where.

A run ends before its time by `GoesOn`, which is no Exception, so that no app takes it for an
error: its record waits again, the same run, in one step with leaving the process's hands. What
counts attempts, deliveries and reruns asks whether the run has committed an item.
"""
