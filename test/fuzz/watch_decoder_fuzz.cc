// Any bytes at all as a watch's answer and as a page of a list. However a watch is cut into pieces, its events are the
// same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/kube/watch/watch_decoder.h"

#include "src/kube/api/paged_list.h"

namespace irsa {
namespace {

constexpr size_t kMaxEventBytes = 512;  // small, so that the limit is met

void Require(bool condition) {
  if (!condition) std::abort();
}

class Unasked final : public kube::ApiServer {
 public:
  Result<kube::ApiAnswer> Send(const kube::ApiRequest&) override { std::abort(); }
};

// The events, and how it ended.
std::string Decode(std::string_view text, size_t piece_size) {
  kube::WatchDecoder decoder(kMaxEventBytes);
  std::string seen;
  const auto take = [&seen](const kube::WatchEvent& event) {
    seen.append(std::to_string(static_cast<int>(event.type))).append(event.object.name);
    seen.append("@").append(event.object.resource_version).append(event.failure.message).append("\n");
    return Status();
  };
  for (; !text.empty(); text.remove_prefix(std::min(piece_size, text.size()))) {
    const Status fed = decoder.Feed(text.substr(0, piece_size), take);
    if (!fed.ok()) return seen + fed.error().message;
  }
  const Status finished = decoder.Finish();
  return finished.ok() ? seen : seen + finished.error().message;
}

}  // namespace
}  // namespace irsa

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string whole = irsa::Decode(text, text.size() + 1);
  irsa::Require(irsa::Decode(text, 1) == whole);
  irsa::Require(irsa::Decode(text, 7) == whole);
  size_t items = 0;
  irsa::Unasked server;
  const irsa::base::SystemClock clock;
  irsa::kube::PagedList list(server, clock, {.path = "/x", .query = {}}, {.max_answer_bytes = 4096});
  const auto version = list.Read(irsa::kube::ApiAnswer{200, std::string(text), {}},
                                 [&items](const irsa::kube::ObjectView&) { ++items; });
  irsa::Require(version.ok() ? !version->empty() : items == 0);
  if (version.ok()) {
    const auto page = irsa::base::ReadJson(text, {.max_bytes = text.size()});
    irsa::Require(page.ok() && irsa::base::ListAt(*page, {"items"}).size() == items);
  }
  return 0;
}
