"""What jobs see of what other jobs left in their process: `python -m benchmarks.left --help`."""
