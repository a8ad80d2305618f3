"""From an empty cluster to `aws s3 ls`, on a real node: `scripts/demo --node` shows this test's commands and what they print."""
import os
import unittest

from .harness.node_aws import AwsOnTheNode, show
from .harness.rendering import NAMESPACE
from .harness.sts import ACCOUNT, role_arn


def say(text):
    print(f"\n== {text}", flush=True)


class Guide(AwsOnTheNode):
    with_s3 = True

    @classmethod
    def setUpClass(cls):
        say("kubectl apply -k deploy/kustomize, until both replicas are ready")
        super().setUpClass()
        show(f"kubectl get pods -n {NAMESPACE}", cls.node.kubectl("get", "pods", "-n", NAMESPACE).out)

    def test_from_an_annotation_to_s3(self):
        say("who signs the cluster's tokens")
        show("kubectl get --raw /.well-known/openid-configuration | jq -r .issuer", self.issuer)

        say("irsa sts, which stands in for IAM and STS, and moto, which stands in for S3, in the cluster")
        show("kubectl apply -f aws.yaml", self.serve_aws())

        say("the provider and the role, by the commands that AWS wants")
        policy = show(f"irsa trust-policy --issuer {self.issuer} --account {ACCOUNT} --namespace shop --service-account cart | tee policy.json",
                      self.node.run(os.environ["IRSA_BINARY"], "trust-policy", "--issuer", self.issuer, "--account", ACCOUNT,
                                    "--namespace", "shop", "--service-account", "cart"))
        provider = self.iam("create-open-id-connect-provider", "--url", self.issuer, "--client-id-list", "sts.amazonaws.com")
        self.assertEqual(provider["OpenIDConnectProviderArn"], f"arn:aws:iam::{ACCOUNT}:oidc-provider/{self.issuer.removeprefix('https://')}")
        role = self.iam("create-role", "--role-name", "shop-cart", "--assume-role-policy-document", policy)
        self.assertEqual(role["Role"]["Arn"], role_arn("shop-cart"))

        say("a namespace, an annotated service account, and a pod that knows nothing of AWS but where the servers are")
        self.new_namespace("shop")
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": "cart", "namespace": "shop", "annotations": {"eks.amazonaws.com/role-arn": role_arn("shop-cart")}}}
        show("kubectl apply -f shop.yaml", self.apply(account, self.application("cart", "cart", "shop")).out)
        self.node.kubectl("wait", "-n", "shop", "pod/cart", "--for=condition=Ready", "--timeout=60s")
        added = show("kubectl exec -n shop cart -- env | grep -e AWS_ROLE -e AWS_WEB",
                     self.node.execute("shop", "cart", "sh", "-c", "env | grep -e AWS_ROLE -e AWS_WEB | sort"))
        self.assertIn(f"AWS_ROLE_ARN={role_arn('shop-cart')}\n", added)

        say("what the pod's own AWS CLI says")
        self.assertRegex(self.caller("shop", "cart"), f"^arn:aws:sts::{ACCOUNT}:assumed-role/shop-cart/")
        self.aws_in_pod("shop", "cart", "s3", "mb", "s3://stock")
        self.assertRegex(self.aws_in_pod("shop", "cart", "s3", "ls"), r" stock\n$")


if __name__ == "__main__":
    unittest.main()
