// Admits one review a number of times: what callgrind counts the instructions of.
//
// usage: admit SERVICE-ACCOUNTS REVIEW TIMES
#include <cstdio>
#include <cstdlib>
#include <string>

#include "example_handler.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: admit SERVICE-ACCOUNTS REVIEW TIMES\n");
    return 2;
  }
  irsa::bench::ExampleHandler handler(argv[1]);
  std::string review = irsa::bench::ReadOrExit(argv[2]);
  size_t bytes = 0;
  for (int i = std::atoi(argv[3]); i > 0; --i) bytes += handler.Handle(review);
  std::printf("%zu\n", bytes);
  return 0;
}
