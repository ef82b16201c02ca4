"""The schedule's page in a real browser: all of a row is seen in a window of 1,300 px."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser import chromium
from tests.integration.hosts.pages.client import PASSWORD
from tests.integration.hosts.pages.server import prepare, serve
from tests.integration.hosts.pages.test_schedule import SCHEDULE
from tests.project import Project
from tests.waiting import wait_until

HOOKS = """
app_name = "myapp"
scheduler_events = {
    "daily_long": ["myapp.integrations.marketplaces.amazon.tasks.synchronise_all_open_orders"],
    "cron": {"*/15 6-22 1-15 1,4,7,10 1-5": ["myapp.accounting.receivables.tasks.send_reminders"]},
}
"""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with chromium(tmp_path) as browser:
        browser.set_window_size(1300, 900)
        yield browser


def test_the_schedule_fits_into_1300_px(project: Project, browser: Chrome) -> None:
    prepare(project)
    project.write("myapp/hooks.py", HOOKS)
    project.python("from frappe_celery.cli import main; main(['sync'], standalone_mode=False)")
    browser.get(f"{serve(project)}{SCHEDULE}".replace("/admin//admin/", "/admin/"))
    browser.find_element(By.NAME, "username").send_keys("anna")
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    (table,) = wait_until(lambda: browser.find_elements(By.ID, "result_list"), 20)
    assert table.text.count("synchronise_all_open_orders")
    widths: Any = browser.execute_script("""
        const table = document.getElementById("result_list");
        return {window: innerWidth, page: document.documentElement.scrollWidth,
                table: table.scrollWidth, room: table.parentElement.clientWidth};
    """)
    assert widths["page"] <= widths["window"] <= 1300, widths
    assert widths["table"] <= widths["room"], widths
