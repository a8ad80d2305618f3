// The parameters of AssumeRole beside those that AssumeRoleWithWebIdentity has too, and the characters of names.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/iam/request_context.h"
#include "irsa/sts/query/form.h"
#include "irsa/sts/query/sts_error.h"

#include "sts/query/violations.h"

namespace irsa::sts {

// A session's name or a source identity: 2 to 64 characters of [\w+=,.@-].
void CheckNameForm(std::string_view member, const std::string& name, Violations& violations);

// Empty when there is none.
std::string ReadExternalId(const Parameters& parameters, Violations& violations);
std::string ReadSourceIdentity(const Parameters& parameters, Violations& violations);

void CheckMfaForm(const Parameters& parameters, Violations& violations);

// Tags and TransitiveTagKeys. ValidationError, and InvalidParameterValue for a name that occurs twice, is AWS's own,
// or is transitive without being a tag.
std::optional<StsError> ReadSessionTags(const Parameters& parameters, iam::SessionAttributes& attributes);

// A code of an MFA device, for nobody has one here, and contexts of identity providers.
std::optional<StsError> RefuseWhatCannotBeChecked(const Parameters& parameters);

}  // namespace irsa::sts
