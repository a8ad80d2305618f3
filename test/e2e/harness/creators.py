"""Pods as fast as the apiserver takes them."""
import concurrent.futures
import threading

from .objects import pod
from .rest import RestClient

CREATORS = 4


class Creators:
    """Threads that create pods of the service account `app` until they are told to stop; `answers` are (status, answer), a refused pod is
    tried again."""

    def __init__(self, cluster, prefix, namespace):
        self.answers = []
        self._cluster, self._prefix, self._namespace = cluster, prefix, namespace
        self._stop = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(CREATORS)
        self._threads = [self._pool.submit(self._create, number) for number in range(CREATORS)]

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.result()
        self._pool.shutdown()

    def created(self):
        return [answer for status, answer in self.answers if status == 201]

    def refused(self):
        return [answer for status, answer in self.answers if status != 201]

    def _create(self, thread):
        client = RestClient(self._cluster)
        number, is_created = 0, True
        # Whoever creates pods, a controller, tries again.
        while not self._stop.is_set() or not is_created:
            number += is_created
            status, answer = client.create(pod(f"{self._prefix}-{thread}-{number}", "app", self._namespace))
            is_created = status == 201
            self.answers.append((status, answer))
        client.close()
