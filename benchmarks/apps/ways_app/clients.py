"""Of which the app says that all its names are kept: what it imports is not its own."""

import json
import re

import frappe
import paylib

try:
    import requests
except ImportError:  # a bench has it
    requests = None

from ways_app import models, remote
from ways_app.models import Base, Remote, sign, signers
from ways_app.remote import HEADERS, session

client = Remote()
pool = {}
