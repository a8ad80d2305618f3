#include "irsa/mutation/identity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "irsa/iam/arn.h"

#include "fitting.h"

namespace irsa::mutation {
namespace {

constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};

Warning AboutValue(WarningReason reason, std::string_view key, std::string_view value, std::string_view what) {
  std::string text(key);
  const std::string quoted = QuotedToFit(value, key.size() + what.size() + 2);
  text.append(" ").append(quoted).append(" ").append(what);
  return {reason, std::move(text)};
}

void SetRegionalSts(const Annotation& annotation, AccountIdentity& account, Identity& identity) {
  if (const auto regional = ParseBool(annotation.value)) {
    identity.regional_sts = *regional;
    return;
  }
  account.warnings.push_back(AboutValue(WarningReason::kIgnoredValue, annotation.key, annotation.value,
                                        identity.regional_sts ? "is not true or false; the default is used, true"
                                                              : "is not true or false; the default is used, false"));
}

// strconv.ParseInt in base 10: std::from_chars and a plus sign.
std::from_chars_result ParseInt64(std::string_view text, int64_t& number) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return std::from_chars(text.data(), text.data() + text.size(), number);
}

}  // namespace

AccountIdentity ResolveIdentity(std::span<const Annotation> annotations, const Settings& settings) {
  AccountIdentity account;
  Identity identity{.role_arn = {},
                    .audience = settings.token_audience,
                    .token_expiration = settings.token_expiration,
                    .regional_sts = settings.regional_sts};
  for (const Annotation& annotation : annotations) {
    const auto name = AnnotationName(annotation.key, settings.annotation_prefix);
    if (!name || annotation.value.empty()) continue;
    if (*name == kRoleArnAnnotation) {
      identity.role_arn = ParseRoleArn(annotation.key, annotation.value, account.warnings).value_or(identity.role_arn);
    } else if (*name == kAudienceAnnotation) {
      identity.audience = ParseAudience(annotation.key, annotation.value, account.warnings).value_or(identity.audience);
    } else if (*name == kStsRegionalEndpointsAnnotation) {
      SetRegionalSts(annotation, account, identity);
    } else if (*name == kTokenExpirationAnnotation) {
      identity.token_expiration =
          ParseTokenExpiration(annotation.key, annotation.value, account.warnings).value_or(identity.token_expiration);
    } else {
      account.warnings.push_back(
          UnknownAnnotation(annotation.key, settings.annotation_prefix, AnnotationHolder::kServiceAccount));
    }
  }
  if (!identity.role_arn.empty()) account.identity = std::move(identity);
  return account;
}

Warning WillRunAs(const Identity& identity) {
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

}  // namespace irsa::mutation
