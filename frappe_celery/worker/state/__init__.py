"""What jobs leave in modules of apps, which under RQ ends with the job's process: put back.

`restoring` is what a worker's process uses; a cell is one thing that can hold something (`cells`),
`finding` finds them in a module once that has been imported, `imports` tells when that is.
"""
