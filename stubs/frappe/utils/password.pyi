# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.documents.passwords import decrypt as decrypt
from frappe_celery.hosts.standalone.documents.passwords import delete_all_passwords_for as delete_all_passwords_for
from frappe_celery.hosts.standalone.documents.passwords import encrypt as encrypt
from frappe_celery.hosts.standalone.documents.passwords import get_decrypted_password as get_decrypted_password
from frappe_celery.hosts.standalone.documents.passwords import get_encryption_key as get_encryption_key
from frappe_celery.hosts.standalone.documents.passwords import remove_encrypted_password as remove_encrypted_password
from frappe_celery.hosts.standalone.documents.passwords import rename_password as rename_password
from frappe_celery.hosts.standalone.documents.passwords import set_encrypted_password as set_encrypted_password

