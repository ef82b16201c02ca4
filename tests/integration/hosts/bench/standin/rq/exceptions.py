class NoSuchJobError(Exception):
    pass


class InvalidJobOperation(Exception):
    pass
