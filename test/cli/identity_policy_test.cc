// The identity policy that deploy/ installs in kube-apiserver says the same names and numbers as the code. What it does
// with them is compared on a real apiserver (test/e2e/test_policy.py).
#include <map>
#include <regex>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/audit/policy_facts.h"
#include "irsa/base/file_reader.h"
#include "irsa/manifest/manifest.h"
#include "irsa/mutation/additions.h"
#include "irsa/mutation/annotations.h"
#include "irsa/mutation/identity.h"
#include "irsa/mutation/settings.h"
#include "irsa/mutation/skip_containers.h"

namespace irsa::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string Literal(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string AnnotationLiteral(std::string_view name) {
  return Literal(mutation::Settings().annotation_prefix + "/" + std::string(name));
}

class IdentityPolicy : public ::testing::Test {
 protected:
  IdentityPolicy() {
    const std::string text =
        base::DiskFileReader()
            .Read(IRSA_SOURCE_DIR "/deploy/kustomize/components/policy/identity-policy.yaml", 1 << 20)
            .value();
    const manifest::Value spec = manifest::ReadDocuments(text).value().front().value.at("spec");
    for (const auto& variable : spec.at("variables")) {
      const auto expression = variable.at("expression").get<std::string>();
      variables_[variable.at("name")] = expression;
      all_ += expression + "\n";
    }
    all_ += spec.at("mutations").at(0).at("jsonPatch").at("expression").get<std::string>();
  }

  std::map<std::string, std::string> variables_;
  std::string all_;
};

TEST_F(IdentityPolicy, HasTheDefaultsOfTheFlags) {
  EXPECT_EQ(variables_["mountPath"], Literal(mutation::Settings().token_mount_path));
  EXPECT_EQ(variables_["skipContainersAnnotation"], AnnotationLiteral(mutation::kSkipContainersAnnotation));
  EXPECT_EQ(variables_["tokenExpirationAnnotation"], AnnotationLiteral(mutation::kTokenExpirationAnnotation));
}

TEST_F(IdentityPolicy, HasTheLimitsOfTheCode) {
  const std::string& expiration = variables_["expirationSeconds"];
  EXPECT_THAT(expiration, HasSubstr("> " + std::to_string(mutation::kMaxTokenExpiration.count()) + " ?"));
  const std::string least = std::to_string(mutation::kMinTokenExpiration.count());
  EXPECT_THAT(expiration, HasSubstr("< " + least + " ? " + least + " :"));
  // A list that is not left to the webhook has no more names than irsa takes.
  const std::string most = std::to_string(mutation::kMaxSkipContainersNames - 1);
  const std::string& left = variables_["isForTheWebhook"];
  EXPECT_THAT(left, HasSubstr("size(variables.skipContainers) > " + most + " "));
  // What irsa audit takes for a pod that the policy leaves.
  EXPECT_THAT(
      left, HasSubstr("size(variables.tokenExpiration) > " + std::to_string(audit::kPolicyMaxExpirationLength) + " "));
  EXPECT_THAT(left, HasSubstr("size(variables.containers) > " + std::to_string(audit::kPolicyMaxContainers) + " "));
  EXPECT_THAT(left, EndsWith(".sum() > " + std::to_string(audit::kPolicyMaxVariables)));
}

TEST_F(IdentityPolicy, SaysWhatTheCodeSays) {
  const std::regex literal("'[^']*'");
  const std::set<std::string> said(std::sregex_token_iterator(all_.begin(), all_.end(), literal),
                                   std::sregex_token_iterator());
  std::set<std::string> known = {variables_["mountPath"], variables_["skipContainersAnnotation"],
                                 variables_["tokenExpirationAnnotation"]};
  for (const std::string_view text :
       {mutation::kTokenVolume, mutation::kStsRegionalEndpointsVariable, mutation::kDefaultRegionVariable,
        mutation::kRegionVariable, mutation::kRoleArnVariable, mutation::kTokenFileVariable,
        // Values, fields and places in a pod.
        std::string_view("regional"), std::string_view("/token"), std::string_view("token"), std::string_view("C:"),
        std::string_view("windows"), std::string_view("kubernetes.io/os"), std::string_view("beta.kubernetes.io/os"),
        std::string_view("name"), std::string_view("value"), std::string_view("mountPath"),
        std::string_view("readOnly"), std::string_view("projected"), std::string_view("sources"),
        std::string_view("serviceAccountToken"), std::string_view("audience"), std::string_view("expirationSeconds"),
        std::string_view("path"), std::string_view("default"), std::string_view("add"),
        std::string_view("/spec/initContainers/"), std::string_view("/spec/containers/"),
        std::string_view("/spec/volumes"), std::string_view("/spec/volumes/-"), std::string_view("/env"),
        std::string_view("/env/-"), std::string_view("/volumeMounts"), std::string_view("/volumeMounts/-"),
        // How text is read.
        std::string_view(""), std::string_view(","), std::string_view("AWS_"), std::string_view("/"),
        std::string_view("\\\\"), std::string_view("^[+-]?[0-9]+$"), std::string_view("[\"\\r\\n]")}) {
    known.insert(Literal(text));
  }
  EXPECT_EQ(said, known);
}

}  // namespace
}  // namespace irsa::cli
