"""A stand-in for the EKS Pod Identity Agent: takes the pod's token to `irsa sts` for the role that its account is associated with.

usage, on a node: pod_identity_agent.py ADDRESS PORT STS_URL '{"NAMESPACE/ACCOUNT": "ROLE_ARN"}'
"""
import base64
import datetime
import http.server
import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

PATH = "/v1/credentials"


def _subject(token):
    """(namespace, service account) of a token, unverified: `irsa sts` verifies it."""
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return tuple(claims["sub"].split(":")[2:])


class PodIdentityAgent:
    """HTTP on loopback, which SDKs accept like the agent's own address. `associations`: (namespace, account) to a role's ARN."""

    def __init__(self, sts_url, associations, address=("127.0.0.1", 0)):
        self._sts_url, self._associations = sts_url, associations
        self._server = http.server.ThreadingHTTPServer(address, self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _credentials(self, token):
        """(status, answer) as the agent's."""
        try:
            role = self._associations[_subject(token)]
        except (IndexError, KeyError, ValueError):
            return 404, {"Code": "ResourceNotFoundException", "Message": "no association"}
        query = urllib.parse.urlencode({"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": role,
                                        "RoleSessionName": "eks-test", "WebIdentityToken": token})
        request = urllib.request.Request(f"{self._sts_url}/", query.encode(), {"Accept": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer = json.load(response)["AssumeRoleWithWebIdentityResponse"]["AssumeRoleWithWebIdentityResult"]
        except urllib.error.HTTPError as error:
            return 400, {"Code": "AccessDeniedException", "Message": error.read().decode()}
        credentials = answer["Credentials"]
        expiration = credentials["Expiration"]
        if not isinstance(expiration, str):
            expiration = datetime.datetime.fromtimestamp(expiration, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return 200, {"AccessKeyId": credentials["AccessKeyId"], "SecretAccessKey": credentials["SecretAccessKey"],
                     "Token": credentials["SessionToken"], "AccountId": role.split(":")[4], "Expiration": expiration}

    def _handler(self):
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = self.path == PATH
                status, answer = agent._credentials(self.headers.get("Authorization", "")) if found else (404, {})
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        return Handler


def main(address, port, sts_url, associations):
    PodIdentityAgent(sts_url, {tuple(name.split("/")): role for name, role in json.loads(associations).items()}, (address, int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
