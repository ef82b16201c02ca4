"""Where a site's own Desk is, for what it shows and the pages do not."""

from __future__ import annotations

from frappe_celery.config import settings
from frappe_celery.jobs import hosts

PAGES = {"Scheduled Job Type": "scheduled-job-type", "RQ Job": "rq-job", "Error Log": "error-log"}


def links(site: str) -> list[tuple[str, str]]:
    """Names and addresses of lists in a site's Desk; none without a real Frappe."""
    if not hosts.is_bench():
        return []
    base = address(site)
    return [(name, f"{base}/app/{path}") for name, path in PAGES.items()]


def address(site: str) -> str:
    """As `frappe.utils.get_url` makes it where no request says more."""
    config = settings.current().site_config(site)
    scheme = "https" if config.get("ssl_certificate") else "http"
    found = str(config.get("host_name") or f"{scheme}://{site}").rstrip("/")
    behind_nginx = config.get("restart_supervisor_on_update") or config.get(
        "restart_systemd_on_update"
    )
    port = config.get("http_port") or config.get("webserver_port")
    has_port = ":" in found.rpartition("//")[2]
    return found if behind_nginx or has_port or not port else f"{found}:{port}"
