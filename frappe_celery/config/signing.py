"""The signature without which nothing from the network is read: HMAC-SHA256 over every byte of
what is signed. And, where it is wanted, encryption: Fernet's, by a key that follows from that.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from frappe_celery.errors import ConfigError, Refused

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

CONFIG_KEY = "frappe_celery_key"
FRESH_SECONDS = 1.0
"""How soon a process that runs goes by keys that were exchanged."""
_MAC_LENGTH = 43  # base64url of 32 bytes without its padding
_ENCRYPTED = b"\0"
"""How what is encrypted begins; no text of ours does."""


class Signer:
    """Signs with one key and checks with that and others.

    A sealed text is the signature followed by the text, so that every byte of it is covered.

    Args:
        key: that signs, and from which that follows by which is encrypted.
        accepted: those whose signature is good too.
        kept: the keys as they stand now, asked for once a second when something is signed or
            opened, and when a signature is unknown.
        encrypts: what is sealed, or hidden, can be read by nobody who has none of the keys; what
            is opened or shown may be encrypted either way.
    """

    def __init__(
        self,
        key: bytes,
        *accepted: bytes,
        kept: Callable[[], Sequence[bytes]] | None = None,
        encrypts: bool = False,
    ) -> None:
        self.encrypts = encrypts
        self._keys: Sequence[bytes] = (key, *accepted)
        self._kept = kept
        self._fresh_until = time.monotonic() + FRESH_SECONDS
        self._begun: dict[tuple[bytes, str], hmac.HMAC] = {}

    def _mac(self, key: bytes, purpose: str, text: bytes) -> bytes:
        begun = self._begun.get((key, purpose))
        if begun is None:  # once: OpenSSL's setting up takes longer than the text
            begun = hmac.new(key, purpose.encode() + b"\0", "sha256")
            self._begun[key, purpose] = begun
        mac = begun.copy()
        mac.update(text)
        return base64.urlsafe_b64encode(mac.digest())[:_MAC_LENGTH]

    def sign(self, purpose: str, text: bytes) -> bytes:
        """The signature of `text` for `purpose`."""
        return self._mac(self._own_key(), purpose, text)

    def seal(self, purpose: str, text: bytes) -> bytes:
        """Put the signature for `purpose` before `text`; another purpose cannot open it."""
        key = self._own_key()
        text = self._hidden(key, text)
        return self._mac(key, purpose, text) + text

    def hide(self, text: bytes) -> bytes:
        """Encrypt a text, where that is wanted."""
        return self._hidden(self._own_key(), text)

    def _hidden(self, key: bytes, text: bytes) -> bytes:
        if not self.encrypts or not text:
            return text
        return _ENCRYPTED + _fernet(key).encrypt(text)

    def _own_key(self) -> bytes:
        """The one that signs, and encrypts, from now on."""
        self._follow()
        return self._keys[0]

    @property
    def fingerprint(self) -> str:
        """Of all keys that are accepted: tells them from others, and nothing else."""
        self._follow()
        return self._mac(b"\0".join(self._keys), "fingerprint", b"").decode()

    def _follow(self) -> None:
        """A key whose end is more than a second ago counts no more."""
        if time.monotonic() > self._fresh_until:
            self._read_anew()

    def show(self, hidden: bytes) -> bytes:
        """What `hide` was given.

        Raises:
            Refused: it was encrypted by a key that is none of these, or cut.
        """
        if not hidden.startswith(_ENCRYPTED):
            return hidden
        from cryptography.fernet import InvalidToken

        self._follow()
        for anew in (False, True):
            if anew:
                self._read_anew()
            for key in self._keys:
                with suppress(InvalidToken):
                    return _fernet(key).decrypt(hidden[1:])
        raise Refused(
            "it is encrypted by a key that this bench does not have any more, or was cut"
            f" ({CONFIG_KEY}, frappe-celery key)"
        )

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Give the text back.

        Raises:
            Refused: not sealed with one of these keys for this purpose, or altered since.
        """
        self._follow()
        mac, text = sealed[:_MAC_LENGTH], sealed[_MAC_LENGTH:]
        if not self._fits(purpose, mac, text):
            self._read_anew()  # the key may have been exchanged since this process began
            if not self._fits(purpose, mac, text):
                raise Refused(
                    "the signature is missing or wrong: the message was altered, or comes from a"
                    f" producer that does not have this bench's key ({CONFIG_KEY})"
                )
        return self.show(text)

    def _fits(self, purpose: str, mac: bytes, text: bytes) -> bool:
        return any(hmac.compare_digest(mac, self._mac(key, purpose, text)) for key in self._keys)

    def _read_anew(self) -> None:
        self._fresh_until = time.monotonic() + FRESH_SECONDS
        if self._kept is not None:
            with suppress(ConfigError):
                self._keys = self._kept()


@lru_cache(maxsize=8)
def _fernet(key: bytes) -> Fernet:
    from cryptography.fernet import Fernet  # 8 MB, for who wants it

    return Fernet(base64.urlsafe_b64encode(hmac.digest(key, b"encryption", "sha256")))
