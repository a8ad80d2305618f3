// `irsa serve` as its users run it: the real binary, real TLS, a file of service accounts, ports of its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/testing/process.h"
#include "test/testing/temporary_directory.h"

namespace irsa::testing {

// service account team-a/my-app with the role, and team-a/plain without one.
inline constexpr std::string_view kRoleArn = "arn:aws:iam::111122223333:role/my-app";
std::string AccountsYaml(std::string_view role_arn = kRoleArn);

class ServeProcess {
 public:
  // Starts it with `flags` added, and with the file of service accounts unless they name a cluster, and waits until it
  // is ready, or says what else it is to say; the test fails when it does not. `command` may be "controller" instead.
  explicit ServeProcess(const std::vector<std::string>& flags = {}, std::string_view awaited_log = "ready",
                        const std::string& command = "serve");

  int port() const { return port_; }
  int metrics_port() const { return metrics_port_; }
  Process& process() { return *process_; }
  const TemporaryDirectory& directory() const { return directory_; }
  std::string accounts_path() const { return directory_.Path("accounts.yaml"); }
  std::string ca_path() const { return directory_.Path("certs/ca.crt"); }

  // The fields of the first log line with that message, as one JSON text; the test fails without one.
  std::string WaitForLog(std::string_view message);

  // A page of the metrics port: "/metrics", "/readyz?verbose". Empty when nothing answers.
  std::string Operations(std::string_view path) const;

  // The value of a series as /metrics writes it, or -1.
  double Metric(std::string_view series) const;

  // Waits until the series has reached the value.
  bool WaitForMetric(std::string_view series, double at_least) const;

  size_t ResidentBytes() const;
  size_t PeakResidentBytes() const;  // since its start

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Process> process_;
  int port_ = 0;
  int metrics_port_ = 0;
};

// Makes a CA and a serving pair in `directory` with `irsa certs`.
void MakeCertificates(const std::string& directory);

std::string ReadTestFile(std::string_view path_below_the_source);

}  // namespace irsa::testing
