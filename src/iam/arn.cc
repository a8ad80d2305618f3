#include "irsa/iam/arn.h"

#include <algorithm>
#include <array>

#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

using base::IsAlphanumeric;
using base::IsDigit;
using base::IsLowerOrDigit;

constexpr size_t kAccountDigits = 12;
constexpr size_t kMaxRoleName = 64;
constexpr size_t kMaxPath = 512;
constexpr std::string_view kNamePunctuation = "_+=,.@-";
constexpr std::string_view kRolePrefix = "role/";

// The path without its leading slash: empty, or ending in one with something before it.
bool IsRolePath(std::string_view path) {
  return path != "/" && path.size() < kMaxPath && std::ranges::all_of(path, [](char c) { return c > ' ' && c <= '~'; });
}

struct Fields {
  std::array<std::string_view, 6> part;  // "arn", partition, service, region, account, resource
  bool complete = false;
};

Fields Split(std::string_view text) {
  Fields fields;
  for (size_t i = 0; i + 1 < fields.part.size(); ++i) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return fields;
    fields.part[i] = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  fields.part.back() = text;
  fields.complete = true;
  return fields;
}

bool IsArn(const Fields& fields) {
  const auto& [arn, partition, service, region, account, resource] = fields.part;
  return fields.complete && arn == "arn" && IsPartitionName(partition) && !service.empty() &&
         (account.empty() || account == "aws" || IsAccountId(account)) && !resource.empty();
}

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

bool IsNameCharacter(char c) { return IsAlphanumeric(c) || kNamePunctuation.find(c) != std::string_view::npos; }

bool IsAccountId(std::string_view text) { return text.size() == kAccountDigits && std::ranges::all_of(text, IsDigit); }

bool IsPartitionName(std::string_view text) {
  return text.starts_with("aws") && std::ranges::all_of(text, [](char c) { return c == '-' || IsLowerOrDigit(c); });
}

bool IsRoleName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRoleName && std::ranges::all_of(text, IsNameCharacter);
}

Result<Arn> ParseArn(std::string_view text) {
  const Fields fields = Split(text);
  if (!IsArn(fields)) {
    return Error{ErrorCode::kInvalid, "\"" + std::string(text.substr(0, 200)) +
                                          "\" is not an ARN (arn:partition:service:region:account:resource)"};
  }
  const auto& [arn, partition, service, region, account, resource] = fields.part;
  return Arn{std::string(partition), std::string(service), std::string(region), std::string(account),
             std::string(resource)};
}

bool IsRoleArn(std::string_view text) {
  const Fields fields = Split(text);
  if (!IsArn(fields)) return false;
  const auto& [arn, partition, service, region, account, resource] = fields.part;
  if (service != "iam" || !region.empty() || !IsAccountId(account) || !resource.starts_with(kRolePrefix)) return false;
  const std::string_view path_and_name = resource.substr(kRolePrefix.size());
  const size_t slash = path_and_name.rfind('/');
  const size_t path_length = slash == std::string_view::npos ? 0 : slash + 1;
  return IsRolePath(path_and_name.substr(0, path_length)) && IsRoleName(path_and_name.substr(path_length));
}

std::span<const Partition> Partitions() { return kPartitions; }

bool IsKnownPartition(std::string_view name) {
  return std::ranges::any_of(kPartitions, [name](const Partition& partition) { return partition.name == name; });
}

std::string_view PartitionOf(std::string_view region) {
  const auto* found = std::find_if(kPartitions.begin() + 1, kPartitions.end(), [region](const Partition& partition) {
    return region.starts_with(partition.region_prefix);
  });
  return found == kPartitions.end() ? kPartitions.front().name : found->name;
}

}  // namespace irsa::iam
