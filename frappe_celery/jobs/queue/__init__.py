"""Into a queue and out of it: whose turn it is, what waits for its time or its caller's commit.

Others put a job on its way by `publish`; which run is taken next, the scripts say: `pick.lua`,
`rank.lua`.
"""
