#include "irsa/mutation/warning.h"

#include <cstdint>

namespace irsa::mutation {
namespace {

constexpr std::string_view kEllipsis = "...";

// The length of the printable character that `text` begins with (RFC 3629 section 4); 0 when it begins with a control
// character or is not UTF-8.
size_t PrintableLength(std::string_view text) {
  const auto is_between = [text](size_t i, uint8_t first, uint8_t last) {
    return i < text.size() && static_cast<uint8_t>(text[i]) >= first && static_cast<uint8_t>(text[i]) <= last;
  };
  const auto is_tail = [&](size_t i) { return is_between(i, 0x80, 0xbf); };
  if (is_between(0, 0x20, 0x7e)) return 1;
  if (is_between(0, 0xc2, 0xdf)) {
    // U+0080 to U+009F are control characters.
    return is_between(1, is_between(0, 0xc2, 0xc2) ? 0xa0 : 0x80, 0xbf) ? 2 : 0;
  }
  if (is_between(0, 0xe0, 0xef)) {
    const uint8_t first = is_between(0, 0xe0, 0xe0) ? 0xa0 : 0x80;  // no overlong forms
    const uint8_t last = is_between(0, 0xed, 0xed) ? 0x9f : 0xbf;   // no surrogates
    return is_between(1, first, last) && is_tail(2) ? 3 : 0;
  }
  if (is_between(0, 0xf0, 0xf4)) {
    const uint8_t first = is_between(0, 0xf0, 0xf0) ? 0x90 : 0x80;
    const uint8_t last = is_between(0, 0xf4, 0xf4) ? 0x8f : 0xbf;  // up to U+10FFFF
    return is_between(1, first, last) && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string_view WarningReasonName(WarningReason reason) {
  switch (reason) {
    case WarningReason::kMalformedRoleArn:
      return "malformed-role-arn";
    case WarningReason::kUnknownAnnotation:
      return "unknown-annotation";
    case WarningReason::kIgnoredValue:
      return "ignored-value";
    case WarningReason::kExpirationOutOfRange:
      return "expiration-out-of-range";
    case WarningReason::kMalformedSkipContainers:
      return "malformed-skip-containers";
    case WarningReason::kUnmatchedSkipContainer:
      return "unmatched-skip-container";
    case WarningReason::kStaticCredentials:
      return "static-credentials";
    case WarningReason::kPartialEnvironment:
      return "partial-environment";
    case WarningReason::kMountConflict:
      return "mount-conflict";
    case WarningReason::kWillRunAs:
      break;
  }
  return "will-run-as";
}

std::string Quoted(std::string_view value, size_t max_bytes) {
  std::string text;
  size_t cut = 0;  // where to end should the whole not fit
  while (!value.empty()) {
    const size_t length = PrintableLength(value);
    text.append(length == 0 ? "?" : value.substr(0, length));
    value.remove_prefix(length == 0 ? 1 : length);
    if (text.size() + kEllipsis.size() <= max_bytes) cut = text.size();
    if (text.size() > max_bytes) {
      text.resize(cut);
      text.append(kEllipsis);
      break;
    }
  }
  return '"' + text + '"';
}

}  // namespace irsa::mutation
