// No core dumps of a process that holds secrets.
#pragma once

namespace irsa::base {

// From now on this process leaves no core dump, in which its keys and tokens would be: neither as a file nor, where the
// system pipes dumps to a program (core(5)), by that.
void LeaveNoCoreDumps();

}  // namespace irsa::base
