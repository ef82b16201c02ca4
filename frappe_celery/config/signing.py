"""The bench's key, and the signature without which nothing from the network is read.

DESIGN.md, invariant 5: HMAC-SHA256 over every byte of what is signed.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from pathlib import Path

from frappe_celery.config.writing import edit_json, locked, write_secret
from frappe_celery.errors import ConfigError, Refused

CONFIG_KEY = "frappe_celery_key"
ENVIRONMENT_KEY = "FRAPPE_CELERY_KEY"
_MAC_LENGTH = 43  # base64url of 32 bytes without its padding


class Signer:
    """Signs and checks with one key.

    A sealed text is the signature followed by the text, so that every byte of it is covered.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._begun: dict[str, hmac.HMAC] = {}

    def _mac(self, purpose: str, text: bytes) -> bytes:
        begun = self._begun.get(purpose)
        if begun is None:  # once: OpenSSL's setting up takes longer than the text
            begun = hmac.new(self._key, purpose.encode() + b"\0", "sha256")
            self._begun[purpose] = begun
        mac = begun.copy()
        mac.update(text)
        return base64.urlsafe_b64encode(mac.digest())[:_MAC_LENGTH]

    def seal(self, purpose: str, text: bytes) -> bytes:
        """Put the signature for `purpose` before `text`; another purpose cannot open it."""
        return self._mac(purpose, text) + text

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Give the text back.

        Raises:
            Refused: not sealed with this key for this purpose, or altered since.
        """
        mac, text = sealed[:_MAC_LENGTH], sealed[_MAC_LENGTH:]
        if not hmac.compare_digest(mac, self._mac(purpose, text)):
            raise Refused(
                "the signature is missing or wrong: the message was altered, or comes from a"
                f" producer that does not have this bench's key ({CONFIG_KEY})"
            )
        return text


def load_key(configured: str | None, sites_path: Path | None, state_path: Path) -> bytes:
    """The bench's key: as configured, else made now and kept where the bench's secrets are.

    With a `sites` folder it is kept in common_site_config.json, as Frappe keeps its own secrets,
    else in a file of mode 0600 below `state_path`.

    Raises:
        ConfigError: the key is too short, or cannot be written.
    """
    if configured is not None:
        if not isinstance(configured, str) or len(configured) < 32:
            raise ConfigError(
                f"{CONFIG_KEY} (or {ENVIRONMENT_KEY}) must be a text of at least 32 characters;"
                " remove it to have one made"
            )
        return configured.encode()
    try:
        if sites_path is not None:
            return _key_in_config(sites_path / "common_site_config.json").encode()
        return _key_in_file(state_path / "key").encode()
    except OSError as exc:
        raise ConfigError(
            f"cannot keep the bench's key: {exc}. Make the folder writable for this user,"
            f" or set {ENVIRONMENT_KEY} to a secret of at least 32 characters"
        ) from exc


def _key_in_config(path: Path) -> str:
    made = secrets.token_urlsafe(32)
    return str(edit_json(path, lambda config: config.setdefault(CONFIG_KEY, made))[CONFIG_KEY])


def _key_in_file(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(path.with_suffix(".lock")):
        if not path.exists():
            write_secret(path, secrets.token_urlsafe(32))
        return path.read_text().strip()
