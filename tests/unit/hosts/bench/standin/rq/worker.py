class Worker:
    def __init__(self, queues, **_):
        self.queues = queues

    @classmethod
    def all(cls, connection=None, **_):
        return [cls([])]
