#include "irsa/identity/rules/profiles.h"

#include <array>
#include <random>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_mutator.h"

#include "test/identity/pod_text.h"

namespace irsa::identity {
namespace {

using std::chrono::seconds;

constexpr const char* kBilling = "arn:aws:iam::111122223333:role/billing";
constexpr const char* kAudit = "arn:aws:iam::444455556666:role/audit";
const Profile kBillingProfile{"billing", kBilling};

struct Parsed {
  std::vector<Profile> profiles;
  std::vector<std::string> warnings;
};

Parsed Parse(std::string_view value, const RoleComposition& composition = {}) {
  std::vector<Warning> warnings;
  Parsed parsed{ParseProfiles("p/profiles", value, composition, warnings), {}};
  for (const Warning& warning : warnings) {
    EXPECT_EQ(warning.reason, WarningReason::kIgnoredValue);
    parsed.warnings.push_back(warning.text);
  }
  return parsed;
}

std::string Entry(const std::string& name, const char* role = kBilling) { return name + "=" + role; }

TEST(ParseProfiles, TakesEntriesBetweenCommasOrLineBreaks) {
  const std::vector<Profile> both = {kBillingProfile, {"audit", kAudit, "billing"}};
  const std::string billing = kBilling;
  const std::string audit = kAudit;
  for (const std::string& value :
       {"billing=" + billing + ",audit=" + audit + " from billing",
        "billing=" + billing + "\naudit=" + audit + " from billing",
        "\n  billing =\t" + billing + " ,\r\n\r\naudit = " + audit + "  from\tbilling\r\n,"}) {
    const Parsed parsed = Parse(value);
    EXPECT_EQ(parsed.profiles, both) << value;
    EXPECT_EQ(parsed.warnings, std::vector<std::string>()) << value;
  }
  EXPECT_EQ(Parse(" ,\n, ").profiles, std::vector<Profile>());
}

TEST(ParseProfiles, TakesSourcesInAnyOrder) {
  EXPECT_EQ(Parse(Entry("a") + " from b," + Entry("b") + " from default").profiles,
            (std::vector<Profile>{{"a", kBilling, "b"}, {"b", kBilling, "default"}}));
}

TEST(ParseProfiles, ComposesRolesAsRoleArnDoes) {
  EXPECT_EQ(Parse("a=team/a,b=" + std::string(kAudit), {true, "aws-cn", "111122223333"}).profiles,
            (std::vector<Profile>{{"a", "arn:aws-cn:iam::111122223333:role/team/a"}, {"b", kAudit}}));
  EXPECT_EQ(Parse("a=team/a", {.is_on = true, .partition = "", .account_id = ""}).profiles,
            (std::vector<Profile>{{"a", "team/a"}}))
      << "only the webhook knows the account";
}

TEST(ParseProfiles, LeavesOutOnlyWhatIsBroken) {
  const std::string good = Entry("billing");
  const auto left_out = [](const char* entry, const char* why) {
    return std::string("p/profiles \"") + entry + "\" " + why;
  };
  constexpr const char* kForm = "is not NAME=ROLE_ARN or NAME=ROLE_ARN from NAME; left out";
  constexpr const char* kName = "is not a name of up to 64 letters, digits and _.-; left out";
  constexpr const char* kArn = "is not NAME=arn:aws:iam::ACCOUNT:role/NAME; left out";
  const std::pair<std::string, std::string> cases[] = {
      {"audit", left_out("audit", kForm)},
      {"=x", left_out("=x", kForm)},
      {"audit=", left_out("audit=", kForm)},
      {"a b=x", left_out("a b=x", kForm)},
      {"a=x for b", left_out("a=x for b", kForm)},
      {"a=x from", left_out("a=x from", kForm)},
      {"a=x from b c", left_out("a=x from b c", kForm)},
      {"a:b=x", left_out("a:b", kName)},
      {"[a]=x", left_out("[a]", kName)},
      {"\xc3\xa4=x", left_out("\xc3\xa4", kName)},
      {std::string(65, 'a') + "=x", "p/profiles \"" + std::string(40, 'a') + "\"\u2026 " + kName},
      {Entry("default"), left_out("default", "is the account's own role: use another name; left out")},
      {Entry("billing", kAudit), left_out("billing", "occurs twice; the second one is left out")},
      {"audit=team/a", left_out("audit=team/a", kArn)},
      {"audit=arn:aws:iam::1:role/a", left_out("audit=arn:aws:iam::1:role/a", kArn)},
      {Entry("a") + " from b", left_out("a from b", "names a profile that does not exist; left out")},
      {Entry("a") + " from A", left_out("a from A", "names a profile that does not exist; left out")},
      {Entry("a") + " from a", left_out("a from a", "refers back to itself; left out")},
  };
  for (const auto& [entry, warning] : cases) {
    const Parsed parsed = Parse(good + "\n" + entry);
    EXPECT_EQ(parsed.profiles, std::vector<Profile>{kBillingProfile}) << entry;
    EXPECT_EQ(parsed.warnings, std::vector<std::string>{warning});
  }
  EXPECT_EQ(Parse(Entry(std::string(64, 'a'))).profiles.size(), 1U);
}

TEST(ParseProfiles, LeavesOutWhatDependsOnWhatIsLeftOut) {
  const Parsed broken = Parse("a=x," + Entry("b") + " from a," + Entry("c") + " from b");
  EXPECT_EQ(broken.profiles, std::vector<Profile>());
  EXPECT_EQ(broken.warnings,
            (std::vector<std::string>{"p/profiles \"a=x\" is not NAME=arn:aws:iam::ACCOUNT:role/NAME; left out",
                                      "p/profiles \"b from a\" names a profile that does not exist; left out",
                                      "p/profiles \"c from b\" is left out, as its source is"}));
  const Parsed circle = Parse(Entry("a") + " from b," + Entry("b") + " from a," + Entry("c") + " from b");
  EXPECT_EQ(circle.profiles, std::vector<Profile>());
  EXPECT_EQ(circle.warnings, (std::vector<std::string>{"p/profiles \"a from b\" refers back to itself; left out",
                                                       "p/profiles \"b from a\" refers back to itself; left out",
                                                       "p/profiles \"c from b\" is left out, as its source is"}));
}

TEST(ParseProfiles, BoundsTheirNumberAndLength) {
  std::string value;
  for (size_t i = 0; i < kMaxProfiles; ++i) value += Entry("a" + std::to_string(i)) + ",";
  EXPECT_EQ(Parse(value).profiles.size(), kMaxProfiles);
  EXPECT_EQ(Parse(value).warnings, std::vector<std::string>());
  const Parsed more = Parse(value + "x,y,z");
  EXPECT_EQ(more.profiles.size(), kMaxProfiles);
  EXPECT_EQ(more.warnings,
            std::vector<std::string>{"p/profiles has more than 20 entries; those after them are left out"});
  const std::string longest = Entry("a") + std::string(kMaxProfilesBytes - Entry("a").size(), ' ');
  EXPECT_EQ(Parse(longest).profiles.size(), 1U);
  const Parsed longer = Parse(longest + " ");
  EXPECT_EQ(longer.profiles, std::vector<Profile>());
  EXPECT_EQ(longer.warnings, std::vector<std::string>{"p/profiles is over 8192 bytes; ignored"});
}

// Whatever an account says: its file has a section for each profile, and each comes to the pod's credentials.
TEST(ParseProfiles, MakesAFileThatIsWhole) {
  constexpr std::array<const char*, 16> kParts = {"a",  "b",      "c",      "d", "=", "=",       ",",      ",",
                                                  "\n", " from ", " from ", " ", "[", "default", kBilling, kAudit};
  std::mt19937 random(20261129);
  size_t taken = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string value;
    for (auto parts = random() % 60; parts > 0; --parts) {
      // Half of them whole entries, or nearly nothing would come of it.
      const auto name = [&] { return std::string(kParts[random() % 4]); };
      value += random() % 2 == 0 ? "," + name() + "=" + kBilling + (random() % 2 == 0 ? " from " + name() : "")
                                 : kParts[random() % kParts.size()];
    }
    const std::vector<Profile> profiles = Parse(value).profiles;
    taken += profiles.size();
    std::set<std::string> rooted = {"", std::string(kDefaultProfile)};
    for (size_t step = 0; step < profiles.size(); ++step) {
      for (const Profile& profile : profiles) {
        if (rooted.contains(profile.source)) rooted.insert(profile.name);
      }
    }
    EXPECT_EQ(rooted.size(), profiles.size() + 2) << value;
    Identity identity{.role_arn = kBilling, .audience = "a", .profiles = profiles};
    const std::string text = ConfigFileText(identity, "/t/token");
    EXPECT_LE(text.size(), 16U << 10);
    std::set<std::string> sections;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("[")) sections.insert(line);
      EXPECT_TRUE(line.empty() || line.starts_with("[") || line.find(" = ") != std::string::npos) << value;
    }
    EXPECT_EQ(sections.size(), profiles.size() + 1) << value;
  }
  EXPECT_GT(taken, 5000U);
}

Identity WithProfiles(Method method = Method::kWebIdentity) {
  Identity identity{method == Method::kWebIdentity ? "arn:aws:iam::111122223333:role/app" : "", "AUD", seconds(86400),
                    false, method};
  identity.profiles = {kBillingProfile, {"audit", kAudit, "billing"}, {"own", kAudit, "default"}};
  return identity;
}

TEST(ConfigFileText, HasASectionForEachProfile) {
  EXPECT_EQ(ConfigFileText(WithProfiles(), "/t/token"), R"([default]
role_arn = arn:aws:iam::111122223333:role/app
web_identity_token_file = /t/token

[profile billing]
role_arn = arn:aws:iam::111122223333:role/billing
web_identity_token_file = /t/token

[profile audit]
role_arn = arn:aws:iam::444455556666:role/audit
source_profile = billing

[profile own]
role_arn = arn:aws:iam::444455556666:role/audit
source_profile = default
)");
}

TEST(ConfigFileText, TakesTheAgentsCredentialsWithPodIdentity) {
  EXPECT_EQ(ConfigFileText(WithProfiles(Method::kPodIdentity), "/t/token"), R"([default]

[profile billing]
role_arn = arn:aws:iam::111122223333:role/billing
credential_source = EcsContainer

[profile audit]
role_arn = arn:aws:iam::444455556666:role/audit
source_profile = billing

[profile own]
role_arn = arn:aws:iam::444455556666:role/audit
credential_source = EcsContainer
)");
}

TEST(ConfigFileText, SaysWhatTheAccountSays) {
  Identity identity = WithProfiles();
  identity.profiles = {kBillingProfile};
  identity.region = "eu-central-1";
  identity.session_name = {"team-a.app", "team-a.app"};
  EXPECT_EQ(ConfigFileText(identity, R"(C:\t\token)"), R"([default]
role_arn = arn:aws:iam::111122223333:role/app
web_identity_token_file = C:\t\token
role_session_name = team-a.app
region = eu-central-1

[profile billing]
role_arn = arn:aws:iam::111122223333:role/billing
web_identity_token_file = C:\t\token
role_session_name = team-a.app
region = eu-central-1
)");
  identity.session_name = {"team-a.{pod}", "team-a.app"};
  EXPECT_EQ(ConfigFileText(identity, "/t/token").find("session"), std::string::npos) << "the pod's name is not known";
}

TEST(ConfigFileText, HasNoRoleThatCouldBreakIt) {
  Identity identity = WithProfiles();
  identity.role_arn = "x\n[profile billing]";
  EXPECT_TRUE(ConfigFileText(identity, "/t/token").starts_with("[default]\n\n[profile billing]\nrole_arn = arn:"));
}

TEST(ConfigFileName, IsNeverInTheTokensWay) {
  EXPECT_EQ(ConfigFileName("token"), "config");
  EXPECT_EQ(ConfigFileName("config-2"), "config");
  EXPECT_EQ(ConfigFileName("config"), "aws-config");
  EXPECT_EQ(ConfigFileName("config/token"), "aws-config");
}

// The mutation with profiles, of pods as pod_text.h has them.
class ProfilesOfPods : public ::testing::Test {
 protected:
  ProfilesOfPods() {
    settings_.annotation_prefix = "p";
    settings_.token_mount_path = "/t";
    settings_.container_credentials.token_mount_path = "/t";
    settings_.container_credentials.token_path = "tok";
  }

  Mutation Mutate(const Json& pod) { return MutatePod(ViewOf(pod, "p"), identity_, settings_); }
  Json Mutated(const Json& pod) { return Applied(pod, Mutate(pod).patch); }
  std::vector<Warning> WarningsOf(const Json& pod) { return Mutate(pod).warnings; }
  std::string Config(const Json& pod) { return pod["metadata"]["annotations"]["p/aws-config"]; }
  std::string Expected() { return ConfigFileText(identity_, "/t/token"); }

  Identity identity_ = WithProfiles();
  Settings settings_;
};

TEST_F(ProfilesOfPods, GetVariableFileAndAnnotation) {
  identity_.profiles = {kBillingProfile};
  const Json before = ParsePod("app A");
  const Json after = Mutated(before);
  EXPECT_EQ(PrintPod(after),
            "app A AWS_ROLE_ARN=arn:aws:iam::111122223333:role/app AWS_WEB_IDENTITY_TOKEN_FILE=/t/token "
            "AWS_CONFIG_FILE=/t/config aws-iam-token@/t:ro\nvolume aws-iam-token AUD 86400\n");
  EXPECT_EQ(after["spec"]["volumes"][0]["projected"]["sources"][1],
            Json::parse(R"({"downwardAPI":{"items":[{"path":"config","fieldRef":)"
                        R"({"fieldPath":"metadata.annotations['p/aws-config']"}}]}})"));
  EXPECT_EQ(after["metadata"], Json({{"annotations", {{"p/aws-config", Expected()}}}}));
  EXPECT_EQ(WarningsOf(before), std::vector<Warning>());
}

TEST_F(ProfilesOfPods, AreAddedWhereverMetadataEnds) {
  const Json annotations = {{"p/aws-config", Expected()}};
  Json pod = ParsePod("label app x\napp");
  EXPECT_EQ(Mutated(pod)["metadata"], Json({{"labels", {{"app", "x"}}}, {"annotations", annotations}}));
  pod["metadata"]["annotations"] = nullptr;
  EXPECT_EQ(Mutated(pod)["metadata"]["annotations"], annotations);
  pod["metadata"]["annotations"] = Json::object();
  EXPECT_EQ(Mutated(pod)["metadata"]["annotations"], annotations);
  pod["metadata"]["annotations"] = {{"other", "x"}};
  EXPECT_EQ(Mutated(pod)["metadata"]["annotations"], Json({{"other", "x"}, {"p/aws-config", Expected()}}));
}

TEST_F(ProfilesOfPods, ComeWithPodIdentitysLabel) {
  identity_ = WithProfiles(Method::kPodIdentity);
  const Json bare = Mutated(ParsePod("app"));
  EXPECT_EQ(bare["metadata"], Json({{"labels", {{"eks.amazonaws.com/pod-identity", "enabled"}}},
                                    {"annotations", {{"p/aws-config", Expected()}}}}));
  EXPECT_EQ(bare["spec"]["containers"][0]["env"].back(), Json({{"name", "AWS_CONFIG_FILE"}, {"value", "/t/config"}}));
  settings_.container_credentials.token_path = "config";
  EXPECT_EQ(Mutated(ParsePod("app"))["spec"]["containers"][0]["env"].back()["value"], "/t/aws-config");
}

TEST_F(ProfilesOfPods, HaveWindowsPaths) {
  const Json after = Mutated(ParsePod("windows\napp"));
  EXPECT_EQ(after["spec"]["containers"][0]["env"].back()["value"], R"(C:\t\config)");
  EXPECT_NE(Config(after).find(R"(web_identity_token_file = C:\t\token)"), std::string::npos);
}

TEST_F(ProfilesOfPods, AreAddedOnlyOnce) {
  for (const char* text : {"app", "label app x\napp\ninit i", "annotation p/aws-config own\napp",
                           "app AWS_CONFIG_FILE=/own", "app AWS_ROLE_ARN=own"}) {
    const Json after = Mutated(ParsePod(text));
    EXPECT_EQ(Mutate(after).patch, "") << text;
  }
  EXPECT_EQ(WarningsOf(Mutated(ParsePod("app"))), std::vector<Warning>());
}

// As the sidecar of another webhook, after irsa saw the pod.
TEST_F(ProfilesOfPods, AreForContainersThatComeLater) {
  Json pod = Mutated(ParsePod("app"));
  pod["spec"]["containers"].push_back({{"name", "late"}});
  const Json env = Mutated(pod)["spec"]["containers"][1]["env"];
  EXPECT_EQ(env.back(), Json({{"name", "AWS_CONFIG_FILE"}, {"value", "/t/config"}}));
}

TEST_F(ProfilesOfPods, StayAsThePodHasThem) {
  for (const std::string value : {"own", ""}) {
    const Json pod = ParsePod("annotation p/aws-config " + value + "\napp");
    EXPECT_EQ(Config(Mutated(pod)), value);
    EXPECT_EQ(WarningsOf(pod),
              (std::vector<Warning>{{WarningReason::kForeignAnnotation,
                                     "annotation p/aws-config is kept, but the service account has other profiles"}}));
  }
}

TEST_F(ProfilesOfPods, NeedAVolumeOfTheirOwn) {
  const Json pod = ParsePod("app\nvolume aws-iam-token AUD 600");
  const Json after = Mutated(pod);
  EXPECT_EQ(PrintPod(after),
            "app AWS_ROLE_ARN=arn:aws:iam::111122223333:role/app AWS_WEB_IDENTITY_TOKEN_FILE=/t/token "
            "aws-iam-token@/t:ro\nvolume aws-iam-token AUD 600\n");
  EXPECT_FALSE(after.contains("metadata"));
  EXPECT_EQ(WarningsOf(pod),
            (std::vector<Warning>{{WarningReason::kProfilesNotGiven,
                                   "volume \"aws-iam-token\" has no AWS config file; the pod gets no profiles"}}));
}

TEST_F(ProfilesOfPods, AreNotForContainersThatSayThemselvesWhoTheyAre) {
  for (const char* variable : {"AWS_CONFIG_FILE", "AWS_ROLE_ARN"}) {
    const Json pod = ParsePod(std::string("init i ") + variable + "=own\napp");
    const Json after = Mutated(pod);
    const std::string env = after["spec"]["initContainers"][0]["env"].dump();
    EXPECT_EQ(env.find("/t/config"), std::string::npos);
    EXPECT_NE(after["spec"]["containers"][0]["env"].dump().find("/t/config"), std::string::npos);
    const std::string expected = std::string("init container \"i\" sets ") + variable + "; it gets no profiles";
    EXPECT_EQ(WarningsOf(pod).back(), (Warning{WarningReason::kProfilesNotGiven, expected}));
  }
}

TEST_F(ProfilesOfPods, AreForPodsOfWhichAContainerIsServed) {
  const Json pod = ParsePod("annotation p/skip-containers app\napp\nvolume aws-iam-token AUD 600");
  EXPECT_EQ(Mutate(pod), Mutation());
}

TEST(ResolveIdentity, GivesProfilesToWhateverIdentityThereIs) {
  const std::string entry = Entry("billing");
  const std::vector<Annotation> role = {{"eks.amazonaws.com/role-arn", kAudit}, {"eks.amazonaws.com/profiles", entry}};
  EXPECT_EQ(ResolveIdentity({"n", "a"}, role, {}).identity->profiles, std::vector<Profile>{kBillingProfile});
  const std::vector<Annotation> agent = {{"eks.amazonaws.com/profiles", entry},
                                         {"eks.amazonaws.com/pod-identity", "1"}};
  EXPECT_EQ(ResolveIdentity({"n", "a"}, agent, {}).identity->profiles, std::vector<Profile>{kBillingProfile});
  const AccountIdentity alone = ResolveIdentity({"n", "a"}, std::vector<Annotation>{role[1]}, {});
  EXPECT_FALSE(alone.identity);
  EXPECT_TRUE(SaysAnything(alone)) << "its namespace may have a default role";
}

}  // namespace
}  // namespace irsa::identity
