#include "trouble_log.h"

#include <string>
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
  if (left_out > 0) log_.Write(level, "lines about requests left out", {{"count", std::to_string(left_out)}});
  log_.Write(level, message, fields);
}

}  // namespace irsa::serve
