from rq.job import Job  # noqa: F401


class RQJob:
    @staticmethod
    def get_list(args):
        raise AssertionError("reads all jobs")

    @staticmethod
    def get_count(args):
        raise AssertionError("reads all jobs")


def serialize_job(job):
    return [job.kwargs["kwargs"]["n"], job.get_status()]
