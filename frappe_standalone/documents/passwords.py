"""`frappe.utils.password`: secrets of documents, encrypted, apart from the documents' own rows.

The key is the site's `encryption_key`, as in Frappe, else one that is drawn from the project's key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from frappe_celery.host import Signer, settings
from frappe_standalone.database import store
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.utils.text import safe_encode, sha256_hash

if TYPE_CHECKING:  # a process that keeps no secrets is spared it
    from cryptography.fernet import Fernet

AUTH = "__Auth"
_PURPOSE = "frappe passwords"


def get_encryption_key() -> str:
    """What passwords are encrypted with: 32 bytes in base64."""
    return _keys()[0]


def _keys() -> list[str]:
    """Those that decrypt, the one that encrypts first: others while the project's is exchanged."""
    configured = local.conf.get("encryption_key")
    if configured:
        return [str(configured)]
    drawn = (Signer(key).seal(_PURPOSE, b"") for key in settings.current().keys.now())
    return [key.decode() + "=" for key in drawn]


def encrypt(txt: str | bytes, encryption_key: str | None = None) -> str:
    """Encrypted, as text.

    Raises:
        ValidationError: the key is none.
    """
    return _fernet(encryption_key or get_encryption_key()).encrypt(safe_encode(txt)).decode()


def decrypt(txt: str | bytes, encryption_key: str | None = None, key: str | None = None) -> str:
    """What `encrypt` was given; `key` names it in an error.

    Raises:
        ValidationError: it was encrypted with another key.
    """
    from cryptography.fernet import InvalidToken, MultiFernet

    keys = [encryption_key] if encryption_key else _keys()
    try:
        return MultiFernet(map(_fernet, keys)).decrypt(safe_encode(txt)).decode()
    except InvalidToken:
        raise ValidationError(
            f"{key or 'A password'} was encrypted with another key than this site's: it needs the"
            " `encryption_key` of the site that it comes from, or the project's former key"
        ) from None


def encrypt_anew() -> int:
    """Encrypt what a former key of the project's encrypted with the one that signs now.

    Returns:
        How many of the site's secrets that were. Not committed.
    """
    from cryptography.fernet import InvalidToken, MultiFernet

    first, *former = map(_fernet, _keys())
    if not former:
        return 0
    changed = 0
    for row in store.select(AUTH, {}):
        try:
            anew = MultiFernet([first, *former]).rotate(safe_encode(row["password"])).decode()
        except InvalidToken:  # it can be read by none of them
            continue
        store.update(AUTH, row["name"], {"password": anew})
        changed += 1
    return changed


def _fernet(key: str) -> Fernet:
    from cryptography.fernet import Fernet

    try:
        return Fernet(key)
    except ValueError:
        raise ValidationError(
            "Encryption key is in invalid format: it must be 32 bytes in base64, as"
            " Fernet.generate_key() makes it"
        ) from None


def get_decrypted_password(
    doctype: str, name: str, fieldname: str = "password", raise_exception: bool = True
) -> str | None:
    """A document's secret.

    Raises:
        ValidationError: there is none, or it cannot be read (not without `raise_exception`).
    """
    row = store.get(AUTH, _row_name(doctype, name, fieldname))
    try:
        if row is not None:
            return decrypt(row["password"], key=f"{doctype}.{name}.{fieldname}")
        raise ValidationError(f"Password not found for {doctype} {name} {fieldname}")
    except ValidationError:
        if raise_exception:
            raise
        return None


def set_encrypted_password(
    doctype: str, name: str, pwd: str | bytes, fieldname: str = "password"
) -> None:
    """Keep a document's secret, encrypted with the project's key."""
    whose = {"ref_doctype": doctype, "ref_name": name, "fieldname": fieldname}
    row = {**whose, "password": encrypt(pwd)}
    key = _row_name(doctype, name, fieldname)
    if not store.update(AUTH, key, row):
        store.insert(AUTH, {"name": key, **row})


def remove_encrypted_password(doctype: str, name: str, fieldname: str = "password") -> None:
    """Forget one secret of a document."""
    store.delete(AUTH, {"name": _row_name(doctype, name, fieldname)})


def delete_all_passwords_for(doctype: str, name: str) -> None:
    """Forget all secrets of a document."""
    store.delete(AUTH, {"ref_doctype": doctype, "ref_name": name})


def rename_password(doctype: str, old_name: str, new_name: str) -> None:
    """Have a renamed document keep its secrets."""
    for row in store.select(AUTH, {"ref_doctype": doctype, "ref_name": old_name}):
        name = _row_name(doctype, new_name, row["fieldname"])
        store.insert(AUTH, {**row, "name": name, "ref_name": new_name})
    delete_all_passwords_for(doctype, old_name)


def _row_name(*parts: str) -> str:
    return sha256_hash("\0".join(map(str, parts)))


# -- of documents


def keep_passwords(doc: Any) -> None:
    """Take the secrets out of a document's Password fields; stars are left there."""
    for df in doc.meta.secrets if doc.flags.ignore_save_passwords is not True else ():
        if df.fieldname in (doc.flags.ignore_save_passwords or ()):
            continue
        secret = doc.get(df.fieldname)
        if not secret:
            remove_encrypted_password(doc.doctype, doc.name, df.fieldname)
        elif not _is_stars(secret):
            set_encrypted_password(doc.doctype, doc.name, secret, df.fieldname)
            doc.set(df.fieldname, "*" * len(secret))


def forget_passwords(doc: Any) -> None:
    """Of a document that is deleted."""
    if doc.meta.secrets:
        delete_all_passwords_for(doc.doctype, doc.name)


def get_password(doc: Any, fieldname: str = "password", raise_exception: bool = True) -> str | None:
    """The secret of a document's Password field.

    Raises:
        ValidationError: there is none (not without `raise_exception`).
    """
    value = doc.get(fieldname)
    if value and not _is_stars(value):
        return str(value)
    return get_decrypted_password(doc.doctype, doc.name, fieldname, raise_exception)


def _is_stars(text: str) -> bool:
    return set(text) == {"*"}
