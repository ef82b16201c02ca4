"""What the broker guarantees: what is lost when it dies, and whether it may drop what it holds."""

from __future__ import annotations

import socket
import time
from typing import Any

from redis.exceptions import ResponseError

from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.config.urls import without_password
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, clocks
from frappe_celery.jobs.stats.losses import Watch, losses
from frappe_celery.watch import cache
from frappe_celery.watch.doctor import rabbitmq
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section
from frappe_celery.watch.snapshot import FULL
from frappe_celery.watch.words import moment

OLDEST = (6, 0, 6)
"""The first Redis with every command that is used (LPOS)."""
A_DISK = "look at its log; is a disk full?"
NO_VISIBILITY_TIMEOUT = "none: a job of any length runs once"
OWN_REDIS = "set maxmemory-policy noeviction, or give the jobs a Redis of their own"
TOLD_FOR_SECONDS = 7 * 86400.0
"""How long losses are told of."""
WARNED_FOR_SECONDS = 86400.0
"""For so long of it as warnings; nothing acknowledges one sooner."""
LOSES_NOTHING = "set appendonly yes and appendfsync always in its configuration"


def check(section: Section, now: Now) -> None:
    """The Redis that keeps the jobs and what it lost, then a broker beside it."""
    store = now.store
    info: dict[str, Any] = store.client.info()
    configuration = _configuration(store)
    section.row(
        url=without_password(store.url),
        server=_server(section, info),
        role=info["role"],
        memory=info["used_memory_human"],
        persistence=_persistence(section, info, configuration),
        eviction=info.get("maxmemory_policy"),
        visibility_timeout=NO_VISIBILITY_TIMEOUT if store.forwarder is None else None,
    )
    if isinstance(store.forwarder, Forwarder):
        rabbitmq.check(section, store.forwarder)
    check_what_is_wrong(section, now, info)


def check_what_is_wrong(section: Section, now: Now, info: dict[str, Any]) -> None:
    """What stops it, or has lost something; not how it could be set up better."""
    check_memory(section, info)
    _check_replication(section, info)
    _check_losses(section, now)
    _check_clocks(section, now.store)
    url = now.store.settings.redis_cache
    if url and (why := cache.why_away(url)):
        section.problem(why, cache.way_out())


def _check_clocks(section: Section, store: JobStore) -> None:
    now = store.now()
    here = clocks.Clock(socket.gethostname(), time.time() - now, now)
    told = clocks.wrong(store.client, store.keys, now)
    others = [(one, one.machine) for one in told if one.machine != here.machine]
    if abs(here.ahead) <= clocks.DIFFER_SECONDS:  # a process may have been started with another
        lately = now - 2 * clocks.AGAIN_SECONDS
        own = [one for one in told if one.machine == here.machine and one.at > lately]
        others += [(one, "a process on this machine") for one in own]
    for one, whose in ((here, "this machine"), *others):
        if abs(one.ahead) > clocks.DIFFER_SECONDS:
            section.warn(
                f"the clock of {whose} is {abs(one.ahead):,.0f} s"
                f" {'ahead of' if one.ahead > 0 else 'behind'} the Redis server's: since when jobs"
                " wait that it enqueues, how long those run that it runs, and when those begin that"
                " it delays, is wrong by as much",
                f"set both by NTP (seen {moment(one.at)})",
            )


def _configuration(store: JobStore) -> dict[str, str]:
    """The server's configuration; empty where it does not tell, as hosted ones do."""
    try:
        return {**store.client.config_get("appendfsync"), **store.client.config_get("save")}
    except ResponseError:
        return {}


def _server(section: Section, info: dict[str, Any]) -> str:
    redis, valkey = str(info["redis_version"]), info.get("valkey_version")
    if tuple(map(int, redis.split(".")[:3])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        section.problem(
            f"the server is Redis {redis}", f"Redis {oldest} or newer, or Valkey, is needed"
        )
    return f"Valkey {valkey}" if valkey else f"Redis {redis}"


def _persistence(section: Section, info: dict[str, Any], configuration: dict[str, str]) -> str:
    """How it keeps what it holds; tells what can be lost."""
    save, fsync = configuration.get("save"), configuration.get("appendfsync")
    if info.get("rdb_last_bgsave_status") == "err" and save:
        section.problem("its last snapshot could not be written", A_DISK)
    if info.get("aof_enabled"):
        _check_append_only(section, info, fsync)
        return f"append-only file, fsync {fsync or 'unknown'}"
    if save or not configuration:
        section.warn(
            "the Redis keeps snapshots only: when it dies, jobs that were enqueued since the last"
            f" one are lost ({info.get('rdb_changes_since_last_save', 0):,} changes now)",
            LOSES_NOTHING,
        )
        return f"snapshots ({save})" if save else "no append-only file; snapshots unknown"
    section.warn(
        "the Redis keeps nothing on disk: when it stops or dies, every job that waits is lost",
        LOSES_NOTHING,
    )
    return "none"


def _check_append_only(section: Section, info: dict[str, Any], fsync: str | None) -> None:
    if info.get("aof_last_write_status") == "err":
        section.problem("the append-only file cannot be written, and no job is taken", A_DISK)
    if fsync == "no":
        section.warn(
            "appendfsync is no: when the machine dies, what was enqueued in the last half minute"
            " may be lost",
            LOSES_NOTHING,
        )
    elif fsync == "everysec":
        section.note(
            "appendfsync is everysec: nothing is lost when the Redis process dies, up to two"
            " seconds of enqueued jobs when the machine does",
            "set appendfsync always to lose nothing",
        )
    elif fsync is None:
        section.note("the server does not tell its appendfsync: ask who runs it")


def check_memory(section: Section, info: dict[str, Any]) -> None:
    """Whether it may drop what it holds, or is nearly full; `info` as INFO memory has it."""
    policy, most, used = info.get("maxmemory_policy"), info.get("maxmemory", 0), info["used_memory"]
    if policy and policy != "noeviction":
        says = f"maxmemory-policy is {policy}"
        if not most:
            section.note(
                f"{says}; without maxmemory nothing is dropped",
                "set maxmemory-policy noeviction before anybody sets maxmemory",
            )
        elif policy.startswith("volatile"):
            section.warn(f"{says}: when memory is full, records of ended jobs vanish", OWN_REDIS)
        else:
            section.problem(f"{says}: when memory is full, jobs that wait vanish unseen", OWN_REDIS)
    if most and used > FULL * most:
        section.warn(
            f"{used / most:.0%} of maxmemory is used; when it is full no job can be enqueued",
            "raise maxmemory, or keep records for less long: rq_results_ttl, rq_job_failure_ttl",
            "RedisFull",
        )


def _check_replication(section: Section, info: dict[str, Any]) -> None:
    if info["role"] != "master":
        section.problem(
            "it is a replica, which takes no jobs",
            f"let redis_queue name its master, {info.get('master_host')}:{info.get('master_port')}",
        )
    elif info.get("connected_slaves") and not info.get("min_slaves_good_slaves"):
        section.warn(
            f"it has {info['connected_slaves']} replicas, which follow it asynchronously: at a"
            " fail-over, what was enqueued in the last moments may be lost",
            "set min-replicas-to-write 1 and min-replicas-max-lag 1 to bound it (WAIT is not used)",
        )


def _check_losses(section: Section, now: Now) -> None:
    """Look whether the Redis lost jobs since the last time, then tell of the last week's losses."""
    try:
        Watch(now.store).look()
    except BrokerUnreachable as exc:  # it answers, but takes nothing: a full disk, a replica
        section.problem(str(exc))
    for loss in losses(now.store):
        if now.at - loss.end > TOLD_FOR_SECONDS:
            continue
        warns = now.at - loss.end < WARNED_FOR_SECONDS and loss.sure
        tell, until = (section.warn if warns else section.note), loss.end + WARNED_FOR_SECONDS
        advice = (
            "enqueue again what matters; to keep jobs, see what doctor says of its persistence."
            f" This is a warning until {moment(until)}, then a note"
        )
        tell(loss.in_words(moment), advice if loss.sure else "")
