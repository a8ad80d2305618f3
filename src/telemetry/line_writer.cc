#include "line_writer.h"

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <poll.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "irsa/base/guarded.h"

namespace irsa::telemetry {
namespace {

// At the end of the process.
constexpr std::chrono::milliseconds kLastPatience{1000};

// Writes all of it, however long that takes; false when the descriptor is of no more use.
bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    pollfd watched{fd, POLLOUT, 0};
    if (::poll(&watched, 1, -1) < 0 && errno != EINTR) return false;
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

}  // namespace

struct LineWriter::Shared {
  int fd;
  std::function<std::string(uint64_t)> lost_line;
  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by the mutex:
  std::deque<std::string> queue;
  size_t queued_bytes = 0;
  bool is_writing = false;
  bool is_stopping = false;
  bool has_ended = false;
  uint64_t lost = 0;       // since the start
  uint64_t told_lost = 0;  // of these
};

LineWriter::LineWriter(int fd, std::function<std::string(uint64_t lost)> lost_line)
    : shared_(std::make_shared<Shared>()) {
  shared_->fd = fd;
  shared_->lost_line = std::move(lost_line);
  std::thread([shared = shared_] { Run(shared); }).detach();
}

LineWriter::~LineWriter() {
  Flush(kLastPatience);
  std::unique_lock lock(shared_->mutex);
  shared_->is_stopping = true;
  shared_->changed.notify_all();
  // So that nothing of it runs any more where it can be had.
  if (!shared_->is_writing) shared_->changed.wait(lock, [this] { return shared_->has_ended; });
}

void LineWriter::Write(std::string line) {
  const size_t bytes = line.capacity() + sizeof(std::string);
  const std::lock_guard lock(shared_->mutex);
  if (shared_->queued_bytes + bytes > kMaxQueuedLogBytes) {
    ++shared_->lost;
    return;
  }
  shared_->queue.push_back(std::move(line));
  shared_->queued_bytes += bytes;
  shared_->changed.notify_all();
}

void LineWriter::NoteLost() {
  const std::lock_guard lock(shared_->mutex);
  ++shared_->lost;
}

bool LineWriter::Flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_for(lock, patience, [this] { return shared_->queue.empty() && !shared_->is_writing; });
}

uint64_t LineWriter::lost_lines() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->lost;
}

void LineWriter::Run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    shared->changed.wait(lock, [&] { return shared->is_stopping || !shared->queue.empty(); });
    if (shared->is_stopping) break;
    std::string line = std::move(shared->queue.front());
    shared->queue.pop_front();
    shared->queued_bytes -= line.capacity() + sizeof(std::string);
    const uint64_t lost = shared->lost;
    const uint64_t untold = lost - shared->told_lost;
    shared->is_writing = true;
    lock.unlock();
    // In front of a line that is younger than those lost would be right, but nobody knows where they stood.
    bool is_written = false;
    base::CallGuarded([&] { is_written = WriteAll(shared->fd, untold > 0 ? shared->lost_line(untold) + line : line); });
    lock.lock();
    shared->is_writing = false;
    if (is_written) {
      shared->told_lost = lost;
    } else {
      ++shared->lost;
    }
    shared->changed.notify_all();
  }
  shared->has_ended = true;
  shared->changed.notify_all();
}

}  // namespace irsa::telemetry
