#include <algorithm>
#include <istream>
#include <optional>
#include <string>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "reader.h"
#include "scalar.h"
#include "value_builder.h"

namespace irsa::manifest {
namespace {

// The tags yaml-cpp gives to scalars without one.
constexpr std::string_view kPlain = "?";
constexpr std::string_view kQuoted = "!";
constexpr const char* kOddKey = "a key that is null, a list or a map";

class YamlEvents final : public YAML::EventHandler {
 public:
  YamlEvents(std::string_view text, ValueBuilder& builder) : text_(text), builder_(builder) {}

  size_t document_line() const { return document_line_; }
  // Of the last event.
  size_t line() const { return line_; }
  size_t offset() const { return offset_; }

  // yaml-cpp begins a new document at whatever it cannot read on with, and sees an empty one there again and again.
  void OnDocumentStart(const YAML::Mark& mark) override {
    const bool is_first = document_line_ == 0;
    At(mark);
    const bool is_marked = mark.column == 0 && text_.substr(std::min(offset_, text_.size())).starts_with("---");
    if (!is_first && (!is_marked || offset_ <= document_offset_)) {
      Refuse("text after the end of a document; begin a new document with ---");
    }
    document_line_ = line_;
    document_offset_ = offset_;
  }
  void OnDocumentEnd() override {}

  // Where yaml-cpp misses a key's colon, it makes up a null whose place is the key's.
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    At(mark);
    if (builder_.ExpectsValue() && offset_ == key_offset_) Refuse("a key without a colon after it");
    Scalar(Value(nullptr), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    At(mark);
    if (builder_.ExpectsKey()) {
      key_offset_ = offset_;
      Key(builder_.Anchored(anchor));
    } else {
      builder_.Alias(anchor);
    }
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    At(mark);
    const bool is_merge = tag == kPlain ? text == "<<" : tag == "tag:yaml.org,2002:merge";
    if (is_merge && builder_.ExpectsKey()) {
      builder_.MergeKey();
      return;
    }
    Result<Value> value = tag == kPlain    ? ResolvePlain(text)
                          : tag == kQuoted ? Result<Value>(Value(RepairEscapes(text)))
                                           : ResolveTagged(tag, RepairEscapes(text));
    if (!value) Refuse(value.error().message);
    Scalar(*std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    StartCollection(mark, tag, "tag:yaml.org,2002:seq");
    builder_.StartList(anchor);
  }
  void OnSequenceEnd() override { builder_.End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    StartCollection(mark, tag, "tag:yaml.org,2002:map");
    builder_.StartMap(anchor);
  }
  void OnMapEnd() override { builder_.End(); }

 private:
  [[noreturn]] static void Refuse(std::string reason) { throw Refusal{ErrorCode::kMalformed, std::move(reason)}; }

  void At(const YAML::Mark& mark) {
    line_ = static_cast<size_t>(mark.line) + 1;
    offset_ = static_cast<size_t>(mark.pos);
  }

  void Key(const Value& scalar) {
    std::optional<std::string> text = KeyText(scalar);
    if (!text) Refuse(kOddKey);
    builder_.Key(*std::move(text));
  }

  void Scalar(Value value, YAML::anchor_t anchor) {
    if (!builder_.ExpectsKey()) {
      builder_.Scalar(std::move(value), anchor);
      return;
    }
    key_offset_ = offset_;
    Key(value);
    if (anchor != kNoAnchor) builder_.StoreAnchor(anchor, value);
  }

  void StartCollection(const YAML::Mark& mark, const std::string& tag, std::string_view own_tag) {
    At(mark);
    if (builder_.ExpectsKey()) Refuse(kOddKey);
    if (tag != kPlain && tag != kQuoted && tag != own_tag) Refuse("an unknown tag");
  }

  std::string_view text_;
  ValueBuilder& builder_;
  size_t document_line_ = 0;
  size_t document_offset_ = 0;
  size_t key_offset_ = 0;
  size_t line_ = 1;
  size_t offset_ = 0;
};

std::string_view LineOf(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  const size_t end_of_last = text.substr(0, offset).rfind('\n');
  const size_t start = end_of_last == text.npos ? 0 : end_of_last + 1;
  return text.substr(start, text.find('\n', offset) - start);
}

// `reason`, or what is more likely wrong with the line. Of a tab yaml-cpp takes the column for what is indented by it,
// and of a template's braces anybody sees a map in a map.
std::string LikelyReason(std::string_view line, std::string reason) {
  if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != line.npos) {
    return reason + ": the line is indented with a tab; YAML allows only spaces";
  }
  if (line.find("{{") != line.npos) return reason + ": render the template first";
  return reason;
}

}  // namespace

ReadOutcome ReadYamlDocuments(std::string_view text, const Limits& limits) {
  std::vector<Document> documents;
  ValueBuilder builder(limits, text.size());
  YamlEvents events(text, builder);
  // Without something behind the last line, yaml-cpp takes a quoted scalar for complete and a key for one with a value
  // when the text ends there. A comment changes nothing else.
  const std::string ended = std::string(text) + (text.ends_with('\n') ? "#" : "\n#");
  TextBuffer buffer(ended);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  for (size_t number = 1;; ++number) {
    try {
      if (!parser.HandleNextDocument(events)) return documents;
    } catch (const Refusal& refusal) {
      const std::string reason =
          refusal.reason == kOddKey ? LikelyReason(LineOf(ended, events.offset()), kOddKey) : refusal.reason;
      return ReadFailure{{refusal.code, PlaceName(number, events.line()) + ": " + reason}, events.offset(), false};
    } catch (const YAML::Exception& error) {
      const YAML::Mark& mark = error.mark;
      const size_t line = mark.is_null() ? events.line() : static_cast<size_t>(mark.line) + 1;
      const size_t offset = mark.is_null() ? events.offset() : static_cast<size_t>(mark.pos);
      const std::string reason = LikelyReason(LineOf(ended, offset), "not valid YAML: " + error.msg);
      return ReadFailure{{ErrorCode::kMalformed, PlaceName(number, line) + ": " + reason}, offset};
    }
    Value value = builder.TakeDocument();
    if (!value.is_null()) documents.push_back({std::move(value), number, events.document_line()});
  }
}

}  // namespace irsa::manifest
