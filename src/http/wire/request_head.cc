#include "request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "irsa/base/text.h"

namespace irsa::http {
namespace {

using base::EqualsIgnoringCase;
using base::IsDigit;

using MaybeRefusal = std::optional<Refusal>;

constexpr std::array<bool, 256> TokenCharacters() {
  std::array<bool, 256> is_token{};
  for (char c = '0'; c <= '9'; ++c) is_token[static_cast<uint8_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) is_token[static_cast<uint8_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) is_token[static_cast<uint8_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) is_token[static_cast<uint8_t>(c)] = true;
  return is_token;
}

constexpr auto kIsToken = TokenCharacters();

constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Bytes over 0x7f are allowed in values ("obs-text").
constexpr bool MayStandInValue(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

Refusal BadRequest(std::string reason) { return {400, std::move(reason), {}}; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// RFC 3986: unreserved and sub-delims.
bool IsHostCharacter(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || IsDigit(c) || std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos;
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end - 1);
  text.remove_prefix(end + 1);
  return line;
}

// Calls `visit` with each trimmed element of a comma-separated list.
template <typename Visitor>
void ForEachElement(std::string_view list, Visitor visit) {
  while (true) {
    const size_t comma = list.find(',');
    visit(TrimBlanks(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// uri-host [ ":" port ] (RFC 9110, section 7.2; RFC 3986, section 3.2): a name or an address; empty for a target
// without one.
bool IsHost(std::string_view host) {
  const size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const size_t colon = host.find(':', bracket);
  if (colon != std::string_view::npos) {
    if (!std::ranges::all_of(host.substr(colon + 1), IsDigit)) return false;
    host = host.substr(0, colon);
  }
  if (bracket > 0) {
    if (bracket + 1 != host.size()) return false;
    const std::string_view address = host.substr(1, bracket - 1);
    return !address.empty() && std::ranges::all_of(address, [](char c) { return IsHostCharacter(c) || c == ':'; });
  }
  for (size_t i = 0; i < host.size(); ++i) {
    if (host[i] == '%') {
      if (i + 2 >= host.size() || !IsHexDigit(host[i + 1]) || !IsHexDigit(host[i + 2])) return false;
      i += 2;
    } else if (!IsHostCharacter(host[i])) {
      return false;
    }
  }
  return true;
}

// Of "http://host:80/path", "host:80"; nullopt for another form.
std::optional<std::string_view> AuthorityOfAbsoluteForm(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoringCase(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    return target.substr(0, target.find_first_of("/?#"));
  }
  return std::nullopt;
}

class HeadReader {
 public:
  std::variant<RequestHead, Refusal> Read(std::string_view text) {
    if (auto refusal = ReadRequestLine(TakeLine(text))) return *std::move(refusal);
    size_t count = 0;
    for (std::string_view line = TakeLine(text); !line.empty(); line = TakeLine(text)) {
      if (++count > kMaxHeaders) return Refusal{431, "more than " + std::to_string(kMaxHeaders) + " headers", {}};
      const auto field = ParseFieldLine(line);
      if (!field) return BadRequest("a header line is malformed");
      if (auto refusal = ReadField(*field)) return *std::move(refusal);
    }
    if (auto refusal = CheckWhole()) return *std::move(refusal);
    return std::move(head_);
  }

 private:
  MaybeRefusal ReadRequestLine(std::string_view line) {
    const size_t first = line.find(' ');
    const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos) return BadRequest("the request line is malformed");
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, second - first - 1);
    const std::string_view version = line.substr(second + 1);
    const bool is_text = std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!IsToken(method) || !is_text || target.empty()) return BadRequest("the request line is malformed");
    head_.method = method;
    if (!ReadTarget(target)) return BadRequest("the request line's target is malformed");
    return ReadVersion(version);
  }

  // RFC 9112, section 3.2: a path, or the absolute form, of which a server for its own paths needs the path alone; what
  // it says of the host counts more than the Host header, which neither has a use for. The whole server's form ("*")
  // and a proxy's (for CONNECT) are let through: no path is equal to them.
  bool ReadTarget(std::string_view target) {
    if (const auto authority = AuthorityOfAbsoluteForm(target)) {
      if (authority->empty() || !IsHost(*authority)) return false;
      target.remove_prefix(static_cast<size_t>(authority->end() - target.begin()));
      head_.target = target.starts_with('/') ? "" : "/";
    } else if (!target.starts_with('/') && !(target == "*" && head_.method == "OPTIONS") && head_.method != "CONNECT") {
      return false;
    }
    head_.target += target;
    return true;
  }

  // A later minor version may be answered as 1.1 (RFC 9110, section 2.5).
  MaybeRefusal ReadVersion(std::string_view version) {
    const bool is_http_1 = version.size() == 8 && version.starts_with("HTTP/1.") && IsDigit(version[7]);
    if (is_http_1 && version[7] != '0') return {};
    if (version == "HTTP/1.0") {
      head_.is_http_1_0 = true;
      head_.keep_alive = false;
      return {};
    }
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") && IsDigit(version[5]) &&
                            version[6] == '.' && IsDigit(version[7]);
    if (is_version) return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are supported", {}};
    return BadRequest("the request line is malformed");
  }

  MaybeRefusal ReadField(const FieldLine& field) {
    if (EqualsIgnoringCase(field.name, "Host")) {
      if (!IsHost(field.value)) return BadRequest("the Host header is malformed");
      return ReadOnce(has_host_, "Host");
    }
    if (EqualsIgnoringCase(field.name, "Content-Length")) return ReadLength(field.value);
    if (EqualsIgnoringCase(field.name, "Transfer-Encoding")) return ReadTransferEncoding(field.value);
    if (EqualsIgnoringCase(field.name, "Content-Type")) {
      head_.content_type = TrimBlanks(field.value.substr(0, field.value.find(';')));
      return ReadOnce(has_content_type_, "Content-Type");
    }
    if (EqualsIgnoringCase(field.name, "Content-Encoding")) {
      if (!field.value.empty() && !EqualsIgnoringCase(field.value, "identity")) head_.is_encoded = true;
    } else if (EqualsIgnoringCase(field.name, "Expect")) {
      const bool is_known =
          EqualsIgnoringCase(field.value, "100-continue") && head_.expectation != RequestHead::Expectation::kUnknown;
      head_.expectation = is_known ? RequestHead::Expectation::kContinue : RequestHead::Expectation::kUnknown;
    } else if (EqualsIgnoringCase(field.name, "Connection")) {
      ForEachElement(field.value, [this](std::string_view option) {
        if (EqualsIgnoringCase(option, "close")) asks_to_close_ = true;
        if (EqualsIgnoringCase(option, "keep-alive")) asks_to_keep_alive_ = true;
      });
    }
    return {};
  }

  static MaybeRefusal ReadOnce(bool& seen, std::string_view name) {
    if (std::exchange(seen, true)) return BadRequest("more than one " + std::string(name) + " header");
    return {};
  }

  MaybeRefusal ReadLength(std::string_view value) {
    const char* end = value.data() + value.size();
    // Digits only: from_chars takes no sign for an unsigned number.
    const auto [rest, error] = std::from_chars(value.data(), end, head_.content_length);
    if (error != std::errc() || rest != end) return BadRequest("Content-Length is not a number of bytes");
    head_.body = RequestHead::Body::kLength;
    return ReadOnce(has_length_, "Content-Length");
  }

  MaybeRefusal ReadTransferEncoding(std::string_view value) {
    if (!EqualsIgnoringCase(value, "chunked")) return BadRequest("a Transfer-Encoding other than chunked");
    return ReadOnce(is_chunked_, "Transfer-Encoding");
  }

  MaybeRefusal CheckWhole() {
    if (!has_host_ && !head_.is_http_1_0) return BadRequest("the Host header is missing");
    if (is_chunked_ && has_length_) return BadRequest("both Content-Length and Transfer-Encoding");
    if (is_chunked_ && head_.is_http_1_0) return BadRequest("Transfer-Encoding in HTTP/1.0");
    if (is_chunked_) head_.body = RequestHead::Body::kChunked;
    if (asks_to_keep_alive_) head_.keep_alive = true;
    if (asks_to_close_) head_.keep_alive = false;
    return {};
  }

  RequestHead head_;
  bool has_host_ = false;
  bool has_length_ = false;
  bool is_chunked_ = false;
  bool has_content_type_ = false;
  bool asks_to_close_ = false;
  bool asks_to_keep_alive_ = false;
};

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kIsToken[static_cast<uint8_t>(c)]; });
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<FieldLine> ParseFieldLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const FieldLine field{line.substr(0, colon), TrimBlanks(line.substr(colon + 1))};
  if (!IsToken(field.name) || !std::ranges::all_of(field.value, MayStandInValue)) return std::nullopt;
  return field;
}

std::variant<RequestHead, Refusal> ParseRequestHead(std::string_view text) { return HeadReader().Read(text); }

std::vector<std::pair<std::string, std::string>> ReadHeaders(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> headers;
  TakeLine(text);
  for (std::string_view line = TakeLine(text); !line.empty(); line = TakeLine(text)) {
    if (const auto field = ParseFieldLine(line)) headers.emplace_back(field->name, field->value);
  }
  return headers;
}

}  // namespace irsa::http
