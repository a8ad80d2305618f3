#include "irsa/audit/pod_scan.h"

#include <algorithm>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/audit/objects.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_identity_source.h"
#include "test/testing/fake_log.h"

namespace irsa::audit {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class PodScanTest : public ::testing::Test {
 protected:
  PodScanTest() {
    identities_.accounts["team-a/app"].identity = identity::Identity{kRole, "sts.amazonaws.com", seconds(86400), false};
    cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/app", AnnotatedAccount());
    cluster_.Put("/api/v1/namespaces/team-a/pods/good", IdentifiedPod());
  }

  void PutBare(const std::string& namespace_name, const std::string& name, const Json& owner = {}) {
    Json pod = BarePod();
    pod["metadata"]["uid"] = "uid-of-" + name;
    if (!owner.is_null()) pod["metadata"]["ownerReferences"] = Json::array({owner});
    pod["metadata"]["labels"] = {{"pod-template-hash", "5d9c"}};
    cluster_.Put("/api/v1/namespaces/" + namespace_name + "/pods/" + name, pod);
  }

  // "Pod team-a/web-1 IdentityMissing" for each event so far.
  Names Events() const {
    Names texts;
    for (const Json& event : cluster_.events) {
      const Json& about = event.at("regarding");
      texts.push_back(about.at("kind").get<std::string>() + " " + about.at("namespace").get<std::string>() + "/" +
                      about.at("name").get<std::string>() + " " + event.at("reason").get<std::string>());
    }
    return texts;
  }

  testing::FakeClock clock_;
  testing::FakeLog log_;
  testing::FakeIdentitySource identities_;
  FakeCluster cluster_;
  kube::EventRecorder events_{cluster_, clock_, {.instance = "irsa-1"}};
  std::vector<UnidentifiedPods> reports_;
  PodScan scan_{{cluster_, identities_, events_, clock_, log_,
                 [this](const UnidentifiedPods& counts) { reports_.push_back(counts); }},
                {}};
};

TEST_F(PodScanTest, SaysNothingWhereAllIsWell) {
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_, std::vector<UnidentifiedPods>{{}});
  EXPECT_EQ(Events(), Names());
}

TEST_F(PodScanTest, LogsThatItCannotReadAPod) {
  Json pod = BarePod();
  Json& containers = pod["spec"]["containers"];
  while (containers.size() <= 1000) containers.push_back({{"name", "more"}});
  cluster_.Put("/api/v1/namespaces/team-a/pods/huge-1", pod);
  cluster_.Put("/api/v1/namespaces/team-a/pods/huge-2", pod);
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_, std::vector<UnidentifiedPods>{{}});
  ASSERT_EQ(log_.Lines().size(), 1U) << "once a scan";
  EXPECT_THAT(log_.Lines()[0], HasSubstr("huge-1"));
  EXPECT_THAT(log_.Lines()[0], HasSubstr("exceeds the limit of 1000 containers"));
}

TEST_F(PodScanTest, CountsAndTells) {
  PutBare("team-a", "alone");
  PutBare("team-a", "web-1", {{"kind", "ReplicaSet"}, {"name", "web-5d9c"}, {"uid", "rs"}, {"controller", true}});
  PutBare("team-a", "web-2", {{"kind", "ReplicaSet"}, {"name", "web-5d9c"}, {"uid", "rs"}, {"controller", true}});
  cluster_.Put("/apis/apps/v1/namespaces/team-a/deployments/web", Json::object());
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_, (std::vector<UnidentifiedPods>{{{"team-a", 3}}}));
  EXPECT_EQ(Events(), (Names{"Pod team-a/alone IdentityMissing", "Pod team-a/web-1 IdentityMissing",
                             "Deployment team-a/web IdentityMissing", "Pod team-a/web-2 IdentityMissing"}));
  EXPECT_EQ(cluster_.events[2].at("regarding").at("uid"), "uid-of-web");
  EXPECT_EQ(cluster_.events[0].at("note"),
            "container app lacks AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, but service account team-a/app has the "
            "role arn:aws:iam::111122223333:role/app: nothing gave it to the pod when it was created; run irsa audit "
            "to find out why. To fix it: create it again: kubectl get pod alone -n team-a -o yaml shows its manifest; "
            "a controller would create it again automatically");
}

TEST_F(PodScanTest, TellsOfTheReplicaSetWhereTheDeploymentMayNotBeRead) {
  PutBare("team-a", "web-1", {{"kind", "ReplicaSet"}, {"name", "web-5d9c"}, {"uid", "rs"}, {"controller", true}});
  cluster_.Refuse("/apis/apps");
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(Events(), (Names{"Pod team-a/web-1 IdentityMissing", "ReplicaSet team-a/web-5d9c IdentityMissing"}));
  EXPECT_EQ(cluster_.events[1].at("regarding").at("uid"), "rs");
}

TEST_F(PodScanTest, KnowsPodsThatAreOlderThanTheirRole) {
  Json account = AnnotatedAccount();
  account["metadata"]["managedFields"][0]["time"] = "2026-01-05T00:00:00Z";
  cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/app", account);
  PutBare("team-a", "old");
  ASSERT_TRUE(scan_.Poll(true).ok());
  ASSERT_EQ(cluster_.events.size(), 1U);
  EXPECT_THAT(cluster_.events[0].at("note").get<std::string>(),
              HasSubstr("has had its role since 2026-01-05T00:00:00Z"));
}

class PodScanReasons : public PodScanTest {
 protected:
  PodScanReasons() {
    cluster_.Put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/irsa", PodWebhook("Y2E="));
    cluster_.Put("/api/v1/namespaces/team-a",
                 {{"metadata", {{"labels", {{"kubernetes.io/metadata.name", "team-a"}}}}}});
  }
  // What the Event on the ReplicaSet says of the pod.
  std::string Note() {
    PutBare("team-a", "web-1", {{"kind", "ReplicaSet"}, {"name", "web"}, {"uid", "rs"}, {"controller", true}});
    PodScan scan{{cluster_, identities_, events_, clock_, log_, [](const UnidentifiedPods&) {}},
                 {.settings = {}, .webhook_name = "irsa"}};
    EXPECT_TRUE(scan.Poll(true).ok());
    for (const Json& event : cluster_.events) {
      if (event.at("regarding").at("kind") == "ReplicaSet") return event.at("note");
    }
    return "no event";
  }
  void PutWebhook(const std::function<void(Json&)>& change) {
    Json webhook = PodWebhook("Y2E=");
    change(webhook);
    cluster_.Put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/irsa", webhook);
  }
};

TEST_F(PodScanReasons, SayThatNoReplicaAnswered) {
  PutWebhook([](Json& webhook) { webhook["webhooks"][0]["failurePolicy"] = "Ignore"; });
  EXPECT_THAT(Note(), HasSubstr("pod web-1: container app lacks AWS_ROLE_ARN"));
  EXPECT_THAT(Note(), HasSubstr("role/app: no replica of irsa answered when the pod was created, and the webhook's "
                                "failurePolicy is Ignore. To fix it: "));
}

TEST_F(PodScanReasons, SayThatTheNamespaceIsOutOfScope) {
  PutWebhook([](Json& webhook) { webhook["webhooks"][0]["namespaceSelector"] = {{"matchLabels", {{"irsa", "on"}}}}; });
  const std::string note = Note();
  EXPECT_THAT(note, HasSubstr("the webhook's namespaceSelector requires namespaces with irsa "));
  EXPECT_THAT(note, HasSubstr(" (on). New pods like it get none either."));
  EXPECT_THAT(note, ::testing::Not(HasSubstr("To fix it")));
}

TEST_F(PodScanReasons, SayThatTheWebhookCameLater) {
  PutWebhook([](Json& webhook) { webhook["metadata"]["creationTimestamp"] = "2030-01-01T00:00:00Z"; });
  EXPECT_THAT(Note(), HasSubstr("the webhook is registered since 2030-01-01T00:00:00Z, after the pod was created."));
}

TEST_F(PodScanReasons, SayLessWhereTheConfigurationMayNotBeRead) {
  cluster_.Refuse("/apis/admissionregistration.k8s.io");
  EXPECT_THAT(Note(), HasSubstr("nothing gave it to the pod when it was created; run irsa audit to find out why."));
}

TEST_F(PodScanReasons, AreReadOnceAScan) {
  for (int i = 0; i < 20; ++i) PutBare("team-a", "alone-" + std::to_string(i));
  Note();
  EXPECT_EQ(std::count_if(cluster_.requests.begin(), cluster_.requests.end(),
                          [](const std::string& request) { return request.find("webhookconf") != request.npos; }),
            1);
}

TEST_F(PodScanTest, SaysWhereANewPodWouldFareNoBetter) {
  PodScan alone{{cluster_, identities_, events_, clock_, log_, [](const UnidentifiedPods&) {}},
                {.settings = {}, .is_by_policy_alone = true}};
  Json pod = BarePod();
  pod["metadata"]["annotations"] = {{"eks.amazonaws.com/skip-containers", "\"proxy\""}};
  cluster_.Put("/api/v1/namespaces/team-a/pods/left", pod);
  ASSERT_TRUE(alone.Poll(true).ok());
  ASSERT_EQ(cluster_.events.size(), 1U);
  const std::string note = cluster_.events[0].at("note");
  EXPECT_THAT(note, HasSubstr("has a quote or a line break. The identity policy skips such pods"));
  EXPECT_THAT(note, HasSubstr("Change that in the template of Pod team-a/left."));
  EXPECT_THAT(note, ::testing::Not(HasSubstr("To fix it")));
}

TEST_F(PodScanTest, TellsOfAnnotationsThatAreWrong) {
  cluster_.Put("/api/v1/namespaces/team-b/serviceaccounts/typo",
               {{"metadata", {{"annotations", {{"eks.amazonaws.com/role-arm", kRole}}}}}});
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(Events(), Names{"ServiceAccount team-b/typo AnnotationWrong"});
  EXPECT_EQ(cluster_.events[0].at("note"),
            "unknown annotation \"eks.amazonaws.com/role-arm\" is ignored: did you mean role-arn?");
}

TEST_F(PodScanTest, TellsTheSameOnceInAWhile) {
  PutBare("team-a", "alone");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(scan_.Poll(true).ok());
    clock_.Advance(seconds(300));
  }
  EXPECT_EQ(reports_.size(), 3U);
  EXPECT_EQ(Events().size(), 1U);
}

TEST_F(PodScanTest, ScansEachIntervalWhileItLeads) {
  ASSERT_TRUE(scan_.Poll(false).ok());
  EXPECT_EQ(reports_.size(), 0U);
  ASSERT_TRUE(scan_.Poll(true).ok());
  clock_.Advance(seconds(299));
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_.size(), 1U);
  clock_.Advance(seconds(1));
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_.size(), 2U);
}

TEST_F(PodScanTest, TakesItsCountsBackWhenItLeadsNoMore) {
  PutBare("team-a", "alone");
  ASSERT_TRUE(scan_.Poll(true).ok());
  ASSERT_TRUE(scan_.Poll(false).ok());
  ASSERT_TRUE(scan_.Poll(false).ok());
  EXPECT_EQ(reports_, (std::vector<UnidentifiedPods>{{{"team-a", 1}}, {}}));
  ASSERT_TRUE(scan_.Poll(true).ok()) << "and begins at once when it leads again";
  EXPECT_EQ(reports_.size(), 3U);
}

TEST_F(PodScanTest, KeepsTheLastCountsWhenItCannotRead) {
  cluster_.Refuse("/api/v1/pods");
  const Status scanned = scan_.Poll(true);
  ASSERT_FALSE(scanned.ok());
  EXPECT_THAT(scanned.error().message, HasSubstr("list /api/v1/pods"));
  EXPECT_EQ(reports_.size(), 0U);
}

TEST_F(PodScanTest, CountsOnWhenItMayNotWriteEvents) {
  for (const char* name : {"a", "b", "c"}) PutBare("team-a", name);
  cluster_.Refuse("/apis/events.k8s.io");
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_, (std::vector<UnidentifiedPods>{{{"team-a", 3}}}));
  EXPECT_EQ(log_.Lines().size(), 1U) << "once a scan";
}

TEST_F(PodScanTest, PassesOverPodsOfAccountsThatNobodyKnows) {
  PutBare("team-a", "alone");
  identities_.error = Error{ErrorCode::kUnavailable, "not known yet"};
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_, std::vector<UnidentifiedPods>{{}});
}

TEST_F(PodScanTest, HoldsNoMoreThanAPage) {
  for (int i = 0; i < 500; ++i) PutBare("team-b", "many-" + std::to_string(i));
  identities_.accounts["team-b/app"] = identities_.accounts["team-a/app"];
  ASSERT_TRUE(scan_.Poll(true).ok());
  EXPECT_EQ(reports_, (std::vector<UnidentifiedPods>{{{"team-b", 500}}}));
  EXPECT_LE(cluster_.largest_page, 100U);
  EXPECT_EQ(cluster_.events.size(), 100U) << "the others wait for the next scans";
}

}  // namespace
}  // namespace irsa::audit
