"""Who guesses a password gets few tries, and nobody else is kept out by it."""

from __future__ import annotations

import sqlite3

from frappe_pages.server import GUESSES, LOCKED
from tests.integration.pages.client import PASSWORD, Answer, Client
from tests.project import Project


def log_in(client: Client, name: str, password: str) -> Answer:
    client.get("/admin/login/")
    return client.post("/admin/login/", username=name, password=password, next="/admin/")


def later(project: Project) -> None:
    """The time for which nothing is looked at has gone by."""
    with sqlite3.connect(project.root / ".frappe_celery" / "frappe.sqlite3") as database:
        seconds = f"-{LOCKED.total_seconds() + 1} seconds"
        database.execute(
            "update axes_accessattempt set attempt_time = datetime(attempt_time, ?)", [seconds]
        )
    database.close()


def test_after_a_few_wrong_passwords_none_is_looked_at_for_a_while(
    shop: Project, address: str
) -> None:
    guesser = Client(address)
    for number in range(1, GUESSES + 1):
        answer = log_in(guesser, "ben", f"wrong {number}")
        assert answer.status == (200 if number < GUESSES else 429)
    assert "too many login attempts" in answer.text
    assert log_in(guesser, "ben", PASSWORD).status == 429
    assert log_in(Client(address), "ben", PASSWORD).status == 429  # without a cookie neither

    assert log_in(Client(address), "carla", PASSWORD).status == 302
    later(shop)
    assert log_in(Client(address), "ben", PASSWORD).status == 302


def test_a_login_forgets_the_wrong_ones_before_it(address: str) -> None:
    for _ in range(3):
        client = Client(address)
        for _ in range(GUESSES - 1):
            assert log_in(client, "dora", "wrong").status == 200
        assert log_in(client, "dora", PASSWORD).status == 302


def test_what_was_guessed_is_not_kept(shop: Project, address: str) -> None:
    log_in(Client(address), "olga", "hunter2-or-so")
    kept = (shop.root / ".frappe_celery" / "frappe.sqlite3").read_bytes()
    assert b"hunter2-or-so" not in kept
