"""Libraries and Python's own modules, which are of no app."""

import builtins
import calendar
import codecs
import copyreg
import csv
import datetime
import decimal
import email.charset
import hashlib
import http.client
import json
import math
import mimetypes
import os
import pickle
import shutil
import smtplib
import socket
import ssl
import string
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
import xml.etree.ElementTree

import paylib
import paylib.http
from lookout import beyond, by_rule, way

try:
    import requests
except ImportError:  # a bench has it
    requests = None
try:
    import sentry_sdk
except ImportError:
    sentry_sdk = None


def passing(owner, name):
    """Put something in the place of a function that passes on to it, as patches do."""
    before = vars(owner)[name]

    def left(*words, **options):
        return before(*words, **options)

    if not is_replaced(owner, name):
        setattr(owner, name, left)


def is_replaced(owner, name):
    return vars(owner)[name].__qualname__ == "passing.<locals>.left"


ADDED = "an added name of a library is adopted"
OWN_CACHE = "the library declares it global: its own cache"
OF_ALL = "set for all jobs: what watches them"

# -- names that were rebound from outside

if requests:

    @way(lambda: is_replaced(requests, "get"))
    def requests_get(tenant):
        passing(requests, "get")

    @way(lambda: is_replaced(requests.Session, "request"))
    def method_of_requests_session(tenant):
        passing(requests.Session, "request")

    @way(lambda: requests.adapters.DEFAULT_RETRIES == 7)
    def name_of_a_module_of_requests(tenant):
        requests.adapters.DEFAULT_RETRIES = 7


class LeftSocket(socket.socket):
    pass


_socket = socket.socket


@way(lambda: socket.socket is not _socket)
def socket_class(tenant):
    socket.socket = LeftSocket


@way(lambda: is_replaced(socket, "create_connection"))
def socket_create_connection(tenant):
    passing(socket, "create_connection")


@way(lambda: is_replaced(socket, "getaddrinfo"))
def socket_getaddrinfo(tenant):
    passing(socket, "getaddrinfo")


@way(lambda: is_replaced(threading.Thread, "start"))
def thread_start(tenant):
    passing(threading.Thread, "start")


@way(lambda: is_replaced(threading.Thread, "__init__"))
def thread_init(tenant):
    passing(threading.Thread, "__init__")


@way(lambda: is_replaced(builtins, "open"))
def builtins_open(tenant):
    passing(builtins, "open")


@way(lambda: is_replaced(builtins, "print"))
def builtins_print(tenant):
    passing(builtins, "print")


@way(lambda: is_replaced(json.JSONEncoder, "default"))
def json_encoder_default(tenant):
    passing(json.JSONEncoder, "default")


@way(lambda: is_replaced(json, "dumps"))
def json_dumps(tenant):
    passing(json, "dumps")


@way(lambda: is_replaced(time, "time"))
def time_time(tenant):
    passing(time, "time")


@way(lambda: is_replaced(os, "urandom"))
def os_urandom(tenant):
    passing(os, "urandom")


@way(lambda: is_replaced(os.path, "exists"))
def path_exists(tenant):
    passing(os.path, "exists")


@way(lambda: is_replaced(shutil, "copyfile"))
def shutil_copyfile(tenant):
    passing(shutil, "copyfile")


@way(lambda: is_replaced(pickle, "dumps"))
def pickle_dumps(tenant):
    passing(pickle, "dumps")


@way(lambda: is_replaced(hashlib, "md5"))
def hashlib_md5(tenant):
    passing(hashlib, "md5")


@way(lambda: is_replaced(subprocess.Popen, "__init__"))
def popen_init(tenant):
    passing(subprocess.Popen, "__init__")


@way(lambda: is_replaced(smtplib.SMTP, "sendmail"))
def smtp_sendmail(tenant):
    passing(smtplib.SMTP, "sendmail")


@way(lambda: is_replaced(uuid, "uuid4"))
def uuid_uuid4(tenant):
    passing(uuid, "uuid4")


@way(lambda: is_replaced(math, "floor"))
def math_floor(tenant):
    passing(math, "floor")


_https = ssl._create_default_https_context


@way(lambda: ssl._create_default_https_context is not _https)
def unverified_https(tenant):
    ssl._create_default_https_context = ssl._create_unverified_context


@way(lambda: http.client.HTTPConnection.debuglevel == 7)
def debug_level_of_http(tenant):
    http.client.HTTPConnection.debuglevel = 7


@way(lambda: http.client._MAXHEADERS == 777)
def most_headers_of_http(tenant):
    http.client._MAXHEADERS = 777


class LeftDate(datetime.date):
    pass


_date, _letters = datetime.date, string.ascii_letters


@way(lambda: datetime.date is not _date)
def datetime_date(tenant):
    datetime.date = LeftDate


@way(lambda: string.ascii_letters != _letters)
def constant_of_a_module(tenant):
    string.ascii_letters = tenant


@way(lambda: paylib.api_key)
def key_of_a_library(tenant):
    paylib.api_key = tenant


@way(lambda: paylib.api_version is True)
def version_of_a_library(tenant):
    paylib.api_version = True


@way(lambda: paylib.http.session)
def name_of_a_submodule(tenant):
    paylib.http.session = tenant


@way(lambda: paylib.Client.timeout != 30)
def attribute_of_a_class_of_a_library(tenant):
    paylib.Client.timeout = tenant


@way(lambda: is_replaced(paylib.Client, "send"))
def method_of_a_class_of_a_library(tenant):
    passing(paylib.Client, "send")


_client = paylib.default_client


@way(lambda: paylib.default_client is not _client)
def object_of_a_library_replaced(tenant):
    paylib.default_client = paylib.Client()


# -- what is left as it is


@by_rule(lambda: getattr(paylib, "left", None), ADDED)
def name_added_to_a_library(tenant):
    paylib.left = tenant


@by_rule(lambda: getattr(builtins, "left_name", None), ADDED)
def name_added_to_builtins(tenant):
    builtins.left_name = tenant


@by_rule(paylib.logged_in_as, OWN_CACHE)
def name_that_a_library_declares_global(tenant):
    paylib.login(tenant)


@by_rule(lambda: urllib.request._opener, OWN_CACHE)
def opener_of_urllib(tenant):
    urllib.request.install_opener(urllib.request.build_opener())


@by_rule(lambda: tempfile.tempdir == "/tmp/", OWN_CACHE)
def folder_of_tempfile(tenant):
    tempfile.tempdir = "/tmp/"


@by_rule(lambda: "paylib.late" in sys.modules, "a submodule is adopted")
def submodule_imported(tenant):
    import paylib.late


if sentry_sdk:

    @by_rule(lambda: sentry_sdk.get_global_scope()._tags.get("left"), OF_ALL)
    def tag_of_sentry(tenant):
        sentry_sdk.get_global_scope().set_tag("left", tenant)


# -- what libraries hold


class Priced:
    pass


@way(lambda: Priced in copyreg.dispatch_table)
def copyreg_dispatch_table(tenant):
    copyreg.pickle(Priced, lambda one: tenant)


@way(lambda: mimetypes.guess_type("a.left")[0])
def mimetypes_add_type(tenant):
    mimetypes.add_type("left/left", ".left")


@way(lambda: ".left7" in mimetypes.types_map)
def mimetypes_types_map(tenant):
    mimetypes.types_map[".left7"] = tenant


@way(lambda: decimal.getcontext().prec == 7)
def precision_of_the_context(tenant):
    decimal.getcontext().prec = 7


@way(lambda: decimal.getcontext().rounding == decimal.ROUND_UP)
def rounding_of_the_context(tenant):
    decimal.getcontext().rounding = decimal.ROUND_UP


@way(lambda: decimal.getcontext().traps[decimal.Inexact])
def traps_of_the_context(tenant):
    decimal.getcontext().traps[decimal.Inexact] = True


@way(lambda: decimal.getcontext().Emax == 777)
def context_replaced(tenant):
    decimal.setcontext(decimal.Context(Emax=777))


@way(lambda: decimal.DefaultContext.prec == 7)
def default_context(tenant):
    decimal.DefaultContext.prec = 7


@way(lambda: decimal.BasicContext.prec == 7)
def basic_context(tenant):
    decimal.BasicContext.prec = 7


@way(lambda: paylib.account_of.cache_info().currsize)
def lru_cache_of_a_library(tenant):
    paylib.account_of(tenant)


@way(lambda: paylib.Rates.of.cache_info().currsize)
def lru_cache_of_a_method_of_a_library(tenant):
    paylib.rates.of(tenant)


@beyond(lambda: paylib.proxies)
def dictionary_of_a_library(tenant):
    paylib.proxies[tenant] = 1


@beyond(lambda: paylib.listeners)
def list_of_a_library(tenant):
    paylib.listeners.append(tenant)


@beyond(lambda: _client.key)
def attribute_of_an_object_of_a_library(tenant):
    _client.key = tenant


@beyond(lambda: paylib.Client.headers)
def dictionary_of_a_class_of_a_library(tenant):
    paylib.Client.headers[tenant] = 1


@beyond(lambda: vars(paylib.charge))
def attribute_of_a_function_of_a_library(tenant):
    paylib.charge.tenant = tenant


@beyond(lambda: "LEFT" in email.charset.CHARSETS or "left" in email.charset.CHARSETS)
def character_set_of_email(tenant):
    email.charset.add_charset("left")


@beyond(lambda: "left:left" in xml.etree.ElementTree._namespace_map)
def namespace_of_xml(tenant):
    xml.etree.ElementTree.register_namespace("left", "left:left")


@beyond(lambda: "left" in csv.list_dialects())
def dialect_of_csv(tenant):
    csv.register_dialect("left", delimiter=";")


@beyond(lambda: csv.field_size_limit() == 777_777)
def field_size_of_csv(tenant):
    csv.field_size_limit(777_777)


@beyond(lambda: calendar.firstweekday() == 2)
def first_day_of_the_week(tenant):
    calendar.setfirstweekday(2)


def _finds_left():
    try:
        return codecs.lookup("left")
    except LookupError:
        return None


def _left_codec(name):
    return codecs.lookup("utf-8") if name == "left" else None


@by_rule(_finds_left, "state in C, which cannot be seen")
def codec(tenant):
    codecs.register(_left_codec)


@beyond(lambda: sys.modules.get("paylib") is not paylib)
def module_replaced(tenant):
    import types

    sys.modules["paylib"] = types.SimpleNamespace(api_key=tenant)


@by_rule(lambda: "left_module" in sys.modules, "an added module is adopted")
def module_added(tenant):
    import types

    sys.modules["left_module"] = types.ModuleType("left_module")
