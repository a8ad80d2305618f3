// The policies that deploy/ installs in kube-apiserver say the same names and numbers as the code. What they do with
// them is compared on a real apiserver (test/e2e/test_policy.py).
#include <map>
#include <regex>
#include <set>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/audit/facts/policy_facts.h"
#include "irsa/audit/facts/policy_variables.h"
#include "irsa/base/files.h"
#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/container_selection.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/manifest/manifest.h"

namespace irsa::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Literal(std::string_view text) { return "'" + std::string(text) + "'"; }

std::vector<std::string> TokenVolumeNames() {
  std::vector<std::string> names;
  for (size_t number = 1; number <= identity::kMaxTokenVolumes; ++number) {
    names.push_back(identity::TokenVolumeName(identity::kTokenVolume, number));
  }
  return names;
}

class Policy {
 public:
  explicit Policy(const std::string& file) {
    const std::string path = IRSA_SOURCE_DIR "/deploy/kustomize/policies/" + file;
    const manifest::Value spec =
        manifest::ReadDocuments(base::DiskFileReader().Read(path, 1 << 20).value()).value().front().value.at("spec");
    for (const auto& variable : spec.at("variables")) {
      const auto expression = variable.at("expression").get<std::string>();
      variables[variable.at("name")] = expression;
      all += expression + "\n";
    }
    if (!spec.contains("mutations")) return;
    all += spec.at("mutations").at(0).at("jsonPatch").at("expression").get<std::string>();
  }

  std::map<std::string, std::string> variables;
  std::string all;  // every expression
};

class IdentityPolicy : public ::testing::Test {
 protected:
  const Policy policy_{"identity/identity.yaml"};
  std::map<std::string, std::string> variables_ = policy_.variables;
  const std::string& all_ = policy_.all;
};

TEST_F(IdentityPolicy, HasTheDefaultsOfTheFlags) {
  const auto differences = [](const Policy& policy, std::span<const audit::FlagVariable> wanted) {
    return audit::CompareVariables({policy.variables.begin(), policy.variables.end()}, wanted, {});
  };
  EXPECT_THAT(differences(policy_, audit::IdentityVariables()), IsEmpty());
  EXPECT_THAT(differences(Policy("guard/guard.yaml"), audit::GuardVariables()), IsEmpty());
  EXPECT_THAT(differences(Policy("account-label/account-label.yaml"), audit::AccountLabelVariables()), IsEmpty());
}

TEST_F(IdentityPolicy, LeavesToTheWebhookWhatTheGuardSaysThatItLeaves) {
  std::map<std::string, std::string> guard = Policy("guard/guard.yaml").variables;
  const std::string reasons = guard["uncleanPaths"] + guard["reasonsToLeave"];
  for (const std::string limit :
       {"size(variables.skipContainers) > 1999", "variables.skipContainers.matches('[\"\\r\\n]')",
        "size(variables.includeContainers) > 1999", "variables.includeContainers.matches('[\"\\r\\n]')",
        ".matches('^-0*[1-9][0-9]{18}$')",
        "m.mountPath.contains(variables.tokenDirectory) && "
        "m.mountPath.matches('^[^/]|//|/[.]{1,2}(/|$)|./$|\\\\\\\\')",
        "size(variables.containers) > 200", ".sum() > 20000"}) {
    EXPECT_THAT(reasons, HasSubstr(limit));
    EXPECT_THAT(variables_["isForTheWebhook"], HasSubstr(limit));
  }
  EXPECT_EQ(guard["tokenMountPath"], variables_["tokenMountPath"]);
  EXPECT_EQ(guard["tokenDirectory"], variables_["tokenDirectory"]);
  std::string names;
  for (const std::string& name : TokenVolumeNames()) names += (names.empty() ? "" : ", ") + Literal(name);
  EXPECT_THAT(reasons, HasSubstr("[" + names + "].all("));
  EXPECT_THAT(variables_["freeNames"], HasSubstr("[" + names + "] .filter("));
}

TEST_F(IdentityPolicy, HasTheLimitsOfTheCode) {
  EXPECT_THAT(variables_["expirations"],
              HasSubstr("<= " + std::to_string(identity::kMaxTokenExpiration.count()) + ")"));
  const std::string least = std::to_string(identity::kMinTokenExpiration.count());
  EXPECT_THAT(variables_["expirationSeconds"], HasSubstr("< " + least + " ? " + least + " :"));
  EXPECT_THAT(variables_["roleArn"], HasSubstr("<= " + std::to_string(identity::kMaxRoleArnBytes) + ")"));
  EXPECT_THAT(variables_["givenAudience"], HasSubstr("<= " + std::to_string(identity::kMaxAudienceBytes) + ")"));
  EXPECT_THAT(Policy("guard/guard.yaml").variables["roles"],
              HasSubstr("<= " + std::to_string(identity::kMaxRoleArnBytes) + ")"));
  // A list that is not left to the webhook has no more names than irsa takes.
  const std::string most = std::to_string(identity::kMaxSkipContainersNames - 1);
  const std::string& left = variables_["isForTheWebhook"];
  EXPECT_THAT(left, HasSubstr("size(variables.skipContainers) > " + most + " "));
  // What irsa audit takes for a pod that the policy leaves.
  EXPECT_THAT(left, HasSubstr("size(variables.containers) > " + std::to_string(audit::kPolicyMaxContainers) + " "));
  EXPECT_THAT(left, EndsWith(".sum() > " + std::to_string(audit::kPolicyMaxVariables)));
}

TEST_F(IdentityPolicy, SaysWhatTheCodeSays) {
  const std::regex literal("'[^']*'");
  const std::set<std::string> said(std::sregex_token_iterator(all_.begin(), all_.end(), literal),
                                   std::sregex_token_iterator());
  std::set<std::string> known;
  for (const audit::FlagVariable& flag : audit::IdentityVariables()) known.insert(variables_[std::string(flag.name)]);
  for (const identity::KnownAnnotation& each : identity::KnownAnnotations()) {
    // irsa writes it for accounts whose pods the policy leaves to it.
    if (each.name == identity::kAwsConfigAnnotation) continue;
    known.insert(Literal("/" + std::string(each.name)));
  }
  for (const std::string& name : TokenVolumeNames()) known.insert(Literal(name));
  for (const std::string_view text :
       {"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_TRUE(identity::ParseGoBool(text));
    known.insert(Literal(text));
  }
  for (const std::string_view text :
       {identity::kStsRegionalEndpointsVariable, identity::kDefaultRegionVariable, identity::kRegionVariable,
        identity::kRoleArnVariable, identity::kTokenFileVariable, identity::kUseFipsVariable,
        identity::kSessionNameVariable, identity::kPodNameVariable,
        // Values, fields and places in a pod.
        std::string_view("regional"), std::string_view("/token"), std::string_view("token"), std::string_view("C:"),
        std::string_view("windows"), std::string_view("kubernetes.io/os"), std::string_view("beta.kubernetes.io/os"),
        std::string_view("name"), std::string_view("value"), std::string_view("mountPath"),
        std::string_view("readOnly"), std::string_view("projected"), std::string_view("sources"),
        std::string_view("serviceAccountToken"), std::string_view("audience"), std::string_view("expirationSeconds"),
        std::string_view("path"), std::string_view("add"), std::string_view("/spec/initContainers/"),
        std::string_view("/spec/containers/"), std::string_view("/spec/volumes"), std::string_view("/spec/volumes/-"),
        std::string_view("/env"), std::string_view("/env/-"), std::string_view("/volumeMounts"),
        std::string_view("/volumeMounts/-"), std::string_view("valueFrom"), std::string_view("fieldRef"),
        std::string_view("fieldPath"), std::string_view("metadata.name"),
        // An ARN and a session's name.
        std::string_view("arn:"), std::string_view(":iam::"), std::string_view(":role/"), std::string_view("."),
        std::string_view("{namespace}"), std::string_view("{service-account}"), std::string_view("{pod}"),
        std::string_view("$(IRSA_POD_NAME)"), std::string_view("$"),
        std::string_view("^([A-Za-z0-9_+=,.@-]|[{](namespace|service-account|pod)[}])*$"),
        std::string_view("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"),
        // How text is read.
        std::string_view(""), std::string_view(","), std::string_view("AWS_"), std::string_view("/"),
        std::string_view("\\\\"), std::string_view("^[+-]?0*[0-9]{1,18}$"), std::string_view("^-0*[1-9][0-9]{18}$"),
        std::string_view("[\"\\r\\n]"), std::string_view("In"),
        std::string_view("^[^/]|//|/[.]{1,2}(/|$)|./$|\\\\\\\\")}) {
    known.insert(Literal(text));
  }
  EXPECT_EQ(said, known);
}

}  // namespace
}  // namespace irsa::cli
