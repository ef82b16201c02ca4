"""What is looked for: a file for each rule. FC0… hooks and files, FC1… jobs, FC2… warm processes.

`RULES` has them all, by code.
"""

from __future__ import annotations

from frappe_check.rules import (
    batch_that_one_failure_ends,
    cache_without_site,
    class_attribute_written,
    commit_at_the_end,
    cron_day_and_weekday,
    cron_fails,
    document_as_argument,
    does_not_parse,
    enqueues_before_the_commit,
    enqueues_itself_on_failure,
    environment_written,
    global_written,
    heavy_in_a_frequent_event,
    hooks_built_by_code,
    job_name,
    keyword_taken_away,
    leads_nowhere,
    locale_or_decimal,
    module_attribute_written,
    module_container_changed,
    rq_names,
    scheduler_interval,
    signal_handlers,
    thread_left,
    waits_for_a_job,
    working_directory,
)

RULES = (
    does_not_parse.RULE,
    hooks_built_by_code.RULE,
    leads_nowhere.RULE,
    cron_fails.RULE,
    cron_day_and_weekday.RULE,
    heavy_in_a_frequent_event.RULE,
    enqueues_itself_on_failure.RULE,
    batch_that_one_failure_ends.RULE,
    waits_for_a_job.RULE,
    commit_at_the_end.RULE,
    document_as_argument.RULE,
    enqueues_before_the_commit.RULE,
    job_name.RULE,
    scheduler_interval.RULE,
    keyword_taken_away.RULE,
    rq_names.RULE,
    global_written.RULE,
    module_container_changed.RULE,
    class_attribute_written.RULE,
    module_attribute_written.RULE,
    environment_written.RULE,
    working_directory.RULE,
    signal_handlers.RULE,
    thread_left.RULE,
    locale_or_decimal.RULE,
    cache_without_site.RULE,
)
