#include <istream>
#include <string>
#include <utility>

#include "reader.h"
#include "value_builder.h"

namespace irsa::manifest {
namespace {

constexpr int kNumberOutOfRange = 406;  // nlohmann/json's id of that exception

class JsonEvents final : public nlohmann::json_sax<Value> {
 public:
  explicit JsonEvents(ValueBuilder& builder) : builder_(builder) {}

  bool null() override { return Scalar(nullptr); }
  bool boolean(bool value) override { return Scalar(value); }
  bool number_integer(number_integer_t value) override { return Scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return Scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return Scalar(value); }
  bool string(string_t& value) override { return Scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in JSON text
  bool start_object(size_t) override { return builder_.StartMap(), true; }
  bool key(string_t& key) override { return builder_.Key(std::move(key)), true; }
  bool end_object() override { return builder_.End(), true; }
  bool start_array(size_t) override { return builder_.StartList(), true; }
  bool end_array() override { return builder_.End(), true; }
  bool parse_error(size_t, const std::string&, const Value::exception& error) override {
    if (error.id == kNumberOutOfRange) throw Refusal{ErrorCode::kMalformed, "a number out of range"};
    return false;
  }

 private:
  bool Scalar(Value value) { return builder_.Scalar(std::move(value)), true; }

  ValueBuilder& builder_;
};

}  // namespace

ReadOutcome ReadJsonDocuments(std::string_view text, const Limits& limits) {
  std::vector<Document> documents;
  ValueBuilder builder(limits);
  JsonEvents events(builder);
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  size_t line = 1;
  size_t counted = 0;  // `line` is that of this byte
  const auto place = [&](size_t offset) {
    line += LineAt(text.substr(counted), offset - counted) - 1;
    counted = offset;
    return line;
  };
  for (size_t number = 1;; ++number) {
    const size_t start = text.find_first_not_of(" \t\n", buffer.position());
    if (start == text.npos) return documents;
    const auto failure = [&](Error error, bool is_syntax) {
      return ReadFailure{base::WithContext(std::move(error), PlaceName(number, place(buffer.position()))),
                         buffer.position(), is_syntax};
    };
    const size_t start_line = place(start);
    try {
      if (!Value::sax_parse(stream, &events, Value::input_format_t::json, false)) {
        const bool is_cut = stream.eof();
        ReadFailure failed =
            failure({ErrorCode::kMalformed, is_cut ? "not valid JSON: unexpected end" : "not valid JSON"}, true);
        failed.is_cut = is_cut;
        return failed;
      }
    } catch (const Refusal& refusal) {
      return failure({refusal.code, refusal.reason}, false);
    }
    documents.push_back({builder.TakeDocument(), number, start_line});
  }
}

}  // namespace irsa::manifest
