"""The flags under which the webhooks are compared."""
POD_IDENTITY = {"watch-container-credentials-config": "identities.json"}  # the path is filled in

FLAGS = {
    "default": {},
    "region": {"aws-default-region": "us-west-2", "sts-regional-endpoint": True},
    "region-only": {"aws-default-region": "eu-central-1"},
    "custom": {"token-audience": "corp audience", "token-mount-path": "/var/run/secrets/corp/token-dir", "token-expiration": 3600},
    "short": {"token-expiration": 5, "sts-regional-endpoint": "1", "token-mount-path": "/t"},
    "prefix": {"annotation-prefix": "id.example.org"},
    "compose": {"compose-role-arn": True},
    "pod-identity": POD_IDENTITY,
    "pod-identity-region": {**POD_IDENTITY, "aws-default-region": "eu-west-1", "sts-regional-endpoint": True},
    "pod-identity-custom": {**POD_IDENTITY, "token-expiration": 7200, "container-credentials-audience": "corp.pods",
                            "container-credentials-token-mount-path": "/var/run/secrets/corp/pods",
                            "container-credentials-token-volume-name": "corp-token", "container-credentials-token-path": "tok/en",
                            "container-credentials-full-uri": "http://[fd00:ec2::23]/v1/credentials"},
    "config-map": {"watch-config-map": True, "namespace": "eks"},
    "config-map-region": {"watch-config-map": True, "namespace": "irsa-system", "sts-regional-endpoint": True, "aws-default-region": "us-east-1"},
    "everything": {**POD_IDENTITY, "watch-config-map": True, "namespace": "eks", "annotation-prefix": "a.b", "token-expiration": 1234,
                   "aws-default-region": "x"},
}
