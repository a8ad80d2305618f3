#include "irsa/serve/reloader.h"

#include <string>
#include <string_view>
#include <utility>

#include "irsa/base/guarded.h"

namespace irsa::serve {

void Reloader::Add(std::string what, std::function<Result<bool>()> poll) {
  watched_.push_back({std::move(what), std::move(poll), {}});
}

void Reloader::PollAll() {
  for (Watched& watched : watched_) Poll(watched);
}

void Reloader::Poll(Watched& watched) {
  if (stop_.stop_requested()) return;
  Result<bool> changed = false;
  base::CallGuarded([&] { changed = watched.poll(); },
                    [&](std::string_view what) {
                      changed = Error{ErrorCode::kInternal, std::string(what)};
                    });
  if (!changed.ok() && stop_.stop_requested()) return;
  if (!changed.ok()) {
    metrics_.CountReload(watched.what, false);
    const std::string& error = changed.error().message;
    if (error == watched.last_error) return;
    log_.Write(base::LogLevel::kError, "not reloaded: the last good state stays in use",
               {{"what", watched.what}, {"error", error}});
    watched.last_error = error;
    return;
  }
  if (*changed) {
    metrics_.CountReload(watched.what, true);
    log_.Write(base::LogLevel::kInfo, "reloaded", {{"what", watched.what}});
  } else if (!watched.last_error.empty()) {
    log_.Write(base::LogLevel::kInfo, "readable again, unchanged", {{"what", watched.what}});
  }
  watched.last_error.clear();
}

}  // namespace irsa::serve
