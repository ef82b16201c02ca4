"""`frappe-celery check`: arguments, what is printed, exit codes, `# noqa`."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from frappe_celery.cli import main
from frappe_check.rules import RULES
from tests.unit.check.apps import written

CLEAN = (
    '# hooks.py\nscheduler_events = {"daily": ["myapp.tasks.run"]}\n# tasks.py\ndef run(): pass\n'
)
FAULTY = '# hooks.py\nscheduler_events = {"daily": ["myapp.tasks.gone", "myapp.tasks.run"]}\n' + (
    "# tasks.py\nimport os\ndef run():\n    os.chdir('/')\n    frappe.get_print()\n"
)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAPPE_BENCH_ROOT", raising=False)
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "apps.txt").write_text("frappe\nmyapp\n")
    written(tmp_path / "apps" / "myapp", FAULTY)
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


def codes(*arguments: str) -> list[str]:
    result = check(*arguments, "--json")
    return [each["code"] for app in json.loads(result.stdout) for each in app["findings"]]


@pytest.mark.parametrize("argument", [(), ("myapp",), ("apps/myapp",), ("apps/myapp/myapp",)])
def test_an_app_by_name_by_folder_or_from_apps_txt(bench: Path, argument: tuple[str, ...]) -> None:
    result = check(*argument)
    assert result.exit_code == 1
    assert "apps/myapp/myapp/hooks.py:2:31  FC003" in result.output
    assert "apps/myapp/myapp/tasks.py:4:5  FC206" in result.output
    assert "Instead: " in result.output
    assert "myapp: 1 tasks; 0 can run standalone, 1 only in a bench. 2 findings." in result.output


def test_a_summary_has_a_line_an_app_the_newest_first(bench: Path) -> None:
    names = [f"app{number}" for number in range(12)]
    for name in names:
        clean = written(bench / "apps" / name, CLEAN.replace("myapp", name))
        clean.rename(clean.with_name(name))
    (bench / "sites" / "apps.txt").write_text("\n".join(["frappe", *names, "myapp"]))
    result = check("--summary")
    lines = result.output.splitlines()
    assert result.exit_code == 1, result.output
    assert len(lines) == 10
    assert lines[0].startswith("myapp: 2 findings. FC")
    assert lines[1] == "app11: Nothing found."
    assert lines[8] == "5 more apps: 0 findings."


def test_a_file_or_a_folder_of_an_app_is_read_with_the_whole_app(bench: Path) -> None:
    assert codes("apps/myapp/myapp/tasks.py") == ["FC206"]
    assert codes("apps/myapp/myapp/hooks.py") == ["FC003"]


def test_nothing_found_ends_with_0(tmp_path: Path) -> None:
    written(tmp_path, CLEAN)
    result = check(str(tmp_path))
    assert result.exit_code == 0
    assert "Nothing found." in result.output


@pytest.mark.parametrize("argument", ["mapp", "no/such/folder", "sites/apps.txt"])
def test_a_wrong_argument_is_named_with_the_way_out(bench: Path, argument: str) -> None:
    result = check(argument)
    assert result.exit_code == 2
    assert repr(argument) in result.output
    assert "Give an app's name" in result.output


def test_frappe_s_own_findings_stand_apart_below_and_are_nobody_s_fault(bench: Path) -> None:
    frappe = bench / "apps" / "frappe" / "frappe"
    written(bench / "apps" / "frappe", CLEAN.replace("myapp", "frappe")).rename(frappe)
    (frappe / "broken.py").write_text("= 1\n")
    (bench / "sites" / "apps.txt").write_text("frappe\nmyapp\nfrappe_celery\n")
    result = check()
    own, _, frappes = result.output.partition("Frappe itself, not yours to change")
    assert result.exit_code == 1
    assert "myapp: 1 tasks" in own
    assert "apps/frappe" not in own
    assert "apps/frappe/frappe/broken.py:1:1  FC001" in frappes
    assert [app["app"] for app in json.loads(check("--json").stdout)] == ["myapp", "frappe"]

    (bench / "sites" / "apps.txt").write_text("frappe\n")
    assert check().exit_code == 0
    named = check("frappe")
    assert named.exit_code == 1
    assert "not yours" not in named.output


def test_without_any_app_it_asks_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = check()
    assert result.exit_code == 2
    assert "Name an app's folder" in result.output


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# noqa", []),
        ("# noqa: FC206", []),
        ("# NOQA:fc206, E501", []),
        ("# noqa: E501", ["FC206"]),
        ("# noqa: FC205", ["FC206"]),
    ],
)
def test_noqa(tmp_path: Path, comment: str, left: list[str]) -> None:
    hooks = '# hooks.py\nscheduler_events = {"daily": ["myapp.tasks.run"]}\n'
    written(tmp_path, f"{hooks}# tasks.py\nimport os\ndef run():\n    os.chdir('/')  {comment}\n")
    assert codes(str(tmp_path)) == left


def test_a_file_that_does_not_parse_keeps_nothing_else_from_being_found(bench: Path) -> None:
    app = bench / "apps" / "myapp" / "myapp"
    (app / "template.py").write_text("import x\n{{ name }} = 1 +\n")
    (app / "bytes.py").write_bytes(b"a = '\xff'\n")
    assert codes() == ["FC001", "FC003", "FC206", "FC001"]


def test_json(bench: Path) -> None:
    (app,) = json.loads(check("--json").stdout)
    assert app["app"] == "myapp"
    assert app["summary"] == {
        "tasks": 1,
        "standalone": 0,
        "only_in_a_bench": 1,
        "findings": {"FC003": 1, "FC206": 1},
    }
    assert app["findings"][1] | {"what": "", "happens": "", "instead": ""} == {
        "code": "FC206",
        "title": "The working directory or the umask",
        "file": "apps/myapp/myapp/tasks.py",
        "line": 4,
        "column": 5,
        "what": "",
        "happens": "",
        "instead": "",
    }
    assert app["tasks"] == [
        {
            "name": "myapp.tasks.run",
            "file": "apps/myapp/myapp/tasks.py",
            "line": 3,
            "as": ["scheduled (daily)"],
            "runs": "bench",
            "needs": [{"name": "frappe.get_print", "file": "apps/myapp/myapp/tasks.py", "line": 5}],
        }
    ]


def test_sarif_has_what_its_schema_requires(bench: Path) -> None:
    result = check("--sarif")
    assert result.exit_code == 1
    log = json.loads(result.stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert [each["ruleId"] for each in run["results"]] == ["FC003", "FC206"]
    for each in run["results"]:
        assert driver["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
        assert each["level"] in ("none", "note", "warning", "error")
        assert each["message"]["text"]
        (location,) = each["locations"]
        place = location["physicalLocation"]
        assert (bench / place["artifactLocation"]["uri"]).is_file()
        assert place["region"]["startLine"] >= 1
        assert place["region"]["startColumn"] >= 1


def test_tasks_are_shown_with_what_they_need(bench: Path) -> None:
    output = check("--tasks").output
    assert "myapp.tasks.run  scheduled (daily): only in a bench" in output
    assert "frappe.get_print  apps/myapp/myapp/tasks.py:5" in output


def test_lines_of_files_are_never_broken(bench: Path) -> None:
    (line,) = [each for each in check().output.splitlines() if "FC206" in each and "/" in each]
    assert line.endswith("`run`, scheduled (daily).")


def test_columns_count_characters(tmp_path: Path) -> None:
    written(tmp_path, '# tasks.py\ndef start():\n    "é"; frappe.enqueue(start, job_name="é")\n')
    ((finding,),) = [app["findings"] for app in json.loads(check(str(tmp_path), "--json").stdout)]
    assert finding["column"] == 41


def test_the_pre_commit_hook_is_a_command_that_reads_the_repository(bench: Path) -> None:
    hook = (Path(__file__).parents[3] / ".pre-commit-hooks.yaml").read_text()
    entry = re.search(r"^  entry: frappe-celery (.*)$", hook, re.MULTILINE)
    assert entry
    assert "pass_filenames: false" in hook
    os.chdir("apps/myapp")
    assert CliRunner().invoke(main, entry[1].split()).exit_code == 1
