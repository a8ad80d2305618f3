"""Prints a presigned URL of GetCallerIdentity, to be got within a minute, as JSON."""
import json

import boto3

print(json.dumps({"url": boto3.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")}))
