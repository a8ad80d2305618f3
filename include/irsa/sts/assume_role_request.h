// The parameters of AssumeRoleWithWebIdentity and AssumeRole, with the limits of AWS's API reference.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "irsa/iam/request_context.h"
#include "irsa/sts/query/form.h"
#include "irsa/sts/query/sts_error.h"

namespace irsa::sts {

struct AssumeRoleRequest {
  std::string role_arn;  // as iam::IsRoleArn takes it
  std::string session_name;
  std::string token = {};  // of AssumeRoleWithWebIdentity: 4 to 20,000 characters; what it is has yet to be seen
  std::chrono::seconds duration{3600};
  std::string external_id = {};            // of AssumeRole; empty: none
  iam::SessionAttributes attributes = {};  // of AssumeRole; those of a token are in its claims

  bool operator==(const AssumeRoleRequest&) const = default;
};

// ValidationError, worded as AWS does with every constraint that is not met (a parameter is missing, too long, …); for
// session policies also MalformedPolicyDocument (no JSON object) and PackedPolicyTooLarge (over 2,048 characters in
// all). Session policies have no further effect: no action that the credentials are good for needs a permission. The
// token is never quoted. Parameters of other names are ignored.
std::variant<AssumeRoleRequest, StsError> ReadAssumeRoleWithWebIdentity(const Parameters& parameters);

// The same, and InvalidParameterValue for tags that are there twice, reserved, or transitive and not there. What cannot
// be checked here is refused: AccessDenied for a code of an MFA device, ValidationError for ProvidedContexts.
std::variant<AssumeRoleRequest, StsError> ReadAssumeRole(const Parameters& parameters);

}  // namespace irsa::sts
