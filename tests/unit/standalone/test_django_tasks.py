"""The backend of `django.tasks` where Django has none."""

from __future__ import annotations

from importlib import import_module

import django
import pytest
from django.core.exceptions import ImproperlyConfigured


@pytest.mark.skipif(django.VERSION >= (6,), reason="needs Django before 6")
def test_what_an_older_django_is_told() -> None:
    with pytest.raises(
        ImproperlyConfigured, match=rf"needs Django 6.*this is Django {django.get_version()}"
    ):
        import_module("frappe_standalone.django_tasks")
