"""Documents for functions of press: what is old goes, what is due is told."""

from __future__ import annotations

from tests.apps.documents import Documents, at, case, day, doc, single


@case("press.press.doctype.mariadb_binlog.mariadb_binlog.cleanup_old_records")
def _() -> Documents:
    return [
        doc("MariaDB Binlog", "b1", file_name="b1", purged_from_disk=1, uploaded=0, indexed=0),
        doc("MariaDB Binlog", "b2", file_name="b2", purged_from_disk=1, uploaded=1, indexed=0),
        doc("MariaDB Binlog", "b3", file_name="b3", purged_from_disk=0, uploaded=0, indexed=0),
    ]


@case("press.press.doctype.server_snapshot.server_snapshot.move_pending_snapshots_to_processing")
def _() -> Documents:
    started = {"app_server_services_started": 1, "database_server_services_started": 1}
    both = {"app_server_snapshot": "a", "database_server_snapshot": "d"}
    return [
        doc("Server Snapshot", "s1", status="Pending", **both, **started),
        doc("Server Snapshot", "s2", status="Pending", app_server_snapshot="a", **started),
        doc("Server Snapshot", "s3", status="Completed", **both, **started),
    ]


@case("press.press.doctype.app_release.app_release.cleanup_unused_releases")
def _() -> Documents:
    release = {"app": "rope", "cloned": 1, "status": "Approved", "team": "crew", "public": 0}
    times = [{"creation": at(n - 9), "modified": at(n - 9)} for n in range(4)]
    return [
        doc("Team", "crew", user="ada@example.com", enabled=1, team_title="Crew"),
        doc("App", "rope", title="Rope", frappe=0),
        doc("App Source", "rope-1", app="rope", branch="main", enabled=1, team="crew"),
        doc("App Release", "r1", source="rope-1", hash="a1", **release, **times[0]),
        doc("App Release", "r2", source="rope-1", hash="a2", **release, **times[1]),
        doc("App Release", "r3", source="rope-1", hash="a3", **release, **times[2]),
        doc(
            "App Release", "r4", source="rope-1", hash="a4", **{**release, "cloned": 0}, **times[3]
        ),
        doc("Bench", "b1", status="Active", apps=[{"doctype": "Bench App", "release": "r2"}]),
    ]


@case("press.press.doctype.build_metric.build_metric.create_build_metric")
def _() -> Documents:
    return []


@case("press.press.doctype.tls_certificate.tls_certificate.notify_custom_tls_renewal")
def _() -> Documents:
    own = {"provider": "Other", "status": "Active", "team": "crew"}
    return [
        doc("Team", "crew", user="ada@example.com", enabled=1, team_title="Crew"),
        doc("TLS Certificate", "t1", domain="a.example.com", expires_on=at(7), **own),
        doc("TLS Certificate", "t2", domain="b.example.com", expires_on=at(9), **own),
    ]


@case("press.press.doctype.user_2fa.user_2fa.yearly_2fa_recovery_code_reminder")
def _() -> Documents:
    return [
        doc("User 2FA", "ada@example.com", enabled=1, recovery_codes_last_viewed_at=at(-400)),
        doc("User 2FA", "bo@example.com", enabled=1, recovery_codes_last_viewed_at=at(-30)),
    ]


@case("press.saas.doctype.site_access_token.site_access_token.cleanup_expired_access_tokens")
def _() -> Documents:
    new = {"creation": at(1), "modified": at(1)}
    return [
        doc("Site Access Token", "t1", site="a.example.com", token="one"),
        doc("Site Access Token", "t2", site="a.example.com", token="two", **new),
    ]


@case(
    "press.press.doctype.payment_due_extension.payment_due_extension.remove_payment_due_extension"
)
def _() -> Documents:
    teams = [
        doc("Team", name, enabled=1, extend_payment_due_suspension=1) for name in ("crew", "cooks")
    ]
    over = {"reason": "Storm", "docstatus": 1}
    return [
        *teams,
        doc("Payment Due Extension", "p1", team="crew", extension_date=day(-1), **over),
        doc("Payment Due Extension", "p2", team="cooks", extension_date=day(1), **over),
    ]


@case("press.press.doctype.site.backups.expire_physical")
def _() -> Documents:
    kept = {"site": "a.example.com", "status": "Success", "files_availability": "Available"}
    old = [{"creation": at(n - 9), "modified": at(n - 9)} for n in range(3)]
    backups = [
        doc(
            "Site Backup", f"b{n}", physical=1, offsite=0, database_snapshot=f"d{n}", **kept, **time
        )
        for n, time in enumerate(old)
    ]
    return [
        single("Press Settings", backup_rotation_scheme="FIFO", offsite_backups_count=1),
        doc("Site", "a.example.com", status="Active"),
        *backups,
        *(doc("Virtual Disk Snapshot", f"d{n}", status="Completed") for n in range(3)),
    ]


@case("press.press.cleanup.reset_large_output_fields_from_ansible_tasks")
def _() -> Documents:
    said = {"output": "long", "result": "{}", "exception": "none", "error": "no"}
    new = {"creation": at(0), "modified": at(0)}
    return [
        doc("Ansible Task", "t1", task="Run migrate on site", status="Success", **said),
        doc("Ansible Task", "t2", task="Ping", status="Success", **said),
        doc("Ansible Task", "t3", task="Prepare MariaBackup", status="Success", **said, **new),
    ]


@case("press.press.doctype.account_request.account_request.expire_request_key")
def _() -> Documents:
    return [
        doc("Account Request", "a1", request_key="k1", request_key_expiration_time=at(-1)),
        doc("Account Request", "a2", request_key="k2", request_key_expiration_time=at(1)),
        doc("Account Request", "a3", request_key="", request_key_expiration_time=at(-1)),
    ]


@case(
    "press.saas.doctype.product_trial_request.product_trial_request"
    ".expire_long_pending_trial_requests"
)
def _() -> Documents:
    new = {"creation": at(0, 23), "modified": at(0, 23)}
    return [
        doc("Product Trial Request", "p1", status="Pending"),
        doc("Product Trial Request", "p2", status="Pending", **new),
        doc("Product Trial Request", "p3", status="Error"),
    ]


@case("press.press.doctype.agent_job.agent_job.update_job_step_status")
def _() -> Documents:
    steps = [("s1", "j1", "Pending"), ("s2", "j1", "Running"), ("s3", "j1", "Success")]
    steps += [("s4", "j2", "Pending"), ("s5", "j1", "Pending")]
    return [
        doc("Agent Job", "j1", status="Failure", job_type="New Site"),
        doc("Agent Job", "j2", status="Success", job_type="New Site"),
        *(doc("Agent Job Step", name, agent_job=job, status=s) for name, job, s in steps),
    ]


@case(
    "press.press.doctype.site_backup.site_backup"
    ".delete_failed_unavailable_backups_for_archived_sites"
)
def _() -> Documents:
    failed = {"status": "Failure", "site": "a.example.com"}
    return [
        doc("Site", "a.example.com", status="Archived"),
        doc("Site", "b.example.com", status="Active"),
        doc("Site Backup", "b1", job="j1", **failed),
        doc("Site Backup", "b2", job="j2", **{**failed, "site": "b.example.com"}),
        doc("Agent Job", "j1", status="Failure", job_type="Backup Site"),
        doc("Agent Job", "j2", status="Failure", job_type="Backup Site"),
        doc("Agent Job Step", "s1", agent_job="j1", status="Failure"),
    ]
