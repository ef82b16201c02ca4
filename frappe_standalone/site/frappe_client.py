"""`frappe.frappeclient`: asks the API of a Frappe site. Needs `requests`, as Frappe does."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from frappe_standalone.missing import lacks, required
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.text import as_json, cstr


class AuthError(Exception):
    """The site does not take this user, password or key."""


class SiteExpiredError(Exception):
    """The site says that it has expired."""


class SiteUnreachableError(Exception):
    """Whatever is before the site does not reach it."""


class FrappeException(Exception):
    """The site raised something; holds its traceback."""


class FrappeClient:
    """A session with a site: by user and password, or by API key and secret.

    Raises:
        AuthError: the site refuses.
        SiteExpiredError, SiteUnreachableError: there is no site any more, or not now.
    """

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        verify: bool = True,
        api_key: str | None = None,
        api_secret: str | None = None,
        frappe_authorization_source: str | None = None,
    ) -> None:
        self.headers = {
            "Accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
        }
        self.verify = verify
        self.url = url
        self.session = required("requests", "FrappeClient").session()
        if api_key and api_secret:
            token = base64.b64encode(f"{api_key}:{api_secret}".encode()).decode()
            self.headers["Authorization"] = f"Basic {token}"
            if frappe_authorization_source:
                self.headers["Frappe-Authorization-Source"] = frappe_authorization_source
        if username and password:
            self._login(username, password)

    def __enter__(self) -> FrappeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.logout()

    def _login(self, username: str, password: str) -> Any:
        login = {"cmd": "login", "usr": username, "pwd": password}
        said = self._ask("post", self.url, params=login)
        if said.status_code == 200 and said.json().get("message") in ("Logged In", "No App"):
            return said.json()
        if said.status_code == 502:
            raise SiteUnreachableError
        try:
            error = said.json()
        except ValueError:
            raise AuthError(said.text) from None
        if error.get("exc_type") == "SiteExpiredError":
            raise SiteExpiredError
        raise AuthError(error.get("message"))

    def _ask(self, verb: str, url: str, **what: Any) -> Any:
        return self.session.request(verb, url, verify=self.verify, headers=self.headers, **what)

    def _resource(self, *parts: Any) -> str:
        return "/".join((self.url, "api/resource", *map(cstr, parts)))

    def logout(self) -> None:
        self._ask("get", self.url, params={"cmd": "logout"})

    def get_list(
        self,
        doctype: str,
        fields: Any = '["name"]',
        filters: Any = None,
        limit_start: int = 0,
        limit_page_length: int | None = None,
        order_by: str | None = None,
        group_by: str | None = None,
    ) -> Any:
        """Rows of a doctype; as many as the site gives, where no limit is set."""
        params: dict[str, Any] = {
            "fields": fields if isinstance(fields, str) else json.dumps(fields),
            "order_by": order_by,
            "group_by": group_by,
        }
        if filters:
            params["filters"] = json.dumps(filters)
        if limit_page_length is not None:
            params |= {"limit_start": limit_start, "limit_page_length": limit_page_length}
        return self.post_process(self._ask("get", self._resource(doctype), params=params))

    def get_doc(self, doctype: str, name: str = "", filters: Any = None, fields: Any = None) -> Any:
        """One document of the other site, by its name or by filters."""
        given = {"filters": filters, "fields": fields}
        params = {key: json.dumps(value) for key, value in given.items() if value}
        return self.post_process(self._ask("get", self._resource(doctype, name), params=params))

    def insert(self, doc: Any) -> _dict:
        """A new document; returns it as the site has it."""
        url = self._resource(doc.get("doctype"))
        return _dict(self.post_process(self._ask("post", url, data={"data": as_json(doc)})))

    def update(self, doc: Any) -> _dict:
        """Change the document of that doctype and name."""
        url = self._resource(doc.get("doctype"), doc.get("name"))
        return _dict(self.post_process(self._ask("put", url, data={"data": as_json(doc)})))

    def bulk_update(self, docs: Any) -> Any:
        """Change documents in one request to `frappe.client`."""
        return self._command("bulk_update", docs=as_json(docs))

    def delete(self, doctype: str, name: str) -> Any:
        return self._command("delete", doctype=doctype, name=name)

    def submit(self, doc: Any) -> Any:
        return self._command("submit", doc=as_json(doc))

    def cancel(self, doctype: str, name: str) -> Any:
        return self._command("cancel", doctype=doctype, name=name)

    def rename_doc(self, doctype: str, old_name: str, new_name: str) -> Any:
        return self._command("rename_doc", doctype=doctype, old_name=old_name, new_name=new_name)

    def set_value(self, doctype: str, docname: str, fieldname: Any, value: Any) -> Any:
        """Set a field of a document."""
        return self._command(
            "set_value", doctype=doctype, name=docname, fieldname=fieldname, value=value
        )

    def get_value(self, doctype: str, fieldname: Any = None, filters: Any = None) -> Any:
        """A field of the document that the filters find."""
        asked = {"doctype": doctype, "fieldname": fieldname or "name", "filters": as_json(filters)}
        return self.get_request({"cmd": "frappe.client.get_value", **asked})

    def _command(self, command: str, **arguments: Any) -> Any:
        return self.post_request({"cmd": f"frappe.client.{command}", **arguments})

    def get_api(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """What a whitelisted method returns, asked with GET."""
        url = f"{self.url}/api/method/{method}"
        return self.post_process(self._ask("get", url, params=dict(params or {})))

    @lacks(json=None)
    def post_api(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """As `get_api`, by POST with the parameters in its body."""
        url = f"{self.url}/api/method/{method}"
        return self.post_process(self._ask("post", url, params=dict(params or {})))

    def get_request(self, params: Mapping[str, Any]) -> Any:
        """Ask the site's own address, as Frappe's older API is."""
        return self.post_process(self._ask("get", self.url, params=self.preprocess(params)))

    def post_request(self, data: Mapping[str, Any]) -> Any:
        """As `get_request`, by POST with the data in its body."""
        return self.post_process(self._ask("post", self.url, data=self.preprocess(data)))

    def preprocess(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters with lists and dictionaries as JSON."""
        return {
            key: json.dumps(value) if isinstance(value, (dict, list)) else value
            for key, value in params.items()
        }

    def post_process(self, response: Any) -> Any:
        """What the site says.

        Raises:
            FrappeException: it says that something was raised.
        """
        said = response.json()
        if said and (told := said.get("exc") or said.get("exc_type") or said.get("errors")):
            raise FrappeException(f"FrappeClient Request Failed\n\n{_first(told)}")
        return said.get("message", said.get("data"))


def _first(told: Any) -> Any:
    """The first of a list, which may be written in JSON."""
    try:
        found = json.loads(told) if isinstance(told, str) else told
        return found[0] if isinstance(found, list) else found
    except ValueError:
        return told
