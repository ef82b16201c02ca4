"""Django's admin where `frappe-celery admin` serves it: its settings, its users, its server."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.admin.apps import AdminConfig

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_pages.probes import with_probes

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
THREADS = 8
GUESSES = 5
"""Wrong passwords of a user, from one address, until the next is not looked at."""
LOCKED = timedelta(minutes=5)
KEY_PURPOSE = "Django's SECRET_KEY"
MISSING = "the pages need waitress, whitenoise and django-axes: pip install 'frappe_celery[admin]'"
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


class PagesAdminConfig(AdminConfig):
    """Django's admin with the menu of `navigation`."""

    default_site = "frappe_pages.navigation.PagesSite"


def with_policy(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Django's middleware: browsers run and show what this server's files bring, nothing else."""

    def answered(request: Any) -> Any:
        answer = get_response(request)
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    return answered


def django_settings(address: str, url: str | None) -> dict[str, Any]:
    """What Django's admin needs, but for the database and our application.

    Args:
        address: where it will listen.
        url: under which people reach it, where that is another.

    Raises:
        ConfigError: our extra packages are missing, or `url` is none.
    """
    try:
        import axes  # noqa: F401
        import waitress  # noqa: F401
        import whitenoise  # noqa: F401
    except ImportError:
        raise ConfigError(MISSING) from None
    parts = urlsplit(f"http://{LOOPBACK[0]}" if url is None else url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
        raise ConfigError(f"--url is {url!r}; write it as https://jobs.example.com, without a path")
    secure = parts.scheme == "https"
    hosts = [*LOOPBACK, socket.gethostname(), socket.getfqdn(), address, parts.hostname]
    contrib = ("auth", "contenttypes", "sessions", "messages", "staticfiles")
    validators = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
    return {
        "INSTALLED_APPS": [
            "frappe_pages.server.PagesAdminConfig",
            *(f"django.contrib.{name}" for name in contrib),
            "axes",
        ],
        "AUTHENTICATION_BACKENDS": [
            "axes.backends.AxesStandaloneBackend",
            "django.contrib.auth.backends.ModelBackend",
        ],
        "AXES_FAILURE_LIMIT": GUESSES,
        "AXES_COOLOFF_TIME": LOCKED,
        "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],  # a proxy's address is everyone's
        "AXES_RESET_ON_SUCCESS": True,
        "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
        "AXES_DISABLE_ACCESS_LOG": True,
        "AXES_ENABLE_ADMIN": False,
        "AXES_VERBOSE": False,
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "axes.middleware.AxesMiddleware",
            "frappe_pages.server.with_policy",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).with_name("own_server")],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "ROOT_URLCONF": "frappe_pages.urls",
        "ALLOWED_HOSTS": hosts,
        "CSRF_TRUSTED_ORIGINS": [url] if url else [],
        # names of their own: browsers tell the servers of one machine apart by no port
        "SESSION_COOKIE_NAME": "frappe_celery_session",
        "CSRF_COOKIE_NAME": "frappe_celery_csrf",
        "SESSION_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SECURE": secure,
        "SECRET_KEY": settings.current().signer.sign(KEY_PURPOSE, b"").decode(),
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
            for name in validators
        ],
        "STATIC_URL": "/static/",
        "WHITENOISE_USE_FINDERS": True,
    }


def serve(address: str, port: int, url: str | None, listening: Callable[[str], Any]) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        OSError: it cannot listen there.
    """
    from django.core.wsgi import get_wsgi_application
    from waitress import create_server

    server = create_server(
        with_probes(get_wsgi_application()),
        host=address,
        port=port,
        threads=THREADS,
        url_scheme=urlsplit(url).scheme if url else "http",
        ident=None,
    )
    listening(url or f"http://{address}:{server.effective_port}/")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.run()
