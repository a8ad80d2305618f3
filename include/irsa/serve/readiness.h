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
  void AddCheck(std::string name, std::function<Status()> check);

  // From now on not ready, whatever the checks say: no new calls are taken.
  void StartShutdown() { shutting_down_ = true; }

  struct Report {
    bool ready = false;
    std::string text;  // "[+]name ok" or "[-]name failed: why", a line each, then "ready" or "not ready"
  };
  Report Read() const;

 private:
  std::vector<std::pair<std::string, std::function<Status()>>> checks_;
  std::atomic<bool> shutting_down_ = false;
};

}  // namespace irsa::serve
