"""What other modules of the app set here."""

import json

TOKEN = None
OTHER = None
DEFAULT = "as imported"
ENDPOINT = "https://one.invalid"
PROVIDER = json
SERIALIZER = None
PROVIDERS = {"one": json}
VERSION = 1
__tenant__ = None
__all__ = ["DEFAULT", "TOKEN"]


def currency():
    return "EUR"


class Theme:
    colour = "blue"
