"""Batches: jobs that are enqueued together, and counted until they have ended.

A batch has a hash of its counts and one of its jobs, each by the run that it began with
(`count_member.lua`). What waits for it depends on one of three lines (see `dependencies`) that no
job has: `<batch>/made`, for which its jobs wait until all are enqueued, `<batch>/ended` and
`<batch>/finished`, for which its callbacks do. Each has a record of its status alone, which
`join_batch.lua` and `batch_over.lua` change. A worker tends the batches (`tend.lua`).
"""
