"""The store's steps as Lua scripts, one file each in `lua/`: Redis runs a script as one step."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

_SOURCES = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "lua").glob("*.lua")}
_HASHES = {name: hashlib.sha1(source).hexdigest() for name, source in _SOURCES.items()}


def run(client: Any, name: str, keys: tuple[Any, ...], *args: Any) -> Any:
    """Run the script `name`; sends its text only to a server that does not have it yet."""
    from redis.exceptions import NoScriptError

    try:
        return client.evalsha(_HASHES[name], len(keys), *keys, *args)
    except NoScriptError:
        return client.eval(_SOURCES[name], len(keys), *keys, *args)


def command(name: str) -> tuple[str, bytes | str]:
    """EVALSHA and the hash of a script, for callers that write to a connection themselves."""
    return "EVALSHA", _HASHES[name]


def load(client: Any, *names: str) -> None:
    """Make the server know scripts that will be called by hash alone."""
    for name in names:
        client.script_load(_SOURCES[name])
