// A line that shows people that a command is still at work.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

namespace irsa::cli {

// Where the line is written, and when it first appears: what takes less time needs none.
struct ProgressOptions {
  int fd;
  std::chrono::milliseconds delay;
};

// From its construction to its end a thread writes `what` and the seconds so far, each second over the line before. The
// destructor clears the line.
class Progress {
 public:
  Progress(std::string what, ProgressOptions options);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run(const std::stop_token& stop) const;
  void Write(const std::string& text) const;

  const std::string what_;
  const ProgressOptions options_;
  std::jthread thread_;  // the last member: it uses those above
};

enum class Quiet { kNo, kYes };
inline Quiet QuietIf(bool is_quiet) { return is_quiet ? Quiet::kYes : Quiet::kNo; }

// On standard error, after a second; nullptr where that is no terminal or nothing is to be shown.
std::unique_ptr<Progress> ShowProgress(std::string what, Quiet quiet);

}  // namespace irsa::cli
