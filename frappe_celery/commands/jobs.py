"""`frappe-celery jobs`: look at jobs, stop, cancel, requeue (also with other arguments), delete."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

import click

from frappe_celery.by_filter import FAILED
from frappe_celery.commands.options import AS_JSON, queue_with_jobs, site_with_jobs, together, when
from frappe_celery.commands.progress import counted_off, looking
from frappe_celery.config import settings
from frappe_celery.config.texts import one_line, require_whole
from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError, NoSuchJob
from frappe_celery.jobs import Job, JobStatus, get_store, hosts
from frappe_celery.jobs.job import WAITING
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.paging import Wanted, search
from frappe_celery.programs import told
from frappe_celery.watch import job_display

Found = Callable[[], Job]
"""Finds a job, or raises NoSuchJob."""
DAY = 86400.0
ONLY_THIS_SITE = click.option("--site", help="Only this site. Default: every site.")
LIMIT = click.option(
    "--limit",
    "-n",
    type=click.IntRange(1, 1_000_000),
    default=20,
    show_default=True,
    help="At most so many.",
)
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask before many are changed.")
filters = together(
    ONLY_THIS_SITE,
    click.option("--queue", "-q", help="Only this queue."),
    click.option("--method", "-m", help="Only this method; myapp.* for all of an app's."),
    click.option(
        "--since", callback=when, metavar="TIME", help="Not earlier: 2h (ago), 2026-03-29T01:30."
    ),
    click.option("--until", callback=when, metavar="TIME", help="Not later."),
    click.option(
        "--arguments",
        metavar="TEXT",
        help="Only with this text in the arguments, as they are shown; of one site, within a day.",
    ),
)
"""The options that say which jobs. Times are those at which a job got the status it has."""


def _wanted(
    statuses: tuple[JobStatus, ...],
    site: str | None,
    queue: str | None,
    arguments: str | None,
    **others: Any,
) -> Wanted:
    site, queue = site_with_jobs(site), queue_with_jobs(queue)
    if arguments is not None:
        others |= _with_text(arguments, site, others["since"], others["until"])
    return Wanted(site=site, queue=queue, statuses=statuses, **others)


def _with_text(
    text: str, site: str | None, since: float | None, until: float | None
) -> dict[str, Any]:
    """What `--arguments` has a `Wanted` be; the last day of the time where none is given."""
    last = until or time.time()
    since = since or last - DAY
    if site is None and len(settings.current().sites()) > 1:
        raise click.UsageError("--arguments looks into one site's jobs: say which, --site")
    if last - since > DAY + 1:
        raise click.UsageError(
            "--arguments looks through a day at most: say from when, or until when, with"
            " --since and --until"
        )
    return {"since": since, "arguments": lambda job: text in job_display.arguments(job)}


@click.group()
def jobs() -> None:
    """Look at jobs, stop, cancel, requeue or delete them.

    ID is a job's id as `jobs list` shows it, the id of one of its runs, or with --site (or on the
    default site) the job_id that it was enqueued with.
    """


# -- looking


@jobs.command("list")
@filters
@click.option(
    "--status",
    "-s",
    multiple=True,
    type=click.Choice([status.value for status in JobStatus]),
    help="Only this status; may be given again. Default: every status.",
)
@LIMIT
@AS_JSON
def list_(status: tuple[str, ...], **which: Any) -> None:
    """List jobs, the last change first.

    That, and what --since and --until bound, is when a job got the status that it has: enqueued,
    started, ended.

    Into a file or a pipe a line a job, tabs between id, status, queue, method, arguments, enqueued,
    waited, ran, error.

    \b
    Examples:
      frappe-celery jobs list --status failed --since 2h
      frappe-celery jobs list --method 'myapp.*' --queue long --json
    """
    _show(tuple(map(JobStatus, status)) or tuple(JobStatus), **which)


@jobs.command()
@filters
@LIMIT
@AS_JSON
def failed(**which: Any) -> None:
    """List the jobs that failed or were stopped.

    They are kept until they are requeued or deleted, or past their retention (rq_job_failure_ttl,
    rq_failed_jobs_limit).

    \b
    Examples:
      frappe-celery jobs failed --since 24h
      frappe-celery jobs failed --method myapp.tasks.send --limit 100
    """
    _show(FAILED, **which)


@jobs.command()
@click.option("--requeue", is_flag=True, help="Enqueue them all anew.")
@AS_JSON
def parked(requeue: bool, as_json: bool) -> None:
    """List messages in RabbitMQ whose record the Redis lost.

    Whether such a job had started nobody knows any more: it is not run unless you say so.

    \b
    Examples:
      frappe-celery jobs parked
      frappe-celery jobs parked --requeue --json
    """
    from frappe_celery.brokers.rabbitmq import parked as messages
    from frappe_celery.brokers.rabbitmq.forwarder import Forwarder

    forwarder = get_store().forwarder
    if not isinstance(forwarder, Forwarder):
        raise click.ClickException("only RabbitMQ parks messages (broker_url amqp://…)")
    found, stay = messages.parked(forwarder, requeue)
    if as_json:
        click.echo(json.dumps([_parked(message) for message in found], indent=1))
    else:
        for message in found:
            about = (message.id, message.label, f"queue {message.queue}", f"run {message.run}")
            click.echo("  ".join(map(one_line, about)))
        click.echo(f"{len(found)} messages{', enqueued anew' if requeue and found else ''}.")
    if stay:
        raise click.ClickException(
            "\n".join(one_line(f"{run} stays parked: {stay[run]}") for run in stay)
        )


def _parked(message: JobMessage) -> dict[str, str]:
    names = ("id", "site", "queue", "run")
    return {"method": message.label, **{name: getattr(message, name) for name in names}}


def _show(statuses: tuple[JobStatus, ...], limit: int, as_json: bool, **given: Any) -> None:
    from frappe_celery.watch import job_tables

    with looking() as tell:
        some = list(islice(search(get_store(), _wanted(statuses, **given), tell), limit + 1))
    if as_json:
        click.echo(json.dumps([job_display.as_json(job) for job in some[:limit]], indent=1))
        return
    if not some:
        config = settings.current()
        beside_rq = hosts.is_bench() and (config.is_armed or not config.frappe_celery_enabled)
        rqs = " Those in RQ are in Desk: RQ Job." if beside_rq else ""
        click.echo(f"No such jobs in {config.root}.{rqs}", err=True)
        return
    job_tables.listing(some[:limit], notes=more_than(limit, some)).print()


def more_than(limit: int, found: Sequence[Any]) -> list[str]:
    """The note that a listing of so many leaves some out."""
    return [f"There are more than these {limit}: --limit shows more."] * (len(found) > limit)


@jobs.command()
@click.argument("job_id", metavar="ID")
@ONLY_THIS_SITE
@AS_JSON
def show(job_id: str, site: str | None, as_json: bool) -> None:
    """Show one job: arguments, timeline, result, traceback.

    Passwords, keys and the like are masked.

    \b
    Examples:
      frappe-celery jobs show site1.example.com::f3c4…
      frappe-celery jobs show nightly-report --site site1.example.com
    """
    from frappe_celery.watch import job_tables, tables

    job = find(job_id, site)
    if as_json:
        click.echo(json.dumps(job_display.whole(job), indent=1))
        return
    tables.console().print(*job_tables.page(job), sep="\n")


@jobs.command()
@LIMIT
@AS_JSON
def refused(limit: int, as_json: bool) -> None:
    """List messages that workers refused: unsigned or altered ones.

    \b
    Examples:
      frappe-celery jobs refused
      frappe-celery jobs refused --limit 5 --json
    """
    from frappe_celery.watch import job_tables

    messages = get_store().refused(limit)
    if as_json:
        click.echo(json.dumps(messages, indent=1))
    elif messages:
        job_tables.refused_listing(messages).print()
    else:
        click.echo("No message was refused.", err=True)


def find(job_id: str, site: str | None) -> Job:
    """The newest job of that id, of the site where one is given.

    Raises:
        NoSuchJob: names the id and the way out.
        ConfigError: it can be none's.
    """
    require_whole("ID", job_id)
    its_site = site_with_jobs(site) or settings.current().site
    for name in (job_id, hosts.current().job_id(job_id, its_site)):
        job = get_store().find(name)
        if job is not None and site in (None, job.site):
            return job
    where = f" of site {site}" if site else ""
    raise NoSuchJob(
        f"no job with id {job_id!r}{where}: never enqueued, deleted, or past its retention."
        " `frappe-celery jobs list` shows those that there are"
    )


# -- changing

IDS = click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
SOME_IDS = click.argument("job_ids", metavar="[ID]...", nargs=-1)
NARROWED = "--site, --queue, --method, --since, --until and --arguments narrow it"
ALL_FAILED = click.option(
    "--all-failed", "all_of_them", is_flag=True, help=f"Every failed or stopped job; {NARROWED}."
)
CHOSEN = {"failed": FAILED, "waiting": WAITING}


@jobs.command()
@IDS
@ONLY_THIS_SITE
def stop(job_ids: tuple[str, ...], site: str | None) -> None:
    """Stop jobs that run; their processes are killed.

    \b
    Examples:
      frappe-celery jobs stop site1.example.com::f3c4…
      frappe-celery jobs stop nightly-report --site site1.example.com
    """
    _each([partial(find, job_id, site) for job_id in job_ids], Job.stop, "stopped")


@jobs.command()
@SOME_IDS
@click.option(
    "--all-waiting",
    "all_of_them",
    is_flag=True,
    help=f"Every job that waits, in a queue, for its time or for others; {NARROWED}.",
)
@filters
@YES
def cancel(**which: Any) -> None:
    """Cancel jobs that wait in a queue; they never start.

    \b
    Examples:
      frappe-celery jobs cancel site1.example.com::f3c4…
      frappe-celery jobs cancel --all-waiting --method myapp.tasks.send --yes
    """
    _each(_chosen("cancel", "waiting", **which), Job.cancel, "canceled")


@jobs.command()
@SOME_IDS
@ALL_FAILED
@click.option(
    "--set",
    "changes",
    metavar="NAME=JSON",
    multiple=True,
    help='Change an argument: --set amount=12 --set "customer=null".',
)
@click.option("--unset", metavar="NAME", multiple=True, help="Leave an argument out.")
@click.option(
    "--dependants", is_flag=True, help="Once it has finished, what its failure had canceled runs."
)
@filters
@YES
def requeue(
    changes: tuple[str, ...], unset: tuple[str, ...], dependants: bool, **which: Any
) -> None:
    """Run ended jobs again.

    Each runs under its id, with other arguments where --set and --unset say so.

    \b
    Examples:
      frappe-celery jobs requeue --all-failed --since 2h
      frappe-celery jobs requeue site1.example.com::f3c4… --set amount=12
    """
    edit = dict(map(_change, changes))
    act = partial(_requeue, edit=edit, unset=unset, dependants=dependants)
    _each(_chosen("requeue", "failed", **which), act, "requeued")


@jobs.command()
@SOME_IDS
@ALL_FAILED
@filters
@YES
def delete(**which: Any) -> None:
    """Delete jobs and all that is recorded of them.

    One that waits never starts, one that runs is stopped first.

    \b
    Examples:
      frappe-celery jobs delete site1.example.com::f3c4…
      frappe-celery jobs delete --all-failed --until 7d --yes
    """
    _each(_chosen("delete", "failed", **which), Job.stop_and_delete, "deleted")


def _requeue(job: Job, edit: dict[str, Any], unset: tuple[str, ...], dependants: bool) -> None:
    known = job.opened.decoded_kwargs() if edit or unset else {}
    if missing := [name for name in unset if name not in known]:
        raise click.ClickException(
            f"job {job.id} has no argument {missing[0]!r}; it has {', '.join(known) or 'none'}"
        )
    get_store().requeue(job, edit, unset, dependants=dependants)
    if new := [name for name in edit if name not in known]:
        click.secho(f"{job.id}: {', '.join(new)} is new", fg="yellow", err=True)


def _change(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    try:
        if not sign or not name.isidentifier():
            raise ValueError("no argument's name stands before a '='")
        return name, json.loads(value)
    except ValueError as exc:
        raise click.BadParameter(
            f"{text!r} is no NAME=JSON ({exc}); a text needs its quotes: --set 'name=\"text\"'",
            param_hint="--set",
        ) from None


def _chosen(
    verb: str, which: str, job_ids: tuple[str, ...], all_of_them: bool, yes: bool, **given: Any
) -> list[Found]:
    """The jobs named, or all those (`which`: of CHOSEN) that the filters want."""
    filtered = {name for name, value in given.items() if value is not None and name != "site"}
    if bool(job_ids) == all_of_them or (job_ids and filtered):
        raise click.UsageError(
            f"say which jobs to {verb}: either their IDs, or --all-{which}; {NARROWED}"
        )
    if job_ids:
        return [partial(find, job_id, given["site"]) for job_id in job_ids]
    store = get_store()
    with looking() as tell:
        wanted = _wanted(CHOSEN[which], **given)
        runs = dict.fromkeys(job.run_id for job in search(store, wanted, tell))
    if runs and not yes:
        click.confirm(f"{verb} {len(runs):,} {which} jobs?", abort=True, err=True)
    return [partial(store.fetch_run, run) for run in runs]


def _each(chosen: list[Found], act: Callable[[Job], Any], done: str) -> None:
    """Act on each; what is wrong with one does not stop the others.

    Ends with 1 when something was wrong with any.
    """
    if not chosen:
        click.echo(f"No such jobs in {settings.current().root}.")
        return
    wrong, each_is_named = 0, len(chosen) <= NAMED_UP_TO
    for find_job in chosen if each_is_named else counted_off(chosen, done):
        try:
            job = find_job()
            act(job)
        except BrokerUnreachable:
            raise
        except FrappeCeleryError as exc:
            wrong += 1
            click.secho(f"Error: {told(exc)}", fg="red", err=True)
        else:
            if each_is_named:
                click.echo(one_line(f"{job.id}: {done}"))
    if not each_is_named:
        click.echo(f"{len(chosen) - wrong:,} jobs: {done}")
    if wrong:
        raise click.exceptions.Exit(1)


NAMED_UP_TO = 20
"""So many jobs are named one by one; of more the number is told."""
