// The answer to a call: as a tree of named values, how XML and JSON write it, and in HTTP.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/http/message/message.h"
#include "irsa/sts/query/sts_error.h"

namespace irsa::sts {

struct AnswerNode {
  std::string name;
  // A time is written as RFC 3339 in XML, and as seconds since 1970 in JSON.
  std::variant<std::string, base::SystemTime, std::vector<AnswerNode>> value;
};

using Nodes = std::vector<AnswerNode>;

// What the result of a call holds, or why there is none.
using CallResult = std::variant<Nodes, StsError>;

// As character data of XML 1.0: &, <, > and quotes escaped, a carriage return as a reference so that it survives, and
// U+FFFD for what no document may hold: other control characters, U+FFFE, U+FFFF, bytes that are not UTF-8.
std::string EscapeXml(std::string_view text);

// The namespaces of the answers' roots.
inline constexpr std::string_view kStsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";
inline constexpr std::string_view kIamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/";

// The root is in that namespace; indented by two, with a line end.
std::string WriteXml(const AnswerNode& root, std::string_view name_space = kStsNamespace);

// One object with these members, on one line with a line end. U+FFFD stands for bytes that are not UTF-8.
std::string WriteJson(std::span<const AnswerNode> members);

enum class AnswerFormat { kXml, kJson };

// What every answer has.
struct Envelope {
  AnswerFormat format = AnswerFormat::kXml;
  std::string request_id = {};
  std::string_view name_space = kStsNamespace;
};

// <action>Response, with its result, if the call has one. Text that the format cannot hold (bytes that are not UTF-8;
// control characters, in XML) becomes U+FFFD, here and in errors.
http::Response AnswerCall(std::string_view action, std::optional<Nodes> result, const Envelope& envelope);
http::Response AnswerError(const StsError& error, const Envelope& envelope);

}  // namespace irsa::sts
