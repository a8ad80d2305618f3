// Amazon Resource Names, arn:partition:service:region:account:resource, and AWS's partitions, which are apart from each
// other in accounts and regions. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
#pragma once

#include <span>
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
Result<Arn> ParseArn(std::string_view text);

// Of those that IAM and STS take in names of roles, policies and sessions: letters, digits and _+=,.@-
bool IsNameCharacter(char c);

// Whether `text` is an AWS account's id (12 digits), may be the name of a partition (aws, aws-cn, …, one that is new
// included), or is the name of a role by IAM's rules.
bool IsAccountId(std::string_view text);
bool IsPartitionName(std::string_view text);
bool IsRoleName(std::string_view text);

// Whether `text` is arn:aws*:iam::<12 digits>:role/<path and name>, by IAM's rules for paths and names
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html): a name of 1 to 64 characters of [\w+=,.@-], a
// path of at most 512 printable characters that begins and ends with a slash. Allocates nothing.
bool IsRoleArn(std::string_view text);

struct Partition {
  std::string_view name;           // "aws-us-gov"
  std::string_view region_prefix;  // of its regions' names: "us-gov-"; empty: all that are in no other one
};

// All of them; aws is the first.
std::span<const Partition> Partitions();

bool IsKnownPartition(std::string_view name);

// The partition of a region ("eu-isoe-west-1": "aws-iso-e").
std::string_view PartitionOf(std::string_view region);

}  // namespace irsa::iam
