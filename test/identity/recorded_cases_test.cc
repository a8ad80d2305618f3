// The recorded admissions of test/data/cases, as far as the mutation goes: what each pod becomes.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/pod_mutator.h"

#include "test/identity/pod_json.h"

namespace irsa::identity {
namespace {

const std::string kCases = IRSA_SOURCE_DIR "/test/data/cases/";
const std::string kPodIdentityCases = kCases + "pod-identity/";

Json ReadFile(const std::string& path) { return Json::parse(std::ifstream(path)); }

Settings SettingsOf(const Json& flags) {
  Settings settings;
  settings.annotation_prefix = flags.value("annotation-prefix", settings.annotation_prefix);
  settings.token_audience = flags.value("token-audience", settings.token_audience);
  settings.token_mount_path = flags.value("token-mount-path", settings.token_mount_path);
  settings.token_expiration =
      std::chrono::seconds(flags.value("token-expiration", int64_t{settings.token_expiration.count()}));
  settings.default_region = flags.value("aws-default-region", settings.default_region);
  settings.regional_sts = flags.value("sts-regional-endpoint", settings.regional_sts);
  ContainerCredentialsSettings& credentials = settings.container_credentials;
  credentials.audience = flags.value("container-credentials-audience", credentials.audience);
  credentials.token_mount_path = flags.value("container-credentials-token-mount-path", credentials.token_mount_path);
  credentials.token_volume_name = flags.value("container-credentials-token-volume-name", credentials.token_volume_name);
  credentials.token_path = flags.value("container-credentials-token-path", credentials.token_path);
  credentials.full_uri = flags.value("container-credentials-full-uri", credentials.full_uri);
  return settings;
}

AccountIdentity AccountOf(const Json& accounts, const std::string& namespace_name, std::string_view name,
                          const Settings& settings) {
  for (const Json& account : accounts["items"]) {
    const Json& metadata = account["metadata"];
    if (metadata["namespace"] != namespace_name || metadata["name"] != name) continue;
    return ResolveIdentity({namespace_name, name}, AnnotationsOf(account, settings.annotation_prefix), settings);
  }
  return {};
}

void ReplaceDefaultLifetime(Json& volume) {
  const Json::json_pointer path("/projected/sources/0/serviceAccountToken/expirationSeconds");
  if (!volume.contains(path)) return;
  Json& lifetime = volume.at(path);
  const bool is_default = lifetime.is_number() ? lifetime >= 79200 && lifetime <= 86400 : lifetime == "79200..86400";
  if (is_default) lifetime = "the default";
}

// Variables and mounts in order.
Json ContainersOf(const Json& list) {
  Json containers = Json::array();
  for (const Json& container : list) {
    Json env = Json::array(), mounts = Json::array();
    for (const Json& v : container.value("env", Json())) env.push_back({v["name"], v.value("value", Json())});
    for (const Json& m : container.value("volumeMounts", Json())) {
      mounts.push_back({m["name"], m["mountPath"], m.value("readOnly", false)});
    }
    containers.push_back({{"name", container["name"]}, {"env", env}, {"mounts", mounts}});
  }
  return containers;
}

// Volumes as a set.
Json Summary(const Json& pod, bool mutated) {
  const Json& spec = pod["spec"];
  Json volumes = spec.value("volumes", Json::array());
  if (volumes.is_null()) volumes = Json::array();
  std::sort(volumes.begin(), volumes.end());
  return {{"allowed", true},
          {"mutated", mutated},
          {"containers", ContainersOf(spec["containers"])},
          {"initContainers", ContainersOf(spec.value("initContainers", Json()))},
          {"volumes", volumes}};
}

TEST(PodMutator, MakesOfEveryRecordedPodWhatWasRecorded) {
  const Json flag_sets = ReadFile(kCases + "flagsets.json");
  const Json default_accounts = ReadFile(kCases + "service-accounts.json");
  const Json prefix_accounts = ReadFile(kCases + "service-accounts-prefix.json");
  std::ifstream lines(kCases + "cases.jsonl");
  int cases = 0;
  for (std::string line; std::getline(lines, line); ++cases) {
    Json recorded = Json::parse(line);
    const std::string flag_set = recorded["flagset"];
    SCOPED_TRACE(recorded["id"].get<std::string>() + " (" + flag_set + ")");
    const Settings settings = SettingsOf(flag_sets[flag_set]);
    const Json& request = recorded["review"]["request"];
    const Json& pod = request["object"];
    const PodView view = ViewOf(pod, settings.annotation_prefix);
    const auto identity = AccountOf(flag_set == "prefix" ? prefix_accounts : default_accounts, request["namespace"],
                                    view.service_account_name, settings)
                              .identity;

    const std::string patch = identity ? MutatePod(view, *identity, settings).patch : "";

    Json& expected = recorded["expect"];
    std::sort(expected["volumes"].begin(), expected["volumes"].end());
    EXPECT_EQ(Summary(Applied(pod, patch), !patch.empty()), expected);
  }
  EXPECT_EQ(cases, 60);
}

// Its labels too. A default lifetime is recorded as the range of the Go webhook's: any number in it will do.
TEST(PodMutator, MakesOfEveryPodRecordedWithPodIdentityWhatWasRecorded) {
  const Json flag_sets = ReadFile(kPodIdentityCases + "flagsets.json");
  const Json accounts = ReadFile(kPodIdentityCases + "service-accounts.json");
  const Json listed = ReadFile(kPodIdentityCases + "container-credentials.json")["identities"];
  std::ifstream lines(kPodIdentityCases + "cases.jsonl");
  int cases = 0;
  for (std::string line; std::getline(lines, line); ++cases) {
    Json recorded = Json::parse(line);
    const std::string flag_set = recorded["flagset"];
    SCOPED_TRACE(recorded["id"].get<std::string>() + " (" + flag_set + ")");
    const Settings settings = SettingsOf(flag_sets[flag_set]);
    const Json& request = recorded["review"]["request"];
    const Json& pod = request["object"];
    const PodView view = ViewOf(pod, settings.annotation_prefix);
    const std::string namespace_name = request["namespace"];
    AccountIdentity account = AccountOf(accounts, namespace_name, view.service_account_name, settings);
    const Json entry = {{"namespace", namespace_name}, {"serviceAccount", view.service_account_name}};
    if (std::find(listed.begin(), listed.end(), entry) != listed.end()) {
      account.identity = PodIdentityOf({namespace_name, view.service_account_name}, account.terms, settings);
    }

    const std::string patch = account.identity ? MutatePod(view, *account.identity, settings).patch : "";

    const Json after = Applied(pod, patch);
    Json summary = Summary(after, !patch.empty());
    summary["labels"] = after["metadata"].value("labels", Json::object());
    for (Json& volume : summary["volumes"]) ReplaceDefaultLifetime(volume);
    Json& expected = recorded["expect"];
    std::sort(expected["volumes"].begin(), expected["volumes"].end());
    for (Json& volume : expected["volumes"]) ReplaceDefaultLifetime(volume);
    EXPECT_EQ(summary, expected);
  }
  EXPECT_EQ(cases, 40);
}

}  // namespace
}  // namespace irsa::identity
