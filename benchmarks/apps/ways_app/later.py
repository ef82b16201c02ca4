"""Imported by a job."""


class Client:
    token = None


client = Client()
