"""The servers that other integration tests stand on: real, ours, and back after a crash."""

from __future__ import annotations

from pathlib import Path

from kombu import Connection
from redis import Redis

from tests.servers import MariaDBServer, RabbitMQServer, RedisServer


def test_a_killed_redis_comes_back_with_its_data(own_redis: RedisServer) -> None:
    Redis.from_url(own_redis.url).set("kept", "yes")
    own_redis.kill()
    own_redis.start()
    assert Redis.from_url(own_redis.url).get("kept") == b"yes"


def test_redis_and_valkey_are_what_they_are_called(
    redis_server: RedisServer, valkey_server: RedisServer
) -> None:
    assert "valkey_version" not in Redis.from_url(redis_server.url).info("server")
    assert "valkey_version" in Redis.from_url(valkey_server.url).info("server")


def test_mariadb_makes_databases(mariadb_server: MariaDBServer) -> None:
    mariadb_server.sql("create or replace database servers_test")
    assert "servers_test" in mariadb_server.sql("show databases").splitlines()


def test_mariadb_keeps_temporary_tables_where_no_other_server_that_starts_deletes_them(
    mariadb_server: MariaDBServer,
) -> None:
    assert Path(mariadb_server.sql("select @@tmpdir").strip()).parent == mariadb_server.folder


def test_rabbitmq_carries_a_message(rabbitmq_server: RabbitMQServer) -> None:
    with Connection(rabbitmq_server.url) as connection:
        queue = connection.SimpleQueue("servers_test")
        queue.put({"hello": "world"})
        assert queue.get(timeout=5).payload == {"hello": "world"}
        queue.close()
