"""`python -m tests.chaos.shifted <seconds> <module>`: run a service as if this machine's clock were that far off.

Only Python's `time.time` is moved, before anything else is imported: the edge of the world, not a mock of our code.
"""

import runpy
import sys
import time


def main() -> None:
    """Does not return before the module does."""
    seconds, module = float(sys.argv[1]), sys.argv[2]
    true_time = time.time
    time.time = lambda: true_time() + seconds
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
