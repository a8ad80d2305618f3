// The head of a request, and the tokens and field lines that it consists of (RFC 9110 section 5), read more strictly
// than RFC 9112 asks where leniency lets two parsers disagree about where a request ends (section 11.2, request
// smuggling).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "irsa/http/message/message.h"

namespace irsa::http {

// Whether `text` is a token: a method or a field's name.
bool IsToken(std::string_view text);

// Without the spaces and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);

struct FieldLine {
  std::string_view name;
  std::string_view value;  // trimmed
};

// "Name: value", without its line end. nullopt for anything else, above all what other parsers read differently: a
// blank before the colon or at the line's start (an old folded line), control characters.
std::optional<FieldLine> ParseFieldLine(std::string_view line);

inline constexpr size_t kMaxHeaders = 100;

struct RequestHead {
  enum class Body { kNone, kLength, kChunked };
  enum class Expectation { kNone, kContinue, kUnknown };

  std::string method;
  std::string target;  // path and query; of the absolute form just these
  Body body = Body::kNone;
  uint64_t content_length = 0;  // for Body::kLength
  std::string content_type;     // without parameters, as sent; empty when there is none
  bool is_encoded = false;      // has a Content-Encoding other than identity
  Expectation expectation = Expectation::kNone;
  bool is_http_1_0 = false;
  bool keep_alive = true;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  // Whether bytes follow the head.
  bool HasBody() const { return body == Body::kChunked || content_length > 0; }

  bool operator==(const RequestHead&) const = default;
};

// `text` is the request line, the field lines and the empty line, each ended by CR LF, with no other LF in it.
std::variant<RequestHead, Refusal> ParseRequestHead(std::string_view text);

// The fields of a head that ParseRequestHead has accepted, in order.
std::vector<std::pair<std::string, std::string>> ReadHeaders(std::string_view text);

}  // namespace irsa::http
