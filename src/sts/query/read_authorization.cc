#include <algorithm>
#include <utility>

#include "irsa/base/text.h"

#include "signature_v4.h"

namespace irsa::sts {
namespace {

using base::IsDigit;

constexpr size_t kMaxSignedHeaders = 64;

using Refusal = std::optional<StsError>;

StsError Incomplete(std::string message) { return MakeStsError(kIncompleteSignature, std::move(message)); }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The only value of the query parameter; null when there is none or several.
const std::string* OnlyQuery(const http::Request& request, std::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [other, value] : request.query) {
    if (other != name) continue;
    if (found != nullptr) return nullptr;
    found = &value;
  }
  return found;
}

Refusal ReadCredential(std::string_view text, Authorization& into) {
  std::vector<std::string> parts = Split(text, '/');
  const bool is_whole = parts.size() == 5 && parts[4] == "aws4_request" &&
                        std::ranges::none_of(parts, [](const std::string& part) { return part.empty(); });
  if (!is_whole) {
    return Incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/aws4_request.");
  }
  into.access_key_id = std::move(parts[0]);
  into.date = std::move(parts[1]);
  into.region = std::move(parts[2]);
  into.service = std::move(parts[3]);
  return std::nullopt;
}

Refusal ReadSignedHeaders(const http::Request& request, std::string_view text, Authorization& into) {
  into.signed_headers = Split(text, ';');
  std::vector<std::string>& names = into.signed_headers;
  if (names.size() > kMaxSignedHeaders) return Incomplete("SignedHeaders names more than 64 headers.");
  for (const std::string& name : names) {
    if (name != base::LowerCase(name)) return Incomplete("SignedHeaders must be in lower case.");
    if (HeaderValues(request, name).empty()) {
      return Incomplete("SignedHeaders names " + base::Quoted(name) + ", a header that the request does not have.");
    }
  }
  if (!std::ranges::is_sorted(names) || std::ranges::adjacent_find(names) != names.end()) {
    return Incomplete("SignedHeaders must be sorted, and name each header once.");
  }
  if (!std::ranges::binary_search(names, "host")) {
    return Incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  return std::nullopt;
}

Refusal ReadSignature(std::string_view text, Authorization& into) {
  constexpr size_t kHexDigits = 64;
  if (text.size() != kHexDigits || !std::ranges::all_of(text, IsHexDigit)) {
    return Incomplete("Signature must be 64 hexadecimal digits in lower case.");
  }
  into.signature = text;
  return std::nullopt;
}

Refusal ReadTime(std::string_view text, Authorization& into) {
  const std::optional<base::SystemTime> time = ParseTimestamp(text);
  if (!time) return Incomplete("X-Amz-Date must be in ISO-8601 'basic format', such as 20150830T123600Z.");
  into.timestamp = text;
  into.time = *time;
  return std::nullopt;
}

// "Credential=…, SignedHeaders=…, Signature=…" in any order.
Refusal ReadHeaderFields(const http::Request& request, std::string_view text, Authorization& into) {
  std::optional<std::string> credential, signed_headers, signature;
  for (const std::string& field : Split(text, ',')) {
    const std::string_view trimmed = base::Trimmed(field, " ");
    const size_t equals = trimmed.find('=');
    const std::string_view name = trimmed.substr(0, equals);
    std::optional<std::string>* into_field = name == "Credential"      ? &credential
                                             : name == "SignedHeaders" ? &signed_headers
                                             : name == "Signature"     ? &signature
                                                                       : nullptr;
    if (equals == std::string_view::npos || into_field == nullptr || into_field->has_value()) {
      return Incomplete("Authorization header must have just Credential, SignedHeaders and Signature, each once.");
    }
    *into_field = trimmed.substr(equals + 1);
  }
  if (!credential) return Incomplete("Authorization header requires 'Credential' parameter.");
  if (!signature) return Incomplete("Authorization header requires 'Signature' parameter.");
  if (!signed_headers) return Incomplete("Authorization header requires 'SignedHeaders' parameter.");
  if (Refusal refusal = ReadCredential(*credential, into)) return refusal;
  if (Refusal refusal = ReadSignedHeaders(request, *signed_headers, into)) return refusal;
  return ReadSignature(*signature, into);
}

std::variant<Authorization, StsError> FromHeader(const http::Request& request, std::string_view header) {
  const std::string_view algorithm = header.substr(0, header.find(' '));
  if (algorithm != kSignatureAlgorithm) {
    return Incomplete("Unsupported AWS 'algorithm': " + base::Quoted(algorithm) +
                      "; AWS4-HMAC-SHA256 is the one here.");
  }
  Authorization read;
  header.remove_prefix(std::min(header.size(), algorithm.size() + 1));
  if (Refusal refusal = ReadHeaderFields(request, header, read)) return *refusal;
  const std::vector<std::string_view> date = HeaderValues(request, "x-amz-date");
  if (date.size() != 1) return Incomplete("Authorization header requires existence of one 'X-Amz-Date' header.");
  if (Refusal refusal = ReadTime(date.front(), read)) return *refusal;
  const std::vector<std::string_view> tokens = HeaderValues(request, "x-amz-security-token");
  if (tokens.size() > 1) return Incomplete("X-Amz-Security-Token is given twice.");
  if (!tokens.empty()) read.session_token = tokens.front();
  return read;
}

std::variant<Authorization, StsError> FromQuery(const http::Request& request) {
  const std::string* algorithm = OnlyQuery(request, "X-Amz-Algorithm");
  if (algorithm == nullptr || *algorithm != kSignatureAlgorithm) {
    return Incomplete("AWS query-string parameters must include 'X-Amz-Algorithm' once, as AWS4-HMAC-SHA256.");
  }
  Authorization read;
  Refusal refusal;
  const auto field = [&](std::string_view name, auto reader) {
    if (refusal) return;
    const std::string* value = OnlyQuery(request, name);
    refusal = value == nullptr
                  ? Incomplete("AWS query-string parameters must include '" + std::string(name) + "' once.")
                  : reader(*value);
  };
  field("X-Amz-Credential", [&](const std::string& text) { return ReadCredential(text, read); });
  field("X-Amz-SignedHeaders", [&](const std::string& text) { return ReadSignedHeaders(request, text, read); });
  field(kSignatureField, [&](const std::string& text) { return ReadSignature(text, read); });
  field("X-Amz-Date", [&](const std::string& text) { return ReadTime(text, read); });
  if (refusal) return *refusal;
  if (const std::string* token = OnlyQuery(request, "X-Amz-Security-Token")) read.session_token = *token;
  return read;
}

}  // namespace

std::variant<Authorization, StsError> ReadAuthorization(const http::Request& request) {
  const std::vector<std::string_view> headers = HeaderValues(request, "authorization");
  const bool in_query =
      http::FindQuery(request, kSignatureField) != nullptr || http::FindQuery(request, "X-Amz-Algorithm") != nullptr;
  if (headers.size() > 1) return Incomplete("Authorization header is given twice.");
  if (!headers.empty() && in_query) return Incomplete("The request is signed both in its header and in its query.");
  if (!headers.empty()) return FromHeader(request, headers.front());
  if (in_query) return FromQuery(request);
  return MakeStsError(kMissingAuthenticationToken, "Request is missing Authentication Token");
}

}  // namespace irsa::sts
