// Elements without attributes, indented by two: all of XML that STS's answers need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace irsa::sts {

// As character data of XML 1.0: &, <, > and quotes escaped, a carriage return as a reference so that it survives, and
// U+FFFD for what no document may hold: other control characters, U+FFFE, U+FFFF, bytes that are not UTF-8.
std::string EscapeXml(std::string_view text);

class XmlWriter {
 public:
  // The root, in the namespace of STS's API.
  explicit XmlWriter(std::string_view root);

  void Open(std::string_view name);
  void Close();
  void Element(std::string_view name, std::string_view text);

  // Closes what is open.
  std::string Finish();

 private:
  void Indent() { text_.append(2 * open_.size(), ' '); }

  std::string text_;
  std::vector<std::string> open_;
};

}  // namespace irsa::sts
