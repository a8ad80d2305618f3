"""What is measured. A scenario yields rows; its subjects are measured in turn, round after round, so that a machine whose speed drifts
changes all of them alike, and the median of the rounds counts."""
import dataclasses
import json
import pathlib
import socket
import ssl
import statistics
import sys
import threading

from . import load, subjects

_never = threading.Event()


@dataclasses.dataclass
class Row:
    """One figure of `irsa serve`, with its peers' in the same run. Targets are upper limits; a ratio's is against nginx."""
    scenario: str
    case: str
    unit: str
    values: dict  # subject: figure
    target: float = None
    target_ratio: float = None
    at: float = None  # where on the axis of a plot

    @property
    def ratio(self):
        return self.values["irsa"] / self.values["nginx"] if self.values.get("nginx") else None

    @property
    def met(self):
        """None without a target. A target with both parts wants both."""
        parts = []
        if self.target is not None:
            parts.append(self.values["irsa"] <= self.target)
        if self.target_ratio is not None and self.ratio is not None:
            parts.append(round(self.ratio, 2) <= self.target_ratio)
        return all(parts) if parts else None


@dataclasses.dataclass
class Setting:
    binary: str
    stock_binary: str  # or None
    go_webhook_binary: str  # or None
    directory: pathlib.Path
    certs: pathlib.Path
    rounds: int
    requests: int

    def irsa(self, flags=None):
        return subjects.irsa(self.binary, self.certs, flags)

    def peers(self, review, flags=None):
        """The servers side by side, nginx answering what irsa answers to that review. The caller stops them."""
        started = [self.irsa(flags)]
        started.append(subjects.nginx(self.directory, self.certs, load.answer_of(started[0].port, self.certs, review)))
        if self.stock_binary:
            started.append(subjects.stock(self.stock_binary, self.certs))
        return started


def _review(name):
    return subjects.REVIEWS / f"{name}.json"


def _rounds(running, rounds, measure):
    """What measure(subject) says in each of so many rounds, the servers by turns, after one that does not count: {subject: [value]}. The
    stock server is not there where it leaves requests unanswered, which with a thread for each connection it sometimes does."""
    samples = {subject.name: [] for subject in running}
    for round_number in range(rounds + 1):
        for subject in [subject for subject in running if subject.name in samples]:
            try:
                value = measure(subject)
            except load.Unanswered as why:
                if subject.name != "stock":
                    raise
                print(f"left out: the stock server: {str(why).splitlines()[0]}", file=sys.stderr)
                del samples[subject.name]
                continue
            if round_number > 0:
                samples[subject.name].append(value)
    return samples


def _cpu_per_unit(running, rounds, units, action):
    """Microseconds of CPU time per unit of work: {subject: median over the rounds}."""
    def measure(subject):
        before = subject.cpu_seconds()
        action(subject)
        return (subject.cpu_seconds() - before) / units * 1e6

    return {name: statistics.median(values) for name, values in _rounds(running, rounds, measure).items()}


def _compare(setting, review, units, action, flags=None):
    running = setting.peers(review, flags)
    try:
        return _cpu_per_unit(running, setting.rounds, units, action)
    finally:
        for subject in running:
            subject.stop()


def admission(setting):
    """CPU time per admission on kept connections, by size of the pod."""
    for name, target, ratio in [("simple", 20, 2), ("typical", 26, 2), ("large", 165, 2.4), ("windows", None, None),
                                ("dry-run", None, None)]:
        review = _review(name)
        requests = setting.requests // (5 if name == "large" else 1)
        values = _compare(setting, review, requests, lambda s: load.keep_alive(s.port, review, requests, 8))
        yield Row("CPU per admission", f"{name} ({review.stat().st_size / 1000:.1f} KB), 8 connections", "µs", values, target, ratio,
                  review.stat().st_size / 1000)


def connections(setting):
    """CPU time per admission by number of kept connections."""
    review = _review("typical")
    for count in [1, 25, 256, 1024, 4096]:
        requests = max(setting.requests, count * 4)
        values = _compare(setting, review, requests, lambda s: load.keep_alive(s.port, review, requests, count))
        yield Row("CPU per admission by connections", f"typical, {count} connections", "µs", values, at=count)


def handshakes(setting):
    """CPU time per new connection, each with one admission, in bursts of 80."""
    review, bursts = _review("simple"), max(1, setting.requests // 1000)

    def action(subject):
        for _ in range(bursts):
            load.burst(subject.port, review, 80)

    values = _compare(setting, review, bursts * 80, action)
    yield Row("CPU per new connection", "bursts of 80, ECDSA P-256, TLS 1.3, one simple review each", "µs", values, None, 1.1)


def latency(setting):
    """Latency in an open loop of 1,000 typical reviews a second."""
    review, seconds = _review("typical"), 5
    running = setting.peers(review)
    try:
        samples = _rounds(running, setting.rounds, lambda subject: load.steady(subject.port, review, 1000, seconds, 20))
    finally:
        for subject in running:
            subject.stop()
    for share, target in [(0.5, 0.25), (0.99, 0.6)]:
        values = {name: statistics.median(load.percentile(latencies, share) for latencies, _ in runs) for name, runs in samples.items()}
        yield Row("Latency at 1,000 reviews a second", f"typical, {'median' if share == 0.5 else 'p99'}", "ms", values, target)
    rates = {name: statistics.median(rate for _, rate in runs) for name, runs in samples.items()}
    yield Row("Latency at 1,000 reviews a second", "rate that the load reached", "a second", rates)


def _accounts_file(setting, count):
    path = setting.directory / f"accounts-{count}.json"
    items = [{"apiVersion": "v1", "kind": "ServiceAccount",
              "metadata": {"name": f"app-{i}", "namespace": f"team-{i % 500}",
                           "annotations": {"eks.amazonaws.com/role-arn": f"arn:aws:iam::111122223333:role/app-{i}"} if i % 10 == 0 else {}}}
             for i in range(count)]
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return path


def accounts(setting):
    """CPU time per admission and memory by number of service accounts in the file."""
    review = _review("typical")
    for count in [1, 1_000, 50_000, 100_000]:
        with setting.irsa([f"--service-accounts={_accounts_file(setting, count)}"]) as server:
            requests = setting.requests
            values = _cpu_per_unit([server], setting.rounds, requests, lambda s: load.keep_alive(s.port, review, requests, 8))
            yield Row("CPU per admission by service accounts", f"typical, {count:,} accounts", "µs", values, at=count)
            yield Row("Resident memory by service accounts", f"{count:,} accounts in a file", "MB", {"irsa": server.memory_mb()},
                      12 if count == 1 else None)


def cluster(setting):
    """Memory and time to ready with service accounts from an apiserver that answers at once."""
    for count, memory, peak in [(1, 12, None), (50_000, 30, 45), (1_000_000, None, None)]:
        with subjects.StandIn(count) as api:
            with setting.irsa([f"--kube-api=http://127.0.0.1:{api.port}"]) as server:
                seconds = server.await_ready()
                case = f"{count:,} accounts from an apiserver"
                yield Row("Start to ready", case, "s", {"irsa": seconds}, 1 if count == 50_000 else None)
                yield Row("Resident memory by service accounts", case, "MB", {"irsa": server.memory_mb()}, memory)
                yield Row("Resident memory by service accounts", f"{case}, at most while syncing", "MB",
                          {"irsa": server.memory_mb("VmHWM")}, peak)


def sources(setting):
    """CPU time per admission with identities from an apiserver and from a file, by turns, and memory after a load."""
    review = _review("typical")
    with subjects.StandIn(1) as api, setting.irsa([f"--kube-api=http://127.0.0.1:{api.port}"]) as cluster, setting.irsa() as file:
        cluster.await_ready()
        file.name = "irsa with a file"
        values = _cpu_per_unit([cluster, file], setting.rounds, setting.requests, lambda s: load.keep_alive(s.port, review, setting.requests, 8))
        for server, where in [(cluster, "an apiserver"), (file, "a file")]:
            yield Row("CPU per admission by source", f"typical, 1 account from {where}", "µs", {"irsa": values[server.name]})
        yield Row("Resident memory after a load", "typical, 1 account from an apiserver", "MB", {"irsa": cluster.memory_mb()}, 15)
        load.keep_alive(cluster.port, _review("large"), setting.requests // 5, 8)
        yield Row("Resident memory after a load", "large, 1 account from an apiserver", "MB", {"irsa": cluster.memory_mb()})


POD_CASES = [(200, 0), (5_000, 0), (50_000, 0), (50_000, 1)]  # pods; how many of a hundred lack their identity


def _pod_case(pods, lack):
    return f"{pods:,} pods" + (f", {lack} % of them without their identity" if lack else "")


def pods(setting):
    """Memory and CPU time of the leader's look at all pods, and memory of `irsa audit`, by number of pods."""
    leaders, audits = {}, {}
    for count, lack in POD_CASES:
        case = _pod_case(count, lack)
        with subjects.StandIn(1000, count, lack) as api:
            reporting = ["--report-pods", "--namespace=irsa-system", f"--kube-api=http://127.0.0.1:{api.port}"]
            with setting.irsa(reporting) as server:
                server.await_ready()
                api.await_word("asked")
                _never.wait(1)  # for the rest of its start
                before, spent = server.memory_mb(), server.cpu_seconds()
                api.let_pods_go()
                api.await_word("listed")
                _never.wait(1)  # for the last page
                leaders[count, lack] = server.memory_mb()
                yield Row("Leader's look at all pods", f"{case}: resident memory before", "MB", {"irsa": before})
                yield Row("Leader's look at all pods", f"{case}: resident memory after", "MB", {"irsa": leaders[count, lack]},
                          leaders[POD_CASES[0]] + 3)
                yield Row("Leader's look at all pods", f"{case}: resident memory, at most", "MB", {"irsa": server.memory_mb("VmHWM")})
                yield Row("Leader's look at all pods", f"{case}: CPU time", "s", {"irsa": server.cpu_seconds() - spent})
        with subjects.StandIn(1000, count, lack) as api:
            api.let_pods_go()
            audits[count, lack], printed = subjects.irsa_audit(setting.binary, api)
            if f"{count} pods" not in printed:
                raise RuntimeError(f"irsa audit did not look at {count} pods:\n{printed}")
            yield Row("irsa audit", f"{case}: resident memory, at most", "MB", {"irsa": audits[count, lack]},
                      None if lack else audits[POD_CASES[0]] + 4)


def start(setting):
    """Start to ready with a file of service accounts."""
    times = []
    for _ in range(max(5, setting.rounds)):
        with setting.irsa() as server:
            times.append(server.started_seconds * 1000)
    yield Row("Start to ready", "file source", "ms", {"irsa": statistics.median(times)}, 50)


def _open_idle(port, count, certs):
    context = ssl.create_default_context(cafile=f"{certs}/ca.crt")
    opened = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        opened.append(context.wrap_socket(connection, server_hostname="localhost"))
    return opened


def idle(setting):
    """4,000 idle connections: what they cost while nothing happens, and what they change for the others."""
    review, requests, count, seconds = _review("typical"), setting.requests, 4000, 5
    with setting.irsa() as server:
        values = _cpu_per_unit([server], setting.rounds, requests, lambda s: load.keep_alive(s.port, review, requests, 8))
        yield Row("Idle connections", "CPU per admission beside none", "µs", values)
        threads = server.threads()
        opened = _open_idle(server.port, count, setting.certs)
        before = server.cpu_seconds()
        _never.wait(seconds)
        yield Row("Idle connections", f"CPU of {count:,} a second", "ms", {"irsa": (server.cpu_seconds() - before) / seconds * 1000}, 10)
        values = _cpu_per_unit([server], setting.rounds, requests, lambda s: load.keep_alive(s.port, review, requests, 8))
        yield Row("Idle connections", f"CPU per admission beside {count:,}", "µs", values)
        yield Row("Idle connections", f"threads more with {count:,}", "", {"irsa": server.threads() - threads}, 0)
        yield Row("Idle connections", f"resident memory with {count:,}", "MB", {"irsa": server.memory_mb()})
        for connection in opened:
            connection.close()


def churn(setting):
    """Memory before and after 100,000 new connections, one after the other in bursts of 80."""
    review = _review("simple")
    with setting.irsa() as server:
        load.burst(server.port, review, 80)
        load.keep_alive(server.port, review, 4000, 80)
        before = server.memory_mb()
        for _ in range(1250):
            load.burst(server.port, review, 80)
        yield Row("Memory after 100,000 new connections", "growth", "MB", {"irsa": server.memory_mb() - before}, 1)


def size(setting):
    """The stripped binary."""
    yield Row("Binary", "stripped, dynamic libraries from Debian", "MB", {"irsa": pathlib.Path(setting.binary).stat().st_size / 1e6}, 5)


def _await_patch(server, certs, review):
    """Until the webhook knows the service account: the Go webhook answers, without a patch, before it does."""
    for _ in range(600):
        if b'"patch"' in load.answer_of(server.port, certs, review):
            return
        _never.wait(0.1)
    sys.exit(f"{server.name} never gave the pod of {review.name} an identity")


def webhooks(setting):
    """irsa beside amazon-eks-pod-identity-webhook, both with service accounts from the same apiserver's stand-in, and nginx. Only with
    --go-webhook BINARY."""
    if not setting.go_webhook_binary:
        print("left out: webhooks: no --go-webhook BINARY", file=sys.stderr)
        return
    for count in [1, 50_000]:
        with subjects.StandIn(count) as api, setting.irsa([f"--kube-api=http://127.0.0.1:{api.port}"]) as ours, \
                subjects.go_webhook(setting.go_webhook_binary, setting.certs, api) as theirs:
            ours.await_ready()
            for server in (ours, theirs):
                _await_patch(server, setting.certs, _review("simple"))
            if count == 1:
                for name in ["simple", "typical", "large"]:
                    review = _review(name)
                    requests = setting.requests // (5 if name == "large" else 1)
                    with subjects.nginx(setting.directory, setting.certs, load.answer_of(ours.port, setting.certs, review)) as constant:
                        values = _cpu_per_unit([ours, theirs, constant], setting.rounds, requests,
                                               lambda s: load.keep_alive(s.port, review, requests, 8))
                    yield Row("Webhooks: CPU per admission", f"{name} ({review.stat().st_size / 1000:.1f} KB), 8 connections", "µs", values)
            else:
                load.keep_alive(ours.port, _review("typical"), 2000, 8)
                load.keep_alive(theirs.port, _review("typical"), 2000, 8)
            yield Row("Webhooks: resident memory after a load", f"{count:,} accounts from an apiserver", "MB",
                      {server.name: server.memory_mb() for server in (ours, theirs)})
    yield Row("Webhooks: binary", "as built, dynamic libraries from Debian or static", "MB",
              {"irsa": pathlib.Path(setting.binary).stat().st_size / 1e6,
               "Go webhook": pathlib.Path(setting.go_webhook_binary).stat().st_size / 1e6})


ALL = [webhooks, admission, connections, handshakes, latency, accounts, cluster, sources, pods, start, idle, churn, size]
