// Whatever a client sends, and however it is split on its way: no crash, and the same verdict.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "src/http/wire/request_framer.h"

namespace {

using irsa::http::RequestFramer;

// What becomes of the bytes when they arrive in pieces of `first` bytes and the rest.
std::string Verdict(std::string_view text, size_t first) {
  RequestFramer framer(1000);
  std::string verdict;
  for (std::string_view piece : {text.substr(0, first), text.substr(first)}) {
    RequestFramer::State state = framer.Feed(piece);
    while (state != RequestFramer::State::kMore) {
      if (state == RequestFramer::State::kRefused) return verdict + std::to_string(framer.refusal().status);
      if (state == RequestFramer::State::kComplete) {
        verdict += framer.head().method + " " + framer.head().target + ":" + framer.TakeBody() + "|";
        framer.Reset();
      }
      state = framer.Feed(piece);
    }
    if (!piece.empty()) std::abort();
  }
  return verdict;
}

}  // namespace

// The first byte says where to split what follows.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string whole = Verdict(text, text.size());
  if (Verdict(text, text.size() * data[0] / 256) != whole) std::abort();
  return 0;
}
