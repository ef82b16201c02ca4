"""What mail and alerts have in common: what is not sent yet, in Redis, and who sends it.

unsent   what waits to be told, and which process tells it
look     the worker's and beat's part: is there something to tell, and does nobody tell it?
process  the process that tells it, so that no job, no worker and no scheduler waits for a
         server, and no thread runs in a worker that forks
"""
