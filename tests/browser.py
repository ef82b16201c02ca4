"""A real headless Chromium, driven by the chromedriver that the system has for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tests.servers import find_program

SIZE = (1280, 900)


@contextmanager
def chromium(folder: Path) -> Iterator[Chrome]:
    """A browser with an empty profile in `folder`; a test without one is left out, saying why."""
    options = ChromeOptions()
    options.binary_location = find_program("chromium", "chromium")
    for argument in (
        *("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"),
        *(
            "hide-scrollbars",
            "force-color-profile=srgb",
            "force-prefers-reduced-motion",
            "lang=en-US",
        ),
        *(f"window-size={SIZE[0]},{SIZE[1]}", f"user-data-dir={folder / 'profile'}"),
        # no request leaves the machine: neither the browser's own nor a page's
        *("disable-background-networking", "disable-component-update", "no-first-run"),
        "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(f"--{argument}")
    options.add_experimental_option("prefs", {"credentials_enable_service": False})
    service = ChromeService(
        find_program("chromedriver", "chromium-driver"), log_output=str(folder / "driver.log")
    )
    browser = Chrome(options=options, service=service)
    try:
        yield browser
    finally:
        browser.quit()
