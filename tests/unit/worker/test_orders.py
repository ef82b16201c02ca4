"""What a worker's parent tells its processes."""

from __future__ import annotations

import os
import time

from frappe_celery.worker.member import Orders
from tests.waiting import HANG_SECONDS


def test_a_process_hears_the_last_word_and_the_end_of_its_parent() -> None:
    orders = Orders()
    heard, says = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        orders.keep_hearing()
        while not orders.stop:
            orders.receive(10)
            os.write(says, f"{orders.queues} {orders.events} {orders.stop}\n".encode())
        os._exit(0)
    os.close(says)
    orders.give(["short", "default"], events=True)
    assert os.read(heard, 1000) == b"('short', 'default') True False\n"
    orders.give([])
    assert os.read(heard, 1000) == b"() False False\n"
    orders.close()
    assert os.read(heard, 1000) == b"() False True\n"
    assert os.waitpid(child, 0)[1] == 0


def test_it_waits_no_longer_than_it_is_told_and_a_dead_one_is_told_in_vain() -> None:
    orders = Orders()
    child = os.fork()
    if child == 0:
        orders.keep_hearing()
        began = time.monotonic()
        orders.receive(0.2)
        os._exit(0 if 0.1 < time.monotonic() - began < HANG_SECONDS else 1)
    assert os.waitpid(child, 0)[1] == 0
    orders.give(["short"], stop=True)
