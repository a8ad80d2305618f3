#include "irsa/serve/bug_report.h"

#include <string>
#include <string_view>

namespace irsa::serve {

http::OnException LogBugs(base::Log& log) {
  return [&log](std::string_view path, std::string_view what) {
    log.Write(base::LogLevel::kError, "a request met a bug",
              {{"path", std::string(path)}, {"what", std::string(what)}});
  };
}

}  // namespace irsa::serve
