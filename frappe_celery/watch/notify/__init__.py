"""What mail and alerts have in common: what is not sent yet, in Redis, and who sends it.

unsent  what waits to be sent, and the process that sends it, so that no job, no worker and no
        scheduler waits for a server, and no thread runs in a worker that forks
look    the worker's and beat's part: is there something to send, and does nobody send it?
"""
