// A log that a test reads back.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "irsa/base/log.h"

namespace irsa::testing {

class FakeLog final : public base::Log {
 public:
  void Write(base::LogLevel, std::string_view message, std::initializer_list<base::LogField> fields) override {
    std::string line(message);
    for (const base::LogField& field : fields) line.append(" ").append(field.key).append("=").append(field.value);
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }

  // "message key=value …" for each entry so far.
  std::vector<std::string> Lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace irsa::testing
