#include "irsa/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const KnownLabels kLabels = {{"mutated", "refused"}, {"unknown-annotation"}, {"certificate"}};

TEST(Metrics, HasAllKnownSeriesBeforeTheFirstEvent) {
  const std::string text = Metrics(kLabels, "1.2.3").Render();
  for (const char* line :
       {"irsa_admission_requests_total{outcome=\"mutated\"} 0\n",
        "irsa_admission_requests_total{outcome=\"refused\"} 0\n",
        "irsa_admission_warnings_total{reason=\"unknown-annotation\"} 0\n",
        "irsa_reloads_total{what=\"certificate\"} 0\n", "irsa_reload_failures_total{what=\"certificate\"} 0\n",
        "irsa_admission_duration_seconds_count 0\n", "irsa_identities 0\n", "irsa_config_map_identities 0\n",
        "irsa_config_map_entries_skipped_total 0\n", "irsa_connections_refused_total 0\n", "irsa_answers_cut_total 0\n",
        "irsa_log_lines_lost_total 0\n", "irsa_build_info{version=\"1.2.3\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, CountsAdmissionsByOutcomeAndTimesThem) {
  Metrics metrics(kLabels, "1");
  metrics.CountAdmission("mutated", std::chrono::microseconds(40));
  metrics.CountAdmission("mutated", std::chrono::microseconds(60));
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("irsa_admission_requests_total{outcome=\"mutated\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("irsa_admission_duration_seconds_bucket{le=\"5e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("irsa_admission_duration_seconds_count 2\n"));
}

TEST(Metrics, DoesNotTimeReviewsThatAreAboutNoPod) {
  Metrics metrics(kLabels, "1");
  metrics.CountOtherReview("refused");
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("irsa_admission_requests_total{outcome=\"refused\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("irsa_admission_duration_seconds_count 0\n"));
}

TEST(Metrics, CountsAValueThatItDidNotKnow) {
  Metrics metrics(kLabels, "1");
  metrics.CountWarning("new");
  EXPECT_THAT(metrics.Render(), HasSubstr("irsa_admission_warnings_total{reason=\"new\"} 1\n"));
}

TEST(Metrics, TellsTakenUpFromFailedReloads) {
  Metrics metrics(kLabels, "1");
  metrics.CountReload("certificate", true);
  metrics.CountReload("certificate", false);
  metrics.CountReload("certificate", false);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("irsa_reloads_total{what=\"certificate\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("irsa_reload_failures_total{what=\"certificate\"} 2\n"));
}

TEST(Metrics, SaysWhichReplicaReportsPods) {
  Metrics metrics(kLabels, "1");
  EXPECT_THAT(metrics.Render(), HasSubstr("irsa_leader 0\n"));
  EXPECT_THAT(metrics.Render({.is_leader = true}), HasSubstr("irsa_leader 1\n"));
  EXPECT_THAT(metrics.Render({.is_leader = false}), HasSubstr("irsa_leader 0\n"));
}

TEST(Metrics, ShowsWhatWasLoadedOfTheConfigMap) {
  Metrics metrics({{}, {}, {"certificate", "config-map"}}, "1");
  metrics.CountReload("certificate", true);
  const Measurements first{.reloads = {{"config-map", {.succeeded = 1, .failed = 2}}}};
  const Measurements second{.config_map_identities = 5,
                            .skipped_config_map_entries = 4,
                            .reloads = {{"config-map", {.succeeded = 2, .failed = 3}}}};
  metrics.Render(first);
  const std::string text = metrics.Render(second);
  EXPECT_THAT(text, HasSubstr("irsa_reloads_total{what=\"certificate\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("irsa_reloads_total{what=\"config-map\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("irsa_reload_failures_total{what=\"config-map\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("irsa_config_map_entries_skipped_total 4\n"));
  EXPECT_THAT(text, HasSubstr("irsa_config_map_identities 5\n"));
}

TEST(Metrics, CountsKubeRequestsByVerbAndCode) {
  Metrics metrics(kLabels, "1");
  EXPECT_THAT(metrics.Render(), Not(HasSubstr("irsa_kube_requests_total{")));
  metrics.CountKubeRequest("list", 200);
  metrics.CountKubeRequest("list", 200);
  metrics.CountKubeRequest("watch", 0);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("irsa_kube_requests_total{code=\"200\",verb=\"list\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("irsa_kube_requests_total{code=\"error\",verb=\"watch\"} 1\n"));
}

TEST(Metrics, ShowsWhatWasMeasured) {
  const std::string text = Metrics(kLabels, "1")
                               .Render({.identities = 7,
                                        .sync_age = std::chrono::milliseconds(1500),
                                        .certificate_expiry = base::SystemTime(std::chrono::seconds(1800000000)),
                                        .connections = 3,
                                        .lost_log_lines = 2});
  EXPECT_THAT(text, HasSubstr("irsa_identities 7\n"));
  EXPECT_THAT(text, HasSubstr("irsa_sync_age_seconds 1.5\n"));
  EXPECT_THAT(text, HasSubstr("irsa_connections 3\n"));
  EXPECT_THAT(text, HasSubstr("irsa_log_lines_lost_total 2\n"));
  EXPECT_THAT(text, HasSubstr("irsa_certificate_expiry_timestamp_seconds 1800000000\n"));
}

TEST(Metrics, ShowsUnidentifiedPodsOfTheNamespacesThatHaveAny) {
  Metrics metrics(kLabels, "1");
  EXPECT_THAT(metrics.Render(), Not(HasSubstr("irsa_unidentified_pods{")));
  metrics.SetUnidentifiedPods({{"team-a", 3}, {"team-b", 1}});
  EXPECT_THAT(metrics.Render(), HasSubstr("irsa_unidentified_pods{namespace=\"team-a\"} 3\n"));
  metrics.SetUnidentifiedPods({{"team-b", 2}});
  const std::string text = metrics.Render();
  EXPECT_THAT(text, Not(HasSubstr("team-a")));
  EXPECT_THAT(text, HasSubstr("irsa_unidentified_pods{namespace=\"team-b\"} 2\n"));
}

TEST(Metrics, ShowsWhatHappenedToConnections) {
  const std::string text = Metrics(kLabels, "1")
                               .Render({.evicted_connections = {{"idle", 5}, {"handshake", 2}, {"request", 6}},
                                        .refused_connections = 3,
                                        .cut_answers = 4});
  EXPECT_THAT(text, HasSubstr("irsa_connections_evicted_total{state=\"idle\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("irsa_connections_evicted_total{state=\"handshake\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("irsa_connections_evicted_total{state=\"request\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("irsa_connections_refused_total 3\n"));
  EXPECT_THAT(text, HasSubstr("irsa_answers_cut_total 4\n"));
}

TEST(Metrics, ShowsTheProcessItself) {
  const std::string text = Metrics(kLabels, "1").Render();
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
  for (const char* name : {"process_open_fds", "process_max_fds", "process_virtual_memory_bytes",
                           "process_virtual_memory_max_bytes", "process_threads", "process_start_time_seconds"}) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(name) + " "));
    EXPECT_THAT(text, Not(HasSubstr("\n" + std::string(name) + " 0\n")));
  }
  EXPECT_THAT(text, HasSubstr("process_cpu_seconds_total "));
}

}  // namespace
}  // namespace irsa::telemetry
