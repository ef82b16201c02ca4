"""What is configured: settings and their defaults, files, queues, timeouts, the bench's key."""
