#include "irsa/base/backoff.h"

#include <algorithm>
#include <random>
#include <utility>

namespace irsa::base {

Random SeededRandom() {
  return [generator = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(generator);
  };
}

Backoff::Backoff(BackoffLimits limits, Random random)
    : limits_(limits), random_(std::move(random)), ceiling_(limits.initial) {}

std::chrono::milliseconds Backoff::Next() {
  const auto ceiling = std::min(ceiling_, limits_.max);
  ceiling_ = std::min(ceiling_ * 2, limits_.max);
  return std::chrono::duration_cast<std::chrono::milliseconds>(ceiling * random_());
}

void Backoff::Reset() { ceiling_ = limits_.initial; }

}  // namespace irsa::base
