"""What the pages show, for Django's admin: its permissions and its place in the menu. No tables."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

APP = "frappe_celery"
ALL_SITES = "see_all_sites"
"""Permission on jobs: who has it sees every site in the admin."""


class InRedis(models.Model):
    """What Redis has, and no table."""

    class Meta:
        abstract = True
        app_label = APP
        managed = False

    def __str__(self) -> str:
        return str(self.pk)


class Job(InRedis):
    """A run of a job, read from Redis."""

    run_id = models.CharField(max_length=140, primary_key=True)
    label = models.CharField(max_length=255)

    class Meta(InRedis.Meta):
        verbose_name = "Job"
        default_permissions = ("view", "change", "delete")
        permissions: ClassVar = [(ALL_SITES, "Can see every site, not only those of their groups")]

    def __str__(self) -> str:
        return self.label


class Batch(InRedis):
    """A batch of jobs, which whoever may see jobs may see."""

    id = models.CharField(max_length=140, primary_key=True)
    title = models.CharField(max_length=140)

    class Meta(InRedis.Meta):
        verbose_name = "Batch"
        verbose_name_plural = "Batches"
        default_permissions = ()

    def __str__(self) -> str:
        return self.title


class Worker(InRedis):
    """A Celery worker, read from Redis."""

    name = models.CharField(max_length=140, primary_key=True)

    class Meta(InRedis.Meta):
        verbose_name = "Worker"
        default_permissions = ("view",)


class Site(InRedis):
    """A site, whose pages whoever may see jobs may see."""

    name = models.CharField(max_length=140, primary_key=True)

    class Meta(InRedis.Meta):
        verbose_name = "Site"
        default_permissions = ()


class Limit(InRedis):
    """A limit or a pause. Whoever may see jobs may see those of their sites."""

    target = models.CharField(max_length=255, primary_key=True)

    class Meta(InRedis.Meta):
        verbose_name = "Limit"
        default_permissions = ("change",)
