"""A stand-in for kube-apiserver with service accounts and a ConfigMap: lists, watches and gets, for both webhooks' clients.

It also answers as an instance's metadata service does (IMDSv2), for --compose-role-arn.
"""
import copy
import http.server
import json
import threading
import urllib.parse

FIRST_VERSION = 1000  # of a list before any change
ACCOUNTS = "/api/v1/serviceaccounts"
CONFIG_MAP = "pod-identity-webhook"


def object_of(kind, namespace, name, **members):
    metadata = {"namespace": namespace, "name": name, "uid": f"{namespace}.{name}", "resourceVersion": "1", **members.pop("metadata", {})}
    return {"kind": kind, "apiVersion": "v1", "metadata": metadata, **members}


class Objects:
    """The objects of one path, and what has happened to them since the beginning."""

    def __init__(self, kind, objects):
        self.kind = kind
        self.objects = {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in objects}
        self.events = []
        self.changed = threading.Condition()

    def version(self):
        return FIRST_VERSION + len(self.events)

    def put(self, changed):
        key = (changed["metadata"]["namespace"], changed["metadata"]["name"])
        with self.changed:
            self.note("MODIFIED" if key in self.objects else "ADDED", changed)
            self.objects[key] = changed

    def delete(self, namespace, name):
        with self.changed:
            self.note("DELETED", self.objects.pop((namespace, name)))

    def note(self, what, changed):
        changed["metadata"]["resourceVersion"] = str(self.version() + 1)
        self.events.append({"type": what, "object": copy.deepcopy(changed)})
        self.changed.notify_all()

    def listed(self):
        with self.changed:
            return {"kind": f"{self.kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": str(self.version())},
                    "items": list(self.objects.values())}

    def initial(self):
        """A list as events, and the number of events that it has already seen."""
        with self.changed:
            events = [{"type": "ADDED", "object": one} for one in self.objects.values()]
            bookmark = {"resourceVersion": str(self.version()), "annotations": {"k8s.io/initial-events-end": "true"}}
            return [*events, {"type": "BOOKMARK", "object": {"kind": self.kind, "apiVersion": "v1", "metadata": bookmark}}], len(self.events)

    def after(self, seen):
        """The events behind the first `seen`, waited for until there are some; None when the server ends."""
        with self.changed:
            self.changed.wait_for(lambda: self.ended or len(self.events) > seen)
            return None if self.ended else self.events[seen:]

    ended = False

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()


class StandIn:
    """Serves on loopback until the `with` block ends. `accounts`: {"NAMESPACE/NAME": annotations}; `config`: data.config, or None for no
    ConfigMap at all; `region`: of the instance."""

    def __init__(self, accounts, namespace, config=None, region="eu-central-1"):
        self.namespace = namespace
        self.accounts = Objects("ServiceAccount", [self.account(key, annotations) for key, annotations in accounts.items()])
        self.maps = Objects("ConfigMap", [] if config is None else [self.map(config)])
        self.objects = {ACCOUNTS: self.accounts, f"/api/v1/namespaces/{namespace}/configmaps": self.maps}
        self.document = json.dumps({"accountId": "444455556666", "region": region})
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                stand_in.answer(self)

            def do_PUT(self):  # a session of the metadata service
                self.send_text(200, "session", {"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": "300"})

            def send_text(self, code, text, headers=()):
                data = text.encode()
                self.send_response(code)
                for name, value in {"Content-Type": "application/json", "Content-Length": len(data), **dict(headers)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @staticmethod
    def account(key, annotations):
        return object_of("ServiceAccount", *key.split("/"), metadata={"annotations": annotations})

    def map(self, config):
        return object_of("ConfigMap", self.namespace, CONFIG_MAP, data={"config": config})

    def answer(self, request):
        address = urllib.parse.urlsplit(request.path)
        options = dict(urllib.parse.parse_qsl(address.query))
        objects = self.objects.get(address.path)
        if objects and options.get("watch") in ("1", "true"):
            self.watch(request, objects, options)
        elif objects:
            request.send_text(200, json.dumps(objects.listed()))
        elif address.path == "/latest/dynamic/instance-identity/document":
            request.send_text(200, self.document)
        elif (found := self.one(address.path)) is not None:
            request.send_text(200, json.dumps(found))
        else:
            request.send_text(404, json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
                                               "message": "not here"}))

    def one(self, path):
        """/api/v1/namespaces/NAMESPACE/serviceaccounts/NAME"""
        parts = path.split("/")
        return self.accounts.objects.get((parts[4], parts[6])) if len(parts) == 7 and parts[5] == "serviceaccounts" else None

    @staticmethod
    def watch(request, objects, options):
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.close_connection = True
        if options.get("sendInitialEvents") in ("1", "true"):
            events, seen = objects.initial()
        else:
            events, seen = [], int(options.get("resourceVersion") or FIRST_VERSION) - FIRST_VERSION
        try:
            while events is not None:
                for event in events:
                    data = (json.dumps(event) + "\n").encode()
                    request.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                request.wfile.flush()
                events = objects.after(seen)
                seen += len(events or [])
        except OSError:
            pass  # the client is gone

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for objects in self.objects.values():
            objects.end()
        self.server.shutdown()
        self.server.server_close()
