"""Side by side with RQ and with plain Celery: `./dev bench`, or `python -m benchmarks`."""
