"""How tests are shared among processes: what belongs together stays so, and the table speaks of folders that exist."""

from pathlib import Path

from tests.turns import APART, FIRST, TOGETHER, share, turn

CHECKOUT = Path(__file__).resolve().parents[3]


def test_every_row_is_a_folder_or_file_of_tests() -> None:
    assert [row for row in (*TOGETHER, *APART, *FIRST) if not (CHECKOUT / row).exists()] == []


def test_a_file_stays_together_and_some_folders_do_or_are_taken_apart() -> None:
    assert share("tests/unit/test_a.py::test_b[c/d]") == share("tests/unit/test_a.py::test_e") == "tests/unit/test_a.py"
    assert share("tests/chaos/test_a.py::test_b") == share("tests/chaos/test_c.py::test_d")
    assert share("tests/contract/zone_signing/test_a.py::b") != share("tests/contract/zone_signing/test_a.py::c")


def test_storms_are_begun_first_and_unit_tests_last() -> None:
    turns = [
        turn(f"{folder}test_a.py::b")
        for folder in ("tests/chaos/", "tests/e2e/", "tests/contract/edge/", "tests/unit/")
    ]
    assert turns == sorted(set(turns))
