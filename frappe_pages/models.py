"""What the pages show, for Django's admin: its permissions and its place in the menu. No tables."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

APP = "frappe_celery"
ALL_SITES = "see_all_sites"
"""Permission on jobs: who has it sees every site in the admin."""


class InRedis(models.Model):
    """What Redis has, and no table."""

    id = models.CharField(max_length=255, primary_key=True)
    label = models.CharField(max_length=255)
    """What people call it; '' : as its id."""

    class Meta:
        abstract = True
        app_label = APP
        managed = False

    def __str__(self) -> str:
        return self.label or self.id


class Job(InRedis):
    """A run of a job, read from Redis."""

    class Meta(InRedis.Meta):
        verbose_name = "Job"
        default_permissions = ("view", "change", "delete")
        permissions: ClassVar = [(ALL_SITES, "Can see every site, not only those of their groups")]


class Batch(InRedis):
    """A batch of jobs, which whoever may see jobs may see."""

    class Meta(InRedis.Meta):
        verbose_name = "Batch"
        verbose_name_plural = "Batches"
        default_permissions = ()


class Failure(InRedis):
    """Failed jobs by their error, which whoever may see jobs may see."""

    class Meta(InRedis.Meta):
        verbose_name = "Failure"
        default_permissions = ()


class Worker(InRedis):
    """A Celery worker, read from Redis."""

    class Meta(InRedis.Meta):
        verbose_name = "Worker"
        default_permissions = ("view",)


class Site(InRedis):
    """A site, whose pages whoever may see jobs may see."""

    class Meta(InRedis.Meta):
        verbose_name = "Site"
        default_permissions = ()


class Limit(InRedis):
    """A limit or a pause. Whoever may see jobs may see those of their sites."""

    class Meta(InRedis.Meta):
        verbose_name = "Limit"
        default_permissions = ("change",)
