"""A module that `clients`, whose names are kept, imports."""

TOKEN = None
HEADERS = {}


class Session:
    token = None
    cookies = {}


session = Session()


def get():
    return TOKEN
