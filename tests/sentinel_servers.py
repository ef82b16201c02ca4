"""A master, a replica and a Sentinel that makes the one the other when it dies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redis import Redis

from tests.servers import LOOPBACK, RedisServer, Server
from tests.waiting import wait_until

MASTER = "mymaster"


class Replica(RedisServer):
    """Follows a master."""

    def __init__(self, folder: Path, program: str, master: RedisServer) -> None:
        super().__init__(folder, program)
        self.master = master

    def command(self) -> list[str]:
        return [*super().command(), "--replicaof", LOOPBACK, str(self.master.port)]

    def is_ready(self) -> bool:
        client: Any = Redis.from_url(self.url)
        return client.info("replication").get("master_link_status") == "up"


class SentinelServer(Server):
    """One with the quorum of one."""

    def __init__(self, folder: Path, program: str, master: RedisServer) -> None:
        super().__init__(folder)
        self.program, self.master = program, master
        self.file = folder / "sentinel.conf"
        self.file.write_text(
            f"bind {LOOPBACK}\nport {self.port}\ndir {folder}\n"
            f"sentinel monitor {MASTER} {LOOPBACK} {master.port} 1\n"
            f"sentinel down-after-milliseconds {MASTER} 1000\n"
            f"sentinel failover-timeout {MASTER} 5000\n"
        )

    @property
    def client(self) -> Any:
        return Redis(LOOPBACK, self.port, decode_responses=True)

    def command(self) -> list[str]:
        return [self.program, str(self.file), "--sentinel"]

    def is_ready(self) -> bool:
        return int(self.client.sentinel_master(MASTER)["num-slaves"]) == 1

    def master_is(self, server: RedisServer) -> bool:
        """Whether it names this server as the master."""
        return self.client.sentinel_get_master_addr_by_name(MASTER) == (LOOPBACK, server.port)


class Group:
    """The three of them, started."""

    def __init__(self, folder: Path, program: str) -> None:
        self.master = RedisServer(folder / "master", program)
        self.master.start()
        self.replica = Replica(folder / "replica", program, self.master)
        self.replica.start()
        self.sentinel = SentinelServer(folder / "sentinel", program, self.master)
        self.sentinel.start()

    def kill_master(self) -> None:
        self.master.kill()

    def wait_for_replica_to_lead(self) -> None:
        wait_until(lambda: self.sentinel.master_is(self.replica), 30, "the replica leads")

    def stop(self) -> None:
        for server in (self.sentinel, self.replica, self.master):
            server.resume()
            server.kill()
