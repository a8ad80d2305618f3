// Takes up changed files while running: what each poll said goes to the metrics and, when it is news, to the log.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/telemetry/metrics.h"

namespace irsa::serve {

// For one thread.
class Reloader {
 public:
  // Both outlive the object. Once `stop` is requested nothing is taken up any more, and a poll that is cut off by it is
  // no failure.
  Reloader(telemetry::Metrics& metrics, base::Log& log, std::stop_token stop = {})
      : metrics_(metrics), log_(log), stop_(std::move(stop)) {}

  // `poll` says whether it took up a change; its errors mean that the last good state is kept.
  void Add(std::string what, std::function<Result<bool>()> poll);

  // Polls all once. Every failure is counted; an error is logged when it is another than at the last poll, and once
  // more when it is over.
  void PollAll();

 private:
  struct Watched {
    std::string what;
    std::function<Result<bool>()> poll;
    std::string last_error;  // empty: the last poll succeeded
  };

  void Poll(Watched& watched);

  telemetry::Metrics& metrics_;
  base::Log& log_;
  const std::stop_token stop_;
  std::vector<Watched> watched_;
};

}  // namespace irsa::serve
