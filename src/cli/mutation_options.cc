#include "irsa/cli/mutation_options.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "irsa/base/dns_name.h"
#include "irsa/mutation/identity.h"

namespace irsa::cli {
namespace {

constexpr char kExpiration[] = "--token-expiration";

// The functions below are CLI11 validators: they return what is wrong with the value, and may change it.

std::string CheckPrefix(std::string& value) {
  return base::IsDnsSubdomain(value) ? "" : "'" + value + "' is not a DNS subdomain (lower case, without a slash)";
}

std::string CheckAudience(std::string& value) { return value.empty() ? "the audience is empty" : ""; }

// A colon is what the API refuses in a mount path.
std::string NormalizeMountPath(std::string& value) {
  while (value.size() > 1 && value.ends_with('/')) value.pop_back();
  const bool is_absolute = value.starts_with('/') && value.size() > 1;
  return is_absolute && value.find(':') == value.npos ? "" : "'" + value + "' is not an absolute path without a colon";
}

// An empty region injects none, as no option does.
std::string CheckRegion(std::string& value) {
  return value.empty() || base::IsDnsLabel(value) ? "" : "'" + value + "' is not a region's name, like eu-central-1";
}

std::string CheckBool(std::string& value) {
  return mutation::ParseBool(value) ? "" : "'" + value + "' is neither true nor false";
}

void SetExpiration(const std::string& text, mutation::Settings& settings) {
  int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) {
    throw CLI::ValidationError(kExpiration, "'" + text + "' is not a number of seconds");
  }
  if (read.ec == std::errc::result_out_of_range || seconds > mutation::kMaxTokenExpiration.count()) {
    throw CLI::ValidationError(kExpiration,
                               text + " is over " + std::to_string(mutation::kMaxTokenExpiration.count()) + " seconds");
  }
  settings.token_expiration = std::max(std::chrono::seconds(seconds), mutation::kMinTokenExpiration);
}

}  // namespace

void AddAnnotationPrefix(CLI::App& app, std::string& prefix) {
  app.add_option("--annotation-prefix", prefix, "What the annotations' names begin with, before the slash")
      ->check(CLI::Validator(CheckPrefix, ""))
      ->type_name("NAME")
      ->capture_default_str();
}

void AddTokenSettings(CLI::App& app, mutation::Settings& settings) {
  AddAnnotationPrefix(app, settings.annotation_prefix);
  app.add_option("--token-audience", settings.token_audience,
                 "Audience of the token, unless an annotation says another")
      ->check(CLI::Validator(CheckAudience, ""))
      ->capture_default_str();
  app.add_option_function<std::string>(
         kExpiration, [&settings](const std::string& text) { SetExpiration(text, settings); },
         "Lifetime of the token in seconds, unless an annotation says another; below 600 becomes 600")
      ->type_name("SECONDS")
      ->default_str(std::to_string(settings.token_expiration.count()));
}

void AddMutationOptions(CLI::App& app, mutation::Settings& settings) {
  AddTokenSettings(app, settings);
  app.add_option("--token-mount-path", settings.token_mount_path, "Where containers find the token")
      ->transform(CLI::Validator(NormalizeMountPath, ""))
      ->type_name("PATH")
      ->capture_default_str();
  app.add_option("--aws-default-region", settings.default_region,
                 "Region for AWS_REGION and AWS_DEFAULT_REGION; none is set without it")
      ->check(CLI::Validator(CheckRegion, ""))
      ->type_name("REGION");
  // A flag as Go's programs have it: bare, or =true and =false, but no value behind a space.
  const auto text = std::make_shared<std::string>();
  app.add_flag("--sts-regional-endpoint", *text,
               "Have SDKs call STS in their region, unless an annotation says otherwise")
      ->check(CLI::Validator(CheckBool, ""))
      ->each([text, &settings](const std::string& value) { settings.regional_sts = *mutation::ParseBool(value); })
      ->default_str(settings.regional_sts ? "true" : "false");
}

}  // namespace irsa::cli
