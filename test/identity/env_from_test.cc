// MutatePod beside ConfigMaps that containers take variables from by envFrom.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/pod_mutator.h"

#include "test/identity/pod_text.h"

namespace irsa::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Identity kIdentity{"ROLE", "AUD", std::chrono::seconds(86400), false};

Settings TestSettings() {
  Settings settings;
  settings.annotation_prefix = "p";
  settings.token_mount_path = "/t";
  settings.default_region = "R";
  settings.respects_env_from = true;
  return settings;
}

Json From(std::string_view config_map, std::string_view prefix = "") {
  Json source = {{"configMapRef", {{"name", config_map}}}};
  if (!prefix.empty()) source["prefix"] = prefix;
  return source;
}

Json Pod(const std::vector<Json>& env_from, std::string_view text = "app") {
  Json pod = ParsePod(text);
  pod["spec"]["containers"][0]["envFrom"] = env_from;
  return pod;
}

ConfigMapKeys Read(std::string name, std::vector<std::string> keys) { return {std::move(name), true, std::move(keys)}; }

// "NAME=value" or "NAME<config-map/key" for each variable that the container gets.
std::vector<std::string> Added(const Json& pod, const std::vector<ConfigMapKeys>& config_maps,
                               const Settings& settings = TestSettings()) {
  const Json after = Applied(pod, MutatePod(ViewOf(pod, "p"), kIdentity, settings, config_maps).patch);
  std::vector<std::string> added;
  for (const Json& variable : after["spec"]["containers"][0].value("env", Json::array())) {
    std::string text = variable["name"];
    if (variable.contains("valueFrom") && variable["valueFrom"].contains("configMapKeyRef")) {
      const Json& key = variable["valueFrom"]["configMapKeyRef"];
      EXPECT_EQ(key["optional"], true);
      text += "<" + key["name"].get<std::string>() + "/" + key["key"].get<std::string>();
    } else {
      text += "=" + variable.value("value", "");
    }
    added.push_back(text);
  }
  return added;
}

std::vector<std::string> Warnings(const Json& pod, const std::vector<ConfigMapKeys>& config_maps) {
  std::vector<std::string> texts;
  for (const Warning& warning : MutatePod(ViewOf(pod, "p"), kIdentity, TestSettings(), config_maps).warnings) {
    texts.push_back(warning.text);
  }
  return texts;
}

constexpr char kTokenFile[] = "AWS_WEB_IDENTITY_TOKEN_FILE=/t/token";

TEST(EnvFrom, LeavesOutWhatAConfigMapCarries) {
  const Json pod = Pod({From("env")});
  EXPECT_THAT(Added(pod, {Read("env", {"AWS_REGION"})}), ElementsAre("AWS_ROLE_ARN=ROLE", kTokenFile));
  EXPECT_THAT(Added(pod, {Read("env", {})}),
              ElementsAre("AWS_DEFAULT_REGION=R", "AWS_REGION=R", "AWS_ROLE_ARN=ROLE", kTokenFile));
}

TEST(EnvFrom, ReadsKeysBehindThePrefix) {
  EXPECT_THAT(Added(Pod({From("env", "AWS_")}), {Read("env", {"REGION"})}),
              ElementsAre("AWS_ROLE_ARN=ROLE", kTokenFile));
  EXPECT_THAT(Added(Pod({From("env", "MY_")}), {Read("env", {"AWS_REGION"})}),
              ElementsAre("AWS_DEFAULT_REGION=R", "AWS_REGION=R", "AWS_ROLE_ARN=ROLE", kTokenFile));
}

TEST(EnvFrom, RefersToARoleOfAConfigMapForTheGuard) {
  const Json pod = Pod({From("env", "AWS_")});
  EXPECT_THAT(Added(pod, {Read("env", {"ROLE_ARN", "REGION"})}), ElementsAre("AWS_ROLE_ARN<env/ROLE_ARN", kTokenFile));
  EXPECT_THAT(Warnings(pod, {Read("env", {"ROLE_ARN"})}),
              ElementsAre("container \"app\" sets only AWS_ROLE_ARN; AWS_WEB_IDENTITY_TOKEN_FILE is added"));
}

TEST(EnvFrom, PrefersTheLastConfigMapAndTheContainersOwnVariables) {
  const std::vector<ConfigMapKeys> both = {Read("a", {"AWS_ROLE_ARN"}), Read("b", {"AWS_ROLE_ARN", "AWS_REGION"})};
  EXPECT_THAT(Added(Pod({From("a"), From("b")}), both), ElementsAre("AWS_ROLE_ARN<b/AWS_ROLE_ARN", kTokenFile));
  EXPECT_THAT(Added(Pod({From("a"), From("b")}, "app AWS_ROLE_ARN=own"), both),
              ElementsAre("AWS_ROLE_ARN=own", kTokenFile));
}

TEST(EnvFrom, WarnsOfAConfigMapThatIsNotRead) {
  const Json pod = Pod({From("env")});
  for (const std::vector<ConfigMapKeys>& config_maps :
       {std::vector<ConfigMapKeys>(), std::vector<ConfigMapKeys>{{.name = "env"}}}) {
    EXPECT_THAT(Warnings(pod, config_maps),
                ElementsAre("container \"app\" has envFrom ConfigMap \"env\", not read; irsa overrides its variables"));
    EXPECT_EQ(Added(pod, config_maps).size(), 4U);
  }
  const Json complete = Pod({From("env")}, "app AWS_REGION=r AWS_ROLE_ARN=x AWS_WEB_IDENTITY_TOKEN_FILE=y");
  EXPECT_THAT(Warnings(complete, {}), IsEmpty()) << "nothing is added that could override it";
}

TEST(EnvFrom, WarnsOfStaticCredentialsInAConfigMap) {
  EXPECT_THAT(Warnings(Pod({From("env")}), {Read("env", {"AWS_ACCESS_KEY_ID"})}),
              ElementsAre("container \"app\" sets AWS_ACCESS_KEY_ID, which SDKs prefer to the role"));
}

TEST(EnvFrom, IsIgnoredUnlessItIsRespected) {
  Settings settings = TestSettings();
  settings.respects_env_from = false;
  const Json pod = Pod({From("env")});
  EXPECT_EQ(Added(pod, {Read("env", {"AWS_REGION"})}, settings).size(), 4U);
  EXPECT_THAT(MutatePod(ViewOf(pod, "p"), kIdentity, settings).warnings, IsEmpty());
}

TEST(EnvFrom, KnowsTheKeysThatMatter) {
  for (const char* key : {"AWS_REGION", "REGION", "_REGION", "N", "ROLE_ARN", "AWS_PROFILE", "IRSA_POD_NAME", "FILE"}) {
    EXPECT_TRUE(MattersAsVariable(key)) << key;
  }
  for (const char* key : {"", "AWS_REGIONS", "region", "HOME", "aws_region"}) {
    EXPECT_FALSE(MattersAsVariable(key)) << key;
  }
}

// Whatever the pod and its ConfigMaps: nothing of the container's is rewritten, a second time changes nothing, and a
// variable that a ConfigMap carries is never given a value of irsa's.
TEST(EnvFrom, IsNeverOverriddenAndOnlyAddedToOnce) {
  std::mt19937 random(20261129);
  const auto chance = [&random](unsigned of) { return random() % of == 0; };
  const std::vector<std::string> names = {"AWS_REGION",   "AWS_DEFAULT_REGION",
                                          "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                          "AWS_PROFILE",  "AWS_STS_REGIONAL_ENDPOINTS"};
  const std::vector<std::string> prefixes = {"", "AWS_", "X_"};
  for (int i = 0; i < 2000; ++i) {
    std::vector<ConfigMapKeys> config_maps;
    for (const char* name : {"a", "b"}) {
      ConfigMapKeys& keys = config_maps.emplace_back(ConfigMapKeys{.name = name, .is_read = !chance(4)});
      for (const std::string& each : names) {
        if (keys.is_read && chance(4)) keys.keys.push_back(chance(2) ? each : each.substr(4));
      }
    }
    Json env_from = Json::array();
    for (const char* name : {"a", "b", "c"}) {
      if (chance(2)) env_from.push_back(From(name, prefixes[random() % prefixes.size()]));
      if (chance(5)) env_from.push_back({{"secretRef", {{"name", name}}}});
    }
    std::string text = "app";
    for (const std::string& each : names) {
      if (chance(6)) text += " " + each + "=own";
    }
    const Json before = Pod(env_from, text);
    SCOPED_TRACE(before.dump());
    const Json after = Applied(before, MutatePod(ViewOf(before, "p"), kIdentity, TestSettings(), config_maps).patch);
    EXPECT_EQ(MutatePod(ViewOf(after, "p"), kIdentity, TestSettings(), config_maps).patch, "");
    const Json own = before["spec"]["containers"][0].value("env", Json::array());
    const Json env = after["spec"]["containers"][0].value("env", Json::array());
    ASSERT_GE(env.size(), own.size());
    EXPECT_TRUE(std::equal(own.begin(), own.end(), env.begin())) << env;
    for (size_t at = own.size(); at < env.size(); ++at) {
      if (env[at].contains("valueFrom")) continue;
      const std::string variable = env[at]["name"].get<std::string>();
      for (const Json& source : env_from) {
        if (!source.contains("configMapRef")) continue;
        for (const ConfigMapKeys& keys : config_maps) {
          if (source["configMapRef"]["name"].get<std::string>() != keys.name) continue;
          for (const std::string& key : keys.keys) EXPECT_NE(source.value("prefix", "") + key, variable);
        }
      }
    }
  }
}

}  // namespace
}  // namespace irsa::identity
