// JSON text of which only what is asked for is looked at.
//
// simdjson finds where each token begins (a bracket, comma, colon, string or other scalar), and checks that the text is
// UTF-8 and that strings end. A cursor then walks over the tokens. simdjson's On-Demand does the same, but takes three
// times as many instructions to pass over a token, of which a review has thousands that nothing reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::admission {

class JsonDocument;

// "not valid JSON"; kMalformed.
Error NotJson();

// A place in a document, before a token; a copy of it can go on from there later. Functions that return a bool return
// false, and stay, where the text does not go on as they say.
class Cursor {
 public:
  // The first character of the next token; '\0' at the end of the text.
  char Peek() const { return text_[*at_]; }
  bool IsAtEnd() const { return at_ == end_; }

  // A bracket, comma or colon.
  bool Take(char token) {
    if (Peek() != token) return false;
    ++at_;
    return true;
  }
  // "true", "false" or "null".
  bool TakeLiteral(std::string_view literal) { return Peek() == literal.front() && TakeWord(literal); }
  // A string; `raw` is what is between the quotes, with its escapes.
  bool TakeRaw(std::string_view& raw);
  bool HasEscapes(std::string_view raw) const;
  // The text of a raw string, to be kept as long as the document; false when an escape is none of JSON's.
  bool Unescape(std::string_view raw, std::string_view& text);
  // Any value, in which only the brackets are looked at; NotJson where there is none.
  Status Skip();

 private:
  friend JsonDocument;
  Cursor(JsonDocument& document, const char* text, const uint32_t* begin, const uint32_t* end)
      : document_(&document), text_(text), at_(begin), end_(end) {}
  bool TakeWord(std::string_view literal);
  bool ReplaceEscapes(std::string_view raw, std::string_view& text);

  JsonDocument* document_;
  const char* text_;
  const uint32_t* at_;  // offsets in text_
  const uint32_t* end_;
};

// Keeps its buffer from one text to the next; for one thread at a time.
class JsonDocument {
 public:
  JsonDocument();

  // A cursor before the first token, which holds until the next Parse, and while `text` stays as it is; so do the texts
  // taken from it. `text` is given the spare capacity that simdjson may read behind its end. kMalformed, saying what is
  // wrong but quoting nothing, when the text is empty or not UTF-8, when a string does not end or has control
  // characters; other errors show where the cursor goes.
  Result<Cursor> Parse(std::string& text);

  // The longest text that fits the buffer as it is, which has 4 bytes for each of it, and uses 4 for each token.
  size_t capacity() const { return index_->capacity(); }
  // What all buffers take, in bytes.
  size_t memory() const { return capacity() * sizeof(uint32_t) + unescaped_bytes_; }

 private:
  friend Cursor;

  // Whether a part of the text has a backslash. It looks further than it is asked, so that most need no look.
  bool HasEscapes(std::string_view part) {
    if (part.data() < plain_.data() || part.end() > plain_.end()) LookForEscapes(part);
    return part.end() > plain_.end();
  }
  void LookForEscapes(std::string_view part);

  std::unique_ptr<simdjson::internal::dom_parser_implementation> index_;
  std::string_view text_;
  std::string_view plain_;             // where it was last looked at, up to a backslash
  std::deque<std::string> unescaped_;  // texts that had escapes
  size_t unescaped_bytes_ = 0;
};

inline bool Cursor::HasEscapes(std::string_view raw) const { return document_->HasEscapes(raw); }

inline bool Cursor::Unescape(std::string_view raw, std::string_view& text) {
  text = raw;
  return !HasEscapes(raw) || ReplaceEscapes(raw, text);
}

// The text of a raw string; none when an escape is none of JSON's, or half of a character.
std::optional<std::string> Unescape(std::string_view raw);

}  // namespace irsa::admission
