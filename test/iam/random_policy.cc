#include "test/iam/random_policy.h"

#include <map>

namespace irsa::iam {
namespace {

const std::vector<std::string> kSubjects = {"system:serviceaccount:shop:cart", "system:serviceaccount:shop:till",
                                            "system:serviceaccount:prod:api"};
const std::vector<std::string> kWrongSubjects = {"system:serviceaccount:shop:*",
                                                 "system:serviceaccount:shop:c*",
                                                 "system:serviceaccount:shop*",
                                                 "system:serviceaccount:prod*",
                                                 "system:serviceaccount:*:cart",
                                                 "system:serviceaccount:*:*",
                                                 "system:serviceaccount:team-*:x",
                                                 "*",
                                                 "system:*",
                                                 "system:serviceaccount:sh?p:cart",
                                                 "system:serviceaccounts:shop:cart",
                                                 "shop:cart",
                                                 "shop/cart",
                                                 "system:serviceaccount:shop/cart",
                                                 "system:serviceaccount:Shop:Cart",
                                                 "system:serviceaccount:shop",
                                                 "",
                                                 "system:serviceaccount:${NAMESPACE}:cart",
                                                 "system:serviceaccount:{{ ns }}:cart",
                                                 "<subject>",
                                                 "repo:org/name:ref:refs/heads/main",
                                                 "system:serviceaccount:${aws:RequestTag/ns}:cart",
                                                 "system:node:a",
                                                 "system:serviceaccount:shop:cart ",
                                                 "system:serviceaccount:shop:*-*",
                                                 "*:shop:cart"};
const std::vector<std::string> kAudiences = {"sts.amazonaws.com",
                                             "sts.amazonaws.com.cn",
                                             "sts.eu-west-1.amazonaws.com",
                                             "https://kubernetes.default.svc",
                                             "my-cluster",
                                             "*",
                                             "sts.*",
                                             "<audience>"};

std::string Quote(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

std::string RandomPolicy::ListOf(const std::vector<std::string>& choices) {
  if (Chance(80)) return Quote(OneOf(choices));
  std::string list;
  for (size_t i = Below(4); i > 0; --i) list.append(list.empty() ? "" : ", ").append(Quote(OneOf(choices)));
  return "[" + list + "]";
}

std::string RandomPolicy::Issuer() {
  const std::string meant = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";
  if (Chance(70)) return meant;
  return OneOf({"oidc.eks.eu-west-1.amazonaws.com/id/XYZ", "oidc.eu-west-1.eks.amazonaws.com/id/ABC", meant + "/",
                "oidc.eks.eu-west-1.amazonaws.com:443/id/ABC", "OIDC.eks.eu-west-1.amazonaws.com/id/ABC",
                "oidc.example.test/prod"});
}

std::string RandomPolicy::Principal() {
  issuer_ = Issuer();
  const std::string arn = "arn:aws:iam::111122223333:oidc-provider/" + issuer_;
  if (Chance(80)) return R"({"Federated": )" + Quote(arn) + "}";
  return OneOf(
      {R"({"Federated": ["arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/XYZ", )" +
           Quote(arn) + "]}",
       R"({"Federated": "arn:aws:iam::444455556666:oidc-provider/)" + issuer_ + "\"}",
       R"({"Federated": "arn:aws-cn:iam::111122223333:oidc-provider/)" + issuer_ + "\"}",
       R"({"Federated": "https://)" + issuer_ + "\"}", R"("*")", R"({"AWS": "*"})", R"({"Federated": "*"})",
       R"({"Federated": "arn:aws:iam::<account>:oidc-provider/)" + issuer_ + "\"}",
       R"({"AWS": "arn:aws:iam::111122223333:root", "Federated": )" + Quote(arn) + "}",
       R"({"Service": "ec2.amazonaws.com"})"});
}

std::string RandomPolicy::Action() {
  if (Chance(80)) return R"("Action": "sts:AssumeRoleWithWebIdentity")";
  return OneOf({R"("Action": "sts:AssumeRole")", R"("Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])",
                R"("Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSessions"])", R"("Action": "sts:*")",
                R"("Action": ["sts:AssumeRoleWithWebIdentity", "s3:GetObject"])", R"("Action": "*")",
                R"("Action": "sts:AssumeRoleWithWebIdentities")", R"("NotAction": "sts:TagSession")", R"("Action": [])",
                R"("NotAction": "sts:*")", R"("Action": "sts:AssumeRoleWithSAML")"});
}

std::string RandomPolicy::Conditions() {
  std::map<std::string, std::map<std::string, std::string>> conditions;
  const auto key = [&](const std::string& claim) {
    if (Chance(88)) return issuer_ + ":" + claim;
    return OneOf({"https://" + issuer_ + ":" + claim, issuer_ + "/:" + claim, Issuer() + ":" + claim,
                  "https://" + issuer_ + "/:" + claim});
  };
  const auto op = [&] {
    if (Chance(75)) return std::string(Chance(60) ? "StringEquals" : "StringLike");
    return OneOf({"StringEqualsIgnoreCase", "StringNotEquals", "StringNotLike", "ForAllValues:StringEquals",
                  "ForAnyValue:StringLike", "StringEqualsIfExists", "StringLikeIfExists", "BinaryEquals"});
  };
  const auto add = [&](const std::string& name, const std::string& in, const std::string& values) {
    if (name != "BinaryEquals" || values == "[]") {
      conditions[name].emplace(in, values);
    } else {
      conditions[name].emplace(in, "\"QQ==\"");
    }
  };
  if (Chance(92)) add(op(), key("sub"), ListOf(Chance(55) ? kSubjects : kWrongSubjects));
  if (Chance(15)) add(op(), key("sub"), ListOf(Chance(50) ? kSubjects : kWrongSubjects));
  if (Chance(85)) add(op(), key("aud"), Chance(75) ? Quote(kMeantAudience) : ListOf(kAudiences));
  if (Chance(6)) add("StringEquals", key("iss"), Quote("https://" + issuer_));
  if (Chance(4)) add(op(), key("amr"), Quote("x"));
  if (Chance(4)) add("StringEquals", key("kubernetes.io/namespace"), Quote("shop"));
  if (Chance(4)) add("StringEquals", key("subject"), Quote(kMeantSubject));
  if (Chance(6)) add("IpAddress", "aws:SourceIp", R"(["10.0.0.0/8", "192.0.2.0/24"])");
  if (Chance(3)) add("NotIpAddress", "aws:SourceIp", R"("10.0.0.0/8")");
  if (Chance(3)) add("Bool", "aws:SecureTransport", Chance(50) ? "\"true\"" : "false");
  if (Chance(3)) add("StringEquals", "aws:PrincipalOrgID", "\"o-abc\"");
  if (Chance(3)) add("StringNotEquals", "aws:PrincipalOrgID", "\"o-abc\"");
  if (Chance(3)) add("StringEquals", "aws:RequestTag/team", "\"a\"");
  if (Chance(3)) add(Chance(50) ? "StringLike" : "StringEquals", "sts:RoleSessionName", "\"cart-*\"");
  if (Chance(2)) add("Null", key("sub"), Chance(50) ? "\"true\"" : "\"false\"");
  std::string text;
  for (const auto& [name, keys] : conditions) {
    std::string members;
    for (const auto& [in, values] : keys) {
      members.append(members.empty() ? "" : ", ").append(Quote(in)).append(": ").append(values);
    }
    text.append(text.empty() ? "" : ", ").append(Quote(name)).append(": {").append(members).append("}");
  }
  return text.empty() ? text : R"(, "Condition": {)" + text + "}";
}

std::string RandomPolicy::Statement() {
  const bool deny = Chance(12);
  const std::string principal = deny && Chance(40) ? std::string("\"*\"") : Principal();
  if (issuer_.empty()) issuer_ = Issuer();
  return std::string(R"({"Effect": ")") + (deny ? "Deny" : "Allow") + R"(", "Principal": )" + principal + ", " +
         Action() + Conditions() + "}";
}

std::string RandomPolicy::Text() {
  issuer_.clear();
  std::string statements;
  const size_t count = Chance(65) ? 1 : 1 + Below(3);
  for (size_t i = 0; i < count; ++i) statements.append(i == 0 ? "" : ",\n").append(Statement());
  return std::string(R"({"Version": ")") + (Chance(90) ? "2012-10-17" : "2008-10-17") + R"(", "Statement": [)" +
         statements + "]}";
}

}  // namespace irsa::iam
