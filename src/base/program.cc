#include "irsa/base/program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "irsa/base/descriptor.h"
#include "irsa/base/text.h"

namespace irsa::base {
namespace {

using std::chrono::steady_clock;

// How often it is checked whether the program has ended: that closes its output as a rule, which is noticed at once.
constexpr std::chrono::milliseconds kCheckInterval{10};
// Between the request to end and the order.
constexpr std::chrono::seconds kGracePeriod{1};
constexpr int kFirstInherited = STDERR_FILENO + 1;

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

// Above the standard descriptors, which the program gets anew, even where this process was started without them.
Result<Pipe> MakePipe(const std::string& command) {
  std::array<int, 2> fds{-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return FromErrno(errno, "run", command);
  const Descriptor low_read(fds[0]);
  const Descriptor low_write(fds[1]);
  Pipe pipe{Descriptor(::fcntl(fds[0], F_DUPFD_CLOEXEC, kFirstInherited)),
            Descriptor(::fcntl(fds[1], F_DUPFD_CLOEXEC, kFirstInherited))};
  if (pipe.read_end.get() < 0 || pipe.write_end.get() < 0) return FromErrno(errno, "run", command);
  return pipe;
}

bool IsExecutableFile(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

Result<std::string> FindProgram(const std::string& command) {
  if (command.find('/') != std::string::npos) return command;
  const char* variable = std::getenv("PATH");
  std::string_view directories = variable == nullptr ? "" : variable;
  while (!directories.empty() && !command.empty()) {
    std::string path = std::string(TakeUntil(':', directories)) + "/" + command;
    if (path.front() == '/' && IsExecutableFile(path)) return path;
  }
  return Error{ErrorCode::kNotFound, "program \"" + command + "\" not found in PATH"};
}

std::string_view NameOf(std::string_view variable) { return variable.substr(0, variable.find('=')); }

// This process's variables, without those that `added` replaces; the last one of a name counts.
std::vector<std::string> EnvironmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> merged;
  for (char** variable = environ; *variable != nullptr; ++variable) merged.emplace_back(*variable);
  for (const std::string& variable : added) {
    std::erase_if(merged, [&](const std::string& other) { return NameOf(other) == NameOf(variable); });
    merged.push_back(variable);
  }
  return merged;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// All that the new process needs, made before it exists: between fork and execve it may neither allocate nor lock.
struct Preparation {
  const char* path;
  char* const* arguments;
  char* const* variables;
  ProgramInput input;
  int output;   // becomes its standard output
  int failure;  // takes errno when it cannot be run
  int max_descriptors;
  pid_t parent;
};

// The rest is closed by execve. The loop is for kernels before 5.11.
void KeepDescriptorsFromProgram(int max_descriptors) {
  if (::close_range(kFirstInherited, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int fd = kFirstInherited; fd < max_descriptors; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void BecomeProgram(const Preparation& preparation) {
  // A group of its own can be killed whole. One that reads the terminal has to stay in the group that may.
  if (preparation.input == ProgramInput::kNone) ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != preparation.parent) ::_exit(127);
  KeepDescriptorsFromProgram(preparation.max_descriptors);
  // Ignored signals stay ignored beyond execve, and SIGPIPE is: see http::NetworkClient.
  std::signal(SIGPIPE, SIG_DFL);
  bool is_ready = ::dup2(preparation.output, STDOUT_FILENO) >= 0;
  if (is_ready && preparation.input == ProgramInput::kNone) {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Where it is 0 already, dup2 would leave it to be closed.
    is_ready = nothing == STDIN_FILENO ? ::fcntl(nothing, F_SETFD, 0) == 0 : ::dup2(nothing, STDIN_FILENO) >= 0;
  }
  if (is_ready) ::execve(preparation.path, preparation.arguments, preparation.variables);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(preparation.failure, &error, sizeof(error));
  ::_exit(127);
}

int MaxDescriptors() {
  constexpr rlim_t kMost = 65536;
  rlimit limit{};
  const bool is_known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
  return static_cast<int>(is_known ? std::min(limit.rlim_cur, kMost) : kMost);
}

// A started program. Killed when this goes before it has ended.
class RunningProgram {
 public:
  static Result<RunningProgram> Start(const Program& program, const std::string& path) {
    auto output = MakePipe(program.command);
    auto failure = output.ok() ? MakePipe(program.command) : Result<Pipe>(output.error());
    if (!failure.ok()) return std::move(failure).error();
    ::fcntl(output->read_end.get(), F_SETFL, O_NONBLOCK);
    std::vector<std::string> arguments = program.arguments;
    arguments.insert(arguments.begin(), program.command);
    std::vector<std::string> variables = EnvironmentWith(program.environment);
    const std::vector<char*> argument_pointers = Pointers(arguments);
    const std::vector<char*> variable_pointers = Pointers(variables);
    const Preparation preparation{path.c_str(),
                                  argument_pointers.data(),
                                  variable_pointers.data(),
                                  program.input,
                                  output->write_end.get(),
                                  failure->write_end.get(),
                                  MaxDescriptors(),
                                  ::getpid()};
    const pid_t pid = ::fork();
    if (pid < 0) return FromErrno(errno, "run", program.command);
    if (pid == 0) BecomeProgram(preparation);
    RunningProgram running(pid, program, std::move(output->read_end));
    output->write_end.Close();
    failure->write_end.Close();
    // The other end closes when execve succeeds.
    int error = 0;
    ssize_t got = 0;
    while ((got = ::read(failure->read_end.get(), &error, sizeof(error))) < 0 && errno == EINTR) {
    }
    if (got == sizeof(error)) return FromErrno(error, "run", program.command);
    return running;
  }

  RunningProgram(RunningProgram&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        command_(std::move(other.command_)),
        has_group_(other.has_group_),
        output_(std::move(other.output_)) {}
  RunningProgram& operator=(RunningProgram&&) = delete;

  ~RunningProgram() {
    if (pid_ < 0) return;
    Kill(SIGTERM);
    const auto deadline = steady_clock::now() + kGracePeriod;
    while (!Reap(WNOHANG) && steady_clock::now() < deadline) ::poll(nullptr, 0, kCheckInterval.count());
    // With what it has started, even where it has ended itself by now.
    Kill(SIGKILL);
    while (pid_ >= 0 && !Reap(0) && errno == EINTR) {
    }
  }

  Result<ProgramExit> WaitForExit(std::chrono::milliseconds time_limit, size_t max_output_bytes) {
    const auto deadline = steady_clock::now() + time_limit;
    while (true) {
      // Output ends with the program, even where a process that it leaves behind keeps the pipe open.
      const bool has_ended = Reap(WNOHANG);
      if (!ReadOutput(max_output_bytes)) {
        return Error{ErrorCode::kTooLarge,
                     command_ + " wrote more than the limit of " + std::to_string(max_output_bytes) + " bytes"};
      }
      if (has_ended) return ProgramExit{status_, std::move(text_)};
      if (steady_clock::now() >= deadline) return TimeIsOver(time_limit);
      pollfd waiting{output_.get(), POLLIN, 0};  // poll ignores -1, and then just waits
      ::poll(&waiting, 1, kCheckInterval.count());
    }
  }

 private:
  RunningProgram(pid_t pid, const Program& program, Descriptor output)
      : pid_(pid),
        command_(program.command),
        has_group_(program.input == ProgramInput::kNone),
        output_(std::move(output)) {}

  Error TimeIsOver(std::chrono::milliseconds time_limit) const {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(time_limit);
    return {ErrorCode::kUnavailable,
            command_ + " did not exit within " + std::to_string(seconds.count()) + " seconds, so it was stopped"};
  }

  void Kill(int signal) const {
    if (has_group_) {
      ::kill(-group_, signal);
    } else if (pid_ >= 0) {
      ::kill(pid_, signal);
    }
  }

  // Whether it has ended; then status_ is set.
  bool Reap(int options) {
    int status = 0;
    if (pid_ < 0 || ::waitpid(pid_, &status, options) != pid_) return false;
    pid_ = -1;
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  }

  // All that is there to be read; false when it is too much.
  bool ReadOutput(size_t max_bytes) {
    std::array<char, 65536> chunk{};
    while (output_.get() >= 0) {
      const ssize_t got = ::read(output_.get(), chunk.data(), chunk.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) {
        output_.Close();
        return true;
      }
      if (static_cast<size_t>(got) > max_bytes - text_.size()) return false;
      text_.append(chunk.data(), static_cast<size_t>(got));
    }
    return true;
  }

  pid_t pid_;  // -1: it has ended, and the number may be another's
  std::string command_;
  bool has_group_;
  pid_t group_ = pid_;
  Descriptor output_;  // none: the program has closed it
  std::string text_;
  int status_ = 0;
};

}  // namespace

Result<ProgramExit> ProcessRunner::Run(const Program& program) const {
  const auto path = FindProgram(program.command);
  if (!path.ok()) return path.error();
  auto running = RunningProgram::Start(program, *path);
  if (!running.ok()) return std::move(running).error();
  return running->WaitForExit(program.time_limit, program.max_output_bytes);
}

}  // namespace irsa::base
