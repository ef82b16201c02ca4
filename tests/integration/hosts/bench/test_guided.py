"""`frappe-celery switch` on the stand-in bench; over and back on a real one: tests/bench."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.integration.hosts.bench.switching import COMMAND, UNSEEN, Switch, forever
from tests.project import Process

MANAGER = """#!/bin/sh
cd "$(dirname "$0")"
echo "$@" >> told
test ! -e gone || { echo "unix:///run/supervisor.sock refused connection"; exit 4; }
"""


class Guided:
    """The command in a bench that supervisor runs, with a supervisorctl that writes down calls."""

    before = ""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.bench = switch.bench
        switch.before = UNSEEN
        self.program("frappe-celery", f"#!{sys.executable}\n{self.script}")
        self.ctl = self.program("ctl", MANAGER)
        name = "bench-frappe-long-worker"
        self.bench.write(
            "config/supervisor.conf",
            f"[program:{name}]\ncommand=bench worker\n[group:bench-workers]\nprograms={name}\n",
        )

    @property
    def script(self) -> str:
        at_end = f"import sys\nsys.argv.append({str(self.switch.environment)!r})\n"
        return f"{self.before}{at_end}{UNSEEN}{COMMAND}"

    def program(self, name: str, text: str) -> Path:
        path = self.switch.environment / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def told(self) -> list[str]:
        """What supervisorctl was called with."""
        return (self.switch.environment / "told").read_text().splitlines()

    def start(self, *arguments: str) -> Process:
        path = f"{self.bench.environment()['PYTHONPATH']}:{self.switch.environment / 'installed'}"
        return self.bench.start(
            "switch", "-u", "-c", self.script, "switch", *arguments, PYTHONPATH=path
        )


def test_a_manager_that_does_not_answer_is_found_out_before_anything_is_changed(
    switch: Switch,
) -> None:
    guided = Guided(switch)
    (switch.environment / "gone").touch()
    code, output = switch.run("switch", "--yes", "--manager", f"{guided.ctl} -c x")
    assert (code, "supervisor.sock refused connection. Nothing was changed" in output) == (1, True)
    assert f'--manager "sudo {guided.ctl}"' in output
    assert guided.told() == ["-c x pid"]
    code, output = switch.run("switch", "--yes", "--manager", "no-such-program")
    assert (code, "it cannot be run: No such file or directory" in output) == (1, True), output
    assert "frappe_celery_enabled" not in switch.state()[0]


def test_the_manager_is_called_as_was_said(switch: Switch) -> None:
    guided = Guided(switch)
    process = guided.start("--yes", "--manager", f"{guided.ctl} -c x")
    process.wait_for("this waits until it is seen")
    assert guided.told()[-2:] == ["-c x reread", "-c x update bench-celery-workers"]


ANSWERED = """
import sys, sysconfig
sysconfig.get_path = lambda name: sys.argv[1]
from click.testing import CliRunner
from frappe_celery.cli import main
result = CliRunner().invoke(main, ["switch", *sys.argv[3:]], input=sys.argv[2])
print(result.output)
sys.exit(result.exit_code)
"""


def test_check_may_be_declined_and_what_is_stopped_goes_on_later(switch: Switch) -> None:
    guided = Guided(switch)
    code, output = guided.bench.script(UNSEEN + ANSWERED, str(switch.environment), "n\nn\n")
    assert code == 1
    assert "check --summary? [y/N]: n\n   left out\n2. arm" in output, output
    assert "no process knows both systems yet" in output
    assert "Stopped: called again it goes on here; frappe-celery switch back leads back" in output
    assert "frappe_celery_enabled" not in switch.state()[0]


def test_all_that_is_missing_is_shown_while_it_waits(switch: Switch) -> None:
    guided = Guided(switch)
    process = guided.start("--yes", "--manager", str(guided.ctl))
    process.wait_for("this waits until it is seen")
    waiting = process.output().partition("update bench-celery-workers\n")[2]
    for queue in ("short", "default", "long"):
        assert f"   still: no worker of Celery's serves queue {queue}\n" in waiting
    assert "   still: no beat runs\n   this waits until" in waiting
    process.popen.send_signal(signal.SIGINT)
    process.wait_for("Stopped: called again it goes on")
    assert process.wait() == 1
    assert "Aborted!" not in process.output()


SHORT = """
from importlib import import_module
import_module("frappe_bridge.commands.switch").GIVE_UP_SECONDS = 5
"""


def test_what_the_manager_does_not_restart_is_named_and_not_waited_for_for_ever(
    switch: Switch,
) -> None:
    guided = Guided(switch)
    script = forever(switch)
    guided.before = SHORT
    process = guided.start("--yes", "--manager", str(guided.ctl))
    assert process.wait(60) == 1, process.output()
    _, _, error = process.output().partition("Error: ")
    told = "for 5 s nothing has changed of what is missing:\n  process {} ("
    assert error.startswith(told.format(script.pid)), process.output()
    assert "forever.py)" in error
    assert "frappe-celery switch again: it goes on here" in error
    assert "Restart or end these; this waits until it is seen" in process.output()
