// Programs that exist only in the test.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "irsa/base/program.h"

namespace irsa::testing {

// Gives the scripted exits one after another, the last one again and again; keeps what was run. For one thread at a
// time.
class FakeProgramRunner final : public base::ProgramRunner {
 public:
  Result<base::ProgramExit> Run(const base::Program& program) const override {
    runs.push_back(program);
    if (exits.empty()) return Error{ErrorCode::kNotFound, "there is no such program"};
    auto exit = exits.front();
    if (exits.size() > 1) exits.pop_front();
    return exit;
  }

  // What it writes when it succeeds.
  void Answer(std::string output) { exits.emplace_back(base::ProgramExit{0, std::move(output)}); }

  mutable std::deque<Result<base::ProgramExit>> exits;
  mutable std::vector<base::Program> runs;
};

}  // namespace irsa::testing
