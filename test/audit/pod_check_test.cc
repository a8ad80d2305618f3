#include "irsa/audit/checks/pod_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/audit/checks/account_check.h"
#include "irsa/base/time_text.h"

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

const identity::Identity kIdentity{kRole, "sts.amazonaws.com", std::chrono::seconds(86400), false};

std::optional<base::SystemTime> Time(const char* text) { return base::ParseRfc3339(text).value(); }

std::vector<Finding> Check(const Json& pod, const PodCircumstances& circumstances = {},
                           const identity::Identity* identity = &kIdentity) {
  return CheckPod(ReadPodFacts(ViewOf(pod), "eks.amazonaws.com"), identity, circumstances, {});
}

TEST(CheckPod, FindsNothingWrongWithAnIdentifiedPod) { EXPECT_EQ(Check(IdentifiedPod()), std::vector<Finding>()); }

TEST(CheckPod, FindsNothingWhereNoIdentityIsDue) {
  EXPECT_EQ(Check(BarePod(), {}, nullptr), std::vector<Finding>());
  Json pod = BarePod();
  pod["metadata"]["labels"]["eks.amazonaws.com/skip-pod-identity-webhook"] = "true";
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "opted out";
  pod = BarePod();
  pod["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "x";
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "a mirror pod";
  pod = BarePod();
  pod["status"]["phase"] = "Succeeded";
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "over";
  pod = BarePod();
  pod["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z";
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "being deleted";
  pod = BarePod();
  pod["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"] = "app";
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "skipped";
}

TEST(CheckPod, ExpectsNothingOfContainersThatTheAccountLeavesOut) {
  identity::Identity identity = kIdentity;
  identity.containers.skipped = std::vector<std::string>{"app"};
  EXPECT_EQ(Check(BarePod(), {}, &identity), std::vector<Finding>());
  identity.containers.skipped.reset();
  identity.containers.included = std::vector<std::string>{"other"};
  EXPECT_EQ(Kinds(Check(BarePod(), {}, &identity)), Names{"pod-annotation-ignored"}) << "it serves none";
}

// Whose account only the webhook learns, from instance metadata.
TEST(CheckPod, ComparesARoleThatIsNamedByItsName) {
  identity::Settings settings;
  settings.composition.is_on = true;
  identity::Identity identity = kIdentity;
  const std::string role = identity.role_arn;
  identity.role_arn = role.substr(role.find("role/") + 5);
  const Json pod = IdentifiedPod();
  const PodFacts facts = ReadPodFacts(ViewOf(pod), "eks.amazonaws.com");
  EXPECT_EQ(CheckPod(facts, &identity, {}, settings), std::vector<Finding>());
  identity.role_arn = "other";
  EXPECT_EQ(Kinds(CheckPod(facts, &identity, {}, settings)), Names{"pod-older-role"});
}

TEST(CheckPod, FindsSessionNamesThatThePodsNameDoesNotFit) {
  identity::Identity identity = kIdentity;
  identity.session_name = {"team-a.{pod}", "team-a.app"};
  Json pod = IdentifiedPod();
  pod["metadata"]["name"] = std::string(57, 'x');
  EXPECT_EQ(Check(pod, {}, &identity), std::vector<Finding>()) << "64 characters";
  pod["metadata"]["name"] = std::string(58, 'x');
  const std::vector<Finding> found = Check(pod, {}, &identity);
  ASSERT_EQ(Kinds(found), Names{"annotation-value-ignored"});
  EXPECT_THAT(found[0].what, HasSubstr("\"team-a.app\" is used"));
  EXPECT_EQ(found[0].why, "with its placeholders filled in, it is shorter or longer than STS accepts");
  EXPECT_EQ(found[0].fix, "correct role-session-name on service account team-a/app");
}

TEST(CheckPod, TakesTheValuesOfEachContainer) {
  Json pod = IdentifiedPod();
  pod["spec"]["initContainers"] = Json::array({Container("first")});
  pod["spec"]["containers"].push_back(Container("last"));
  EXPECT_EQ(Check(pod), std::vector<Finding>());
  Json& env = pod["spec"]["initContainers"][0]["env"];
  env.push_back({{"name", "AWS_ROLE_ARN"}, {"value", kOtherRole}});
  const std::vector<Finding> found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"pod-older-role"}) << "the last one counts";
  EXPECT_THAT(found[0].what, HasSubstr(std::string("container first runs as \"") + kOtherRole));
  env.push_back({{"name", "AWS_ROLE_ARN"}, {"valueFrom", {{"fieldRef", {{"fieldPath", "metadata.name"}}}}}});
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "nobody knows its value";
}

TEST(CheckPod, SaysWhatIsMissingAndHowToStartAnew) {
  Json pod = BarePod();
  pod["metadata"]["labels"]["pod-template-hash"] = "5d9c";
  pod["metadata"]["ownerReferences"] = {
      {{"kind", "ReplicaSet"}, {"name", "web-5d9c"}, {"uid", "u"}, {"controller", true}}};
  const std::vector<Finding> found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"pod-failed-open"});
  EXPECT_EQ(found[0],
            (Finding{FindingKind::kPodFailedOpen,
                     {"Deployment", "team-a", "web"},
                     "container app lacks AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, but service account team-a/app "
                     "has the role arn:aws:iam::111122223333:role/app",
                     "no replica of irsa answered when the pod was created, and the webhook's failurePolicy is Ignore",
                     "kubectl rollout restart deployment/web -n team-a"}));
}

TEST(CheckPod, TellsTheCausesApart) {
  PodCircumstances circumstances;
  circumstances.role_set_at = Time("2026-01-03T00:00:00Z");
  EXPECT_EQ(Kinds(Check(BarePod(), circumstances)), Names{"pod-before-annotation"});
  circumstances.webhook_since = Time("2026-01-02T00:00:01Z");
  EXPECT_EQ(Kinds(Check(BarePod(), circumstances)), Names{"pod-before-webhook"});
  circumstances.labels_unmet = "tier In (web)";
  EXPECT_EQ(Kinds(Check(BarePod(), circumstances)), Names{"pod-labels-out-of-scope"});
  circumstances.namespace_unmet = "team Exists";
  EXPECT_EQ(Kinds(Check(BarePod(), circumstances)), Names{"pod-namespace-out-of-scope"});
  EXPECT_THAT(Check(BarePod(), circumstances)[0].why, HasSubstr("team Exists"));
  circumstances.is_registered = false;
  EXPECT_EQ(Check(BarePod(), circumstances)[0].why,
            "no webhook of irsa is registered, and no identity policy is in force");
}

TEST(CheckPod, TellsTheCausesApartWhereThePolicyIsAlone) {
  PodCircumstances circumstances;
  circumstances.has_policy = circumstances.is_by_policy_alone = true;
  auto found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-missed-by-policy"});
  EXPECT_THAT(found[0].fix, HasSubstr("create it again"));
  circumstances.role_set_at = Time("2026-01-03T00:00:00Z");
  EXPECT_EQ(Kinds(Check(BarePod(), circumstances)), Names{"pod-before-annotation"});
  circumstances.webhook_since = Time("2026-01-02T00:00:01Z");
  found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-before-webhook"});
  EXPECT_THAT(found[0].why, HasSubstr("the identity policy is registered since 2026-01-02T00:00:01Z"));
  circumstances.role_unknown = "it comes from the ConfigMap alone";
  found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-missed-by-policy"});
  EXPECT_EQ(found[0].why, "the identity policy does not know the account's role: it comes from the ConfigMap alone");
  EXPECT_THAT(found[0].fix, HasSubstr("irsa audit --only policy"));
  circumstances.left_by_policy = "it has 201 containers, of at most 200";
  found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-left-by-policy"});
  EXPECT_THAT(found[0].why, HasSubstr("it has 201 containers, of at most 200: the identity policy leaves such pods"));
  EXPECT_THAT(found[0].why, HasSubstr("so they never get their identity"));
  circumstances.labels_unmet = "tier In (web)";
  found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-labels-out-of-scope"});
  EXPECT_THAT(found[0].why + found[0].fix, ::testing::Not(HasSubstr("webhook")));
}

TEST(CheckPod, SaysWhatThePolicyDidWhereTheWebhookDidNotAnswer) {
  PodCircumstances circumstances;
  circumstances.has_policy = true;
  auto found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-failed-open"});
  EXPECT_THAT(found[0].why, HasSubstr("; the identity policy did not know the account then"));
  circumstances.role_unknown = "it comes from the ConfigMap alone";
  found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-failed-open"});
  EXPECT_THAT(found[0].why, HasSubstr("; the identity policy does not know the account's role: it comes from"));
  circumstances.left_by_policy = "it has 201 containers, of at most 200";
  found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-failed-open"});
  EXPECT_THAT(found[0].why, HasSubstr("leaves such pods to the webhook: it has 201 containers, of at most 200"));
}

TEST(CheckPod, TakesTheSameSecondForAfterwards) {
  PodCircumstances circumstances;
  circumstances.role_set_at = circumstances.webhook_since = Time("2026-01-02T00:00:00Z");
  circumstances.fails_closed = true;
  const auto found = Check(BarePod(), circumstances);
  EXPECT_EQ(Kinds(found), Names{"pod-failed-open"});
  EXPECT_THAT(found[0].why, HasSubstr("matchConditions"));
}

TEST(CheckPod, NamesContainersThatCameAfterIrsa) {
  Json pod = IdentifiedPod();
  pod["spec"]["containers"].push_back({{"name", "proxy"}});
  pod["spec"]["initContainers"] = {{{"name", "init"}}};
  const auto found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"container-without-identity"});
  EXPECT_THAT(found[0].what, HasSubstr("containers init, proxy lack AWS_ROLE_ARN"));
}

TEST(CheckPod, FindsJustOneVariable) {
  for (const int removed : {0, 1}) {
    Json pod = IdentifiedPod();
    pod["spec"]["containers"][0]["env"].erase(static_cast<size_t>(removed));
    const auto found = Check(pod);
    ASSERT_EQ(Kinds(found), Names{"partial-environment"});
    EXPECT_THAT(found[0].what, HasSubstr(removed == 0 ? "sets AWS_WEB_IDENTITY_TOKEN_FILE but not AWS_ROLE_ARN"
                                                      : "sets AWS_ROLE_ARN but not AWS_WEB_IDENTITY_TOKEN_FILE"));
  }
}

TEST(CheckPod, FindsAnotherRole) {
  Json pod = IdentifiedPod();
  pod["spec"]["containers"][0]["env"][0]["value"] = kOtherRole;
  auto found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"pod-older-role"});
  EXPECT_EQ(found[0].what, std::string("container app runs as \"") + kOtherRole +
                               "\", but service account team-a/app has the role " + kRole);
  PodCircumstances circumstances;
  circumstances.role_set_at = Time("2026-01-03T00:00:00Z");
  EXPECT_EQ(Check(pod, circumstances)[0].why,
            "the account's role was changed at 2026-01-03T00:00:00Z, after the pod was created");
  pod["spec"]["containers"][0]["env"][0] = {{"name", "AWS_ROLE_ARN"},
                                            {"valueFrom", {{"fieldRef", {{"fieldPath", "x"}}}}}};
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "who knows what it is";
}

TEST(CheckPod, FindsAnotherAudience) {
  Json pod = IdentifiedPod();
  pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["audience"] = "vault";
  const auto found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"pod-older-audience"});
  EXPECT_THAT(found[0].what, HasSubstr("its token is for \"vault\""));
}

TEST(CheckPod, FindsOlderProfiles) {
  identity::Identity identity = kIdentity;
  identity.profiles = {{"billing", kOtherRole}};
  Json pod = IdentifiedPod();
  const auto found = Check(pod, {}, &identity);
  ASSERT_EQ(Kinds(found), Names{"pod-older-profiles"});
  EXPECT_THAT(found[0].what, HasSubstr("has no AWS config file"));

  pod["spec"]["volumes"][0]["projected"]["sources"].push_back(
      Json::parse(R"({"downwardAPI":{"items":[{"path":"config",)"
                  R"("fieldRef":{"fieldPath":"metadata.annotations['eks.amazonaws.com/aws-config']"}}]}})"));
  pod["metadata"]["annotations"]["eks.amazonaws.com/aws-config"] = identity::ConfigFileText(identity, kTokenFile);
  EXPECT_EQ(Check(pod, {}, &identity), std::vector<Finding>());
  identity.profiles[0].name = "audit";
  EXPECT_EQ(Kinds(Check(pod, {}, &identity)), Names{"pod-older-profiles"});
  EXPECT_EQ(Check(pod), std::vector<Finding>()) << "the account has none any more";

  identity::Settings settings;
  settings.composition.is_on = true;
  identity.profiles[0].role_arn = "billing";
  EXPECT_EQ(CheckPod(ReadPodFacts(ViewOf(pod), "eks.amazonaws.com"), &identity, {}, settings), std::vector<Finding>())
      << "only the webhook knows the role's account";
}

TEST(CheckPod, FindsATokenThatIsNotMounted) {
  Json pod = IdentifiedPod();
  pod["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] = "/var/run/secrets/eks.amazonaws.com/serviceaccounts";
  EXPECT_EQ(Kinds(Check(pod)), Names{"token-not-mounted"});
  pod["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] = "/var/run/";
  EXPECT_EQ(Kinds(Check(pod)), Names{"token-not-mounted"}) << "the token is in /var/run/token";
  pod["spec"]["containers"][0]["env"][1]["value"] = "/var/run/token";
  EXPECT_EQ(Check(pod), std::vector<Finding>());
  pod = IdentifiedPod();
  pod["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] = "var/run/secrets//eks.amazonaws.com/serviceaccount/";
  EXPECT_EQ(Check(pod), std::vector<Finding>());
  pod = IdentifiedPod();
  pod["spec"]["os"]["name"] = "windows";
  pod["spec"]["containers"][0]["env"][1]["value"] = R"(C:\var\run\secrets\eks.amazonaws.com\serviceaccount\token)";
  EXPECT_EQ(Check(pod), std::vector<Finding>());
}

TEST(CheckPod, FindsAVolumeThatOnlyHasTheName) {
  Json pod = IdentifiedPod();
  pod["spec"]["volumes"][0] = {{"name", "aws-iam-token"}, {"emptyDir", Json::object()}};
  auto found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"token-not-mounted"}) << "as older versions left it";
  EXPECT_THAT(found[0].what, HasSubstr("where volume \"aws-iam-token\" is mounted, which has no token there"));

  pod = IdentifiedPod();
  Json& volumes = pod["spec"]["volumes"];
  volumes[0]["name"] = "aws-iam-token-2";
  volumes.insert(volumes.begin(), Json{{"name", "aws-iam-token"}, {"emptyDir", Json::object()}});
  pod["spec"]["containers"][0]["volumeMounts"][0]["name"] = "aws-iam-token-2";
  found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"foreign-volume"});
  EXPECT_EQ(SeverityOf(found[0].kind), Severity::kRemark);
}

TEST(CheckPod, FindsAMountOverTheToken) {
  Json pod = IdentifiedPod();
  pod["spec"]["volumes"].push_back({{"name", "vault"}, {"emptyDir", Json::object()}});
  pod["spec"]["containers"][0]["volumeMounts"].push_back({{"name", "vault"}, {"mountPath", kTokenFile}});
  const auto found = Check(pod);
  ASSERT_EQ(Kinds(found), Names{"token-not-mounted"});
  EXPECT_THAT(found[0].what, HasSubstr("where volume \"vault\" is mounted"));
}

TEST(CheckPod, TakesATokenOfThePodsOwnAsItIs) {
  Json pod = IdentifiedPod();
  pod["spec"]["containers"][0]["env"][1]["value"] = "/own/token";
  pod["spec"]["containers"][0]["volumeMounts"].push_back({{"name", "own"}, {"mountPath", "/own"}});
  pod["spec"]["volumes"].push_back({{"name", "own"}, {"csi", Json::object()}});
  EXPECT_EQ(Check(pod), std::vector<Finding>());
  const Json source = {{"serviceAccountToken", {{"audience", "vault"}, {"path", "token"}}}};
  pod["spec"]["volumes"][1] = {{"name", "own"}, {"projected", {{"sources", {source}}}}};
  EXPECT_EQ(Kinds(Check(pod)), Names{"pod-older-audience"});
}

TEST(CheckPod, RemarksOnCredentialsThatMayBeThere) {
  Json pod = IdentifiedPod();
  const Json optional = {{"name", "aws-secret"}, {"key", "key_id"}, {"optional", true}};
  Json& env = pod["spec"]["containers"][0]["env"];
  env.push_back({{"name", "AWS_ACCESS_KEY_ID"}, {"valueFrom", {{"secretKeyRef", optional}}}});
  env.push_back({{"name", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}, {"value", "http://169.254.170.23/v1/credentials"}});
  const auto found = Check(pod);
  ASSERT_EQ(Kinds(found), (Names{"optional-credentials", "container-credentials"}));
  EXPECT_EQ(SeverityOf(found[0].kind), Severity::kRemark);
  EXPECT_EQ(SeverityOf(found[1].kind), Severity::kRemark);
  EXPECT_THAT(found[0].what, HasSubstr("may override the role if the Secret exists"));
}

TEST(CheckPod, FindsStaticCredentials) {
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"}) {
    Json pod = IdentifiedPod();
    pod["spec"]["containers"][0]["env"].push_back({{"name", name}, {"value", "x"}});
    const auto found = Check(pod);
    ASSERT_EQ(Kinds(found), Names{"static-credentials"});
    EXPECT_THAT(found[0].what, HasSubstr(name));
  }
}

TEST(CheckPod, FindsAnnotationsThatDoNothing) {
  Json pod = IdentifiedPod();
  pod["metadata"]["annotations"] = {{"eks.amazonaws.com/role-arn", kRole},
                                    {"eks.amazonaws.com/skip-containers", "appp"},
                                    {"eks.amazonaws.com/token-expiration", "soon"}};
  const Names expected(3, "pod-annotation-ignored");
  EXPECT_EQ(Kinds(Check(pod)), expected);
  EXPECT_EQ(Kinds(Check(pod, {}, nullptr)), Names{"pod-annotation-ignored"}) << "the others may be for another day";
}

TEST(ReadPodState, CountsWhatTheGuardCounts) {
  Json pod = IdentifiedPod();
  pod["spec"]["containers"].push_back({{"name", "proxy"}});
  const PodFacts facts = ReadPodFacts(ViewOf(pod), "eks.amazonaws.com");
  const PodState state = ReadPodState(facts, {}, {});
  EXPECT_EQ(state.identified, 1U);
  EXPECT_EQ(state.lacking, std::vector<std::string_view>{"proxy"});
  EXPECT_FALSE(state.IsIdentified());
}

const identity::Identity kPodIdentity = identity::PodIdentityOf({"team-a", "app"}, {}, {});

// As irsa gives it.
Json PodWithPodIdentity() {
  Json pod = BarePod();
  pod["metadata"]["labels"]["eks.amazonaws.com/pod-identity"] = "enabled";
  const char* path = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
  Json& container = pod["spec"]["containers"][0];
  container["env"] = {
      {{"name", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}, {"value", "http://169.254.170.23/v1/credentials"}},
      {{"name", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}, {"value", std::string(path) + "/eks-pod-identity-token"}}};
  container["volumeMounts"] = {{{"name", "eks-pod-identity-token"}, {"mountPath", path}, {"readOnly", true}}};
  const Json token = {{"audience", "pods.eks.amazonaws.com"}, {"path", "eks-pod-identity-token"}};
  pod["spec"]["volumes"] = {
      {{"name", "eks-pod-identity-token"}, {"projected", {{"sources", {{{"serviceAccountToken", token}}}}}}}};
  return pod;
}

TEST(CheckPod, TakesPodIdentitysVariablesForAnIdentity) {
  EXPECT_EQ(Check(PodWithPodIdentity(), {}, &kPodIdentity), std::vector<Finding>());
  EXPECT_EQ(Check(PodWithPodIdentity()), std::vector<Finding>()) << "the account is listed in a file of irsa's";
}

TEST(CheckPod, FindsPodsThatLackPodIdentity) {
  const auto found = Check(BarePod(), {}, &kPodIdentity);
  ASSERT_EQ(Kinds(found), Names{"pod-failed-open"});
  EXPECT_EQ(found[0].what,
            "container app lacks AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, but "
            "service account team-a/app uses EKS Pod Identity");
  Json pod = PodWithPodIdentity();
  pod["spec"]["containers"][0]["env"].erase(1);
  EXPECT_THAT(Kinds(Check(pod, {}, &kPodIdentity)), ::testing::Contains("partial-environment"));
}

TEST(CheckPod, FindsPodsOfBeforeTheSwitchToPodIdentity) {
  const auto found = Check(IdentifiedPod(), {}, &kPodIdentity);
  EXPECT_THAT(Kinds(found), ::testing::Contains("pod-older-role"));
  EXPECT_THAT(found[0].what, HasSubstr("but service account team-a/app uses EKS Pod Identity"));
}

TEST(CheckPod, FindsWhatWinsOverPodIdentity) {
  Json pod = PodWithPodIdentity();
  pod["spec"]["containers"][0]["env"].push_back({{"name", "AWS_WEB_IDENTITY_TOKEN_FILE"}, {"value", "/own"}});
  EXPECT_EQ(Kinds(Check(pod, {}, &kPodIdentity)), Names{"overrides-pod-identity"});
}

TEST(CheckPod, FindsATokenOfPodIdentityForAnotherAudience) {
  Json pod = PodWithPodIdentity();
  pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["audience"] = "other";
  EXPECT_THAT(Kinds(Check(pod, {}, &kPodIdentity)), ::testing::Contains("pod-older-audience"));
}

}  // namespace
}  // namespace irsa::audit
