"""Pods created at a steady rate, whatever happens to the webhook."""
import collections
import queue
import threading
import time

from .node import runnable
from .objects import has_identity
from .rest import RestClient

_THREADS = 16
_KEPT = 20


class SteadyLoad:
    """Creates `rate` pods a second of the service account `app` until stop(). One in `run_every` is really run; the others wait for a
    scheduler that does not exist, since two cores start one or two pods a second. The oldest are deleted again."""

    def __init__(self, cluster, namespace, rate=5, run_every=10):
        self._cluster, self._namespace, self._rate, self._run_every = cluster, namespace, rate, run_every
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._stop = threading.Event()
        self._work = queue.Queue()
        self._lock = threading.Lock()
        self._names = []
        self.results = []  # (seconds since the start, "identified", "slipped" or "refused", seconds that it took)
        self.started = time.monotonic()
        self._threads = [threading.Thread(target=self._pace)] + [threading.Thread(target=self._create) for _ in range(_THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Every pod that was begun has been answered when this returns, and all are deleted."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._delete(0)

    def counts(self):
        return dict(collections.Counter(outcome for _, outcome, _ in self.results))

    def lost(self):
        """When, in seconds since the start, pods came out without their identity."""
        return sorted(round(at, 1) for at, outcome, _ in self.results if outcome != "identified")

    def summary(self):
        times = sorted(took for _, _, took in self.results)
        return (f"{len(times)} pods, {self.counts()}, admitted in {1000 * times[len(times) // 2]:.0f} ms (median), "
                f"{1000 * times[-1]:.0f} ms at most" + (f"; not identified at {self.lost()} s" if self.lost() else ""))

    def _pace(self):
        number = 0
        while not self._stop.wait(max(0, self.started + number / self._rate - time.monotonic())):
            self._work.put(number)
            number += 1
            if number % (4 * self._rate) == 0:
                self._delete(_KEPT)
        for _ in range(_THREADS):
            self._work.put(None)

    def _create(self):
        client = RestClient(self._cluster)
        while (number := self._work.get()) is not None:
            pod = runnable(f"load-{number}", "app", self._namespace)
            if number % self._run_every:
                pod["spec"]["schedulerName"] = "nobody"
            began = time.monotonic()
            status, answer = client.create(pod)
            outcome = "refused" if status != 201 else "identified" if has_identity(answer) else "slipped"
            with self._lock:
                self.results.append((began - self.started, outcome, time.monotonic() - began))
                if status == 201:
                    self._names.append(pod["metadata"]["name"])
        client.close()

    def _delete(self, kept):
        with self._lock:
            old, self._names = self._names[:len(self._names) - kept], self._names[len(self._names) - kept:]
        client = RestClient(self._cluster)
        for name in old:
            client.request("DELETE", f"{self._pods}/{name}?gracePeriodSeconds=0")
        client.close()
