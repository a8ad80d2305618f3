// The parameters of AssumeRoleWithWebIdentity, with the limits of AWS's API reference.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "irsa/sts/form.h"
#include "irsa/sts/sts_error.h"

namespace irsa::sts {

struct AssumeRoleRequest {
  std::string role_arn;  // as iam::IsRoleArn takes it
  std::string session_name;
  std::string token;  // 4 to 20,000 characters; what it is has yet to be seen
  std::chrono::seconds duration{3600};

  bool operator==(const AssumeRoleRequest&) const = default;
};

// ValidationError, worded as AWS does with every constraint that is not met (a parameter is missing, too long, …); for
// session policies also MalformedPolicyDocument (no JSON object) and PackedPolicyTooLarge (over 2,048 characters in
// all). Session policies have no further effect: the credentials are good for GetCallerIdentity alone, which needs no
// permission. The token is never quoted. Parameters of other names are ignored.
std::variant<AssumeRoleRequest, StsError> ReadAssumeRoleRequest(const Parameters& parameters);

}  // namespace irsa::sts
