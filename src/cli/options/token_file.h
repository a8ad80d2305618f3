// A service account's token, read from the file that a pod or TokenRequest left it in.
#pragma once

#include <string>
#include <string_view>

#include "irsa/base/result.h"
#include "irsa/oidc/jwt.h"

namespace irsa::cli {

// Whether that may be a token, given where something else was wanted: it must not be shown.
bool LooksLikeToken(std::string_view text);

// What a file's text is instead of a token, as a sentence that says how to get at the token; empty when it is nothing
// known. The JSON of `kubectl create token -o json`, the base64 of a Secret, a certificate, a header, a file with a
// byte order mark.
std::string WhatIsNoToken(std::string_view text);

// Empty, or what is wrong with the value of an option that takes such a file: for CLI::Validator.
std::string CheckTokenPath(const std::string& path);

// "-" is standard input. White space around the token is passed over. Errors name the file and never quote the token.
Result<oidc::Jwt> ReadTokenFile(const std::string& path);

// The file's text without white space around it, to be parsed by others; errors only when it cannot be read.
Result<std::string> ReadTokenText(const std::string& path);

}  // namespace irsa::cli
