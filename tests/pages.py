"""The pages as a person has them, in a real browser, by keyboard and by mouse.

With FRAPPE_CELERY_SCREENSHOTS=1 the pictures of the documentation are taken on the way.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.integration.pages.client import PASSWORD
from tests.waiting import wait_until

PICTURES = Path(__file__).parents[1] / "docs" / "images"
TELEPHONE = 390
"""How wide the window of one is, in pixels."""
TAKEN = bool(os.environ.get("FRAPPE_CELERY_SCREENSHOTS"))


class Pages:
    """What a person does and reads."""

    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser, self.address = browser, address

    def open(self, path: str) -> None:
        self.browser.get(self.address + path)

    def log_in(self, name: str) -> None:
        """By keyboard; whoever was logged in is not any more."""
        self.browser.delete_all_cookies()
        self.open("/")
        self.has_focus("[name=username]")
        self.press(name, Keys.TAB, PASSWORD)
        self.enter()

    @property
    def text(self) -> str:
        return self.browser.find_element(By.ID, "content-start").text

    @property
    def status(self) -> str:
        """Of the job that is shown."""
        script = "return document.querySelector('h1 .fc-status')?.innerText"
        return str(self.browser.execute_script(script))

    def element(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def click(self, name: str) -> None:
        """The link, button or input with that name."""
        wanted = (
            f"//main//*[self::a or self::button][contains(normalize-space(.), {name!r})]"
            f" | //nav[@id='nav-sidebar']//a[normalize-space(.)={name!r}]"
            f" | //main//input[@value={name!r} and not(@type='checkbox')]"
            f" | //main//*[@aria-label={name!r}]"
        )
        self._leaving(self.browser.find_element(By.XPATH, wanted).click)

    def press(self, *keys: str) -> None:
        """On whatever has the focus."""
        self._focused().send_keys(*keys)

    def enter(self) -> None:
        """The Enter key, which leads to another page."""
        self._leaving(lambda: self.press(Keys.ENTER))

    def tab_to(self, name: str) -> None:
        """The Tab key until what has that name has the focus."""
        seen = []
        for _ in range(80):
            self.press(Keys.TAB)
            seen.append(self._name_of_focused())
            if name in seen[-1]:
                return
        pytest.fail(f"Tab leads nowhere to {name!r}: {seen}")

    def has_focus(self, selector: str) -> None:
        """By itself, once the page is drawn."""
        script = "return document.activeElement.matches(arguments[0])"
        wait_until(lambda: self.browser.execute_script(script, selector), 10, "it has the focus")

    def _focused(self) -> WebElement:
        return self.browser.switch_to.active_element

    def _name_of_focused(self) -> str:
        script = """
            const e = document.activeElement;
            return [e.getAttribute('aria-label'), e.innerText, e.value, e.name].join(' ');
        """
        return str(self.browser.execute_script(script))

    def _leaving(self, act: Callable[[], Any]) -> None:
        """Until the next page is there."""
        self.browser.execute_script("document.leaving = true")
        act()
        ready = "return document.readyState == 'complete' && !document.leaving"
        wait_until(lambda: self.browser.execute_script(ready), 10, "another page")

    @contextmanager
    def seen_as(self, width: int, scheme: str = "light") -> Iterator[None]:
        """In a window of that width, by somebody who likes it `light` or `dark`."""
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        tell = self.browser.execute_cdp_cmd
        tell("Emulation.setDeviceMetricsOverride", size)
        tell("Emulation.setEmulatedMedia", {"features": media})
        try:
            yield
        finally:
            tell("Emulation.setEmulatedMedia", {"features": []})
            tell("Emulation.clearDeviceMetricsOverride", {})

    def picture(self, name: str, until: str | None = None) -> None:
        """For the documentation: the page, down to where the element `until` begins."""
        assert self.browser.get_log("browser") == []  # type: ignore[no-untyped-call]
        if not TAKEN:
            return
        height = self.browser.execute_script(
            "const e = document.querySelector(arguments[0] || '#none'),"
            " all = document.querySelector('#content').getBoundingClientRect().bottom;"
            " return scrollY + (e ? e.getBoundingClientRect().top - 8 : all)",
            until,
        )
        width = self.browser.execute_script("return document.documentElement.clientWidth")
        scale = 0.75 if width > TELEPHONE else 1
        height = height if width > TELEPHONE else min(height, 3 * width)
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        shot = self.browser.execute_cdp_cmd(
            "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
        )
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / f"pages-{name}.png").write_bytes(base64.b64decode(shot["data"]))
