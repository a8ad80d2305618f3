// Trust policies as people get them wrong, put together at random from a seed.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace irsa::iam {

// The service account, cluster and role that the policies are meant for.
inline constexpr const char* kMeantAccount = "111122223333";
inline constexpr const char* kMeantIssuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC";
inline constexpr const char* kMeantSubject = "system:serviceaccount:shop:cart";
inline constexpr const char* kMeantAudience = "sts.amazonaws.com";

class RandomPolicy {
 public:
  explicit RandomPolicy(unsigned seed) : random_(seed) {}

  // Mostly right: one statement or a few, each with a slip or two.
  std::string Text();

 private:
  size_t Below(size_t count) { return static_cast<size_t>(random_() % count); }
  bool Chance(size_t percent) { return Below(100) < percent; }
  std::string OneOf(const std::vector<std::string>& choices) { return choices[Below(choices.size())]; }
  std::string ListOf(const std::vector<std::string>& choices);

  std::string Issuer();
  std::string Principal();
  std::string Action();
  std::string Conditions();
  std::string Statement();

  std::mt19937 random_;
  std::string issuer_;  // of the statement, as its provider's ARN has it
};

}  // namespace irsa::iam
