#include "test/testing/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/mman.h>
#include <sys/wait.h>

#include "test/testing/passing_on.h"

namespace irsa::testing {
namespace {

// Closes a descriptor at the end of its scope unless it was released.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot make a descriptor for a process");
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Pipe MakePipe() {
  std::array<int, 2> fds{-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) fds = {-1, -1};
  return {Descriptor(fds[0]), Descriptor(fds[1])};
}

// A file rather than a pipe: a process that does not read its input then neither blocks nor signals the test.
Descriptor MakeInput(std::string_view text) {
  Descriptor file(::memfd_create("standard-input", MFD_CLOEXEC));
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0) throw std::system_error(errno, std::generic_category(), "cannot write a process's input");
    text.remove_prefix(static_cast<size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

pid_t Spawn(const std::vector<std::string>& args, int in, int out, int err) {
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, args.at(0).c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot run " + args[0]);
  return pid;
}

// The next line of `text` at or after `position`, which moves behind it; nullopt when there is no whole one.
std::optional<std::string_view> NextLine(std::string_view text, size_t& position) {
  const size_t end = text.find('\n', position);
  if (end == std::string_view::npos) return std::nullopt;
  const size_t start = std::exchange(position, end + 1);
  return text.substr(start, end + 1 - start);
}

}  // namespace

Process::Process(const std::vector<std::string>& args, std::string_view stdin_text) {
  PassOn();
  const Descriptor input = MakeInput(stdin_text);
  Pipe out = MakePipe();
  Pipe err = MakePipe();
  pid_ = Spawn(args, input.get(), out.write_end.get(), err.write_end.get());
  reader_ = std::jthread([this, out_fd = out.read_end.Release(), err_fd = err.read_end.Release()] {
    ReadToEnd(out_fd, err_fd);
    Reap();
  });
}

Process::~Process() { Signal(SIGKILL); }

void Process::Signal(int signal) {
  const std::lock_guard lock(mutex_);
  if (!exit_status_) ::kill(pid_, signal);
}

void Process::ReadToEnd(int out_fd, int err_fd) {
  std::array<pollfd, 2> fds{pollfd{out_fd, POLLIN, 0}, pollfd{err_fd, POLLIN, 0}};
  const std::array<std::string*, 2> texts{&out_, &err_};
  std::array<char, 65536> chunk{};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    ::poll(fds.data(), fds.size(), -1);
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      const ssize_t size = ::read(fds[i].fd, chunk.data(), chunk.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) {
        ::close(std::exchange(fds[i].fd, -1));  // poll leaves negative ones out
        continue;
      }
      const std::lock_guard lock(mutex_);
      texts[i]->append(chunk.data(), static_cast<size_t>(size));
      changed_.notify_all();
    }
  }
}

void Process::Reap() {
  // Waited for without reaping, then reaped under the lock, so that Signal never hits a process that got the same id.
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  exit_status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  changed_.notify_all();
}

std::optional<std::string> Process::WaitForErrorLine(const std::function<bool(std::string_view)>& wanted,
                                                     std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  size_t position = 0;
  std::optional<std::string_view> line;
  changed_.wait_for(lock, timeout, [&] {
    while ((line = NextLine(err_, position))) {
      line->remove_suffix(1);
      if (wanted(*line)) return true;
    }
    return exit_status_.has_value();
  });
  return line ? std::optional<std::string>(*line) : std::nullopt;
}

std::optional<int> Process::Wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return exit_status_.has_value(); });
  PassOn();
  return exit_status_;
}

std::string Process::out() const {
  const std::lock_guard lock(mutex_);
  return out_;
}

std::string Process::err() const {
  const std::lock_guard lock(mutex_);
  return err_;
}

ProcessResult RunProcess(const std::vector<std::string>& args, std::string_view stdin_text) {
  Process process(args, stdin_text);
  const std::optional<int> status = process.Wait();
  if (!status) throw std::runtime_error(args[0] + " has not ended; its standard error: " + process.err());
  return {*status, process.out(), process.err()};
}

}  // namespace irsa::testing
