#include "irsa/serve/readiness.h"

namespace irsa::serve {

void Readiness::AddCheck(std::string name, std::function<Status()> check) {
  checks_.emplace_back(std::move(name), std::move(check));
}

Readiness::Report Readiness::Read() const {
  Report report{.ready = true, .text = {}};
  const auto add = [&report](const std::string& name, const Status& status) {
    report.ready = report.ready && status.ok();
    report.text.append(status.ok() ? "[+]" : "[-]").append(name);
    report.text.append(status.ok() ? " ok" : " failed: " + status.error().message).append("\n");
  };
  for (const auto& [name, check] : checks_) add(name, check());
  add("shutdown", shutting_down_ ? Status(Error{ErrorCode::kUnavailable, "shutting down"}) : Status());
  report.text.append(report.ready ? "ready\n" : "not ready\n");
  return report;
}

}  // namespace irsa::serve
