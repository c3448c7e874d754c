"""Makes the Python of the .proto files: `python -m proto.generate`; with `--check` it changes nothing and exits 1 on a
difference between what is committed and what would be made (DESIGN §2). Needs grpcio-tools.
"""

import sys
import tempfile
from importlib import resources
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from proto.grpc_types import grpc_stub

HERE = Path(__file__).parent
SOURCES = ("scheduler", "greenlight", "primitives", "node")
SERVICES = ("scheduler", "greenlight", "node")


def build(into: Path) -> dict[str, str]:
    """Every generated file by name, made in the empty folder `into`; raises RuntimeError if the compiler refuses."""
    shipped = resources.files("grpc_tools").joinpath("_proto")
    names = [f"proto/{source}.proto" for source in SOURCES]
    arguments = ["protoc", f"-I{HERE.parent}", f"-I{shipped}", f"--python_out={into}", f"--pyi_out={into}"]
    if protoc.main([*arguments, f"--descriptor_set_out={into / 'all.pb'}", *names]) != 0:
        raise RuntimeError("protoc refused the message files")
    services = [f"proto/{service}.proto" for service in SERVICES]
    if protoc.main([*arguments[:3], f"--grpc_python_out={into}", *services]) != 0:
        raise RuntimeError("protoc refused the services")
    files = FileDescriptorSet.FromString((into / "all.pb").read_bytes())
    made = {path.name: path.read_text() for path in sorted((into / "proto").iterdir())}
    return made | {f"{name}_pb2_grpc.pyi": grpc_stub(files, f"proto/{name}.proto") for name in SERVICES}


def differing(made: dict[str, str]) -> list[str]:
    """Names of generated files that are not committed as they should be, or should not be there."""
    present = {path.name: path.read_text() for path in HERE.glob("*_pb2*.py*")}
    return sorted(name for name in made.keys() | present.keys() if made.get(name) != present.get(name))


def main() -> int:
    """Exit status: 0 when the committed files are (now) right."""
    with tempfile.TemporaryDirectory() as folder:
        made = build(Path(folder))
    changed = differing(made)
    if "--check" in sys.argv[1:]:
        sys.stderr.writelines(f"proto/{name} is not what proto/generate.py makes\n" for name in changed)
        return 1 if changed else 0
    for name in changed:
        if name in made:
            (HERE / name).write_text(made[name])
        else:
            (HERE / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
