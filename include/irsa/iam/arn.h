// Amazon Resource Names: arn:partition:service:region:account:resource.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
#pragma once

#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::iam {

struct Arn {
  std::string partition;  // aws, aws-cn, aws-us-gov, …: begins with "aws"
  std::string service;
  std::string region;   // empty for IAM
  std::string account;  // 12 digits, "aws" for AWS-managed policies, or empty
  std::string resource;

  bool operator==(const Arn&) const = default;
};

// kInvalid, quoting the text, for anything that is not an ARN.
base::Result<Arn> ParseArn(std::string_view text);

// Whether `text` is arn:aws*:iam::<12 digits>:role/<path and name>, by IAM's rules for paths and names
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html): a name of 1 to 64 characters of [\w+=,.@-], a
// path of at most 512 printable characters that begins and ends with a slash. Allocates nothing.
bool IsRoleArn(std::string_view text);

}  // namespace irsa::iam
