"""Django's middleware: `"frappe_celery.middleware.RequestUser"` in MIDDLEWARE."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async

from frappe_standalone.local import on_an_event_loop
from frappe_standalone.site import requests
from frappe_standalone.site.context import ADMINISTRATOR

logger = logging.getLogger(__name__)


class RequestUser:
    """What a view enqueues runs as `request.user`, as Guest where nobody is logged in.

    It stands after Django's AuthenticationMiddleware. `user_of` can be overridden, for a user that
    task code knows by another name (an e-mail address).
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """Handle a request, or give what does."""
        if iscoroutinefunction(self):
            return self._handle(request)
        with requests.of(lambda: self._name(getattr(request, "user", None))):
            return self.get_response(request)

    async def _handle(self, request: Any) -> Awaitable[Any]:
        """A view on the event loop cannot ask the database who it is: that is known by then."""
        early = await sync_to_async(lambda: self._name(getattr(request, "user", None)))()

        def name() -> str:
            return early if on_an_event_loop() else self._name(getattr(request, "user", None))

        with requests.of(name):
            return await self.get_response(request)  # type: ignore[no-any-return]

    def user_of(self, user: Any) -> str:
        """How task code calls a user who is logged in."""
        return str(user.get_username())

    def _name(self, user: Any) -> str:
        if user is None or not user.is_authenticated:
            return requests.GUEST
        name = self.user_of(user)
        if name.lower() == ADMINISTRATOR.lower() and not getattr(user, "is_superuser", False):
            logger.warning("user %r is no superuser: their jobs run as %s", name, requests.GUEST)
            return requests.GUEST
        return name
