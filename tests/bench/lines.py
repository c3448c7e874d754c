"""How much code there is: lines per folder, and the longest file that a person wrote."""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run() -> None:
    """Print the table."""
    files = {
        path.relative_to(ROOT): len(path.read_text().splitlines())
        for folder in ("bus", "schemas", "proto", "services", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "_pb2" not in path.name
    }
    per_folder: Counter[str] = Counter()
    for path, count in files.items():
        parts = path.parts
        per_folder["/".join(parts[:2]) if parts[0] in {"services", "tests"} and len(parts) > 2 else parts[0]] += count
    for folder, count in sorted(per_folder.items()):
        print(f"{folder:<28} {count:6}")
    longest = max(files, key=lambda path: files[path])
    print(f"{'all':<28} {sum(files.values()):6}   longest: {longest} ({files[longest]})")
