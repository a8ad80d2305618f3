#include "irsa/iam/partition.h"

#include <algorithm>
#include <array>

namespace irsa::iam {
namespace {

constexpr std::array kPartitions = {
    Partition{"aws", ""},
    Partition{"aws-cn", "cn-"},
    Partition{"aws-us-gov", "us-gov-"},
    Partition{"aws-iso", "us-iso-"},
    Partition{"aws-iso-b", "us-isob-"},
    Partition{"aws-iso-e", "eu-isoe-"},
    Partition{"aws-iso-f", "us-isof-"},
    Partition{"aws-eusc", "eusc-"},
};

}  // namespace

std::span<const Partition> Partitions() { return kPartitions; }

bool IsPartition(std::string_view name) {
  return std::any_of(kPartitions.begin(), kPartitions.end(),
                     [name](const Partition& partition) { return partition.name == name; });
}

std::string_view PartitionOf(std::string_view region) {
  const auto* found = std::find_if(kPartitions.begin() + 1, kPartitions.end(), [region](const Partition& partition) {
    return region.starts_with(partition.region_prefix);
  });
  return found == kPartitions.end() ? kPartitions.front().name : found->name;
}

}  // namespace irsa::iam
