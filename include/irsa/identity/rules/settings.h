// The operator's settings that decide how a pod is mutated. The command line, which fills them in, validates them.
#pragma once

#include <chrono>
#include <string>

namespace irsa::identity {

// EKS Pod Identity: the SDKs take a token to the agent on the pod's node, by the container credentials provider.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
struct ContainerCredentialsSettings {
  std::string audience = "pods.eks.amazonaws.com";
  // As token_mount_path.
  std::string token_mount_path = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
  std::string token_volume_name = "eks-pod-identity-token";  // a DNS label with room for "-10" behind it
  std::string token_path = "eks-pod-identity-token";         // in the volume: relative and clean
  std::string full_uri = "http://169.254.170.23/v1/credentials";
};

// The partition and account of roles that an annotation names without their ARN (--compose-role-arn). No account: it is
// not known here, as for `irsa audit` of a webhook that reads it from instance metadata.
struct RoleComposition {
  bool is_on = false;
  std::string partition;   // aws, aws-cn, …; empty, as the next: not known
  std::string account_id;  // 12 digits

  bool KnowsAccount() const { return !partition.empty() && !account_id.empty(); }
};

struct Settings {
  std::string annotation_prefix = "eks.amazonaws.com";  // without the slash
  std::string token_audience = "sts.amazonaws.com";
  std::string token_mount_path = "/var/run/secrets/eks.amazonaws.com/serviceaccount";  // absolute, no slash at its end
  std::chrono::seconds token_expiration{86400};  // kMinTokenExpiration to kMaxTokenExpiration (identity.h)
  std::string default_region;                    // empty: none is injected
  bool regional_sts = false;
  bool jitters_expiration = false;  // token_expiration is that of JitteredExpiration (identity.h), for IRSA too
  bool uses_default_roles = false;  // namespaces may name the role of accounts without an identity (--default-role)
  // What containers get from ConfigMaps by envFrom counts as set (--respect-env-from).
  bool respects_env_from = false;
  RoleComposition composition = {};
  ContainerCredentialsSettings container_credentials = {};
};

}  // namespace irsa::identity
