"""The leading beat is killed, the next one frozen and thawed: no due time is lost, none doubled."""

from __future__ import annotations

import re
import signal

from tests.chaos.ledger import read_dues
from tests.chaos.verdict import chain
from tests.integration.benches import inside
from tests.project import Process, Project
from tests.waiting import wait_until

TAKEOVER_SECONDS = 15
ROLES = re.compile(r"scheduler \S+ (leads|stands by)")


def leads(*beats: Process) -> Process:
    """The one that leads, once one does."""

    def who() -> Process | None:
        return next(
            (beat for beat in beats if ROLES.findall(beat.output())[-1:] == ["leads"]), None
        )

    return wait_until(who, TAKEOVER_SECONDS, "one of the beats leads")


def test_of_three_the_leader_is_killed_the_next_one_frozen_and_the_third_goes_on(
    project: Project,
) -> None:
    project.write(
        "myapp/hooks.py", 'scheduler_events = {"cron": {"* * * * * *": ["myapp.tasks.record"]}}'
    )
    project.worker()
    beats = [project.beat() for _ in range(3)]
    with inside(project) as store:

        def goes_on() -> None:
            so_far = len(read_dues(store))
            wait_until(lambda: len(read_dues(store)) >= so_far + 2, TAKEOVER_SECONDS)

        first = leads(*beats)
        goes_on()
        first.kill()
        goes_on()

        rest = [beat for beat in beats if beat is not first]
        second = leads(*rest)
        second.popen.send_signal(signal.SIGSTOP)
        goes_on()
        third = leads(*(beat for beat in rest if beat is not second))
        second.popen.send_signal(signal.SIGCONT)
        second.wait_for("LockTimeoutError: scheduler")
        goes_on()
        second.stop()
        third.stop()

        dues = read_dues(store)
        assert list(chain("record", dues, 1)) == []
        gaps = sorted(due.due - due.after for due in dues if due.after is not None)
        assert gaps[-1] <= TAKEOVER_SECONDS
        assert gaps[-3] <= 2, "but for the two takeovers each second was acted on"
        runs = {due.run for due in dues}
        wait_until(lambda: len(project.effects()) == len(runs), what="each ran once")
