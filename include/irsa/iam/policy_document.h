// A trust policy in the forms in which AWS's tools hand it out.
#pragma once

#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::iam {

struct PolicyDocument {
  std::string text;      // the policy itself: JSON
  std::string role_arn;  // of the role it belongs to, where the tool says so; else empty

  bool operator==(const PolicyDocument&) const = default;
};

// From the policy itself, URL-encoded (RFC 3986, as IAM's API returns it), as a JSON string of either, or in the whole
// output of `aws iam get-role`. kMalformed, saying what is wrong, for a policy that is wrapped and cannot be unwrapped;
// a text of any other form is returned as it is, for ParseTrustPolicy to refuse.
Result<PolicyDocument> ReadPolicyDocument(std::string_view text);

}  // namespace irsa::iam
