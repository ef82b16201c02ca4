"""A browser without a screen: cookies, forms, redirects that are not followed."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

JOBS = "/admin/frappe_celery/job/"
PASSWORD = "correct-horse-7"


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    source: str
    """Without the places at which a long name may be broken."""

    @property
    def text(self) -> str:
        """What is read on the page."""
        body = re.sub(r"(?s)<(script|style).*?</\1>", "", self.source)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())

    def links(self, pattern: str) -> list[str]:
        """Addresses that begin so, in order."""
        found = re.findall(r'href="([^"]*)"', self.source)
        return [html.unescape(link) for link in found if link.startswith(pattern)]


class Client:
    """One user at one server."""

    def __init__(self, address: str, name: str | None = None) -> None:
        self.address = address.rstrip("/")
        self.cookies = CookieJar()
        self._open = build_opener(HTTPCookieProcessor(self.cookies), NoRedirect())
        if name is not None:
            self.get("/admin/login/")
            answer = self.post("/admin/login/", username=name, password=PASSWORD, next="/admin/")
            assert answer.status == 302, answer.text

    def get(self, path: str, **query: str) -> Answer:
        return self._ask(path + (f"?{urlencode(query)}" if query else ""), None)

    def post(self, path: str, **fields: str | list[str]) -> Answer:
        """With the token that the server gave, as a form of its own has it."""
        return self.post_without_token(path, csrfmiddlewaretoken=self._token(), **fields)

    def post_without_token(self, path: str, **fields: str | list[str]) -> Answer:
        return self._ask(path, urlencode(fields, doseq=True).encode())

    def act(self, action: str, *runs: str, confirmed: bool = True, back: str = "") -> Answer:
        """An action of the list of jobs."""
        more = {"confirmed": "yes"} if confirmed else {}
        return self.post(f"{JOBS}act/", action=action, run=list(runs), back=back, **more)

    def told(self) -> str:
        """The messages that wait for this user."""
        source = self.get("/admin/password_change/").source
        found = re.search(r'(?s)<ul class="messagelist">(.*?)</ul>', source)
        return Answer(200, "", found[1] if found else "").text

    def policy(self, path: str) -> str | None:
        """What browsers are told to run and show there."""
        with self._open.open(Request(self.address + path), timeout=20) as answer:
            return str(answer.headers["Content-Security-Policy"])

    def _token(self) -> str:
        return next(c.value or "" for c in self.cookies if c.name == "frappe_celery_csrf")

    def _ask(self, path: str, data: bytes | None) -> Answer:
        request = Request(self.address + path, data, {"Referer": self.address + path})
        try:
            answer: HTTPResponse | HTTPError = self._open.open(request, timeout=20)
        except HTTPError as error:
            answer = error
        with answer:
            source = answer.read().decode().replace("<wbr>", "")
            return Answer(answer.status or 0, answer.headers.get("Location", ""), source)
