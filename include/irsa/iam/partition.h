// AWS's partitions: the first part of every ARN, apart from each other in accounts and regions.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
#pragma once

#include <span>
#include <string_view>

namespace irsa::iam {

struct Partition {
  std::string_view name;           // "aws-us-gov"
  std::string_view region_prefix;  // of its regions' names: "us-gov-"; empty: all that are in no other one
};

// All of them; aws is the first.
std::span<const Partition> Partitions();

bool IsPartition(std::string_view name);

// The partition of a region ("eu-isoe-west-1": "aws-iso-e").
std::string_view PartitionOf(std::string_view region);

}  // namespace irsa::iam
