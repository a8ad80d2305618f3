#include "irsa/identity/rules/identity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

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
  AccountReading reading{.warnings = account.warnings, .settings = settings};
  for (const Annotation& annotation : annotations) {
    const auto key = AnnotationName(annotation.key, settings.annotation_prefix);
    if (!key || annotation.value.empty()) continue;
    const KnownAnnotation* known = FindAnnotation(*key);
    if (known != nullptr && known->read_on_account != nullptr) {
      known->read_on_account(annotation, reading);
    } else {
      account.warnings.push_back(
          UnknownAnnotation(annotation.key, settings.annotation_prefix, AnnotationHolder::kServiceAccount));
    }
  }
  account.terms = reading.terms;
  if (reading.uses_pod_identity) {
    account.identity = PodIdentityOf(name, account.terms, settings);
  } else if (!reading.role_arn.empty()) {
    account.identity = Identity{.role_arn = std::move(reading.role_arn),
                                .audience = std::move(reading.audience).value_or(settings.token_audience),
                                .token_expiration = account.terms.token_expiration.value_or(settings.token_expiration),
                                .regional_sts = account.terms.regional_sts.value_or(settings.regional_sts)};
  }
  return account;
}

bool SaysAnything(const AccountIdentity& account) {
  return account.identity || !account.warnings.empty() || account.terms != TokenTerms{};
}

Identity PodIdentityOf(const AccountName& name, const TokenTerms& terms, const Settings& settings) {
  std::chrono::seconds expiration = terms.token_expiration.value_or(settings.token_expiration);
  if (!terms.token_expiration && expiration == kLongTokenExpiration) expiration = SpreadExpiration(name);
  return {.role_arn = {},
          .audience = settings.container_credentials.audience,
          .token_expiration = expiration,
          .regional_sts = terms.regional_sts.value_or(settings.regional_sts),
          .method = Method::kPodIdentity};
}

std::chrono::seconds SpreadExpiration(const AccountName& name) {
  constexpr std::chrono::seconds kShortest{79200};
  constexpr auto kValues = static_cast<uint64_t>((kLongTokenExpiration - kShortest).count() + 1);
  // FNV-1a: the same in every build and on every machine. http://www.isthe.com/chongo/tech/comp/fnv/
  uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view text : {name.namespace_name, std::string_view("/"), name.service_account}) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return kShortest + std::chrono::seconds(hash % kValues);
}

Warning WillRunAs(const Identity& identity) {
  if (identity.method == Method::kPodIdentity) {
    return {WarningReason::kWillRunAs, "will run with EKS Pod Identity, as the role of its association"};
  }
  const std::string& role = identity.role_arn;
  return {WarningReason::kWillRunAs, "will run as " + (iam::IsRoleArn(role) ? role : Quoted(role))};
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

std::optional<bool> ParseBool(std::string_view value) {
  if (std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), value) != kFalse.end()) return false;
  return std::nullopt;
}

}  // namespace irsa::identity
