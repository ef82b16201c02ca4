class BaseRegistry:
    def __init__(self, name="default", connection=None, job_class=None, queue=None, **_):
        self.name = queue.name if queue else name


class StartedJobRegistry(BaseRegistry):
    pass


class FinishedJobRegistry(BaseRegistry):
    pass


class FailedJobRegistry(BaseRegistry):
    pass


class CanceledJobRegistry(BaseRegistry):
    pass


class DeferredJobRegistry(BaseRegistry):
    pass


class ScheduledJobRegistry(BaseRegistry):
    pass
