#include "irsa/sts/query/answer_tree.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// As base::Utf8Length, and 0 for the two that are no characters of XML.
size_t CharacterLength(std::string_view text) {
  const bool is_no_character = text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf");
  return is_no_character ? 0 : base::Utf8Length(text);
}

void AppendAscii(char c, std::string& out) {
  using Escape = std::pair<char, std::string_view>;
  constexpr Escape kEscapes[] = {{'&', "&amp;"},  {'<', "&lt;"},    {'>', "&gt;"},
                                 {'"', "&quot;"}, {'\'', "&apos;"}, {'\r', "&#13;"}};
  const auto* const escape = std::ranges::find(kEscapes, c, &Escape::first);
  if (escape != std::end(kEscapes)) {
    out += escape->second;
  } else if (static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n') {
    out += c;
  } else {
    out += kReplacement;
  }
}

void AppendXml(const AnswerNode& node, std::string_view attributes, size_t depth, std::string& out) {
  out.append(2 * depth, ' ').append("<").append(node.name).append(attributes).append(">");
  if (const auto* text = std::get_if<std::string>(&node.value)) out += EscapeXml(*text);
  if (const auto* time = std::get_if<base::SystemTime>(&node.value)) out += base::FormatRfc3339(*time);
  if (const auto* children = std::get_if<Nodes>(&node.value)) {
    out += "\n";
    for (const AnswerNode& child : *children) AppendXml(child, "", depth + 1, out);
    out.append(2 * depth, ' ');
  }
  out.append("</").append(node.name).append(">\n");
}

nlohmann::ordered_json ToJson(const AnswerNode& node);

nlohmann::ordered_json ToJson(std::span<const AnswerNode> members) {
  auto object = nlohmann::ordered_json::object();
  for (const AnswerNode& member : members) object[member.name] = ToJson(member);
  return object;
}

nlohmann::ordered_json ToJson(const AnswerNode& node) {
  if (const auto* text = std::get_if<std::string>(&node.value)) return *text;
  if (const auto* time = std::get_if<base::SystemTime>(&node.value)) {
    return std::chrono::floor<std::chrono::seconds>(time->time_since_epoch()).count();
  }
  return ToJson(std::span(std::get<Nodes>(node.value)));
}

http::Response MakeResponse(int status, std::string body, const Envelope& envelope) {
  return {.status = status,
          .content_type = envelope.format == AnswerFormat::kJson ? "application/json" : "text/xml",
          .body = std::move(body),
          .headers = {{"x-amzn-RequestId", envelope.request_id}}};
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

std::string WriteXml(const AnswerNode& root, std::string_view name_space) {
  std::string text;
  AppendXml(root, " xmlns=\"" + std::string(name_space) + "\"", 0, text);
  return text;
}

std::string WriteJson(std::span<const AnswerNode> members) {
  return ToJson(members).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

http::Response AnswerCall(std::string_view action, std::optional<Nodes> result, const Envelope& envelope) {
  const std::string name(action);
  Nodes members;
  if (result) members.push_back({name + "Result", *std::move(result)});
  members.push_back({"ResponseMetadata", Nodes{{"RequestId", envelope.request_id}}});
  const AnswerNode response{name + "Response", std::move(members)};
  const bool is_json = envelope.format == AnswerFormat::kJson;
  return MakeResponse(200, is_json ? WriteJson({&response, 1}) : WriteXml(response, envelope.name_space), envelope);
}

http::Response AnswerError(const StsError& error, const Envelope& envelope) {
  const Nodes members{
      {"Error", Nodes{{"Type", std::string(ErrorType(error.code))}, {"Code", error.code}, {"Message", error.message}}},
      {"RequestId", envelope.request_id}};
  const bool is_json = envelope.format == AnswerFormat::kJson;  // which has no root of its own
  return MakeResponse(HttpStatus(error.code),
                      is_json ? WriteJson(members) : WriteXml({"ErrorResponse", members}, envelope.name_space),
                      envelope);
}

}  // namespace irsa::sts
