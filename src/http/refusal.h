// Answers that the server gives by itself, without a handler.
#pragma once

#include <string>
#include <string_view>

namespace irsa::http {

struct Refusal {
  int status = 400;
  std::string reason;  // one sentence, the answer's body; quotes nothing that was sent
  std::string header;  // one more header line of the answer ("Allow: POST"), or empty

  bool operator==(const Refusal&) const = default;
};

// The whole answer. `close` adds Connection: close; a HEAD request's answer has no body.
std::string WriteRefusal(const Refusal& refusal, bool close, bool is_head);

}  // namespace irsa::http
