// Runs the exec plug-ins of kubeconfigs, for commands that a person runs. irsa serve, which runs unattended, does not
// use it.
#pragma once

#include "irsa/base/program.h"
#include "irsa/base/result.h"
#include "irsa/kube/config/exec_credential.h"

namespace irsa::kube {

// What a plug-in may have as its standard input.
enum class Terminal {
  kNone,       // there is none, or the command reads standard input itself
  kAvailable,  // standard input is one
};

// May be used from any thread.
class ExecPluginRunner {
 public:
  // `programs` outlives this object.
  ExecPluginRunner(const base::ProgramRunner& programs, Terminal terminal) : programs_(programs), terminal_(terminal) {}

  // Runs the plug-in anew, a minute at most, or five where it may ask the person at the terminal. Its standard error is
  // this process's. Errors name the plug-in's command and say what to do, with the installHint when there is no such
  // program; neither arguments, variables nor output are quoted. kDenied when the plug-in fails.
  Result<ExecCredential> Run(const ExecPlugin& plugin, const ExecCluster& cluster) const;

 private:
  const base::ProgramRunner& programs_;
  const Terminal terminal_;
};

}  // namespace irsa::kube
