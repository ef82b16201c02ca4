"""Numbers of what has ended (`rates`), and of what the broker has lost (`losses`)."""
