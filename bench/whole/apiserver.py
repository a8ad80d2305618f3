"""A stand-in for kube-apiserver that has any number of service accounts and answers at once, so that what is measured is irsa.
With a number of pods it has those too, of each hundred so many that lack their identity (pods.py).

Plain HTTP on loopback; a process of its own, on the core of the load. Everything it says is made before it listens.

usage: apiserver.py ACCOUNTS [PODS LACK]    prints its port, serves until it is ended
"""
import asyncio
import json
import os
import sys
import urllib.parse

from pods import Pods

ACCOUNTS = "/api/v1/serviceaccounts"
PAGE = 500
VERSION = "1000000"


def account(i):
    """As kubectl apply leaves it: every tenth has a role, all have what nobody asked for."""
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"kind": "ServiceAccount", "n": i}) + "\n"}
    if i % 10 == 0:
        annotations["eks.amazonaws.com/role-arn"] = f"arn:aws:iam::111122223333:role/team-{i % 500}-app-{i}"
    # The first is the one whose pods the reviews in test/data/reviews create.
    name, namespace = (f"app-{i}", f"team-{i % 500}") if i else ("my-app", "team-a")
    return {"kind": "ServiceAccount", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace, "uid": f"00000000-0000-4000-8000-{i:012d}", "resourceVersion": str(i + 1),
                         "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app.kubernetes.io/name": name}, "annotations": annotations,
                         "managedFields": [{"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1",
                                            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
                                            "fieldsV1": {"f:metadata": {"f:annotations": {".": {}}, "f:labels": {".": {}}}}}]}}


def chunk(text):
    data = text.encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


def head(content):
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{content}\r\n\r\n".encode()


class Content:
    def __init__(self, count, pods=None, lack=0):
        accounts = [account(i) for i in range(count)]
        self.pods = None if pods is None else Pods(accounts, pods, lack)
        self.pages = []
        for start in range(0, max(count, 1), PAGE):
            metadata = {"resourceVersion": VERSION}
            if start + PAGE < count:
                metadata["continue"] = str(start + PAGE)
            # Without kind and apiVersion, which a real list leaves out of its items.
            items = [{"metadata": one["metadata"]} for one in accounts[start:start + PAGE]]
            body = json.dumps({"kind": "ServiceAccountList", "apiVersion": "v1", "metadata": metadata, "items": items}).encode()
            self.pages.append(answer_with(body))
        events = [json.dumps({"type": "ADDED", "object": one}) + "\n" for one in accounts]
        events.append(json.dumps({"type": "BOOKMARK", "object": {
            "kind": "ServiceAccount", "apiVersion": "v1",
            "metadata": {"resourceVersion": VERSION, "annotations": {"k8s.io/initial-events-end": "true"}}}}) + "\n")
        self.stream = b"".join(chunk("".join(events[i:i + 20])) for i in range(0, len(events), 20))


def answer_with(body):
    return head(f"Content-Length: {len(body)}") + body


async def read_request(reader):
    """Method, path, options and body."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = lines[0].split(" ")
    path, _, query = target.partition("?")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    return method, path, dict(urllib.parse.parse_qsl(query)), body


async def answer(content, reader, writer):
    try:
        while True:
            method, path, options, body = await read_request(reader)
            if options.get("watch") in ("1", "true"):
                writer.write(head("Transfer-Encoding: chunked"))
                if path == ACCOUNTS and options.get("sendInitialEvents") in ("1", "true"):
                    writer.write(content.stream)
                await writer.drain()
                await reader.read()  # until the client goes
                return
            if path == ACCOUNTS:
                writer.write(content.pages[int(options.get("continue", "0")) // PAGE])
            elif content.pods and (found := await content.pods.answer(method, path, options, body.decode())) is not None:
                writer.write(answer_with(found.encode()))
            else:
                missing = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "message": "not here"})
                writer.write(f"HTTP/1.1 404 Not Found\r\nContent-Length: {len(missing)}\r\n\r\n{missing}".encode())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve(*counts):
    content = Content(*counts)
    server = await asyncio.start_server(lambda r, w: answer(content, r, w), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    os.sched_setaffinity(0, {1})
    asyncio.run(serve(*map(int, sys.argv[1:])))
