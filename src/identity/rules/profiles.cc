#include "irsa/identity/rules/profiles.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"

#include "fitting.h"

namespace irsa::identity {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kNamePunctuation = "_.-";
constexpr std::string_view kFrom = "from";

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty()) return words;
    words.push_back(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(words.back().size());
  }
}

bool IsProfileName(std::string_view name) {
  return name.size() <= kMaxProfileNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
           return base::IsAlphanumeric(c) || kNamePunctuation.find(c) != std::string_view::npos;
         });
}

const Profile* Find(const std::vector<Profile>& profiles, std::string_view name) {
  const auto found =
      std::find_if(profiles.begin(), profiles.end(), [name](const Profile& profile) { return profile.name == name; });
  return found == profiles.end() ? nullptr : &*found;
}

class ProfilesReader {
 public:
  ProfilesReader(std::string_view key, const RoleComposition& composition, std::vector<Warning>& warnings)
      : key_(key), composition_(composition), warnings_(warnings) {}

  std::vector<Profile> Read(std::string_view value) {
    if (value.size() > kMaxProfilesBytes) {
      warnings_.push_back({WarningReason::kIgnoredValue,
                           std::string(key_) + " is over " + std::to_string(kMaxProfilesBytes) + " bytes; ignored"});
      return {};
    }
    size_t entries = 0;
    while (!value.empty()) {
      const std::string_view entry = value.substr(0, value.find_first_of(",\n"));
      value.remove_prefix(std::min(entry.size() + 1, value.size()));
      const std::vector<std::string_view> words = Words(entry);
      if (words.empty()) continue;
      if (++entries > kMaxProfiles) {
        warnings_.push_back({WarningReason::kIgnoredValue, std::string(key_) + " has more than " +
                                                               std::to_string(kMaxProfiles) +
                                                               " entries; those after them are left out"});
        break;
      }
      const char* const end = words.back().data() + words.back().size();
      if (auto profile = ReadEntry({words.front().data(), static_cast<size_t>(end - words.front().data())})) {
        read_.push_back(*std::move(profile));
      }
    }
    return KeepRooted();
  }

 private:
  void LeaveOut(std::string_view entry, std::string_view why) {
    warnings_.push_back(AboutValue(WarningReason::kIgnoredValue, key_, entry, why));
  }

  std::optional<Profile> ReadEntry(std::string_view entry) {
    const size_t equals = std::min(entry.find('='), entry.size());
    const std::vector<std::string_view> left = Words(entry.substr(0, equals));
    const std::vector<std::string_view> right = Words(entry.substr(std::min(equals + 1, entry.size())));
    const bool has_source = right.size() == 3 && right[1] == kFrom;
    if (left.size() != 1 || (right.size() != 1 && !has_source)) {
      LeaveOut(entry, "is not NAME=ROLE_ARN or NAME=ROLE_ARN from NAME; left out");
      return std::nullopt;
    }
    const std::string_view name = left.front();
    if (!IsProfileName(name)) {
      LeaveOut(name, "is not a name of up to 64 letters, digits and _.-; left out");
      return std::nullopt;
    }
    if (name == kDefaultProfile) {
      LeaveOut(name, "is the account's own role: use another name; left out");
      return std::nullopt;
    }
    if (Find(read_, name) != nullptr) {
      LeaveOut(name, "occurs twice; the second one is left out");
      return std::nullopt;
    }
    std::string role_arn = ComposeRoleArn(right.front(), composition_);
    if (!iam::IsRoleArn(role_arn) && !IsRoleWithoutAccount(role_arn, composition_)) {
      LeaveOut(entry, "is not NAME=arn:aws:iam::ACCOUNT:role/NAME; left out");
      return std::nullopt;
    }
    return Profile{std::string(name), std::move(role_arn), std::string(has_source ? right.back() : std::string_view())};
  }

  // Those that come to the pod's own credentials by their sources.
  std::vector<Profile> KeepRooted() {
    std::vector<Profile> kept;
    for (const Profile& profile : read_) {
      if (const std::string_view why = WhyRootless(profile); !why.empty()) {
        LeaveOut(profile.name + " from " + profile.source, why);
      } else {
        kept.push_back(profile);
      }
    }
    return kept;
  }

  std::string_view WhyRootless(const Profile& profile) const {
    const Profile* at = &profile;
    for (size_t steps = 0; steps <= read_.size(); ++steps) {
      if (at->source.empty() || at->source == kDefaultProfile) return {};
      const Profile* source = Find(read_, at->source);
      if (source == nullptr) {
        return at == &profile ? "names a profile that does not exist; left out" : "is left out, as its source is";
      }
      if (source == &profile) return "refers back to itself; left out";
      at = source;
    }
    return "is left out, as its source is";
  }

  const std::string_view key_;
  const RoleComposition& composition_;
  std::vector<Warning>& warnings_;
  std::vector<Profile> read_;
};

void AppendSetting(std::string_view name, std::string_view value, std::string& text) {
  if (!value.empty()) text.append(name).append(" = ").append(value).append("\n");
}

}  // namespace

std::vector<Profile> ParseProfiles(std::string_view key, std::string_view value, const RoleComposition& composition,
                                   std::vector<Warning>& warnings) {
  return ProfilesReader(key, composition, warnings).Read(value);
}

std::string ConfigFileText(const Identity& identity, std::string_view token_file) {
  const bool uses_token = identity.method == Method::kWebIdentity;
  // With the pod's name, which is not known yet, it has to come by the variable.
  const PodSessionName session = SessionNameFor(identity.session_name, 0);
  std::string text;
  const auto add_section = [&](std::string_view heading, const Profile& profile) {
    text.append("[").append(heading).append(profile.name).append("]\n");
    if (!profile.role_arn.empty()) {
      AppendSetting("role_arn", profile.role_arn, text);
      if (!profile.source.empty() && (uses_token || profile.source != kDefaultProfile)) {
        AppendSetting("source_profile", profile.source, text);
      } else if (uses_token) {
        AppendSetting("web_identity_token_file", token_file, text);
      } else {
        AppendSetting("credential_source", "EcsContainer", text);
      }
      if (!session.needs_pod_name) AppendSetting("role_session_name", session.value, text);
    }
    AppendSetting("region", identity.region, text);
  };
  // A malformed role could be text that is no value of a file's; nobody would get credentials for it.
  const bool has_role = iam::IsRoleArn(identity.role_arn);
  add_section("", {std::string(kDefaultProfile), has_role ? identity.role_arn : std::string()});
  for (const Profile& profile : identity.profiles) {
    text.append("\n");
    add_section("profile ", profile);
  }
  return text;
}

std::string_view ConfigFileName(std::string_view token_path) {
  constexpr std::string_view kName = "config";
  return token_path.substr(0, token_path.find('/')) == kName ? "aws-config" : kName;
}

std::string ConfigFileField(std::string_view annotation_prefix) {
  std::string field = "metadata.annotations['";
  return field.append(annotation_prefix).append("/").append(kAwsConfigAnnotation).append("']");
}

}  // namespace irsa::identity
