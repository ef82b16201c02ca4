"""What the pages show, for Django's admin: its permissions and its place in the menu. No tables."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

APP = "frappe_celery"
ALL_SITES = "see_all_sites"
"""Permission on jobs: who has it sees every site in the admin."""


class Job(models.Model):
    """A run; Redis has it."""

    run_id = models.CharField(max_length=140, primary_key=True)
    label = models.CharField(max_length=255)

    class Meta:
        app_label = APP
        managed = False
        verbose_name = "Job"
        verbose_name_plural = "Jobs"
        default_permissions = ("view", "change", "delete")
        permissions: ClassVar = [(ALL_SITES, "Can see every site, not only those of their groups")]

    def __str__(self) -> str:
        return self.label


class Worker(models.Model):
    """A Celery worker; Redis has it."""

    name = models.CharField(max_length=140, primary_key=True)

    class Meta:
        app_label = APP
        managed = False
        verbose_name = "Worker"
        verbose_name_plural = "Workers"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A site, whose pages whoever may see jobs may see."""

    name = models.CharField(max_length=140, primary_key=True)

    class Meta:
        app_label = APP
        managed = False
        verbose_name = "Site"
        verbose_name_plural = "Sites"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Limit(models.Model):
    """A limit or a pause; Redis has it. Whoever may see jobs may see those of their sites."""

    target = models.CharField(max_length=255, primary_key=True)

    class Meta:
        app_label = APP
        managed = False
        verbose_name = "Limit"
        verbose_name_plural = "Limits"
        default_permissions = ("change",)

    def __str__(self) -> str:
        return self.target
