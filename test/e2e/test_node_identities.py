"""What pods get beside one role, on a real node, where the kubelet makes what a test of the control plane has to make up: the name of the
pod in that of the session, the file with more roles, and the token of EKS Pod Identity."""
import json
import pathlib
import unittest

from .harness.node import IMAGE
from .harness.node_aws import STS_ADDRESS, AwsOnTheNode, programs_of_this_machine
from .harness.objects import with_role
from .harness.sts import ACCOUNT, OTHER_ACCOUNT, chained_policy, role_arn, trust_policy

HARNESS = pathlib.Path(__file__).resolve().parent / "harness"
# Where SDKs expect the agent of EKS Pod Identity.
AGENT_ADDRESS = "169.254.170.23"
AUDIT = role_arn("audit", OTHER_ACCOUNT)
AUDIENCES = ["sts.amazonaws.com", "pods.eks.amazonaws.com"]


class Identities(AwsOnTheNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve_aws([{"arn": AUDIT, "trustPolicy": chained_policy(role_arn("billing"))}])
        cls.iam("create-open-id-connect-provider", "--url", cls.issuer, "--client-id-list", *AUDIENCES)
        cls.new_namespace("shop")

    def new_role(self, name, account, audience=AUDIENCES[0]):
        """One that trusts the service account shop/`account`."""
        policy = json.dumps(trust_policy(self.issuer, f"system:serviceaccount:shop:{account}")).replace(AUDIENCES[0], audience)
        return self.iam("create-role", "--role-name", name, "--assume-role-policy-document", policy)["Role"]["Arn"]

    def run_application(self, name, account):
        self.apply(self.application(name, account, "shop"))
        self.node.kubectl("wait", "-n", "shop", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")

    def test_session_is_named_after_the_pod(self):
        self.apply(with_role("named", "shop", self.new_role("named", "named"), role_session_name="{namespace}.{pod}"))
        self.run_application("basket", "named")
        self.assertEqual(self.caller("shop", "basket"), f"arn:aws:sts::{ACCOUNT}:assumed-role/named/shop.basket")

    def test_more_roles_and_a_chain_across_accounts(self):
        billing = self.new_role("billing", "several")
        self.apply(with_role("several", "shop", self.new_role("several", "several"), profiles=f"billing={billing}, audit={AUDIT} from billing"))
        self.run_application("several", "several")
        for options, account, role in (((), ACCOUNT, "several"), (("--profile", "billing"), ACCOUNT, "billing"),
                                       (("--profile", "audit"), OTHER_ACCOUNT, "audit")):
            self.assertRegex(self.caller("shop", "several", *options), f"^arn:aws:sts::{account}:assumed-role/{role}/")

    def test_pod_identity(self):
        """The agent is EKS's in place and manner: on the node's own network, at its address."""
        self.node.run(*self.node.command("ip", "address", "add", f"{AGENT_ADDRESS}/32", "dev", "lo"))
        associations = json.dumps({"shop/agent": self.new_role("associated", "agent", AUDIENCES[1])})
        volumes, mounts = programs_of_this_machine(harness=HARNESS)
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent", "namespace": "aws"}, "spec": {
            "hostNetwork": True, "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0, "volumes": volumes,
            "containers": [{"name": "agent", "image": IMAGE, "imagePullPolicy": "Never", "securityContext": {"runAsUser": 0}, "volumeMounts": mounts,
                            "command": ["/usr/bin/python3", "/harness/pod_identity_agent.py", AGENT_ADDRESS, "80", f"http://{STS_ADDRESS}",
                                        associations],
                            "readinessProbe": {"tcpSocket": {"host": AGENT_ADDRESS, "port": 80}, "periodSeconds": 1}}]}})
        self.node.kubectl("wait", "-n", "aws", "pod/agent", "--for=condition=Ready", "--timeout=60s")
        account = with_role("agent", "shop", role_arn("not-this-one"), pod_identity="true")
        self.apply(account)
        self.run_application("agent", "agent")
        self.assertEqual(self.caller("shop", "agent"), f"arn:aws:sts::{ACCOUNT}:assumed-role/associated/eks-test")


if __name__ == "__main__":
    unittest.main()
