#include "test/integration/serve_process.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::testing {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

std::string AccountsYaml(std::string_view role_arn) {
  return "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: my-app\n  namespace: team-a\n  annotations:\n"
         "    eks.amazonaws.com/role-arn: " +
         std::string(role_arn) +
         "\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: plain\n  namespace: team-a\n";
}

void MakeCertificates(const std::string& directory) {
  const ProcessResult made = RunProcess({IRSA_BINARY, "certs", "--dir", directory});
  ASSERT_EQ(made.exit_status, 0) << made.err;
}

std::string ReadTestFile(std::string_view path_below_the_source) {
  return ReadFile(std::string(IRSA_SOURCE_DIR) + "/" + std::string(path_below_the_source));
}

ServeProcess::ServeProcess(const std::vector<std::string>& flags, std::string_view awaited_log,
                           const std::string& command) {
  MakeCertificates(directory_.Path("certs"));
  directory_.Write("accounts.yaml", AccountsYaml());
  std::vector<std::string> words = {IRSA_BINARY,
                                    command,
                                    "--bind-address=127.0.0.1",
                                    "--port=0",
                                    "--metrics-bind-address=127.0.0.1",
                                    "--metrics-port=0",
                                    "--log-format=json",
                                    "--shutdown-delay=0s",
                                    "--tls-cert=" + directory_.Path("certs/tls.crt"),
                                    "--tls-key=" + directory_.Path("certs/tls.key")};
  const auto names_cluster = [](const std::string& flag) { return flag.starts_with("--kube"); };
  if (std::none_of(flags.begin(), flags.end(), names_cluster)) {
    words.push_back("--service-accounts=" + accounts_path());
  }
  words.insert(words.end(), flags.begin(), flags.end());
  process_ = std::make_unique<Process>(words);
  const auto ready = nlohmann::json::parse(WaitForLog(awaited_log), nullptr, false);
  if (ready.is_discarded()) throw std::runtime_error("irsa serve did not start: " + process_->err());
  port_ = ready.value("port", 0);
  metrics_port_ = ready.value("metrics_port", 0);
}

std::string ServeProcess::WaitForLog(std::string_view message) {
  const std::string wanted = "\"msg\":\"" + std::string(message) + "\"";
  const auto line = process_->WaitForErrorLine(
      [&wanted](std::string_view text) { return text.find(wanted) != std::string_view::npos; });
  EXPECT_TRUE(line) << "no log line \"" << message << "\" in:\n" << process_->err();
  return line.value_or("");
}

std::string ServeProcess::Operations(std::string_view path) const {
  return RunProcess({"curl", "--silent", "--max-time", "20",
                     "http://127.0.0.1:" + std::to_string(metrics_port_) + std::string(path)})
      .out;
}

double ServeProcess::Metric(std::string_view series) const {
  const std::string text = "\n" + Operations("/metrics");
  const std::string start = "\n" + std::string(series) + " ";
  const size_t found = text.find(start);
  return found == std::string::npos ? -1 : std::stod(text.substr(found + start.size()));
}

bool ServeProcess::WaitForMetric(std::string_view series, double at_least) const {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (Metric(series) < at_least) {
    if (std::chrono::steady_clock::now() > give_up) return false;
  }
  return true;
}

size_t ServeProcess::ResidentBytes() const {
  std::istringstream statm(ReadFile("/proc/" + std::to_string(process_->pid()) + "/statm"));
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

size_t ServeProcess::PeakResidentBytes() const {
  const std::string status = ReadFile("/proc/" + std::to_string(process_->pid()) + "/status");
  const std::string start = "\nVmHWM:";
  return std::stoul(status.substr(status.find(start) + start.size())) << 10;
}

}  // namespace irsa::testing
