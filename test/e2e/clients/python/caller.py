"""Prints who AWS says the caller is, or the code of the error that credentials ended with, as JSON."""
import json

import boto3
import botocore.exceptions

try:
    identity = boto3.client("sts").get_caller_identity()
    print(json.dumps({"arn": identity["Arn"], "account": identity["Account"]}))
except botocore.exceptions.ClientError as error:
    print(json.dumps({"code": error.response["Error"]["Code"]}))
