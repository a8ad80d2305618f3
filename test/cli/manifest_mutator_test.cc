#include "src/cli/mutate/manifest_mutator.h"

#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/identity/sources/service_account_file.h"

namespace irsa::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kNoAccounts[] = "{kind: List, apiVersion: v1, items: []}";
constexpr char kPodSpec[] = "{serviceAccountName: web, containers: [{name: c}]}";

std::string Account(std::string_view name, std::string_view role) {
  return "{kind: ServiceAccount, apiVersion: v1, metadata: {name: " + std::string(name) +
         ", annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/" + std::string(role) + "'}}}";
}

struct Outcome {
  std::vector<manifest::Document> documents;
  MutationReport report;
};

Outcome Mutate(std::string_view manifests, std::string_view accounts = kNoAccounts,
               std::string_view default_namespace = "default", const identity::IdentityIndex& listed = {},
               const identity::Settings& settings = {}) {
  Outcome outcome{manifest::ReadDocuments(manifests).value(), {}};
  const auto objects = manifest::ObjectsIn(outcome.documents).value();
  const auto index = identity::ReadServiceAccounts(accounts, "default", settings).value();
  outcome.report = MutateObjects(objects, {index, listed}, default_namespace, settings);
  return outcome;
}

// The role in the environment of the only container of the pod at `path`; "-" without one.
std::string RoleAt(const manifest::Value& object, const std::string& path) {
  const manifest::Value::json_pointer env(path + "/spec/containers/0/env");
  if (!object.contains(env)) return "-";
  for (const manifest::Value& variable : object.at(env)) {
    if (variable["name"] == "AWS_ROLE_ARN") {
      const auto arn = variable["value"].get<std::string>();
      return arn.substr(arn.find('/') + 1);
    }
  }
  return "-";
}

std::vector<std::string> Paths(const MutatedObject& object) {
  std::vector<std::string> paths;
  for (const manifest::Value& operation : object.patch) paths.push_back(operation["path"]);
  return paths;
}

TEST(MutateObjects, GivesAPodTheIdentityOfItsAccount) {
  const Outcome outcome = Mutate(
      "{kind: Pod, apiVersion: v1, metadata: {name: app}, spec: " + std::string(kPodSpec) + "}", Account("web", "web"));
  EXPECT_EQ(RoleAt(outcome.documents[0].value, ""), "web");
  EXPECT_THAT(outcome.report.notices, IsEmpty());
  EXPECT_THAT(outcome.report.errors, IsEmpty());
  ASSERT_EQ(outcome.report.mutated.size(), 1U);
  const MutatedObject& mutated = outcome.report.mutated[0];
  EXPECT_THAT((std::vector{mutated.title, mutated.kind, mutated.namespace_name, mutated.name}),
              ElementsAre("pod/app (default)", "Pod", "default", "app"));
  EXPECT_THAT(Paths(mutated),
              ElementsAre("/spec/containers/0/env", "/spec/containers/0/volumeMounts", "/spec/volumes"));
  EXPECT_EQ(mutated.before.patch(mutated.patch), mutated.after);
  EXPECT_EQ(mutated.after, outcome.documents[0].value);
}

TEST(MutateObjects, TakesTheOldNameOfTheServiceAccountField) {
  const auto role_of = [](const std::string& spec) {
    const Outcome outcome =
        Mutate("{kind: Pod, apiVersion: v1, metadata: {name: app}, spec: {containers: [{name: c}], " + spec + "}}",
               Account("web", "web") + "\n---\n" + Account("old", "old"));
    return RoleAt(outcome.documents[0].value, "");
  };
  EXPECT_EQ(role_of("serviceAccount: old"), "old");
  EXPECT_EQ(role_of("serviceAccount: old, serviceAccountName: web"), "web");
  EXPECT_EQ(role_of("serviceAccount: old, serviceAccountName: ''"), "old");
}

struct Workload {
  const char* kind;
  const char* api_version;
  const char* path;
};

void PrintTo(const Workload& workload, std::ostream* out) { *out << workload.api_version << ' ' << workload.kind; }

class Workloads : public ::testing::TestWithParam<Workload> {};

std::string Manifest(const Workload& workload) {
  std::string object = "{\"spec\": " + std::string(kPodSpec) + "}";
  const std::string path = workload.path;
  for (size_t end = path.size(); end > 0;) {
    const size_t slash = path.rfind('/', end - 1);
    object = "{" + path.substr(slash + 1, end - slash - 1) + ": " + object + "}";
    end = slash;
  }
  return object.substr(0, object.size() - 1) + ", kind: " + workload.kind +
         (*workload.api_version == '\0' ? "" : ", apiVersion: " + std::string(workload.api_version)) +
         ", metadata: {name: x}}";
}

TEST_P(Workloads, HaveTheirTemplatesMutated) {
  const Outcome outcome = Mutate(Manifest(GetParam()), Account("web", "web"));
  EXPECT_EQ(RoleAt(outcome.documents[0].value, GetParam().path), "web");
  ASSERT_EQ(outcome.report.mutated.size(), 1U);
  EXPECT_EQ(Paths(outcome.report.mutated[0])[0], GetParam().path + std::string("/spec/containers/0/env"));
}

INSTANTIATE_TEST_SUITE_P(MutateObjects, Workloads,
                         ::testing::Values(Workload{"ReplicationController", "v1", "/spec/template"},
                                           Workload{"Deployment", "apps/v1", "/spec/template"},
                                           Workload{"StatefulSet", "apps/v1", "/spec/template"},
                                           Workload{"DaemonSet", "apps/v1", "/spec/template"},
                                           Workload{"ReplicaSet", "apps/v1", "/spec/template"},
                                           Workload{"Job", "batch/v1", "/spec/template"},
                                           Workload{"Job", "", "/spec/template"},
                                           Workload{"CronJob", "batch/v1", "/spec/jobTemplate/spec/template"}));

TEST(MutateObjects, LeavesOtherKindsAndGroupsAsTheyAre) {
  for (const Workload& workload :
       {Workload{"Job", "batch.volcano.sh/v1alpha1", "/spec/template"}, Workload{"Pod", "example.com/v1", ""},
        Workload{"Deployment", "v1", "/spec/template"},
        Workload{"Rollout", "argoproj.io/v1alpha1", "/spec/template"}}) {
    const Outcome outcome = Mutate(Manifest(workload), Account("web", "web"));
    EXPECT_THAT(outcome.report.mutated, IsEmpty()) << workload.kind;
    EXPECT_THAT(outcome.report.notices, IsEmpty()) << workload.kind;
    EXPECT_THAT(outcome.report.errors, IsEmpty()) << workload.kind;
  }
}

TEST(MutateObjects, PrefersTheAccountsOfTheManifestsWhereverTheyStand) {
  const Outcome outcome =
      Mutate(Manifest({"Pod", "v1", ""}) + "\n---\n" + Account("web", "new"), Account("web", "old"));
  EXPECT_EQ(RoleAt(outcome.documents[0].value, ""), "new");
}

TEST(MutateObjects, PutsObjectsWithoutANamespaceInTheDefaultOne) {
  const std::string manifests = Manifest({"Pod", "v1", ""}) + "\n---\n" + Account("web", "a");
  const Outcome outcome = Mutate(manifests, kNoAccounts, "team-a");
  EXPECT_EQ(RoleAt(outcome.documents[0].value, ""), "a");
  EXPECT_EQ(outcome.report.mutated[0].namespace_name, "team-a");
  EXPECT_EQ(RoleAt(Mutate(Manifest({"Pod", "v1", ""}), Account("web", "a"), "team-a").documents[0].value, ""), "-");
}

TEST(MutateObjects, ChangesNothingASecondTime) {
  const std::string manifests = Manifest({"Deployment", "apps/v1", "/spec/template"});
  const std::string once = manifest::WriteYaml(Mutate(manifests, Account("web", "a")).documents[0].value);
  const Outcome twice = Mutate(once, Account("web", "a"));
  EXPECT_THAT(twice.report.mutated, IsEmpty());
  EXPECT_EQ(manifest::WriteYaml(twice.documents[0].value), once);
}

TEST(MutateObjects, LeavesMirrorPodsUntouchedAndUnmentioned) {
  const Outcome outcome = Mutate(
      "{kind: Pod, metadata: {name: a, annotations: {kubernetes.io/config.mirror: x, eks.amazonaws.com/typo: x}}, "
      "spec: " +
          std::string(kPodSpec) + "}",
      Account("other", "a"));
  EXPECT_THAT(outcome.report.mutated, IsEmpty());
  EXPECT_THAT(outcome.report.notices, IsEmpty());
}

TEST(MutateObjects, LeavesPodsThatOptOutAsTheyAreAndSaysSo) {
  const std::string pod = R"({metadata: {name: x, labels: {eks.amazonaws.com/skip-pod-identity-webhook: ""}}, spec: )" +
                          std::string(kPodSpec) + "}";
  const Outcome outcome = Mutate("{kind: Pod, " + pod.substr(1) +
                                     "\n---\n{kind: Deployment, apiVersion: apps/v1, metadata: {name: web}, spec: "
                                     "{template: " +
                                     pod + "}}",
                                 Account("web", "web"), "team-a");
  EXPECT_THAT(outcome.report.mutated, IsEmpty());
  EXPECT_THAT(outcome.report.errors, IsEmpty());
  EXPECT_THAT(outcome.report.notices,
              ElementsAre("pod/x in team-a: note: its label eks.amazonaws.com/skip-pod-identity-webhook opts out, so "
                          "it is left unchanged",
                          "deployment/web in team-a: note: its pods' label "
                          "eks.amazonaws.com/skip-pod-identity-webhook opts out, so it is left unchanged"));
}

// The selectors look at the pods' labels, not at those of what makes them.
TEST(MutateObjects, TakesNoHeedOfAWorkloadsOwnLabels) {
  const Outcome outcome = Mutate(
      "{kind: Deployment, apiVersion: apps/v1, metadata: {name: web, labels: "
      "{eks.amazonaws.com/skip-pod-identity-webhook: 'true'}}, spec: {template: {metadata: {labels: null}, spec: " +
          std::string(kPodSpec) + "}}}",
      Account("web", "web"));
  EXPECT_EQ(RoleAt(outcome.documents[0].value, "/spec/template"), "web");
}

TEST(MutateObjects, NotesAPodWhoseAccountIsNotGiven) {
  const Outcome outcome = Mutate(Manifest({"Job", "batch/v1", "/spec/template"}));
  EXPECT_THAT(outcome.report.mutated, IsEmpty());
  EXPECT_THAT(
      outcome.report.notices,
      ElementsAre("job/x in default: note: its service account web is not among the service accounts given, so it "
                  "gets no identity"));
}

TEST(MutateObjects, SaysNothingOfAnAccountWithoutARole) {
  const Outcome outcome = Mutate(Manifest({"Pod", "v1", ""}), "{kind: ServiceAccount, metadata: {name: web}}");
  EXPECT_THAT(outcome.report.mutated, IsEmpty());
  EXPECT_THAT(outcome.report.notices, IsEmpty());
}

TEST(MutateObjects, WarnsOfAnAccountOnceAndOfEachPod) {
  const std::string pod =
      "{kind: Pod, metadata: {name: p}, spec: {serviceAccountName: web, containers: [{name: c, env: [{name: "
      "AWS_PROFILE, value: x}]}]}}";
  const std::string account =
      "{kind: ServiceAccount, metadata: {name: web, annotations: {eks.amazonaws.com/role-arn: nonsense}}}";
  const auto about_account = StartsWith("serviceaccount/web in default: warning: ");
  const auto about_pod = AllOf(StartsWith("pod/p in default: warning: "), HasSubstr("AWS_PROFILE"));
  EXPECT_THAT(Mutate(pod + "\n---\n" + pod, account).report.notices, ElementsAre(about_account, about_pod, about_pod));
  EXPECT_THAT(Mutate(account + "\n---\n" + pod).report.notices, ElementsAre(about_account, about_pod));
}

TEST(MutateObjects, WarnsOfAnnotationsOfAPodWithoutAnIdentity) {
  const Outcome outcome = Mutate("{kind: Pod, metadata: {name: p, annotations: {eks.amazonaws.com/typo: x}}}",
                                 "{kind: ServiceAccount, metadata: {name: default}}");
  EXPECT_THAT(outcome.report.notices, ElementsAre(AllOf(StartsWith("pod/p in default: warning: "), HasSubstr("typo"))));
}

TEST(MutateObjects, WarnsOfAPodsAnnotationThatHelmTookApart) {
  const Outcome outcome =
      Mutate(Account("web", "r") +
             "\n---\n{kind: Pod, metadata: {name: p, annotations: {eks: {amazonaws: {com/skip-containers: "
             "c}}}}, spec: " +
             kPodSpec + "}");
  EXPECT_THAT(outcome.report.notices,
              ElementsAre(R"(pod/p in default: warning: its annotation "eks" is a map: helm --set needs the dots )"
                          R"(escaped: "eks\.amazonaws\.com/skip-containers")"));
}

TEST(MutateObjects, NamesAPodByItsGenerateNameAndWithoutControlCharacters) {
  EXPECT_THAT(Mutate("{kind: Pod, metadata: {generateName: app-}}").report.notices,
              ElementsAre(StartsWith("pod/app- in default: note: ")));
  EXPECT_THAT(Mutate(R"({"kind": "Pod", "metadata": {"name": "\u001b[m", "namespace": "\n"}})").report.notices,
              ElementsAre(StartsWith("pod/\"\\x1b[m\" in \"\\x0a\": note: ")));
}

TEST(MutateObjects, GoesOnAfterAPodOfTheWrongShape) {
  const Outcome outcome = Mutate(
      "{kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: x}}}}\n---\n"
      "{kind: Job, metadata: {name: b}, spec: []}\n---\n"
      "{kind: Pod, metadata: {name: c}, spec: {containers: [{env: 3}]}}\n---\n" +
          Manifest({"Pod", "v1", ""}),
      Account("web", "a"));
  EXPECT_THAT(
      outcome.report.errors,
      ElementsAre(
          Error{
              ErrorCode::kInvalid,
              "document 1, line 1: deployment/a in default: spec.template: spec.containers is not a list but a string"},
          Error{ErrorCode::kInvalid, "document 2, line 2: job/b in default: spec.template is missing"},
          Error{ErrorCode::kInvalid,
                "document 3, line 4: pod/c in default: spec.containers[0].env is not a list but a number"}));
  EXPECT_EQ(RoleAt(outcome.documents[3].value, ""), "a");
}

TEST(MutateObjects, MutatesNothingWhenAnAccountAmongTheManifestsIsBroken) {
  const Outcome outcome = Mutate("{kind: ServiceAccount}\n---\n" + Manifest({"Pod", "v1", ""}), Account("web", "a"));
  EXPECT_THAT(outcome.report.errors,
              ElementsAre(Error{ErrorCode::kInvalid, "document 1, line 1: a service account without a name"}));
  EXPECT_THAT(outcome.report.mutated, IsEmpty());
}

TEST(MutateObjects, GivesTheDefaultRoleOfANamespaceAmongTheManifestsOrTheAccounts) {
  identity::Settings settings;
  settings.uses_default_roles = true;
  const std::string pod = "{kind: Pod, metadata: {name: p, namespace: shop}, spec: " + std::string(kPodSpec) + "}";
  const std::string space =
      "{kind: Namespace, metadata: {name: shop, annotations: {eks.amazonaws.com/default-role-arn: "
      "'arn:aws:iam::111122223333:role/team', eks.amazonaws.com/role-arm: x}}}";
  const Outcome among = Mutate(space + "\n---\n" + pod + "\n---\n" + pod, kNoAccounts, "default", {}, settings);
  const Outcome beside = Mutate(pod, space, "default", {}, settings);
  for (const Outcome* outcome : {&among, &beside}) {
    ASSERT_FALSE(outcome->report.mutated.empty());
    EXPECT_EQ(RoleAt(outcome->report.mutated[0].after, ""), "team");
    ASSERT_EQ(outcome->report.notices.size(), 1U) << "once for the namespace";
    EXPECT_THAT(outcome->report.notices[0], StartsWith("namespace/shop: warning: unknown annotation"));
  }
  const Outcome off = Mutate(space + "\n---\n" + pod);
  EXPECT_THAT(off.report.mutated, IsEmpty());
}

TEST(MutateObjects, LeavesOutWhatAConfigMapAmongTheManifestsCarries) {
  identity::Settings settings;
  settings.default_region = "eu-central-1";
  const std::string manifests =
      "{kind: Pod, metadata: {name: p}, spec: {serviceAccountName: web, containers: [{name: c, envFrom: "
      "[{configMapRef: {name: env}}]}]}}\n---\n{kind: ConfigMap, metadata: {name: env}, data: {AWS_REGION: x}}\n---\n" +
      Account("web", "r");
  const auto names = [&](const Outcome& outcome) {
    std::vector<std::string> found;
    for (const manifest::Value& variable : outcome.report.mutated.at(0).after["spec"]["containers"][0]["env"]) {
      found.push_back(variable["name"]);
    }
    return found;
  };
  EXPECT_EQ(names(Mutate(manifests, kNoAccounts, "default", {}, settings)).size(), 4U);
  settings.respects_env_from = true;
  const Outcome respected = Mutate(manifests, kNoAccounts, "default", {}, settings);
  EXPECT_THAT(names(respected), ElementsAre("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"));
  EXPECT_THAT(respected.report.notices, IsEmpty());
  const Outcome elsewhere = Mutate(manifests, kNoAccounts, "other", {}, settings);
  EXPECT_THAT(elsewhere.report.notices, IsEmpty());
}

// The variables and the label of a Job, whose pod template has no metadata.
TEST(MutateObjects, GivesPodIdentityToAccountsThatAreListedOrAnnotated) {
  const std::string manifests =
      "{kind: Job, apiVersion: batch/v1, metadata: {name: j, namespace: shop}, spec: {template: {spec: " +
      std::string(kPodSpec) + "}}}";
  const std::string annotated =
      "{kind: ServiceAccount, apiVersion: v1, metadata: {name: web, namespace: shop, annotations: "
      "{eks.amazonaws.com/pod-identity: 'true'}}}";
  identity::IdentityIndex listed;
  listed.Put("shop", "web", nullptr);
  const Outcome by_list = Mutate(manifests, kNoAccounts, "default", listed);
  EXPECT_THAT(by_list.report.notices, IsEmpty()) << "an account that is listed is known";
  const Outcome by_annotation = Mutate(manifests, annotated);
  for (const Outcome* outcome : {&by_list, &by_annotation}) {
    ASSERT_EQ(outcome->report.mutated.size(), 1U);
    const manifest::Value& pod = outcome->report.mutated[0].after["spec"]["template"];
    EXPECT_EQ(pod["metadata"]["labels"]["eks.amazonaws.com/pod-identity"], "enabled");
    EXPECT_EQ(pod["spec"]["containers"][0]["env"][0]["name"], "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    EXPECT_EQ(pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"],
              identity::JitteredExpiration({"shop", "web"}, identity::kLongTokenExpiration).count());
  }
  EXPECT_EQ(by_list.report.mutated[0].patch, by_annotation.report.mutated[0].patch);
}

}  // namespace
}  // namespace irsa::cli
