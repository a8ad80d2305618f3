#include "xml_writer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace irsa::sts {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// The length of the UTF-8 sequence at the beginning of `text`, which is not empty; 0 when there is none (RFC 3629).
size_t SequenceLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  uint32_t code = lead & (0xffU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte & 0x3f);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  const bool is_no_character = code == 0xfffe || code == 0xffff;
  return code < kSmallest[length] || code > 0x10ffff || is_surrogate || is_no_character ? 0 : length;
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
  is_allowed ? out += c : out += kReplacement;
}

}  // namespace

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
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
