"""Several irsa processes under the names of the deployed Service, behind one port."""
import concurrent.futures
import pathlib
import signal

from .balancer import Balancer
from .deployed import route


class Replicas:
    """`start(directory)` starts one, here all of them at once. All are reached through `balancer`, to which the Service leads; `balance(*ports)` makes it."""

    def __init__(self, cluster, directory, start, count, ca_bundle=None, balance=Balancer):
        self._directory, self._start, self._started = pathlib.Path(directory), start, 0
        self.all = []
        self.balancer = None
        try:
            with concurrent.futures.ThreadPoolExecutor(count) as pool:
                starting = [pool.submit(start, self._next_directory()) for _ in range(count)]
            self.all = [each.result() for each in starting if not each.exception()]
            for each in starting:
                each.result()
            self.balancer = balance(*self._ports())
            route(cluster, self.balancer.port, ca_bundle)
        except BaseException:
            self.close()
            raise

    def wait_ready(self):
        for replica in self.all:
            replica.wait_ready()

    def lead_to_all(self, first=None):
        """Each of these in turn, on connections that are all new; `first`, one that was started elsewhere, before them."""
        self.balancer.send_to(*([first.port] if first else []), *self._ports())
        self.balancer.cut()

    def replace_first(self):
        """As a rolling update does: the new one is ready before the old one is told to stop. The old one's status."""
        self.start_another()
        old = self.all.pop(0)
        self.balancer.send_to(*self._ports())
        return old.close()

    def start_another(self):
        """One more, ready before anybody is led to it."""
        self.all.append(self._start(self._next_directory()).wait_ready())
        self.balancer.send_to(*self._ports())
        return self.all[-1]

    def roll(self):
        """Replaces the first as a rolling update does that tells the balancer late: the new one is ready before the old one is told
        to stop, and only then is the old one taken out. The old one's status."""
        self.start_another()
        old = self.all.pop(0)
        old.process.signal(signal.SIGTERM)
        self.balancer.send_to(*self._ports())
        # Not stopped: a second SIGTERM would cut its delay short.
        return old.process.wait()

    def kill_first(self):
        """Without a word; the balancer knows when another one has taken its place."""
        self.all.pop(0).process.kill()
        self.start_another()

    def kill_all(self):
        """As when every replica is dead: who comes is turned away."""
        while self.all:
            self.all.pop().process.kill()

    def close(self):
        for replica in self.all:
            replica.close()
        if self.balancer:
            self.balancer.close()

    def _ports(self):
        return [replica.port for replica in self.all]

    def _next_directory(self):
        self._started += 1
        return self._directory / f"replica-{self._started}"
