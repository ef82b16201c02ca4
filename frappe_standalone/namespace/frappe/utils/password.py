"""`frappe.utils.password`."""

from frappe_standalone.documents.passwords import (
    decrypt,
    delete_all_passwords_for,
    encrypt,
    get_decrypted_password,
    get_encryption_key,
    remove_encrypted_password,
    rename_password,
    set_encrypted_password,
)
