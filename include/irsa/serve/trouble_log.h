// Log lines about single requests. Anybody who can reach the port can cause them: so there are as many as one can read,
// and a count of the rest. And what becomes of an exception that no handler should throw.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/token_bucket.h"
#include "irsa/http/message/message.h"

namespace irsa::serve {

// May be used from any thread.
class TroubleLog {
 public:
  // Both outlive the object.
  TroubleLog(base::Log& log, const base::Clock& clock) : log_(log), clock_(clock) {}

  // Writes twenty lines at once, then two a second; a line says how many before it were left out.
  void Write(base::LogLevel level, std::string_view message, std::initializer_list<base::LogField> fields);

 private:
  base::Log& log_;
  const base::Clock& clock_;
  std::mutex mutex_;  // guards what follows
  base::TokenBucket lines_{2, 20};
  uint64_t left_out_ = 0;
};

// The log outlives it.
http::OnException LogBugs(base::Log& log);

// For `work` that is done again and again in the background: an exception, in words, ended it this time.
void LogInterruption(base::Log& log, std::string_view work, std::string_view what);

}  // namespace irsa::serve
