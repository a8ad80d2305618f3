// The names that tie a cluster's issuer, its OIDC provider at IAM and its service accounts together.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::iam {

// Of a provider's client ID, which is the audience of its tokens, and of its URL.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
inline constexpr size_t kMaxClientIdBytes = 255;
inline constexpr size_t kMaxIssuerBytes = 255;

// kInvalid, naming the URL and what is wrong with it, unless IAM would register `url` as an OIDC provider: https, a
// host that is not internal to a cluster or network, perhaps a path; no port, query, fragment or user.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
Status CheckIssuer(std::string_view url);

// "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/ABC".
std::string ProviderArn(std::string_view partition, std::string_view account, std::string_view issuer);

// What follows "oidc-provider/" in the ARN of an OIDC provider: its issuer without the scheme. Empty for anything else.
std::string ProviderIssuer(std::string_view arn);

// "oidc.example.test/id/ABC:sub".
std::string ConditionKey(std::string_view issuer, std::string_view claim);

// The `sub` of a service account's tokens: "system:serviceaccount:<namespace>:<name>".
inline constexpr std::string_view kSubjectPrefix = "system:serviceaccount:";
std::string ServiceAccountSubject(std::string_view namespace_name, std::string_view name);

// Whether it is an audience of the token for the Kubernetes API, which every pod has by default. `issuer` is the
// cluster's, without its scheme.
bool IsApiServerAudience(std::string_view audience, std::string_view issuer);

}  // namespace irsa::iam
