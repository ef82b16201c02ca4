class BaseRegistry:
    def __init__(self, name="default", connection=None, job_class=None, queue=None, **_):
        self.name = queue.name if queue else name

    def add(self, job, ttl=0):
        return f"{job} in {self.name} for {ttl}"


class StartedJobRegistry(BaseRegistry):
    pass


class FinishedJobRegistry(BaseRegistry):
    pass


class FailedJobRegistry(BaseRegistry):
    pass


class CanceledJobRegistry(BaseRegistry):
    pass


class DeferredJobRegistry(BaseRegistry):
    def add(self, job, ttl=None):
        return super(DeferredJobRegistry, self).add(job, ttl or -1)  # noqa: UP008 (as RQ 2 does)


class ScheduledJobRegistry(BaseRegistry):
    pass
