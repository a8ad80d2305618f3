// Condition keys in the trust policy of a role that is assumed with a service account's token: which of them a request
// has, and where their values come from.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
#pragma once

#include <string_view>

namespace irsa::iam {

enum class KeyKind {
  kSubject,         // <issuer>:sub
  kAudience,        // <issuer>:aud
  kOptionalClaim,   // <issuer>:amr, :azp, :oaud, :email: STS has keys for them, but no service account's token has them
  kUnmappedClaim,   // <issuer>:iss, …: STS makes no key of them
  kTime,            // aws:CurrentTime, aws:EpochTime
  kSession,         // aws:RequestTag/<name>, aws:TagKeys, …: what the token's claims set on the session
  kRequest,         // aws:SourceIp, sts:RoleSessionName, …: every real request has them
  kSomeRequests,    // aws:SourceVpc, aws:ResourceTag/<name>, …: depends on the network, the role or its organization
  kNeverInRequest,  // keys of signed requests (aws:PrincipalArn), of other actions (sts:ExternalId), unknown ones
};

KeyKind KindOfKey(std::string_view key);

// What is before the claim in a key of some issuer, as written; empty for keys like "aws:SourceIp". An issuer has a dot
// in its host or a path; the prefixes of AWS's own keys have neither.
std::string_view KeyIssuer(std::string_view key);

// Whether the token or the request already says what the key is, so that it may be given no other value: any claim of
// an issuer, the time, what claims set on the session, and aws:SecureTransport.
bool IsDecidedByRequest(std::string_view key);

// Whether a request's value of the key is an IP address: aws:SourceIp, aws:VpcSourceIp.
bool IsAddressKey(std::string_view key);

}  // namespace irsa::iam
