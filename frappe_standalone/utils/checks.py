"""Whether a text is an address, a number or a name, as `frappe.utils` asks."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlparse

from frappe_standalone.exceptions import InvalidNameError, InvalidPhoneNumberError, ValidationError
from frappe_standalone.missing import required

_PHONE = re.compile(r"[0-9 +_\-,.*#()]{1,20}$")
_PERSON = re.compile(r"\w[\w'\-]*( \w[\w'\-]*)*$")


def validate_url(
    txt: str, throw: bool = False, valid_schemes: str | Collection[str] | None = None
) -> bool:
    """Whether it is an address, of one of these schemes where any are given, or begins with '/'.

    Raises:
        ValidationError: with `throw`, when it is none.
    """
    url = urlparse(txt)
    valid = bool(url.scheme and (url.netloc or url.path)) or bool(txt and txt.startswith("/"))
    if isinstance(valid_schemes, str):
        valid_schemes = (valid_schemes,)
    if valid_schemes is not None:
        valid = valid and url.scheme in valid_schemes
    if throw and not valid:
        raise ValidationError(f"'{txt}' is not a valid URL")
    return valid


def validate_phone_number(phone_number: Any, throw: bool = False) -> bool:
    """Whether it is made of what phone numbers are made of.

    Raises:
        InvalidPhoneNumberError: with `throw`, when it is not.
    """
    valid = bool(phone_number) and _PHONE.match(str(phone_number).strip()) is not None
    if throw and phone_number and not valid:
        raise InvalidPhoneNumberError(f"{phone_number} is not a valid Phone Number")
    return valid


def validate_phone_number_with_country_code(phone_number: str, fieldname: str) -> bool | None:
    """True for a number that exists in its country; None for none. Needs `phonenumbers`.

    Raises:
        InvalidPhoneNumberError: it does not, or its country is not told.
    """
    if not phone_number:
        return None
    phonenumbers = required("phonenumbers", "validate_phone_number_with_country_code")
    try:
        if phonenumbers.is_valid_number(phonenumbers.parse(phone_number)):
            return True
    except phonenumbers.NumberParseException as exc:
        if exc.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise InvalidPhoneNumberError(
                f"Please select a country code for field {fieldname}."
            ) from exc
    raise InvalidPhoneNumberError(
        f"Phone Number {phone_number} set in field {fieldname} is not valid."
    )


def validate_name(name: str, throw: bool = False) -> bool:
    """Whether a person may be called so.

    Raises:
        InvalidNameError: with `throw`, when not.
    """
    valid = bool(name) and _PERSON.match(name.strip()) is not None
    if throw and name and not valid:
        raise InvalidNameError(f"{name} is not a valid Name")
    return valid
