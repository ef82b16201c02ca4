class Worker:
    def __init__(self, queues, **_):
        self.queues = queues
        self.birth_date = None
        self.hostname = "here"
        self.name = "theirs"

    def queue_names(self):
        return []

    @classmethod
    def all(cls, connection=None, **_):
        return [cls([])]
