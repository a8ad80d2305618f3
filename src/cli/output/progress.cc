#include "progress.h"

#include <unistd.h>
#include <utility>

#include "irsa/base/guarded.h"
#include "irsa/base/waiting.h"

namespace irsa::cli {
namespace {

constexpr std::chrono::seconds kStep{1};
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

Progress::Progress(std::string what, ProgressOptions options)
    : what_(std::move(what)), options_(options), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Progress::Run(const std::stop_token& stop) const {
  base::ThreadWaiter waiter;
  const auto started = std::chrono::steady_clock::now();
  if (!waiter.Wait(options_.delay, stop)) return;
  do {
    const auto passed = std::chrono::steady_clock::now() - started;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(passed).count();
    base::CallGuarded([&] { Write(kClearLine + what_ + " (" + std::to_string(seconds) + " s)"); });
  } while (waiter.Wait(kStep, stop));
  Write(kClearLine);
}

// A line less is no failure.
void Progress::Write(const std::string& text) const {
  [[maybe_unused]] const ssize_t written = ::write(options_.fd, text.data(), text.size());
}

std::unique_ptr<Progress> ShowProgress(std::string what, Quiet quiet) {
  if (quiet == Quiet::kYes || ::isatty(STDERR_FILENO) != 1) return nullptr;
  return std::make_unique<Progress>(std::move(what), ProgressOptions{STDERR_FILENO, std::chrono::seconds(1)});
}

}  // namespace irsa::cli
