"""A cluster with irsa installed as deploy/ does it, for tests that need nothing else of their own."""
import os
import pathlib
import tempfile
import unittest

from .control_plane import ControlPlane
from .deployed import install_with
from .objects import ROLE, has_identity, identity_volumes, service_account
from .rest import RestClient
from .waiting import wait_until


class InstalledCluster(unittest.TestCase):
    """The objects of deploy/kustomize/base, or of another installation there, with these components; these namespaces, and no
    irsa process."""

    installation = "base"
    components = ()
    namespaces = ("team-a", "team-b")
    # Set: the tests are for clusters that have MutatingAdmissionPolicy v1, from Kubernetes 1.36 on, or for those that have not.
    has_policies = None

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(os.environ["IRSA_TESTBED"], cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        needed = True if "components/policy" in cls.components or cls.installation == "policy" else cls.has_policies
        resources = cls.cluster.kubectl("api-resources", "--api-group=admissionregistration.k8s.io").out
        cls.serves_policies = "mutatingadmissionpolicies" in resources
        if needed not in (None, cls.serves_policies):
            raise unittest.SkipTest(f"for a Kubernetes {'with' if needed else 'without'} MutatingAdmissionPolicy v1")
        install_with(cls.cluster, list(cls.components), cls.directory / "overlay", cls.installation)
        cls.api = RestClient(cls.cluster)
        cls.addClassCleanup(cls.api.close)
        for namespace in cls.namespaces:
            cls.cluster.kubectl("create", "namespace", namespace)

    @classmethod
    def await_webhooks(cls):
        """The configurations reach the apiserver through an informer: a dry run tells when they have."""
        misspelt = service_account("misspelt", {"eks.amazonaws.com/role-arm": ROLE})
        wait_until(lambda: "role-arn?" in cls.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=misspelt,
                                                              check=False).err, "/validate in use")

    @classmethod
    def answer_to(cls, manifest):
        """The status and object that the apiserver answers to a dry run of the pod's creation."""
        return cls.api.request("POST", f"/api/v1/namespaces/{manifest['metadata']['namespace']}/pods?dryRun=All", manifest)

    @classmethod
    def gets(cls, manifest, role=ROLE):
        """Whether the pod would get the role, or no identity when it is None. Not while it is refused: the guard may hear of an account
        before what gives pods their identity does."""
        status, answer = cls.answer_to(manifest)
        return status == 201 and (has_identity(answer, role) if role else identity_volumes(answer) == [])

    @classmethod
    def apply(cls, *objects, check=True, flags=()):
        return cls.cluster.kubectl("apply", *flags, "-f", "-", stdin=list(objects), check=check)
