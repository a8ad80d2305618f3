// Answers that the server gives by itself, without a handler.
#pragma once

#include <string>
#include <string_view>

#include "irsa/http/message/message.h"

namespace irsa::http {

// The answer as `writer` words it, or in plain text when there is none.
Response RefusalResponse(const Refusal& refusal, const RefusalWriter& writer, std::string_view accept);

// The whole answer: status and header of `refusal`, the rest of `response`. `close` adds Connection: close; a HEAD
// request's answer has no body.
std::string WriteRefusal(const Refusal& refusal, const Response& response, bool close, bool is_head);

}  // namespace irsa::http
