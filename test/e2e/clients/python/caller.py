"""Prints who AWS says the caller is, or the code of the error that credentials ended with, as JSON. The argument, if there is one,
is the profile to use."""
import json
import sys

import boto3
import botocore.exceptions

try:
    session = boto3.Session(profile_name=sys.argv[1] if len(sys.argv) > 1 else None)
    identity = session.client("sts").get_caller_identity()
    print(json.dumps({"arn": identity["Arn"], "account": identity["Account"]}))
except botocore.exceptions.ClientError as error:
    print(json.dumps({"code": error.response["Error"]["Code"]}))
