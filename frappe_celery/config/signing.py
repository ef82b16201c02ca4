"""The bench's key, and the signature without which nothing from the network is read.

HMAC-SHA256 over every byte of what is signed.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from frappe_celery.config.writing import edit_json, locked, write_secret
from frappe_celery.errors import ConfigError, Refused

CONFIG_KEY = "frappe_celery_key"
ENVIRONMENT_KEY = "FRAPPE_CELERY_KEY"
SHORTEST = 32
"""Characters that a key has at least."""
_MAC_LENGTH = 43  # base64url of 32 bytes without its padding


class Signer:
    """Signs with one key and checks with that and others.

    A sealed text is the signature followed by the text, so that every byte of it is covered.

    Args:
        key: that signs.
        accepted: those whose signature is good too.
        kept: the keys as they stand now, asked for when a signature is unknown.
    """

    def __init__(
        self, key: bytes, *accepted: bytes, kept: Callable[[], Sequence[bytes]] | None = None
    ) -> None:
        self._keys: Sequence[bytes] = (key, *accepted)
        self._kept = kept
        self._begun: dict[tuple[bytes, str], hmac.HMAC] = {}

    def _mac(self, key: bytes, purpose: str, text: bytes) -> bytes:
        begun = self._begun.get((key, purpose))
        if begun is None:  # once: OpenSSL's setting up takes longer than the text
            begun = hmac.new(key, purpose.encode() + b"\0", "sha256")
            self._begun[key, purpose] = begun
        mac = begun.copy()
        mac.update(text)
        return base64.urlsafe_b64encode(mac.digest())[:_MAC_LENGTH]

    def seal(self, purpose: str, text: bytes) -> bytes:
        """Put the signature for `purpose` before `text`; another purpose cannot open it."""
        return self._mac(self._keys[0], purpose, text) + text

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Give the text back.

        Raises:
            Refused: not sealed with one of these keys for this purpose, or altered since.
        """
        mac, text = sealed[:_MAC_LENGTH], sealed[_MAC_LENGTH:]
        if not (self._fits(purpose, mac, text) or self._fits_by_now(purpose, mac, text)):
            raise Refused(
                "the signature is missing or wrong: the message was altered, or comes from a"
                f" producer that does not have this bench's key ({CONFIG_KEY})"
            )
        return text

    def _fits(self, purpose: str, mac: bytes, text: bytes) -> bool:
        return any(hmac.compare_digest(mac, self._mac(key, purpose, text)) for key in self._keys)

    def _fits_by_now(self, purpose: str, mac: bytes, text: bytes) -> bool:
        """The key may have been exchanged since this process began."""
        if self._kept is None:
            return False
        with suppress(ConfigError):
            self._keys = self._kept()
        return self._fits(purpose, mac, text)


def load_key(configured: str | None, sites_path: Path | None, state_path: Path) -> bytes:
    """The key that signs: as configured, else made now and kept where the bench's secrets are.

    With a `sites` folder it is kept in common_site_config.json, as Frappe keeps its own secrets,
    else in a file of mode 0600 below `state_path`.

    Raises:
        ConfigError: the key is too short, or cannot be written.
    """
    if configured is not None:
        if not isinstance(configured, str) or len(configured) < SHORTEST:
            raise ConfigError(
                f"{CONFIG_KEY} (or {ENVIRONMENT_KEY}) must be a text of at least {SHORTEST}"
                " characters; remove it to have one made"
            )
        return configured.encode()
    try:
        if sites_path is not None:
            return _key_in_config(sites_path / "common_site_config.json").encode()
        return _key_in_file(state_path / "key").encode()
    except OSError as exc:
        raise ConfigError(
            f"cannot keep the bench's key: {exc}. Make the folder writable for this user,"
            f" or set {ENVIRONMENT_KEY} to a secret of at least {SHORTEST} characters"
        ) from exc


def _key_in_config(path: Path) -> str:
    made = secrets.token_urlsafe(32)
    return str(edit_json(path, lambda config: config.setdefault(CONFIG_KEY, made))[CONFIG_KEY])


def _key_in_file(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(path.with_suffix(".lock")):
        if not path.exists():
            write_secret(path, secrets.token_urlsafe(32))
        return path.read_text().split()[0]
