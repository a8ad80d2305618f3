#include "irsa/serve/trouble_log.h"

#include <string>
#include <string_view>
#include <utility>

namespace irsa::serve {

void TroubleLog::Write(base::LogLevel level, std::string_view message, std::initializer_list<base::LogField> fields) {
  uint64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!lines_.Take(clock_.SteadyNow())) {
      ++left_out_;
      return;
    }
    left_out = std::exchange(left_out_, 0);
  }
  if (left_out > 0) log_.Write(level, "log lines about requests suppressed", {{"count", std::to_string(left_out)}});
  log_.Write(level, message, fields);
}

http::OnException LogBugs(base::Log& log) {
  return [&log](std::string_view path, std::string_view what) {
    log.Write(base::LogLevel::kError, "request failed because of a bug in irsa",
              {{"path", std::string(path)}, {"what", std::string(what)}});
  };
}

void LogInterruption(base::Log& log, std::string_view work, std::string_view what) {
  log.Write(base::LogLevel::kError, "background work interrupted, retrying",
            {{"work", std::string(work)}, {"error", std::string(what)}});
}

}  // namespace irsa::serve
