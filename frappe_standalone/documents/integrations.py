"""`frappe.integrations.utils`: requests to other services. Needs `requests`, as Frappe does."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import parse_qs

from frappe_standalone.documents.error_log import log_error
from frappe_standalone.local import local
from frappe_standalone.utils.system import get_request_session


def make_request(
    method: str,
    url: str,
    auth: Any = None,
    headers: Any = None,
    data: Any = None,
    json: Any = None,
    params: Any = None,
) -> Any:
    """Ask; the answer's JSON, form or text, None when it is empty.

    Raises:
        requests.RequestException: no answer, or one that is an error; an Error Log has it too.
    """
    try:
        answer = get_request_session().request(
            method, url, data=data, auth=auth, headers=headers, json=json, params=params
        )
        local.flags.integration_request = answer
        answer.raise_for_status()
        kind = answer.headers.get("content-type") or ""
        if kind == "text/plain; charset=utf-8":
            return parse_qs(answer.text)
        if kind.startswith("application/") and kind.partition(";")[0].endswith("json"):
            return answer.json()
        return (kind and answer.text) or None
    except Exception:
        log_error()
        raise


make_get_request = partial(make_request, "GET")
make_post_request = partial(make_request, "POST")
make_put_request = partial(make_request, "PUT")
make_patch_request = partial(make_request, "PATCH")
make_delete_request = partial(make_request, "DELETE")
