def send_stop_job_command(connection, job_id, serializer=None):
    raise AssertionError("RQ's own")
