"""Fixtures for every test, and how Hypothesis draws examples."""

import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["installed_wheel", "redis_process"]

# The same examples in every run, and no limit on the time of one: what a run finds must not depend
# on its luck, nor on what else the machine does. Other examples: --hypothesis-profile=default
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

# A shell ignores Ctrl-C for what it starts in the background, and every process started from there
# inherits that: programs that the tests interrupt would go on for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
