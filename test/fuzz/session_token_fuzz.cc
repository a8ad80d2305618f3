// Any bytes as a session token, and a real one with any of its bytes changed: only what was sealed here is opened.
//
// Each two bytes of the input change one character of the real token: which, and into what.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "irsa/sts/session_sealer.h"

namespace {

using namespace irsa;

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const sts::SessionSealer kSealer = sts::SessionSealer::Make().value();
  static const sts::Session kSession{"arn:aws:iam::111122223333:role/r", "cart",
                                     base::SystemTime(std::chrono::seconds(1'790'000'000))};
  static const sts::Credentials kReal = kSealer.Seal(kSession).value();
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  Require(!kSealer.Open(kReal.access_key_id, text));
  Require(!kSealer.Open(text, kReal.session_token) || text == kReal.access_key_id);
  const size_t line_end = std::min(text.find('\n'), text.size());
  Require(!kSealer.Open(text.substr(0, line_end), text.substr(std::min(line_end + 1, text.size()))));

  std::string changed = kReal.session_token;
  for (size_t i = 0; i + 1 < size; i += 2) changed[data[i] % changed.size()] = static_cast<char>(data[i + 1]);
  if (size % 2 == 1) changed.resize(std::min<size_t>(changed.size(), data[size - 1]));
  const auto opened = kSealer.Open(kReal.access_key_id, changed);
  Require(opened.has_value() == (changed == kReal.session_token));
  if (opened) Require(opened->session == kSession);
  return 0;
}
