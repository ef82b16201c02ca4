class JobTimeoutException(Exception):
    pass
