"""`frappe.utils.background_jobs`."""

from frappe_celery.host import (
    JobStatus,
    JobTimeoutException,
    create_job_id,
    enqueue,
    enqueue_doc,
    get_job,
    get_job_status,
    get_jobs,
    is_job_enqueued,
)
from frappe_standalone.documents.documents import run_doc_method
from frappe_standalone.jobs.background_jobs import (
    RQ_FAILED_JOBS_LIMIT,
    RQ_JOB_FAILURE_TTL,
    RQ_RESULTS_TTL,
    execute_job,
    get_queue,
    get_queue_list,
    get_queues,
    get_queues_timeout,
    get_redis_conn,
    get_redis_connection_without_auth,
    get_workers,
    validate_queue,
)
