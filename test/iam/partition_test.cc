#include <gtest/gtest.h>

#include "irsa/iam/arn.h"

namespace irsa::iam {
namespace {

TEST(PartitionOf, GoesByTheRegionsName) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"us-east-1", "aws"},
      {"eu-central-1", "aws"},
      {"mx-central-1", "aws"},
      {"cn-north-1", "aws-cn"},
      {"us-gov-west-1", "aws-us-gov"},
      {"us-iso-east-1", "aws-iso"},
      {"us-isob-east-1", "aws-iso-b"},
      {"eu-isoe-west-1", "aws-iso-e"},
      {"us-isof-south-1", "aws-iso-f"},
      {"eusc-de-east-1", "aws-eusc"},
      {"", "aws"},
  };
  for (const auto& [region, partition] : cases) EXPECT_EQ(PartitionOf(region), partition) << region;
}

TEST(IsKnownPartition, KnowsAllAndNoOther) {
  EXPECT_EQ(Partitions().size(), 8U);
  for (const Partition& partition : Partitions()) EXPECT_TRUE(IsKnownPartition(partition.name));
  for (const char* name : {"", "AWS", "aws-gov", "aws-isoe"}) EXPECT_FALSE(IsKnownPartition(name)) << name;
}

}  // namespace
}  // namespace irsa::iam
