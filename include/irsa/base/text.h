// Text whose characters are not to be trusted: their encoding, and what they would do in a
// message or a command.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace irsa::base {

// The bytes of the character that `text` begins with: 1 to 4, or 0 when it is empty or does not begin with UTF-8 (RFC
// 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
size_t Utf8Length(std::string_view text);

// The same, and 0 as well for a control character (U+0000 to U+001F, U+007F to U+009F).
size_t PrintableLength(std::string_view text);

// Whether the byte continues a character of UTF-8, so that it is not the first of one.
inline bool ContinuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// At most `max_bytes` (3 or more) of it, whole characters; "…" at the end when something is left out.
std::string Shortened(std::string text, size_t max_bytes);

// `text` for a message, in double quotes: quotes and backslashes behind a backslash, each byte of what is not printable
// as \xHH, and at most 200 bytes of it, whole characters, then "…" behind the quotes.
std::string Quoted(std::string_view text);

// `text` as one word of a POSIX shell: in single quotes where the shell would read it as anything but itself.
std::string ShellWord(std::string_view text);

}  // namespace irsa::base
