class Worker:
    def __init__(self, queues, name="theirs", **_):
        self.queues = queues
        self.birth_date = None
        self.hostname = "here"
        self.name = name

    def queue_names(self):
        return self.queues

    @classmethod
    def all(cls, connection=None, **_):
        """One that serves nothing, and those in Redis: their names and queues."""
        found = connection.hgetall("rq:workers") if connection else {}
        return [cls([]), *(cls(q.decode().split(","), name.decode()) for name, q in found.items())]
