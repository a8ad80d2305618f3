#include "xml_writer.h"

#include <algorithm>
#include <utility>

#include "irsa/base/text.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// As base::Utf8Length, and 0 for the two that are no characters of XML.
size_t CharacterLength(std::string_view text) {
  const bool is_no_character = text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf");
  return is_no_character ? 0 : base::Utf8Length(text);
}

void AppendAscii(char c, std::string& out) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&apos;";
      return;
    case '\r':
      out += "&#13;";
      return;
    default:
      break;
  }
  const bool is_allowed = static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n';
  if (is_allowed) {
    out += c;
  } else {
    out += kReplacement;
  }
}

}  // namespace

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 1) {
      AppendAscii(text[0], escaped);
    } else {
      escaped.append(length == 0 ? kReplacement : text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return escaped;
}

XmlWriter::XmlWriter(std::string_view root) {
  text_.append("<").append(root).append(" xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n");
  open_.emplace_back(root);
}

void XmlWriter::Open(std::string_view name) {
  Indent();
  text_.append("<").append(name).append(">\n");
  open_.emplace_back(name);
}

void XmlWriter::Close() {
  const std::string name = std::move(open_.back());
  open_.pop_back();
  Indent();
  text_.append("</").append(name).append(">\n");
}

void XmlWriter::Element(std::string_view name, std::string_view text) {
  Indent();
  text_.append("<").append(name).append(">").append(EscapeXml(text)).append("</").append(name).append(">\n");
}

std::string XmlWriter::Finish() {
  while (!open_.empty()) Close();
  return std::move(text_);
}

}  // namespace irsa::sts
