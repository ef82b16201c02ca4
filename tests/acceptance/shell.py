"""A folder in which somebody types commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.commands import program
from tests.project import Process


@dataclass
class Shell:
    """A folder and the environment that was typed into it; otherwise a fresh login's."""

    folder: Path
    app: Path
    site: str = "standalone"
    typed: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def start(self, command: str, *arguments: str) -> Process:
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder.parent)}
        log = self.folder.parent / f"{len(self.processes)}.log"
        words = [program(command), *arguments]
        self.processes.append(Process(words, self.folder, log, environment | self.typed))
        return self.processes[-1]

    def celery(self, *arguments: str) -> Process:
        return self.start("celery", "-A", "frappe_celery", *arguments)

    def run_celery(self, *arguments: str) -> str:
        return self.run("celery", "-A", "frappe_celery", *arguments)

    def run(self, command: str, *arguments: str, code: int = 0) -> str:
        """A command to its end; gives what it printed."""
        process = self.start(command, *arguments)
        assert process.wait(30) == code, process.output()
        return process.output()

    def close(self) -> None:
        """End every process and print what it printed, which pytest shows when the test failed."""
        for process in self.processes:
            process.kill()
            print(f"--- {process.log.name}\n{process.output()}")

    def ran(self) -> list[str]:
        file = self.app / "ran.txt"
        return file.read_text().splitlines() if file.exists() else []
