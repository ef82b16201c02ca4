"""The bench's key: made once, kept where the bench's secrets are, never shown."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from frappe_celery.config.keys import ACCEPTED, Keys
from frappe_celery.config.settings import Settings
from frappe_celery.config.signing import CONFIG_KEY, Signer
from frappe_celery.errors import ConfigError, Refused


def key_of(root: Path, configured: str | None = None) -> bytes:
    sites = root / "sites"
    fixed = {CONFIG_KEY: configured, ACCEPTED: []}
    its = Keys(fixed, frozenset(), sites if sites.is_dir() else None, root / ".frappe_celery")
    return its.now()[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def keys_of_many_processes(root: Path) -> set[bytes]:
    """At once. No forks, which wait for what kombu's pool, of tests before, listens for."""
    spawn = get_context("spawn")
    all_there = spawn.Barrier(8).wait
    with ProcessPoolExecutor(8, mp_context=spawn, initializer=all_there) as pool:
        return set(pool.map(key_of, [root] * 64))


def test_a_bench_s_key_is_made_once_beside_frappe_s_secrets(tmp_path: Path) -> None:
    file = tmp_path / "sites" / "common_site_config.json"
    file.parent.mkdir()
    file.write_text('{"workers": {"z": {}, "a": {}}, "db_host": "there", "company": "Café"}')
    file.chmod(0o640)
    (key,) = keys_of_many_processes(tmp_path)
    config = json.loads(file.read_text())
    assert list(config) == ["workers", "db_host", "company", "frappe_celery_key"]
    assert list(config["workers"]) == ["z", "a"]  # the order in which they are emptied
    assert (config["company"], config["frappe_celery_key"]) == ("Café", key.decode())
    assert len(key) >= 32
    assert mode(file) == 0o640
    sealed = Settings.load(tmp_path, {}).signer.seal("job", b"text")
    assert Settings.load(tmp_path, {}).signer.open("job", sealed) == b"text"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which can own another's file")
def test_root_leaves_the_bench_s_file_to_the_bench_s_user(tmp_path: Path) -> None:
    file = tmp_path / "sites" / "common_site_config.json"
    file.parent.mkdir()
    file.write_text("{}")
    os.chown(file, 1234, 1235)
    key_of(tmp_path)
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 1235)


def test_a_new_configuration_file_with_a_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    key_of(tmp_path)
    assert mode(tmp_path / "sites" / "common_site_config.json") == 0o600


def test_a_configuration_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    real = tmp_path / "shared.json"
    real.write_text("{}")
    link = tmp_path / "sites" / "common_site_config.json"
    link.symlink_to(real)
    key = key_of(tmp_path)
    assert link.is_symlink()
    assert json.loads(real.read_text())["frappe_celery_key"] == key.decode()


def test_without_sites_it_is_a_file_of_its_owner_alone(tmp_path: Path) -> None:
    (key,) = keys_of_many_processes(tmp_path)
    file = tmp_path / ".frappe_celery" / "key"
    assert file.read_text() == key.decode()
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700


def test_two_benches_have_different_keys(tmp_path: Path) -> None:
    assert key_of(tmp_path / "a") != key_of(tmp_path / "b")


def test_the_environment_s_key_wins_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    config = Settings.load(tmp_path, {"FRAPPE_CELERY_KEY": "e" * 32})
    sealed = config.signer.seal("job", b"text")
    assert not (tmp_path / "sites" / "common_site_config.json").exists()
    (tmp_path / "sites" / "common_site_config.json").write_text(
        json.dumps({"frappe_celery_key": "e" * 32})
    )
    assert Settings.load(tmp_path, {}).signer.open("job", sealed) == b"text"


@pytest.mark.parametrize("short", ["", "k" * 31])
def test_a_short_key_is_refused_with_the_way_out(tmp_path: Path, short: str) -> None:
    with pytest.raises(ConfigError, match=r"at least 32 characters.*remove it"):
        key_of(tmp_path, short)


def test_a_key_that_cannot_be_kept_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / ".frappe_celery").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match=r"writable.*FRAPPE_CELERY_KEY"):
        key_of(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
@pytest.mark.parametrize("planted", ["key", "link", "folder", "nothing"])
def test_another_user_s_key_where_all_may_write_is_refused(planted: str) -> None:
    known = Path(tempfile.mkdtemp(dir="/tmp"))
    file = known / ".frappe_celery" / "key"
    try:
        file.parent.mkdir()
        for folder in (known, file.parent):
            folder.chmod(0o777)
        if planted == "link":
            (known / "ours").write_text("k" * 32)
            os.chown(known / "ours", 4243, 4243)
            file.symlink_to(known / "ours")
        elif planted == "key":
            file.write_text("k" * 32)
        for path in (known, *known.rglob("*")):
            if path != known / "ours":
                os.chown(path, 4242, 4242, follow_symlinks=False)
        if planted == "nothing":
            os.chown(file.parent, 4243, 4243)
        os.seteuid(4243)
        if planted == "nothing":
            assert len(key_of(known)) >= 32
        else:
            way_out = r"another user's \(uid 4242\), and all may write there.*FRAPPE_CELERY_KEY"
            with pytest.raises(ConfigError, match=way_out):
                key_of(known)
        os.seteuid(0)
        assert key_of(known), "root is refused nothing"
    finally:
        os.seteuid(0)
        shutil.rmtree(known)


def test_a_file_that_broke_meanwhile_is_named(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    file = tmp_path / "sites" / "common_site_config.json"
    file.write_text('{"half": ')
    with pytest.raises(ConfigError, match="line 1") as error:
        key_of(tmp_path)
    assert str(file) in str(error.value)
    assert file.read_text() == '{"half": '


OLD, NEW, OTHER = (letter * 32 for letter in "abc")


def test_several_keys_are_accepted_while_one_signs() -> None:
    sealed = Signer(OLD.encode()).seal("job", b"text")
    both = Signer(NEW.encode(), OLD.encode())
    assert both.open("job", sealed) == b"text"
    assert Signer(NEW.encode()).open("job", both.seal("job", b"text")) == b"text"
    for signer in (Signer(NEW.encode()), Signer(OTHER.encode(), NEW.encode())):
        with pytest.raises(Refused):
            signer.open("job", sealed)


def test_what_is_sealed_after_an_exchange_is_encrypted_by_the_key_that_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a process that was idle from before the key was rotated until the old one was gone."""
    kept = [OLD.encode()]
    idle = Signer(OLD.encode(), kept=lambda: kept, encrypts=True)
    kept[:] = [NEW.encode()]
    monkeypatch.setattr(idle, "_fresh_until", 0.0)
    new = Signer(NEW.encode(), encrypts=True)
    assert new.open("job", idle.seal("job", b"text")) == b"text"
    idle = Signer(OLD.encode(), kept=lambda: kept, encrypts=True)
    monkeypatch.setattr(idle, "_fresh_until", 0.0)
    assert new.show(idle.hide(b"text")) == b"text"


@pytest.mark.parametrize("encrypts", [True, False])
def test_what_opens_reads_the_keys_anew_once_a_second(
    monkeypatch: pytest.MonkeyPatch, encrypts: bool
) -> None:
    monkeypatch.setattr("frappe_celery.config.signing.FRESH_SECONDS", 1000.0)
    kept, reads = [NEW.encode(), OLD.encode()], list[int]()
    former = Signer(OLD.encode(), encrypts=encrypts)
    sealed, hidden = former.seal("job", b"text"), former.hide(b"text")
    ran_before = Signer(*kept, kept=lambda: reads.append(1) or kept)
    for _ in range(100):
        assert ran_before.open("job", sealed) == ran_before.show(hidden) == b"text"
    known = ran_before.fingerprint
    assert not reads
    kept[:] = [NEW.encode()]
    monkeypatch.setattr(ran_before, "_fresh_until", 0.0)
    with pytest.raises(Refused):
        ran_before.open("job", sealed)
    if encrypts:
        with pytest.raises(Refused):
            ran_before.show(hidden)
    reads.clear()
    for _ in range(100):
        ran_before.open("job", Signer(NEW.encode()).seal("job", b"text"))
    assert not reads
    assert ran_before.fingerprint == Signer(NEW.encode()).fingerprint != known


@pytest.mark.parametrize("sites", [True, False], ids=["in sites", "in a file of its own"])
def test_a_key_is_exchanged_and_who_runs_already_follows(tmp_path: Path, sites: bool) -> None:
    if sites:
        (tmp_path / "sites").mkdir()
    ran_before = Settings.load(tmp_path, {})
    old = ran_before.signer.seal("job", b"old")
    Settings.load(tmp_path, {}).keys.rotate()
    begins_now = Settings.load(tmp_path, {})
    new = begins_now.signer.seal("job", b"new")
    assert begins_now.signer.open("job", old) == b"old"
    assert ran_before.signer.open("job", new) == b"new"
    assert ran_before.signer.open("job", old) == b"old"
    assert ran_before.signer.seal("job", b"new") == new  # it signs with the new one too
    kept = "sites/common_site_config.json" if sites else ".frappe_celery/key"
    assert mode(tmp_path / kept) == 0o600
    assert begins_now.keys.end() == 1
    with pytest.raises(Refused):
        Settings.load(tmp_path, {}).signer.open("job", old)
    assert Settings.load(tmp_path, {}).signer.open("job", new) == b"new"


def test_keys_from_the_environment_are_exchanged_there(tmp_path: Path) -> None:
    environ = {
        "FRAPPE_CELERY_KEY": NEW,
        "FRAPPE_CELERY_ACCEPTED_KEYS": json.dumps([OLD]),
    }
    config = Settings.load(tmp_path, environ)
    assert config.signer.open("job", Signer(OLD.encode()).seal("job", b"text")) == b"text"
    with pytest.raises(ConfigError, match="exchange the key there"):
        config.keys.rotate()


def test_an_accepted_key_that_is_short_is_an_error(tmp_path: Path) -> None:
    config = Settings.load(tmp_path, {"FRAPPE_CELERY_ACCEPTED_KEYS": '["short"]'})
    with pytest.raises(ConfigError, match="less than 32"):
        _ = config.signer
