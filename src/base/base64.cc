#include "irsa/base/base64.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace irsa::base {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kNoDigit = 0xff;

constexpr std::array<uint8_t, 256> DigitValues(std::string_view alphabet) {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (size_t i = 0; i < alphabet.size(); ++i) values[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  return values;
}

constexpr auto kStandardValues = DigitValues(kStandard);
constexpr auto kUrlSafeValues = DigitValues(kUrlSafe);

// Both digits of each 12 bits, so that three bytes take two look-ups.
using DigitPairs = std::array<std::array<char, 2>, 1 << 12>;

constexpr DigitPairs PairsOf(std::string_view alphabet) {
  DigitPairs pairs{};
  for (size_t bits = 0; bits < pairs.size(); ++bits) pairs[bits] = {alphabet[bits >> 6], alphabet[bits & 0x3f]};
  return pairs;
}

constexpr DigitPairs kStandardPairs = PairsOf(kStandard);
constexpr DigitPairs kUrlSafePairs = PairsOf(kUrlSafe);

uint32_t Byte(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

// Writes the digits of `bytes` to `out`, without padding; returns the place after the last one.
char* WriteDigits(std::string_view bytes, const DigitPairs& pairs, char* out) {
  const auto write = [&](uint32_t bits, size_t digits) {
    std::memcpy(out, pairs[bits & 0xfff].data(), digits);
    out += digits;
  };
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t group = Byte(bytes, i) << 16 | Byte(bytes, i + 1) << 8 | Byte(bytes, i + 2);
    write(group >> 12, 2);
    write(group, 2);
  }
  const size_t rest = bytes.size() - i;
  if (rest > 0) {
    const uint32_t group = Byte(bytes, i) << 16 | (rest == 2 ? Byte(bytes, i + 1) << 8 : 0);
    write(group >> 12, 2);
    if (rest == 2) write(group, 1);
  }
  return out;
}

// `text` is unpadded. Every digit carries 6 bits; what is left over after whole bytes must be zero.
Result<std::string> DecodeDigits(std::string_view text, const std::array<uint8_t, 256>& values) {
  const Error malformed{ErrorCode::kMalformed, "not base64"};
  if (text.size() % 4 == 1) return malformed;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const uint8_t value = values[static_cast<uint8_t>(c)];
    if (value == kNoDigit) return malformed;
    bits = (bits << 6 | value) & 0xffff;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes.push_back(static_cast<char>((bits >> bit_count) & 0xff));
  }
  if ((bits & ((1U << bit_count) - 1)) != 0) return malformed;
  return bytes;
}

}  // namespace

void AppendBase64(std::string_view bytes, std::string& out) {
  const size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  WriteDigits(bytes, kStandardPairs, out.data() + start);
}

std::string EncodeBase64(std::string_view bytes) {
  std::string out;
  AppendBase64(bytes, out);
  return out;
}

Result<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return Error{ErrorCode::kMalformed, "not base64"};
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return DecodeDigits(text, kStandardValues);
}

std::string EncodeBase64Url(std::string_view bytes) {
  std::string out((bytes.size() * 4 + 2) / 3, '\0');
  WriteDigits(bytes, kUrlSafePairs, out.data());
  return out;
}

Result<std::string> DecodeBase64Url(std::string_view text) { return DecodeDigits(text, kUrlSafeValues); }

}  // namespace irsa::base
