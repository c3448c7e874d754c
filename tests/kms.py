"""A KMS for tests: a command that keeps its keys in a folder of its own and is spoken to as an operator's would be."""

import shlex
import sys
from pathlib import Path

_SCRIPT = r"""
import base64, hashlib, pathlib, sys
verb, key = sys.argv[1:]
folder = pathlib.Path(__file__).parent
with (folder / "asked").open("a") as log:
    log.write(f"{verb} {key}\n")
if (folder / "away").exists():
    print("the secret is hunter2", file=sys.stderr)
    sys.exit(3)
data = base64.b64decode(sys.stdin.read())
pad = hashlib.sha256(str(folder).encode() + key.encode()).digest()
print(base64.b64encode(bytes(a ^ b for a, b in zip(data, pad, strict=True))).decode())
"""


def a_kms(folder: Path) -> str:
    """The command of the KMS whose keys are `folder`'s. It says in `asked` what it was asked; while `away` is there it
    answers nothing."""
    script = folder / "kms.py"
    script.write_text(_SCRIPT)
    return shlex.join([sys.executable, str(script)])
