"""The keys as they are kept: one signs, others are accepted while it is exchanged.

With a `sites` folder they are in common_site_config.json, as Frappe keeps its own secrets, else in
a file of mode 0600, a line each.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frappe_celery.config.files import edit_json, locked, read_json, replace, write_secret
from frappe_celery.config.signing import CONFIG_KEY
from frappe_celery.errors import ConfigError

ACCEPTED = "frappe_celery_accepted_keys"
ENVIRONMENT_KEY = "FRAPPE_CELERY_KEY"
SHORTEST = 32
"""Characters that a key has at least."""


@dataclass(frozen=True)
class Keys:
    """Where a bench's or project's keys are.

    Args:
        fixed: the options as they were read at the start, for keys that no file of ours has.
        from_environment: those that the environment gave.
    """

    fixed: Mapping[str, Any]
    from_environment: Collection[str]
    sites_path: Path | None
    state_path: Path

    def now(self) -> Sequence[bytes]:
        """As they stand now, the one that signs first; made when there is none.

        Raises:
            ConfigError: one is too short, or cannot be read or written.
        """
        signing, accepted = self._value(CONFIG_KEY), self._value(ACCEPTED) or ()
        if signing is None:
            keys = [*self._kept_by_us(), *accepted]
        elif isinstance(signing, str) and len(signing) >= SHORTEST:
            keys = [signing, *accepted]
        else:
            raise ConfigError(
                f"{CONFIG_KEY} (or {ENVIRONMENT_KEY}) must be a text of at least {SHORTEST}"
                " characters; remove it to have one made"
            )
        if any(len(key) < SHORTEST for key in keys[1:]):
            raise ConfigError(f"a key of {ACCEPTED} has less than {SHORTEST} characters")
        return [key.encode() for key in keys]

    def _kept_by_us(self) -> list[str]:
        """Where no configuration has one; made once."""
        made = secrets.token_urlsafe(32)
        try:
            if self.sites_path is not None:
                config = edit_json(self._file, lambda config: config.setdefault(CONFIG_KEY, made))
                return [str(config[CONFIG_KEY])]
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self._file.with_suffix(".lock")):
                if not self._file.exists():
                    write_secret(self._file, made)
                _require_own(self._file)
                return self._file.read_text().split()
        except OSError as exc:
            raise ConfigError(
                f"cannot keep the bench's key: {exc}. Make the folder writable for this user,"
                f" or set {ENVIRONMENT_KEY} to a secret of at least {SHORTEST} characters"
            ) from exc

    def rotate(self) -> None:
        """A new one signs from now on, the one that did is accepted.

        Raises:
            ConfigError: the keys are in no file of ours.
        """
        signing, *others = (key.decode() for key in self._kept())
        self._keep([secrets.token_urlsafe(32), signing, *others])

    def end(self) -> int:
        """Only the one that signs is accepted; how many others were.

        Raises:
            ConfigError: as `rotate`.
        """
        signing, *others = (key.decode() for key in self._kept())
        self._keep([signing])
        return len(others)

    @property
    def changed_at(self) -> float:
        """When their file was changed last, seconds since the epoch; 0: there is none."""
        return self._file.stat().st_mtime if self._file.exists() else 0.0

    def exposed(self) -> Path | None:
        """The file with the keys, if every user of this machine can read it."""
        holds = self._file.exists()
        if self.sites_path is not None:
            holds = not self._common().keys().isdisjoint((CONFIG_KEY, ACCEPTED))
        return self._file if holds and _is_read_by_others(self._file.resolve()) else None

    def _kept(self) -> Sequence[bytes]:
        keys, ours = self.now(), self._common()
        for name in (CONFIG_KEY, ACCEPTED):
            if self._value(name) and (name in self.from_environment or name not in ours):
                raise ConfigError(
                    f"{name} is given by the environment or by Django's settings, which are yours:"
                    f" exchange the key there. First give every process the new one in {ACCEPTED},"
                    f" then have the new one as {CONFIG_KEY} ({ENVIRONMENT_KEY}) and the old one"
                    f" in {ACCEPTED}, and once no job is signed by that leave it out"
                )
        return keys

    def _keep(self, keys: Sequence[str]) -> None:
        if self.sites_path is not None:
            new = {CONFIG_KEY: keys[0], ACCEPTED: [*keys[1:]]}
            edit_json(self._file, lambda config: config.update(new))
            return
        with locked(self._file.with_suffix(".lock")):
            replace(self._file, "\n".join(keys))

    def _value(self, name: str) -> Any:
        common = {} if name in self.from_environment else self._common()
        return common.get(name, self.fixed[name])

    def _common(self) -> Mapping[str, Any]:
        return read_json(self._file) if self.sites_path else {}

    @property
    def _file(self) -> Path:
        """What has the keys: a bench's configuration, a project's file of them alone."""
        sites = self.sites_path
        return sites / "common_site_config.json" if sites else self.state_path / "key"


def _require_own(file: Path) -> None:
    """Raises PermissionError where another user may have put it, or its folder, since all may."""
    all_may = any(folder.stat().st_mode & stat.S_IWOTH for folder in file.parents)
    for path in (file.parent, file):
        owner = path.lstat().st_uid
        if all_may and owner and os.geteuid() not in (0, owner):
            raise PermissionError(
                f"{path} is another user's (uid {owner}), and all may write there"
            )


def _is_read_by_others(file: Path) -> bool:
    """In folders that they can enter."""
    return bool(file.stat().st_mode & stat.S_IROTH) and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in file.parents
    )
