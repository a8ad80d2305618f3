#include <algorithm>
#include <cstdint>

#include "irsa/manifest/manifest.h"

#include "scalar.h"

namespace irsa::manifest {
namespace {

constexpr size_t kIndent = 2;
// YAML parsers look for the colon of an unmarked key no further than 1,024 characters (YAML 1.2, 7.4).
constexpr size_t kLongestPlainKey = 1000;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// What another parser may take for a line break, drop or refuse when it is written as it is: control characters of
// ASCII and Latin-1, the Unicode line and paragraph separators, byte order marks, noncharacters.
bool NeedsEscape(std::string_view rest) {
  const auto byte = static_cast<uint8_t>(rest.front());
  if (byte < 0x20 || byte == 0x7f) return true;
  if (byte == 0xc2) return static_cast<uint8_t>(rest[1]) < 0xa0;
  return rest.starts_with("\u2028") || rest.starts_with("\u2029") || rest.starts_with("\ufeff") ||
         rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf");
}

bool ContainsEscapes(std::string_view text, std::string_view allowed) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (NeedsEscape(text.substr(i)) && allowed.find(text[i]) == allowed.npos) return true;
  }
  return false;
}

// [-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?: YAML 1.1's numbers to the base 60.
bool IsSexagesimal(std::string_view text) {
  if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
  text = text.substr(0, text.find('.'));
  return text.find(':') != text.npos && text.find_first_not_of("0123456789_:") == text.npos;
}

// Begins with a year, and may be a timestamp to the end.
bool IsDateLike(std::string_view text) {
  return text.find_first_not_of("0123456789") == 4 && text[4] == '-' &&
         text.find_first_not_of("0123456789-:.+TtZ ") == text.npos;
}

// Whether an unquoted scalar would not be read as that string, by some parser: a number, boolean or null, or a date, a
// base-60 number, a merge key or a default value of YAML 1.1. `text` is not empty.
bool HasAnotherMeaning(std::string_view text) {
  const Result<Value> value = ResolvePlain(text);
  return !value || !value->is_string() || IsSexagesimal(text) || IsDateLike(text) || text == "<<" || text == "=";
}

// Whether its characters alone allow it to stand without quotes, in block style.
bool HasPlainForm(std::string_view text) {
  if (text.empty() || IsBlank(text.front()) || IsBlank(text.back())) return false;
  if (std::string_view(",[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
  if (std::string_view("-?:").find(text.front()) != std::string_view::npos && (text.size() == 1 || IsBlank(text[1]))) {
    return false;
  }
  if (text.starts_with("---") || text.starts_with("...") || text.ends_with(':')) return false;
  return text.find(": ") == text.npos && text.find(" #") == text.npos;
}

// Lines that a block scalar keeps just as they are: no leading blanks that would be taken for indentation, none
// trailing that an editor would take away.
bool HasLiteralForm(std::string_view text) {
  if (text.find('\n') == text.npos || text.front() == '\n' || ContainsEscapes(text, "\n\t")) return false;
  if (IsBlank(text.front())) return false;
  for (size_t i = 1; i < text.size(); ++i) {
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    if (IsBlank(text[i]) && ends_line) return false;
  }
  return true;
}

std::string SingleQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

std::string DoubleQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    if (NeedsEscape(text.substr(i))) {
      const auto byte = static_cast<uint8_t>(text[i]);
      const size_t length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : 3;
      // YAML has all escapes of JSON.
      const std::string escaped = Value(text.substr(i, length)).dump(-1, ' ', true);
      quoted.append(escaped, 1, escaped.size() - 2);
      i += length - 1;
      continue;
    }
    if (text[i] == '"' || text[i] == '\\') quoted.push_back('\\');
    quoted.push_back(text[i]);
  }
  return quoted + "\"";
}

std::string OnOneLine(std::string_view text) {
  if (text.empty() || ContainsEscapes(text, "") || HasAnotherMeaning(text)) return DoubleQuoted(text);
  return HasPlainForm(text) ? std::string(text) : SingleQuoted(text);
}

class Writer {
 public:
  std::string Take() { return std::move(out_); }

  // Where a line has begun already: behind "- ", or at the very beginning.
  void Block(const Value& value, size_t indent) {
    if (value.is_object() && !value.empty()) {
      Map(value, indent);
    } else if (value.is_array() && !value.empty()) {
      List(value, indent);
    } else {
      out_ += value.is_string() ? OnOneLine(value.get_ref<const std::string&>()) : value.dump();
      out_ += '\n';
    }
  }

 private:
  void Map(const Value& map, size_t indent) {
    bool is_first = true;
    for (const auto& [key, value] : map.items()) {
      if (!is_first) out_.append(indent, ' ');
      is_first = false;
      const std::string text = OnOneLine(key);
      const bool is_long = text.size() > kLongestPlainKey;
      out_ += is_long ? "? " + text + "\n" + std::string(indent, ' ') + ":" : text + ":";
      Member(value, indent, is_long ? kIndent : 0);
    }
  }

  // Behind the colon of a key at `indent`.
  void Member(const Value& value, size_t indent, size_t list_indent) {
    if (value.is_object() && !value.empty()) {
      StartLine(indent + kIndent);
      Map(value, indent + kIndent);
    } else if (value.is_array() && !value.empty()) {
      StartLine(indent + list_indent);
      List(value, indent + list_indent);
    } else {
      out_ += ' ';
      Leaf(value, indent);
    }
  }

  void List(const Value& list, size_t indent) {
    bool is_first = true;
    for (const Value& item : list) {
      if (!is_first) out_.append(indent, ' ');
      is_first = false;
      out_ += "- ";
      if (item.is_structured() && !item.empty()) {
        Block(item, indent + kIndent);
      } else {
        Leaf(item, indent);
      }
    }
  }

  // A scalar, or an empty map or list, of a map or list at `indent`.
  void Leaf(const Value& value, size_t indent) {
    if (value.is_string() && HasLiteralForm(value.get_ref<const std::string&>())) {
      Literal(value.get_ref<const std::string&>(), indent + kIndent);
    } else {
      Block(value, indent);
    }
  }

  void Literal(std::string_view text, size_t indent) {
    const bool ends_line = text.ends_with('\n');
    out_ += ends_line ? text.ends_with("\n\n") ? "|+\n" : "|\n" : "|-\n";
    if (ends_line) text.remove_suffix(1);
    while (true) {
      const size_t end = std::min(text.find('\n'), text.size());
      if (end > 0) out_.append(indent, ' ').append(text.substr(0, end));
      out_ += '\n';
      if (end == text.size()) return;
      text.remove_prefix(end + 1);
    }
  }

  void StartLine(size_t indent) {
    out_ += '\n';
    out_.append(indent, ' ');
  }

  std::string out_;
};

}  // namespace

std::string WriteYaml(const Value& value) {
  Writer writer;
  writer.Block(value, 0);
  return writer.Take();
}

}  // namespace irsa::manifest
