"""What is enqueued after a commit, as rows of the transaction that it belongs to.

table    where the rows stand, in each kind of database
hold     a row is written, and published right after the commit
tasks    the same for `delay_on_commit` of a team's own tasks
relay    what was left is published, and what was published deleted
process  the relay's, beside a worker or beat
"""
