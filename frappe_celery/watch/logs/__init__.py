"""What workers and beat write, and where (setting `logs`).

output  a program's lines: information to standard output, warnings and errors to standard
        error, as RQ does; in `logs/` too, unless a process manager keeps them there already;
        or one JSON object a line on standard output, for containers
files   worker.log, worker.error.log, scheduler.log in the bench's or project's `logs/`
stacks  SIGUSR1: where a stuck worker or one of its processes stands
"""
