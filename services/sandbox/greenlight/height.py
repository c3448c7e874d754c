"""How high the sandbox's chain is; it does not grow."""

from typing import Final

BLOCK_HEIGHT: Final = 800_000
