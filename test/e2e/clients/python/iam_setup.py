"""The calls that Terraform makes for aws_iam_openid_connect_provider, aws_iam_role and aws_iam_role_policy_attachment: created, read back,
changed and deleted. Prints what was read.

usage: iam_setup.py ISSUER TRUST_POLICY
"""
import json
import sys

import boto3

issuer, policy = sys.argv[1:]
POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
iam = boto3.client("iam")

arn = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40],
                                          Tags=[{"Key": "team", "Value": "shop"}])["OpenIDConnectProviderArn"]
iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="vault")
iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
assert provider["ThumbprintList"] == ["b" * 40] and "https://" + provider["Url"] == issuer, provider

iam.create_role(RoleName="cart", Path="/shop/", AssumeRolePolicyDocument=policy, Description="carts", MaxSessionDuration=3600)
iam.update_role(RoleName="cart", Description="", MaxSessionDuration=7200)
iam.update_assume_role_policy(RoleName="cart", PolicyDocument=policy)
iam.attach_role_policy(RoleName="cart", PolicyArn=POLICY)
iam.tag_role(RoleName="cart", Tags=[{"Key": "team", "Value": "shop"}])
iam.get_waiter("role_exists").wait(RoleName="cart")
role = iam.get_role(RoleName="cart")["Role"]
attached = iam.list_attached_role_policies(RoleName="cart")["AttachedPolicies"]
assert iam.list_role_policies(RoleName="cart")["PolicyNames"] == []
assert iam.list_instance_profiles_for_role(RoleName="cart")["InstanceProfiles"] == []

iam.detach_role_policy(RoleName="cart", PolicyArn=POLICY)
iam.delete_role(RoleName="cart")
iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
left = iam.list_roles()["Roles"] + iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
print(json.dumps({"client_ids": provider["ClientIDList"], "tags": {tag["Key"]: tag["Value"] for tag in provider["Tags"]},
                  "policy": role["AssumeRolePolicyDocument"], "attached": [each["PolicyName"] for each in attached],
                  "duration": role["MaxSessionDuration"], "left": len(left)}))
