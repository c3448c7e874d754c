"""`mesh sandbox env`: shell exports for an official Greenlight client, `delv` and the Cloudflare SDK."""

import shlex

from schemas.settings import Settings
from schemas.world import World, read_world
from services.mesh.running import is_alive


def exports(world: World) -> dict[str, str]:
    """What each tool reads, by variable. The Cloudflare token is the sandbox's own and opens nothing else."""
    resolver, _, port = world.resolvers[0].rpartition(":")
    with open(world.cloudflare_token_file) as file:  # noqa: PTH123 - one line
        token = file.read().strip()
    return {
        "GL_SCHEDULER_GRPC_URI": world.scheduler_uri,
        "GL_CA_CRT": world.ca_file,
        "GL_NOBODY_CRT": world.nobody_cert_file,
        "GL_NOBODY_KEY": world.nobody_key_file,
        "DELV_SERVER": resolver,
        "DELV_PORT": port,
        "DELV_ANCHOR_FILE": world.bind_anchors_file,
        "CLOUDFLARE_BASE_URL": world.cloudflare_base_url,
        "CLOUDFLARE_API_TOKEN": token,
    }


def show(settings: Settings) -> int:
    """Print the exports of the sandbox that runs on this data folder; exit status 1 if none does."""
    world = read_world(settings.data_dir)
    if world is None or not is_alive(world.pid):
        print(f"# no sandbox runs on {settings.data_dir}; start one with: mesh up")
        return 1
    for name, value in exports(world).items():
        print(f"export {name}={shlex.quote(value)}")
    print('# delv @"$DELV_SERVER" -p "$DELV_PORT" -a "$DELV_ANCHOR_FILE" +root=. NAME TXT')
    return 0
