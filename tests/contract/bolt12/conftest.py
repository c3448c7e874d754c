"""The oracle that these tests ask."""

from collections.abc import Iterator

import pytest

from tests.bolt12oracle import Oracle, running_oracle
from tests.node_packages import why_no_node


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """LDK, installed for these tests."""
    missing = why_no_node()
    if missing:
        pytest.skip(missing)
    with running_oracle(tmp_path_factory.mktemp("oracle")) as running:
        yield running
