"""A pool process's message that the loop had read by half when its connection was lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from kombu.asynchronous import Hub

from frappe_celery.worker.consumer import _Hub


def reading(pipe: int, into: list[bytes]) -> Iterator[None]:
    """As Celery reads: four bytes, then as many as they say, giving way where there are none."""
    whole = b""
    for size in (4, 6):
        while len(whole) < size:
            try:
                whole += os.read(pipe, size - len(whole))
            except BlockingIOError:
                yield
    into.append(whole)


def test_it_is_read_to_its_end_before_the_loop_forgets_its_readers() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.write(writer, b"head")
    read: list[bytes] = []
    half = reading(reader, read)
    next(half)
    hub = Hub()
    hub.add_reader(reader, half)
    threading.Timer(0.1, os.write, (writer, b"!!next")).start()
    _Hub(hub).reset()
    assert read == [b"head!!"]
    assert hub.readers == {}
    assert os.read(reader, 10) == b"next"


def test_one_whose_process_stands_still_is_given_up() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    half = reading(reader, [])
    next(half)
    hub = Hub()
    hub.add_reader(reader, half)
    _Hub(hub).reset()
    assert hub.readers == {}
    os.close(writer)
