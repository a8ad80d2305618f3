#include "mutation_options.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/web_identity.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/mount_path.h"

#include "cli/output/standard_streams.h"
#include "option_types.h"

namespace irsa::cli {
namespace {

constexpr char kExpiration[] = "--token-expiration";

// The checks return what is wrong with the value; empty when nothing is.

std::string CheckPrefix(const std::string& value) {
  return base::IsDnsSubdomain(value) ? "" : "'" + value + "' is not a DNS subdomain (lower case, without a slash)";
}

std::string CheckAudience(const std::string& value) { return value.empty() ? "the audience is empty" : ""; }

// Drops slashes at the end. A colon is what the API refuses in a mount path.
std::string NormalizeMountPath(std::string& value) {
  while (value.size() > 1 && value.ends_with('/')) value.pop_back();
  const bool is_absolute = value.starts_with('/') && value.size() > 1;
  return is_absolute && value.find(':') == value.npos ? "" : "'" + value + "' is not an absolute path without a colon";
}

// An empty region injects none, as no option does.
std::string CheckRegion(const std::string& value) {
  return value.empty() || base::IsDnsLabel(value) ? "" : "'" + value + "' is not a region such as eu-central-1";
}

// With room for "-10" behind it: a pod may have volumes of that name already.
std::string CheckVolumeName(const std::string& value) {
  constexpr size_t kMaxBytes = 60;
  return base::IsDnsLabel(value) && value.size() <= kMaxBytes
             ? ""
             : "'" + value + "' is not a valid volume name of up to 60 characters";
}

// What the API takes for a path in a projected volume, and clean.
std::string CheckTokenPath(const std::string& value) {
  const std::string absolute = "/" + value;
  return !value.empty() && !value.starts_with("..") && identity::CleanMountPath(absolute) == absolute
             ? ""
             : "'" + value + "' is not a valid path in a volume: use a relative path without empty elements, . or ..";
}

void AddContainerCredentials(CLI::App& app, identity::ContainerCredentialsSettings& settings) {
  app.add_option("--container-credentials-audience", settings.audience, "Audience of EKS Pod Identity tokens")
      ->check(CheckAudience)
      ->capture_default_str();
  AddOption(app, "--container-credentials-token-mount-path PATH", settings.token_mount_path,
            "Directory in containers where the EKS Pod Identity token is mounted")
      ->transform(CLI::Validator(NormalizeMountPath, ""))
      ->capture_default_str();
  AddOption(app, "--container-credentials-token-volume-name NAME", settings.token_volume_name,
            "Name of the volume with the EKS Pod Identity token")
      ->check(CheckVolumeName)
      ->capture_default_str();
  AddOption(app, "--container-credentials-token-path PATH", settings.token_path, "Path of the token in that volume")
      ->check(CheckTokenPath)
      ->capture_default_str();
  AddOption(app, "--container-credentials-full-uri URL", settings.full_uri,
            "URL that SDKs get credentials from: the EKS Pod Identity Agent on the pod's node")
      ->check(CheckUrl)
      ->capture_default_str();
}

std::string CheckPartition(const std::string& value) {
  if (value.empty() || iam::IsKnownPartition(value)) return "";
  std::vector<std::string> names;
  for (const iam::Partition& partition : iam::Partitions()) names.emplace_back(partition.name);
  return "'" + value + "' is not an AWS partition; use one of " + base::Joined(names);
}

std::string CheckAccountId(const std::string& value) {
  return value.empty() || iam::IsAccountId(value) ? "" : "'" + value + "' is not a 12-digit AWS account ID";
}

void SetExpiration(const std::string& text, identity::Settings& settings) {
  int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) {
    throw CLI::ValidationError(kExpiration, "'" + text + "' is not a number of seconds");
  }
  if (read.ec == std::errc::result_out_of_range || seconds > identity::kMaxTokenExpiration.count()) {
    throw CLI::ValidationError(kExpiration,
                               text + " is over " + std::to_string(identity::kMaxTokenExpiration.count()) + " seconds");
  }
  settings.token_expiration = std::max(std::chrono::seconds(seconds), identity::kMinTokenExpiration);
}

std::string CheckBool(const std::string& value) {
  return identity::ParseGoBool(value) ? "" : "'" + value + "' is neither true nor false";
}

}  // namespace

void AddGoFlag(CLI::App& app, const char* name, bool& value, const char* description) {
  const auto text = std::make_shared<std::string>();
  app.add_flag(name, *text, description)
      ->check(CheckBool)
      ->each([text, &value](const std::string& given) { value = *identity::ParseGoBool(given); })
      ->default_str(value ? "true" : "false");
}

// An empty partition or account is as if not given: the templates of manifests write that.
void AddComposition(CLI::App& app, identity::RoleComposition& composition) {
  AddGoFlag(app, "--compose-role-arn", composition.is_on,
            "Accept a role's name, or path and name, instead of its ARN in role-arn annotations; partition and account "
            "come from the two options below or, in irsa serve, from instance metadata");
  AddOption(app, "--aws-partition NAME", composition.partition, "Partition of these roles, such as aws-us-gov")
      ->check(CheckPartition);
  AddOption(app, "--aws-account-id ID", composition.account_id, "AWS account of these roles")->check(CheckAccountId);
}

void CheckComposition(const identity::RoleComposition& composition) {
  if (!composition.is_on || composition.KnowsAccount()) return;
  throw CLI::ValidationError("--compose-role-arn", "needs --aws-partition and --aws-account-id");
}

void AddAnnotationPrefix(CLI::App& app, std::string& prefix) {
  AddOption(app, "--annotation-prefix NAME", prefix, "Prefix of the annotation names, before the slash")
      ->check(CheckPrefix)
      ->capture_default_str();
}

void AddTokenSettings(CLI::App& app, identity::Settings& settings) {
  AddAnnotationPrefix(app, settings.annotation_prefix);
  app.add_option("--token-audience", settings.token_audience,
                 "Audience of the token, unless an annotation sets another")
      ->check(CheckAudience)
      ->capture_default_str();
  app.add_option_function<std::string>(
         kExpiration, [&settings](const std::string& text) { SetExpiration(text, settings); },
         "Lifetime of the token in seconds, unless an annotation sets another; values below 600 are raised to 600")
      ->type_name("SECONDS")
      ->default_str(std::to_string(settings.token_expiration.count()));
}

void AddMutationOptions(CLI::App& app, identity::Settings& settings) {
  AddTokenSettings(app, settings);
  AddOption(app, "--token-mount-path PATH", settings.token_mount_path,
            "Directory in containers where the token is mounted")
      ->transform(CLI::Validator(NormalizeMountPath, ""))
      ->capture_default_str();
  AddOption(app, "--aws-default-region REGION", settings.default_region,
            "Region to set in AWS_REGION and AWS_DEFAULT_REGION (default: neither is set)")
      ->check(CheckRegion);
  AddGoFlag(app, "--sts-regional-endpoint", settings.regional_sts,
            "Make SDKs call the regional STS endpoint, unless an annotation says otherwise");
  AddGoFlag(app, "--token-expiration-jitter", settings.jitters_expiration,
            "Shorten token lifetimes that no annotation sets by up to 1/12, based on a hash of namespace and service "
            "account, so that pods do not all renew their tokens and call STS at once");
  AddGoFlag(app, "--default-role", settings.uses_default_roles,
            "Give service accounts without an identity of their own the role in their namespace's default-role-arn "
            "annotation");
  AddGoFlag(app, "--respect-env-from", settings.respects_env_from,
            "Do not override variables, such as AWS_REGION, that a container gets from ConfigMaps through envFrom; "
            "irsa then reads these ConfigMaps, never Secrets");
  AddComposition(app, settings.composition);
  AddContainerCredentials(app, settings.container_credentials);
}

void AddContainerCredentialsConfig(CLI::App& app, std::string& path) {
  AddOption(
      app, "--watch-container-credentials-config FILE", path,
      "File that lists the service accounts that use EKS Pod Identity, even if they have a role (JSON: "
      "{\"identities\": [{\"namespace\": NAME, \"serviceAccount\": NAME}]}); irsa serve reloads it when it changes");
}

std::string HoldersOf(const identity::KnownAnnotation& known) {
  const bool on_account = known.BelongsOn(identity::AnnotationHolder::kServiceAccount);
  const bool on_pod = known.BelongsOn(identity::AnnotationHolder::kPod);
  if (on_account) return on_pod ? "service account, pod" : "service account";
  return on_pod ? "pod" : "namespace";
}

std::string AnnotationsText() {
  constexpr size_t kNameWidth = 26;
  constexpr size_t kWidth = 80;
  std::string text = std::string(kAnnotationsHeading) + "\n";
  for (const identity::KnownAnnotation& known : identity::KnownAnnotations()) {
    std::string name = "  " + std::string(known.name);
    name.resize(std::max(name.size(), kNameWidth), ' ');
    text.append(name);
    AppendWrapped(HoldersOf(known) + ": " + std::string(known.meaning), name.size(), kNameWidth, text, kWidth);
  }
  text.pop_back();
  return text;
}

}  // namespace irsa::cli
