// More roles for the pods of an account: profiles of an AWS config file. A pod carries the file's text as an
// annotation, from which the kubelet makes the file, beside the token.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

struct Identity;

inline constexpr std::string_view kConfigFileVariable = "AWS_CONFIG_FILE";

// The profile of the account's own identity.
inline constexpr std::string_view kDefaultProfile = "default";

// Together they bound the file, of which each pod carries a copy: Kubernetes allows 256 KiB of annotations.
inline constexpr size_t kMaxProfiles = 20;
inline constexpr size_t kMaxProfilesBytes = 8 << 10;
inline constexpr size_t kMaxProfileNameBytes = 64;

struct Profile {
  std::string name;
  std::string role_arn;
  std::string source = {};  // whose credentials assume the role: another profile; empty: the pod's token does

  bool operator==(const Profile&) const = default;
};

// An account's annotation: entries NAME=ROLE_ARN or NAME=ROLE_ARN from NAME, with commas or line breaks between them. A
// role is named as role-arn names it. An entry that is broken, names no source that there is, or comes back to itself
// by its sources is left out with a warning, and so is one whose source is left out. `key` is named in the warnings.
std::vector<Profile> ParseProfiles(std::string_view key, std::string_view value, const RoleComposition& composition,
                                   std::vector<Warning>& warnings);

// The text of the config file: the default profile and the account's own ones.
std::string ConfigFileText(const Identity& identity, std::string_view token_file);

// Its name, in the volume of a token that is at `token_path` there: "config", unless that is in the way.
std::string_view ConfigFileName(std::string_view token_path);

// The pod's field that the kubelet makes the file of: "metadata.annotations['PREFIX/aws-config']".
std::string ConfigFileField(std::string_view annotation_prefix);

}  // namespace irsa::identity
