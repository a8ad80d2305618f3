"""Prints a presigned URL of GetCallerIdentity for the method given, GET unless told, as JSON."""
import json
import sys

import boto3

method = sys.argv[1] if len(sys.argv) > 1 else "GET"
print(json.dumps({"url": boto3.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod=method)}))
