"""Waiting for what only becomes visible by looking."""
import threading
import time

_INTERVAL_S = 0.05
_never = threading.Event()


class Timeout(AssertionError):
    pass


def wait_until(condition, what, timeout_s=60, interval_s=_INTERVAL_S):
    """Calls condition until it returns something true, and returns that; Timeout, naming `what`, after timeout_s. A longer interval is for
    what takes minutes: starting kubectl twenty times a second takes half a core."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Timeout(f"not within {timeout_s} s: {what}")
        _never.wait(interval_s)
