#include "irsa/audit/facts/policy_variables.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>

#include "irsa/identity/rules/identity.h"

namespace irsa::audit {
namespace {

using identity::Settings;

std::string Literal(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal.push_back('\\');
    literal.push_back(c);
  }
  return literal + "'";
}

std::optional<int64_t> NumberIn(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::string TextOf(bool value) { return value ? "true" : "false"; }
const std::string& TextOf(const std::string& value) { return value; }
std::string TextOf(std::chrono::seconds value) { return std::to_string(value.count()); }

// Whether `constant` is a value of the setting, which it then becomes.
bool Take(std::string_view constant, bool& setting) {
  const auto value = identity::ParseGoBool(constant);
  if (value) setting = *value;
  return value.has_value();
}

bool Take(std::string_view constant, std::string& setting) {
  setting = constant;
  return true;
}

// Of a token's expiration, the one setting that is a time.
bool Take(std::string_view constant, std::chrono::seconds& setting) {
  const auto seconds = NumberIn(constant);
  if (!seconds || *seconds > identity::kMaxTokenExpiration.count()) return false;
  setting = std::max(std::chrono::seconds(*seconds), identity::kMinTokenExpiration);
  return true;
}

// The setting that the members lead to, one within the other.
template <auto... members>
auto& SettingIn(auto& settings) {
  return (settings.*....*members);
}

template <auto... members>
constexpr FlagVariable Variable(std::string_view name, std::string_view flag) {
  return {
      name, flag, [](const Settings& settings) { return Literal(TextOf(SettingIn<members...>(settings))); },
      [](std::string_view constant, Settings& settings) { return Take(constant, SettingIn<members...>(settings)); }};
}

constexpr FlagVariable kPrefix = Variable<&Settings::annotation_prefix>("annotationPrefix", "--annotation-prefix");
constexpr FlagVariable kMountPath = Variable<&Settings::token_mount_path>("tokenMountPath", "--token-mount-path");

constexpr std::array<FlagVariable, 1> kOfAccountLabel = {kPrefix};
constexpr FlagVariable kDefaultRole = Variable<&Settings::uses_default_roles>("defaultRole", "--default-role");
constexpr FlagVariable kRespectEnvFrom = Variable<&Settings::respects_env_from>("respectEnvFrom", "--respect-env-from");
constexpr std::array<FlagVariable, 4> kOfGuard = {kPrefix, kMountPath, kDefaultRole, kRespectEnvFrom};
constexpr std::array<FlagVariable, 11> kOfIdentity = {
    kPrefix,
    Variable<&Settings::token_audience>("tokenAudience", "--token-audience"),
    kMountPath,
    Variable<&Settings::token_expiration>("tokenExpiration", "--token-expiration"),
    Variable<&Settings::default_region>("awsDefaultRegion", "--aws-default-region"),
    Variable<&Settings::regional_sts>("stsRegionalEndpoint", "--sts-regional-endpoint"),
    Variable<&Settings::composition, &identity::RoleComposition::is_on>("composeRoleArn", "--compose-role-arn"),
    Variable<&Settings::composition, &identity::RoleComposition::partition>("awsPartition", "--aws-partition"),
    Variable<&Settings::composition, &identity::RoleComposition::account_id>("awsAccountId", "--aws-account-id"),
    kDefaultRole,
    kRespectEnvFrom};

}  // namespace

std::span<const FlagVariable> IdentityVariables() { return kOfIdentity; }

std::span<const FlagVariable> GuardVariables() { return kOfGuard; }

std::span<const FlagVariable> AccountLabelVariables() { return kOfAccountLabel; }

std::optional<std::string> ConstantOf(std::string_view expression) {
  if (expression.size() < 2 || !expression.starts_with('\'') || !expression.ends_with('\'')) return std::nullopt;
  std::string text;
  for (size_t i = 1; i + 1 < expression.size(); ++i) {
    if (expression[i] == '\'') return std::nullopt;  // the end of one literal, and there is more
    if (expression[i] == '\\') {
      ++i;
      const bool is_plain = expression[i] == '\'' || expression[i] == '\\';
      if (!is_plain || i + 1 == expression.size()) return std::nullopt;
    }
    text.push_back(expression[i]);
  }
  return text;
}

std::vector<std::string> CompareVariables(const PolicyVariables& variables, std::span<const FlagVariable> wanted,
                                          const Settings& settings) {
  std::vector<std::string> differences;
  for (const FlagVariable& each : wanted) {
    const auto found = variables.find(each.name);
    std::string said = " does not exist";
    if (found != variables.end()) {
      const auto constant = ConstantOf(found->second);
      Settings taken;
      const bool is_value = constant && each.take(*constant, taken);
      if (is_value && each.expression(taken) == each.expression(settings)) continue;
      said = " is " + found->second;
    }
    differences.push_back(std::string("its variable ").append(each.name) + said + ", but " + std::string(each.flag) +
                          " makes it " + each.expression(settings));
  }
  return differences;
}

Settings SettingsOf(const PolicyVariables& variables) {
  Settings settings;
  for (const FlagVariable& each : kOfIdentity) {
    const auto found = variables.find(each.name);
    const auto constant = found == variables.end() ? std::nullopt : ConstantOf(found->second);
    if (constant) each.take(*constant, settings);
  }
  return settings;
}

}  // namespace irsa::audit
