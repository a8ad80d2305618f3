// Other programs, run by a test: irsa itself above all.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace irsa::testing {

// How long a test waits for a process before it gives up: far over what any of them needs, under sanitizers too.
inline constexpr std::chrono::seconds kPatience{60};

struct ProcessResult {
  int exit_status = -1;  // 128 + the signal's number when one ended it, as shells count
  std::string out;
  std::string err;

  bool operator==(const ProcessResult&) const = default;
};

// A running program; made for servers. Its output is read all the time, so that it never blocks on a full pipe. Killed,
// if it still runs, when this is destroyed. Members may be called from any thread.
class Process {
 public:
  // args[0] is a path or is looked up in PATH; to change the directory or environment, begin with "env" and its
  // options. Reads `stdin_text` as its standard input. Throws std::system_error when it cannot be started.
  explicit Process(const std::vector<std::string>& args, std::string_view stdin_text = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  // Nothing happens once it has ended.
  void Signal(int signal);

  // The first whole line of its standard error, without the line end, that is wanted; nullopt when it ends or
  // `timeout` is over without one.
  std::optional<std::string> WaitForErrorLine(const std::function<bool(std::string_view)>& wanted,
                                              std::chrono::milliseconds timeout = kPatience);

  // The exit status (see ProcessResult), or nullopt when it still runs after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout = kPatience);

  // What it has written up to now: all of it once Wait has returned a status.
  std::string out() const;
  std::string err() const;

 private:
  void ReadToEnd(int out_fd, int err_fd);
  void Reap();

  pid_t pid_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_;  // guarded by mutex_, as are the next two
  std::string err_;
  std::optional<int> exit_status_;  // the process is reaped, and its id free, just when this is set
  std::jthread reader_;             // last: it uses the others
};

// Runs a program to its end. Throws std::system_error when it cannot be started, and std::runtime_error, with what it
// wrote to standard error, when it has not ended after kPatience.
ProcessResult RunProcess(const std::vector<std::string>& args, std::string_view stdin_text = {});

}  // namespace irsa::testing
