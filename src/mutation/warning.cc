#include "irsa/mutation/warning.h"

#include <cstdint>

#include "irsa/base/text.h"

namespace irsa::mutation {
namespace {

constexpr std::string_view kEllipsis = "...";

// The length of the printable character that `text` begins with; 0 when it begins with a control character (U+0000 to
// U+001F, U+007F to U+009F) or is not UTF-8.
size_t PrintableLength(std::string_view text) {
  const auto first = static_cast<uint8_t>(text.front());
  if (first < 0x20 || first == 0x7f) return 0;
  const size_t length = base::Utf8Length(text);
  return length == 2 && first == 0xc2 && static_cast<uint8_t>(text[1]) < 0xa0 ? 0 : length;
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
