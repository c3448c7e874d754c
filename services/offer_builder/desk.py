"""What every handler of this service works with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bus.kv import Bucket
from schemas.records import NameRecord, Published
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """`names` is ours to write, `published` only to read; `clock` gives unix seconds."""

    names: Bucket[NameRecord]
    published: Bucket[Published]
    settings: Settings = field(repr=False)
    clock: Callable[[], float] = time.time
