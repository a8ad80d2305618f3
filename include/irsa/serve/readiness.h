// What /readyz answers.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "irsa/base/result.h"

namespace irsa::serve {

// Checks are added before the first reader; the rest may be called from any thread.
class Readiness {
 public:
  // `check` is called at each reading and must be quick.
  void AddCheck(std::string name, std::function<base::Status()> check) {
    checks_.emplace_back(std::move(name), std::move(check));
  }

  // From now on not ready, whatever the checks say: no new calls are taken.
  void StartShutdown() { shutting_down_ = true; }

  struct Report {
    bool ready = false;
    std::string text;  // "[+]name ok" or "[-]name failed: why", a line each, then "ready" or "not ready"
  };
  Report Read() const {
    Report report{.ready = true, .text = {}};
    const auto add = [&report](const std::string& name, const base::Status& status) {
      report.ready = report.ready && status.ok();
      report.text.append(status.ok() ? "[+]" : "[-]").append(name);
      report.text.append(status.ok() ? " ok" : " failed: " + status.error().message).append("\n");
    };
    for (const auto& [name, check] : checks_) add(name, check());
    add("shutdown",
        shutting_down_ ? base::Status(base::Error{base::ErrorCode::kUnavailable, "shutting down"}) : base::Status());
    report.text.append(report.ready ? "ready\n" : "not ready\n");
    return report;
  }

 private:
  std::vector<std::pair<std::string, std::function<base::Status()>>> checks_;
  std::atomic<bool> shutting_down_ = false;
};

}  // namespace irsa::serve
