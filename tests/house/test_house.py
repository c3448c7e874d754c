"""The rules of the house, checked by the tools that know them: layout, imports, types, style, generated files."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bus.tables.permissions import BUCKET_WRITERS
from schemas import settings
from schemas.problems import PROBLEMS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bus", "schemas", "proto", "services", "tests")
LONGEST = 400


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def sources() -> list[Path]:
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in files if "_pb2" not in path.name)


def test_style() -> None:
    run(tool("ruff"), "check", ".")
    run(tool("ruff"), "format", "--check", ".")


@pytest.mark.timeout(600)
def test_types() -> None:
    run(sys.executable, "-m", "mypy")


def test_who_may_import_whom() -> None:
    run(tool("lint-imports"), "--no-cache")


def test_protocol_stubs_are_what_the_protos_generate() -> None:
    run(sys.executable, "-m", "proto.generate", "--check")


def test_documents_are_what_the_tables_generate() -> None:
    run(sys.executable, "-m", "services.mesh", "schemas")


def test_every_file_is_short_enough() -> None:
    too_long = {str(p.relative_to(ROOT)): n for p in sources() if (n := len(p.read_text().splitlines())) > LONGEST}
    assert not too_long


def test_every_module_says_what_it_guarantees() -> None:
    silent = [str(p.relative_to(ROOT)) for p in sources() if p.read_text().strip() and not _docstring(p)]
    assert not silent


def test_no_print_and_no_bare_except_in_services() -> None:
    loose = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.is_relative_to(ROOT / "services") or path.is_relative_to(ROOT / "bus")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert not loose


def test_the_lock_files_name_no_index() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text()
        assert not re.search(r"index-url|find-links|https?://|@ ", text)
        assert "--hash=sha256:" in text
    for folder in ("typescript", "bolt12oracle"):
        package = (ROOT / "tests" / folder / "package-lock.json").read_text()
        assert not re.search(r"\"resolved\"|https?://", package)
        assert '"integrity": "sha512-' in package


def test_readme_documents_every_setting_as_it_is() -> None:
    rows = [f"| `{name}` | {kind} | `{default}` | {meaning} |" for name, kind, default, meaning in settings.table()]
    readme = (ROOT / "README.md").read_text()
    assert not [row for row in rows if row not in readme]


def test_every_service_names_the_buckets_that_it_alone_writes() -> None:
    unnamed = [
        (writers[0], bucket)
        for bucket, writers in BUCKET_WRITERS.items()
        if len(writers) == 1 and (package := ROOT / "services" / writers[0].replace("-", "_")).is_dir()
        if f"`{bucket}`" not in (_docstring(package / "__init__.py") or "")
    ]
    assert not unnamed


def test_every_problem_is_somebodys() -> None:
    told = "".join(p.read_text() for p in sources() if p.name != "problems.py" and not p.is_relative_to(ROOT / "tests"))
    assert not [code for code in PROBLEMS if f'"{code}"' not in told]


def test_every_setting_is_read() -> None:
    code = "".join(p.read_text() for p in sources() if p.name != "settings.py" and not p.is_relative_to(ROOT / "tests"))
    assert not [name for name in settings.Settings.__struct_fields__ if not re.search(rf"\.{name}\b", code)]


def _docstring(path: Path) -> str | None:
    return ast.get_docstring(ast.parse(path.read_text()))
