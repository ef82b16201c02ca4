"""A library that is no app, of the kind that holds its account's key in its module."""

import functools

from paylib import http

api_key = None
api_version = 1
api_base = "https://paylib.invalid"
proxies = {}
listeners = []
_token = None


class Client:
    timeout = 30
    headers = {}

    def __init__(self):
        self.key = None

    def send(self):
        return http.send(self)


class Account(dict):
    """What is asked for an account."""


default_client = Client()


def charge(amount):
    return default_client.send(), amount


def login(token):
    global _token
    _token = token


def logged_in_as():
    return _token


@functools.lru_cache
def account_of(key):
    return Account(key=key)


class Rates:
    @functools.lru_cache  # noqa: B019
    def of(self, key):
        return key


rates = Rates()
