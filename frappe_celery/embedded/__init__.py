"""The Redis of our own that is started where the configuration names no broker."""
