from enum import Enum


class Result:
    class Type(Enum):
        SUCCESSFUL = 1
        FAILED = 2
        STOPPED = 3

    def __init__(
        self, job_id, type, connection, id=None, created_at=None, return_value=None,
        exc_string=None, serializer=None,
    ):  # fmt: skip
        self.job_id, self.type, self.connection, self.id = job_id, type, connection, id
        self.created_at, self.return_value = created_at, return_value
        self.exc_string, self.serializer = exc_string, serializer
