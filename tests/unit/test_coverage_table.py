"""The table of what the tests take."""

from __future__ import annotations

from coverage_table import table


def summary(statements: int, taken: int, branches: int, branches_taken: int) -> dict[str, object]:
    return {
        "summary": {
            "num_statements": statements,
            "covered_lines": taken,
            "num_branches": branches,
            "covered_branches": branches_taken,
        }
    }


def test_files_are_added_up_by_part() -> None:
    files = {
        "services/segue/errors.py": summary(10, 10, 0, 0),
        "services/segue/index/port.py": summary(30, 27, 8, 6),
        "/any/where/services/segue/index/edge/shard.py": summary(10, 9, 2, 0),
    }
    lines, total = table({"files": files})
    assert lines[2:] == [
        "| index | 40 | 90.0 % | 10 | 60.0 % | 84.0 % |",
        "| modules at the top | 10 | 100.0 % | 0 | 100.0 % | 100.0 % |",
        "| **all** | 50 | 92.0 % | 10 | 60.0 % | 86.7 % |",
    ]
    assert total.branch_percent == 60.0
