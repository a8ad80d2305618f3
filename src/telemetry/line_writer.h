// Lines to a file descriptor that may take none: a pipe whose reader has stopped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace irsa::telemetry {

// Some 5,000 lines, as many as a start and a bad hour make.
inline constexpr size_t kMaxQueuedLogBytes = 1 << 20;

// Write may be called from any thread and never waits: lines stand in a queue of kMaxQueuedLogBytes, by capacity, and a
// thread of their own writes them. A line for which there is no room is lost and counted.
class LineWriter {
 public:
  // `lost_line` words the line that is written, before the next one, once lines that were lost can be told of again; it
  // is called from the writer's thread.
  LineWriter(int fd, std::function<std::string(uint64_t lost)> lost_line);
  // Waits a second at most for what is queued, and leaves the rest: a thread that hangs in the descriptor is not waited
  // for.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // `line` with its line end.
  void Write(std::string line);
  // Counts a line that could not be made.
  void NoteLost();
  // Whether all that was queued by now is written in that time.
  bool Flush(std::chrono::milliseconds patience);
  uint64_t lost_lines() const;

 private:
  struct Shared;  // with the thread, which may outlive this object
  static void Run(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace irsa::telemetry
