"""What is kept by its name (`hooks`), and what is not, though `clients` names it too."""

import frappe
import paylib
from lookout import beyond, by_rule, way

from ways_app import clients, models, remote

MODEL = None
OTHER_MODEL = None
_get = remote.get
KEPT = "frappe_celery_keep names it"


@by_rule(lambda: MODEL, KEPT)
def kept_name(tenant):
    global MODEL
    MODEL = tenant


@by_rule(lambda: clients.client.key, KEPT)
def kept_client(tenant):
    clients.client.key = tenant


@by_rule(lambda: clients.pool, KEPT)
def kept_dictionary(tenant):
    clients.pool[tenant] = 1


@way(lambda: OTHER_MODEL)
def name_beside_a_kept_one(tenant):
    global OTHER_MODEL
    OTHER_MODEL = tenant


@way(lambda: remote.TOKEN)
def name_of_a_module_that_is_imported_there(tenant):
    clients.remote.TOKEN = tenant


@way(lambda: remote.get is not _get)
def function_of_a_module_that_is_imported_there(tenant):
    clients.remote.get = lambda: tenant


@way(lambda: getattr(models, "added", None))
def name_added_to_a_module_that_is_imported_there(tenant):
    clients.models.added = tenant


@way(lambda: models.Base.token)
def attribute_of_a_class_that_is_imported_there(tenant):
    clients.Base.token = tenant


@way(lambda: models.Base.registry)
def dictionary_of_a_class_that_is_imported_there(tenant):
    clients.Base.registry[tenant] = 1


@way(lambda: models.Remote.token)
def attribute_of_the_class_of_a_kept_object(tenant):
    clients.Remote.token = tenant


@way(lambda: vars(models.sign))
def attribute_of_a_function_that_is_imported_there(tenant):
    clients.sign.key = tenant


@way(lambda: paylib.api_base != "https://paylib.invalid")
def name_of_a_library_that_is_imported_there(tenant):
    clients.paylib.api_base = tenant


@way(lambda: getattr(frappe, "left_by_clients", None))
def name_added_to_frappe_that_is_imported_there(tenant):
    clients.frappe.left_by_clients = tenant


@way(lambda: remote.Session.token)
def class_of_an_object_that_is_imported_there(tenant):
    type(clients.session).token = tenant


@beyond(lambda: models.signers)
def dictionary_that_is_imported_there(tenant):
    clients.signers[tenant] = 1


@beyond(lambda: vars(remote.session))
def object_that_is_imported_there(tenant):
    clients.session.key = tenant
