"""Who looks on: doctor, metrics, logs, mail on failure, traces, and how jobs are shown."""
