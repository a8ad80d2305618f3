#include "irsa/identity/rules/identity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "irsa/base/hash.h"
#include "irsa/base/text.h"
#include "irsa/iam/arn.h"

#include "annotation_reading.h"
#include "fitting.h"

namespace irsa::identity {
namespace {

constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};

// strconv.ParseInt in base 10: std::from_chars and a plus sign.
std::from_chars_result ParseInt64(std::string_view text, int64_t& number) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return std::from_chars(text.data(), text.data() + text.size(), number);
}

}  // namespace

AccountIdentity ResolveIdentity(const AccountName& name, std::span<const Annotation> annotations,
                                const Settings& settings) {
  AccountIdentity account;
  AnnotationReading reading{.warnings = account.warnings, .settings = settings, .name = name};
  ReadAnnotations(annotations, AnnotationHolder::kServiceAccount, reading);
  account.terms = std::move(reading.terms);
  if (reading.uses_pod_identity) {
    account.identity = PodIdentityOf(name, account.terms, settings);
  } else if (!reading.role_arn.empty()) {
    account.identity = RoleIdentityOf(name, std::move(reading.role_arn), account.terms, settings);
  }
  return account;
}

bool SaysAnything(const AccountIdentity& account) {
  return account.identity || !account.warnings.empty() || account.terms != AccountTerms{};
}

Identity RoleIdentityOf(const AccountName& name, std::string role_arn, const AccountTerms& terms,
                        const Settings& settings) {
  std::chrono::seconds expiration = terms.token_expiration.value_or(settings.token_expiration);
  if (!terms.token_expiration && settings.jitters_expiration) expiration = JitteredExpiration(name, expiration);
  return {.role_arn = std::move(role_arn),
          .audience = terms.audience.value_or(settings.token_audience),
          .token_expiration = expiration,
          .regional_sts = terms.regional_sts.value_or(settings.regional_sts),
          .method = Method::kWebIdentity,
          .use_fips = terms.use_fips,
          .region = terms.region,
          .session_name = terms.session_name,
          .containers = terms.containers,
          .profiles = terms.profiles};
}

Identity PodIdentityOf(const AccountName& name, const AccountTerms& terms, const Settings& settings) {
  std::chrono::seconds expiration = terms.token_expiration.value_or(settings.token_expiration);
  const bool jitters = settings.jitters_expiration || expiration == kLongTokenExpiration;
  if (!terms.token_expiration && jitters) expiration = JitteredExpiration(name, expiration);
  return {.role_arn = {},
          .audience = settings.container_credentials.audience,
          .token_expiration = expiration,
          .regional_sts = terms.regional_sts.value_or(settings.regional_sts),
          .method = Method::kPodIdentity,
          .use_fips = terms.use_fips,
          .region = terms.region,
          .session_name = {},
          .containers = terms.containers,
          .profiles = terms.profiles};
}

std::chrono::seconds JitteredExpiration(const AccountName& name, std::chrono::seconds longest) {
  constexpr int64_t kShare = 12;  // of the lifetime, by which it may be shorter
  const auto values = static_cast<uint64_t>(longest.count() / kShare + 1);
  const uint64_t hash = base::StableHash().Add(name.namespace_name).Add("/").Add(name.service_account).value();
  const std::chrono::seconds shortest = longest - std::chrono::seconds(values - 1);
  return std::max(shortest + std::chrono::seconds(hash % values), kMinTokenExpiration);
}

NamespaceDefaults ResolveNamespace(std::span<const Annotation> annotations, const Settings& settings) {
  NamespaceDefaults defaults;
  AnnotationReading reading{.warnings = defaults.warnings, .settings = settings};
  ReadAnnotations(annotations, AnnotationHolder::kNamespace, reading);
  defaults.role_arn = std::move(reading.role_arn);
  return defaults;
}

bool SaysAnything(const NamespaceDefaults& defaults) { return defaults != NamespaceDefaults(); }

std::shared_ptr<const AccountIdentity> WithDefaults(const AccountName& name,
                                                    std::shared_ptr<const AccountIdentity> account,
                                                    const NamespaceDefaults* defaults, const Settings& settings) {
  const bool has_identity = account != nullptr && account->identity;
  if (has_identity || defaults == nullptr || !SaysAnything(*defaults)) return account;
  AccountIdentity both;
  if (account != nullptr) both = *account;
  if (!defaults->role_arn.empty()) both.identity = RoleIdentityOf(name, defaults->role_arn, both.terms, settings);
  both.warnings.insert(both.warnings.end(), defaults->warnings.begin(), defaults->warnings.end());
  return std::make_shared<const AccountIdentity>(std::move(both));
}

Warning WillRunAs(const Identity& identity) {
  if (identity.method == Method::kPodIdentity) {
    return {WarningReason::kWillRunAs, "will run with EKS Pod Identity, as the role of its association"};
  }
  const std::string& role = identity.role_arn;
  return {WarningReason::kWillRunAs,
          "will run as " + (iam::IsRoleArn(role) ? role : base::Quoted(role, kMaxQuotedBytes))};
}

std::string ComposeRoleArn(std::string_view value, const RoleComposition& composition) {
  const bool is_arn = value.find("arn:") != std::string_view::npos;
  if (is_arn || !composition.is_on || !composition.KnowsAccount()) return std::string(value);
  std::string arn = "arn:";
  arn.append(composition.partition).append(":iam::").append(composition.account_id).append(":role/").append(value);
  return arn;
}

bool IsRoleWithoutAccount(std::string_view role, const RoleComposition& composition) {
  return composition.is_on && !composition.KnowsAccount() && role.find("arn:") == std::string_view::npos;
}

bool IsRoleOf(const Identity& identity, std::string_view role_arn, const RoleComposition& composition) {
  const bool is_composed = composition.is_on && identity.role_arn.find("arn:") == std::string::npos;
  return is_composed ? role_arn.ends_with(":role/" + identity.role_arn) : role_arn == identity.role_arn;
}

std::optional<std::string> ParseRoleArn(std::string_view key, std::string_view value, std::vector<Warning>& warnings) {
  if (value.size() > kMaxRoleArnBytes) {
    warnings.push_back(AboutValue(WarningReason::kMalformedRoleArn, key, value, "is over 2048 bytes; ignored"));
    return std::nullopt;
  }
  if (!iam::IsRoleArn(value)) {
    warnings.push_back(
        AboutValue(WarningReason::kMalformedRoleArn, key, value, "is not arn:aws:iam::ACCOUNT:role/NAME; used as is"));
  }
  return std::string(value);
}

std::optional<std::string> ParseAudience(std::string_view key, std::string_view value, std::vector<Warning>& warnings) {
  if (value.size() <= kMaxAudienceBytes) return std::string(value);
  warnings.push_back(AboutValue(WarningReason::kIgnoredValue, key, value, "is over 2048 bytes; the default is used"));
  return std::nullopt;
}

std::optional<std::chrono::seconds> ParseTokenExpiration(std::string_view key, std::string_view value,
                                                         std::vector<Warning>& warnings) {
  const auto warn = [&](WarningReason reason, std::string_view what) {
    warnings.push_back(AboutValue(reason, key, value, what));
  };
  int64_t number = 0;
  const auto [end, error] = ParseInt64(value, number);
  if (error == std::errc::invalid_argument || end != value.data() + value.size()) {
    warn(WarningReason::kIgnoredValue, "is not a number of seconds; ignored");
    return std::nullopt;
  }
  const std::chrono::seconds seconds(number);
  if (error == std::errc::result_out_of_range || seconds > kMaxTokenExpiration) {
    warn(WarningReason::kIgnoredValue, "is not within 600 to 4294967295 seconds; ignored");
    return std::nullopt;
  }
  if (seconds < kMinTokenExpiration) {
    warn(WarningReason::kExpirationOutOfRange, "is below 600 seconds; 600 is used");
    return kMinTokenExpiration;
  }
  if (seconds > kLongTokenExpiration) {
    warn(WarningReason::kExpirationOutOfRange, "is over 86400 seconds; the cluster may grant less");
  }
  return seconds;
}

std::optional<std::string> ParseRegion(std::string_view key, std::string_view value, std::vector<Warning>& warnings) {
  if (base::IsDnsLabel(value)) return std::string(value);
  warnings.push_back(AboutValue(WarningReason::kIgnoredValue, key, value,
                                "is not a region such as eu-central-1; the default is used"));
  return std::nullopt;
}

std::optional<bool> ParseGoBool(std::string_view value) {
  if (std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), value) != kFalse.end()) return false;
  return std::nullopt;
}

}  // namespace irsa::identity
