"""The app whose jobs every side of the benchmark runs."""
