#include "irsa/identity/sources/service_accounts.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/identity/sources/service_account_file.h"

namespace irsa::identity {
namespace {

Error ErrorOf(std::string_view yaml) {
  const auto index = ReadServiceAccounts(yaml, "default", {});
  return index ? Error{ErrorCode::kInternal, "no error"} : index.error();
}

Identity WithRole(std::string arn) {
  const Settings settings;
  return {std::move(arn), settings.token_audience, settings.token_expiration, settings.regional_sts};
}

TEST(IndexServiceAccounts, ResolvesTheirAnnotations) {
  const auto index = ReadServiceAccounts(R"(
kind: ServiceAccount
apiVersion: v1
metadata:
  name: web
  namespace: team-a
  annotations:
    example.com/other: x
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/web
    eks.amazonaws.com/sts-regional-endpoints: "true"
)",
                                         "default", {});
  ASSERT_TRUE(index.ok()) << index.error().message;
  ASSERT_EQ(index->size(), 1U);
  Identity identity = WithRole("arn:aws:iam::111122223333:role/web");
  identity.regional_sts = true;
  EXPECT_EQ(**index->Find({"team-a", "web"}), (AccountIdentity{identity, {}, {std::nullopt, true}}));
}

TEST(IndexServiceAccounts, PassesOverOtherKindsAndGroups) {
  const auto index = ReadServiceAccounts(R"(
{kind: Deployment, apiVersion: apps/v1, metadata: {annotations: 3}}
---
{kind: ServiceAccount, apiVersion: example.com/v1, metadata: {name: a}}
---
{kind: ServiceAccount, metadata: {name: b}}
)",
                                         "default", {});
  ASSERT_TRUE(index.ok()) << index.error().message;
  EXPECT_EQ(index->size(), 1U);
  EXPECT_NE(index->Find({"default", "b"}), nullptr);
}

TEST(IndexServiceAccounts, ReadsListsAndPutsAccountsInTheDefaultNamespace) {
  const auto index = ReadServiceAccounts(R"({"kind": "ServiceAccountList", "apiVersion": "v1", "items": [
    {"metadata": {"name": "a"}}, {"metadata": {"name": "b", "namespace": "team-b"}}]})",
                                         "team-a", {});
  ASSERT_TRUE(index.ok()) << index.error().message;
  EXPECT_EQ(index->size(), 2U);
  EXPECT_NE(index->Find({"team-a", "a"}), nullptr);
  EXPECT_NE(index->Find({"team-b", "b"}), nullptr);
}

TEST(IndexServiceAccounts, KeepsNothingForAccountsWithoutAnnotationsThatMatter) {
  for (const char* annotations : {"", ", annotations: {}", ", annotations: null", ", annotations: {a: b, c: null}",
                                  ", annotations: {eks.amazonaws.com/role-arn: }"}) {
    const auto index = ReadServiceAccounts(
        "{kind: ServiceAccount, metadata: {name: a" + std::string(annotations) + "}}", "default", {});
    ASSERT_TRUE(index.ok()) << index.error().message;
    ASSERT_NE(index->Find({"default", "a"}), nullptr);
    EXPECT_EQ(*index->Find({"default", "a"}), nullptr) << annotations;
  }
}

TEST(IndexServiceAccounts, KeepsWarningsOfAnAccountWithoutAnIdentity) {
  const auto index = ReadServiceAccounts(
      "{kind: ServiceAccount, metadata: {name: a, annotations: {eks.amazonaws.com/role-arm: x}}}", "default", {});
  ASSERT_TRUE(index.ok()) << index.error().message;
  const AccountIdentity& account = **index->Find({"default", "a"});
  EXPECT_EQ(account.identity, std::nullopt);
  EXPECT_EQ(account.warnings.size(), 1U);
}

TEST(IndexServiceAccounts, RefusesNamesThatKubernetesWould) {
  EXPECT_EQ(ErrorOf("kind: ServiceAccount\nmetadata: {}\n"),
            (Error{ErrorCode::kInvalid, "document 1, line 1: a service account without a name"}));
  EXPECT_EQ(ErrorOf("kind: ServiceAccount\n").message, "document 1, line 1: a service account without a name");
  EXPECT_EQ(ErrorOf("kind: ServiceAccount\nmetadata: {name: 12}").message,
            "document 1, line 1: metadata.name is not a string but of type number: quote it");
  EXPECT_EQ(ErrorOf("kind: ServiceAccount\nmetadata: {name: a/b}").message,
            "document 1, line 1: service account \"a/b\": not a name Kubernetes allows");
  EXPECT_EQ(ErrorOf("kind: ServiceAccount\nmetadata: {name: a, namespace: b.c}").message,
            "document 1, line 1: service account a: \"b.c\" is not a namespace's name");
}

TEST(IndexServiceAccounts, RefusesAnnotationsThatAreNoStrings) {
  EXPECT_EQ(ErrorOf("kind: ServiceAccount\nmetadata: {name: a, annotations: [x]}"),
            (Error{ErrorCode::kInvalid,
                   "document 1, line 1: service account default/a: its annotations are not a map but of type array"}));
  EXPECT_EQ(
      ErrorOf("kind: ServiceAccount\nmetadata: {name: a, annotations: {P/token-expiration: 3600}}").message,
      "document 1, line 1: service account default/a: its annotation \"P/token-expiration\" is not a string but of "
      "type number: quote it");
}

TEST(IndexServiceAccounts, KnowsAnnotationsThatHelmTookApart) {
  const auto message = [](const std::string& annotations) {
    const std::string text = "kind: ServiceAccount\nmetadata: {name: a, annotations: " + annotations + "}";
    auto documents = manifest::ReadDocuments(text).value();
    Settings settings;
    const auto index = IndexServiceAccounts(manifest::ObjectsIn(documents).value(), "default", settings);
    return index.error().message;
  };
  const std::string begin = "document 1, line 1: service account default/a: its annotation ";
  const std::string end =
      R"(is not a string but a map: helm --set needs the dots escaped: "eks\.amazonaws\.com/role-arn")";
  EXPECT_EQ(message("{eks: {amazonaws: {com/role-arn: x}}}"), begin + "\"eks\" " + end);
  EXPECT_EQ(message("{eks: {amazonaws: {com/role-arn: x, com/z: y}}}"), begin + "\"eks\" " + end);
  EXPECT_EQ(message("{eks.amazonaws: {com/role-arn: x}}"), begin + "\"eks.amazonaws\" " + end);
  EXPECT_EQ(message("{eks: {other: {com/role-arn: x}}}"),
            begin + "\"eks\" is not a string but of type object: quote it");
  EXPECT_EQ(message("{eks: {}}"), begin + "\"eks\" is not a string but of type object: quote it");
}

TEST(IndexServiceAccounts, RefusesAnAccountASecondTime) {
  EXPECT_EQ(ErrorOf("{kind: ServiceAccount, metadata: {name: a}}\n---\n"
                    "{kind: ServiceAccount, metadata: {name: a, namespace: default}}"),
            (Error{ErrorCode::kInvalid, "document 2, line 2: service account default/a occurs twice"}));
}

constexpr char kNamespaces[] = R"(
{kind: Namespace, apiVersion: v1, metadata: {name: team-a, annotations: {eks.amazonaws.com/default-role-arn: x}}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: team-b}}
)";

TEST(IndexServiceAccounts, ReadsNamespacesWhereDefaultRolesAreUsed) {
  Settings settings;
  settings.uses_default_roles = true;
  const auto index = ReadServiceAccounts(kNamespaces, "default", settings);
  ASSERT_TRUE(index.ok()) << index.error().message;
  EXPECT_EQ(index->size(), 0U);
  EXPECT_EQ(index->FindDefaults("team-a")->role_arn, "x");
  EXPECT_EQ(index->FindDefaults("team-b")->role_arn, "");
  EXPECT_EQ(index->FindDefaults("team-c"), nullptr);
  EXPECT_FALSE(ReadServiceAccounts(kNamespaces, "default", {}).ok()) << "there is no account in it";
}

TEST(IndexServiceAccounts, RefusesBadNamespacesWhereDefaultRolesAreUsed) {
  Settings settings;
  settings.uses_default_roles = true;
  const auto error = [&](const char* text) { return ReadServiceAccounts(text, "default", settings).error().message; };
  EXPECT_EQ(error("{kind: Namespace, metadata: {name: A}}"),
            "document 1, line 1: namespace \"A\": not a name Kubernetes allows");
  EXPECT_EQ(error("{kind: Namespace, metadata: {name: a, annotations: [x]}}"),
            "document 1, line 1: namespace a: its annotations are not a map but of type array");
  EXPECT_EQ(error("{kind: Namespace, metadata: {name: a}}\n---\n{kind: Namespace, metadata: {name: a}}"),
            "document 2, line 2: namespace a occurs twice");
}

TEST(ReadServiceAccounts, RefusesWhatIsNoManifest) {
  EXPECT_EQ(ErrorOf("a: [").code, ErrorCode::kMalformed);
  EXPECT_EQ(ErrorOf("just text").message, "document 1, line 1: not an object but of type string");
  EXPECT_EQ(ErrorOf("metadata: {name: a}").message, "document 1, line 1: an object without kind");
}

}  // namespace
}  // namespace irsa::identity
