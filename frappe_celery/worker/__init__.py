"""The worker: what happens between a message and the method's return."""
