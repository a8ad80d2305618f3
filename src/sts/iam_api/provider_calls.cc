#include <algorithm>
#include <utility>

#include "irsa/base/url.h"
#include "irsa/iam/web_identity.h"

#include "calls.h"

namespace irsa::sts {
namespace {

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
constexpr size_t kMaxClientIds = 100;
constexpr size_t kMaxThumbprints = 5;
constexpr size_t kThumbprint = 40;
constexpr std::string_view kArnParameter = "OpenIDConnectProviderArn";

// `work` is given the provider that the call names.
template <typename Work>
CallResult WithProvider(Call& call, Work work) {
  std::string arn;
  if (auto error = ReadText(call, kArnParameter, {20, 2048}, arn)) return *std::move(error);
  if (iam::ProviderIssuer(arn).empty()) return MakeStsError(kInvalidInput, "Invalid ARN:  " + arn);
  for (IamProvider& provider : call.entities.providers) {
    if (provider.provider.account == call.account && provider.Arn() == arn) return work(provider);
  }
  return MakeStsError(kNoSuchEntity, "OpenIDConnect Provider not found for arn " + arn);
}

std::optional<StsError> CheckThumbprints(const std::vector<std::string>& thumbprints) {
  Violations violations;
  for (const std::string& thumbprint : thumbprints) {
    violations.CheckLength("ThumbprintList.member", thumbprint, kThumbprint, kThumbprint);
  }
  if (auto error = violations.Error()) return error;
  if (thumbprints.size() > kMaxThumbprints) {
    return MakeStsError(kInvalidInput, "Thumbprint list must contain fewer than 5 entries.");
  }
  return std::nullopt;
}

std::optional<StsError> CheckClientIds(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    Violations violations;
    violations.CheckLength("ClientID", id, 1, iam::kMaxClientIdBytes);
    if (auto error = violations.Error()) return error;
  }
  if (ids.size() <= kMaxClientIds) return std::nullopt;
  return MakeStsError(kLimitExceeded, "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100");
}

bool IsRegistered(const Call& call, const std::string& url) {
  const auto is_same = [&](const Provider& provider) {
    return provider.account == call.account && base::WithoutScheme(provider.issuer) == base::WithoutScheme(url);
  };
  return std::ranges::any_of(call.entities.providers,
                             [&](const IamProvider& known) { return is_same(known.provider); }) ||
         std::ranges::any_of(call.config.providers,
                             [&](const ConfiguredProvider& known) { return is_same(known.provider); });
}

CallResult CreateProvider(Call& call) {
  std::string url;
  if (auto error = ReadText(call, "Url", {1, iam::kMaxIssuerBytes}, url)) return *std::move(error);
  if (const Status usable = iam::CheckIssuer(url); !usable.ok()) {
    return MakeStsError(kInvalidInput, "Invalid Open ID Connect Provider URL: " + usable.error().message);
  }
  IamProvider created{{call.account, url, ListOf(call.parameters, "ClientIDList")},
                      ListOf(call.parameters, "ThumbprintList"),
                      {},
                      call.now};
  if (auto error = CheckClientIds(created.provider.client_ids)) return *std::move(error);
  if (auto error = CheckThumbprints(created.thumbprints)) return *std::move(error);
  if (auto error = AddTags(call.parameters, created.tags)) return *std::move(error);
  if (IsRegistered(call, url)) {
    return MakeStsError(kEntityAlreadyExists, "Provider with url " + url + " already exists.");
  }
  Nodes result{{std::string(kArnParameter), created.Arn()}};
  if (!created.tags.empty()) result.push_back(TagsNode(created.tags));
  call.entities.providers.push_back(std::move(created));
  return result;
}

CallResult GetProvider(Call& call) {
  return WithProvider(call, [](const IamProvider& found) {
    return Nodes{{"Url", std::string(base::WithoutScheme(found.provider.issuer))},
                 ListNode("ClientIDList", found.provider.client_ids),
                 ListNode("ThumbprintList", found.thumbprints),
                 {"CreateDate", found.created},
                 TagsNode(found.tags)};
  });
}

CallResult ListProviders(Call& call) {
  Nodes list;
  for (const IamProvider& provider : call.entities.providers) {
    if (provider.provider.account == call.account) list.push_back({"member", Nodes{{"Arn", provider.Arn()}}});
  }
  return Nodes{{"OpenIDConnectProviderList", std::move(list)}};
}

CallResult DeleteProvider(Call& call) {
  return WithProvider(call, [&providers = call.entities.providers](const IamProvider& found) {
    providers.erase(providers.begin() + (&found - providers.data()));
    return Nodes{};
  });
}

CallResult AddClientId(Call& call) {
  return WithProvider(call, [&](IamProvider& provider) {
    std::string id;
    if (auto error = ReadText(call, "ClientID", {}, id)) return EmptyOr(std::move(error));
    std::vector<std::string>& ids = provider.provider.client_ids;
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    return EmptyOr(CheckClientIds(ids));
  });
}

CallResult RemoveClientId(Call& call) {
  return WithProvider(call, [&](IamProvider& provider) {
    std::string id;
    auto error = ReadText(call, "ClientID", {}, id);
    if (!error) std::erase(provider.provider.client_ids, id);  // one that is not there is no error
    return EmptyOr(std::move(error));
  });
}

CallResult UpdateThumbprints(Call& call) {
  return WithProvider(call, [&](IamProvider& provider) {
    provider.thumbprints = ListOf(call.parameters, "ThumbprintList");
    Violations violations;
    if (provider.thumbprints.empty()) violations.AddMissing("ThumbprintList");
    auto error = violations.Error();
    return EmptyOr(error ? std::move(error) : CheckThumbprints(provider.thumbprints));
  });
}

CallResult TagProvider(Call& call) {
  return WithProvider(call, [&](IamProvider& provider) { return EmptyOr(AddTags(call.parameters, provider.tags)); });
}

CallResult UntagProvider(Call& call) {
  return WithProvider(call, [&](IamProvider& provider) {
    RemoveTags(call.parameters, provider.tags);
    return Nodes{};
  });
}

CallResult ListProviderTags(Call& call) {
  return WithProvider(call, [](const IamProvider& found) { return Nodes{TagsNode(found.tags), NotTruncated()}; });
}

constexpr CallType kProviderCalls[] = {
    {"CreateOpenIDConnectProvider", CreateProvider, true, true},
    {"GetOpenIDConnectProvider", GetProvider, true, false},
    {"ListOpenIDConnectProviders", ListProviders, true, false},
    {"DeleteOpenIDConnectProvider", DeleteProvider, false, true},
    {"AddClientIDToOpenIDConnectProvider", AddClientId, false, true},
    {"RemoveClientIDFromOpenIDConnectProvider", RemoveClientId, false, true},
    {"UpdateOpenIDConnectProviderThumbprint", UpdateThumbprints, false, true},
    {"TagOpenIDConnectProvider", TagProvider, false, true},
    {"UntagOpenIDConnectProvider", UntagProvider, false, true},
    {"ListOpenIDConnectProviderTags", ListProviderTags, true, false},
};

}  // namespace

std::span<const CallType> ProviderCalls() { return kProviderCalls; }

}  // namespace irsa::sts
