// Time per review of everything but HTTP and TLS: reading, mutating, writing the answer.
#include <string>

#include <benchmark/benchmark.h>

#include "example_handler.h"

namespace irsa::bench {
namespace {

void Admit(benchmark::State& state, const std::string& name) {
  const std::string source = IRSA_SOURCE_DIR;
  ExampleHandler handler(source + "/docs/examples/service-accounts.yaml");
  std::string review = ReadOrExit(source + "/test/data/reviews/" + name + ".json");
  const size_t size = review.size();
  for (auto _ : state) benchmark::DoNotOptimize(handler.Handle(review));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * static_cast<int64_t>(size)));
}
BENCHMARK_CAPTURE(Admit, simple, std::string("simple"));
BENCHMARK_CAPTURE(Admit, typical, std::string("typical"));
BENCHMARK_CAPTURE(Admit, large, std::string("large"));
BENCHMARK_CAPTURE(Admit, windows, std::string("windows"));

}  // namespace
}  // namespace irsa::bench
