"""What a job runs in: `bench`, a real Frappe, or `standalone`, without one.

Each is a `jobs.hosts.Host`, which is all that other rooms know of it; they ask for it by
`jobs.hosts.current()`. `reruns` and `listed` are what both have in common.
"""
