"""A site's configuration that is being written while a job opens the site."""

from __future__ import annotations

import pytest

from tests.integration.hosts.bench.conftest import StandInBench
from tests.integration.hosts.bench.test_run import PERFORM


@pytest.mark.parametrize("lenient", [True, False])
def test_a_half_written_configuration_is_waited_for(bench: StandInBench, lenient: bool) -> None:
    bench.configure(db_host="somewhere")
    bench.write("sites/site1/site_config.json", '{"db_name": "one"}')
    answer = bench.ask(
        f"""
        frappe.lenient = {lenient}
        """
        """
        from pathlib import Path
        from frappe_celery.hosts.bench import run
        own, common = Path("site1/site_config.json"), Path("common_site_config.json")
        whole = [own.read_text(), common.read_text()]
        seen = []

        def mend(seconds):
            seen.append(seconds)
            (own if len(seen) == 1 else common).write_text(whole[len(seen) - 1])

        own.write_text(whole[0][:5])
        common.write_text("")
        run.open_site("site1", sleep=mend)
        answer = [len(seen), frappe.conf["db_name"], frappe.conf["db_host"]]
        """,
        begin=PERFORM,
    )
    assert answer == [2, "one", "somewhere"]


def test_one_that_stays_broken_is_frappes_to_deal_with(bench: StandInBench) -> None:
    bench.write("sites/site1/site_config.json", "{broken")
    assert bench.ask(
        """
        from frappe_celery.hosts.bench import run
        pauses = []
        run.open_site("site1", sleep=pauses.append)
        answer = [len(pauses), frappe.local.site]
        """,
        begin=PERFORM,
    ) == [20, "site1"]


def test_a_site_is_opened_from_the_bench_s_own_folder_too(bench: StandInBench) -> None:
    """Where process managers start beat, and people the commands."""
    answer = bench.ask(
        """
        import os
        os.chdir("..")
        frappe.destroy()
        from frappe_celery.jobs import hosts
        with hosts.current().visiting("site2"):
            answer = frappe.local.site
        """
    )
    assert answer == "site2"
