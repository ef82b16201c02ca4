"""What a job runs in: `bench`, a real Frappe. Without one it is the package `frappe_standalone`.

Each is a `jobs.hosts.Host`, which is all that other rooms know of it; they ask for it by
`jobs.hosts.current()`. `reruns`, `listed` and `transactions` are what both have in common.
"""
