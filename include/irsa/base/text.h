// Text: the characters of protocols, whose letters are ASCII's (other bytes are neither letters nor digits there, and
// have no case); text whose characters are not to be trusted, for their encoding and for what they would do in a
// message or a command; names, misspelt ones and Kubernetes' own
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace irsa::base {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLowerOrDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z'); }
constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool IsAlphanumeric(char c) { return IsLowerOrDigit(ToLower(c)); }

std::string LowerCase(std::string_view text);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

inline constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";      // as C has it
inline constexpr std::string_view kSpacesAndLineEnds = " \t\r\n";   // as JSON has it, and what editors and echo leave
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // as some editors begin a file with

// `text` without those characters at its ends.
std::string_view Trimmed(std::string_view text, std::string_view characters = kWhiteSpace);

// Cuts the part before the first `separator` off `text`, and the separator; all of it when there is none.
std::string_view TakeUntil(char separator, std::string_view& text);

// The number whose decimal digits `text` is; nothing for any other text, and for a number of more than 64 bits.
std::optional<uint64_t> ParseNumber(std::string_view text);

// The bytes of the character that `text` begins with: 1 to 4, or 0 when it is empty or does not begin with UTF-8 (RFC
// 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
size_t Utf8Length(std::string_view text);

// The same, and 0 as well for a control character (U+0000 to U+001F, U+007F to U+009F).
size_t PrintableLength(std::string_view text);

// Whether the byte continues a character of UTF-8, so that it is not the first of one.
inline bool ContinuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// Unicode code points, where it is UTF-8.
size_t CharacterCount(std::string_view text);

// At most `max_bytes` (3 or more) of it, whole characters; "…" at the end when something is left out.
std::string Shortened(std::string text, size_t max_bytes);

// `text` for a message, in double quotes: quotes and backslashes are escaped with a backslash, bytes that are not
// printable as \xHH. At most `max_bytes` between the quotes, never a partial character or escape; "…" after the quotes
// when something is left out.
std::string Quoted(std::string_view text, size_t max_bytes = 200);

// "a, b, c"
std::string Joined(std::span<const std::string> texts, std::string_view separator = ", ");

// `text` as one word of a POSIX shell, in single quotes where the shell would otherwise interpret it.
std::string ShellWord(std::string_view text);

// The first of those candidates that the fewest insertions, removals, replacements and swaps of neighbours make of
// `text`, ASCII letters' case aside: none of them for the same name in another case, two at most, and fewer than half
// of the candidate's letters. Empty when there is none.
std::string_view LikelyMeant(std::string_view text, std::span<const std::string_view> candidates);

// 1 to 63 of a-z, 0-9 and hyphens, the first and last no hyphen.
bool IsDnsLabel(std::string_view text);

// Labels joined by dots, at most 253 characters; unlike RFC 1123, Kubernetes bounds the whole only.
bool IsDnsSubdomain(std::string_view text);

}  // namespace irsa::base
