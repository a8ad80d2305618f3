// This process's memory: returned to the system when it is freed, and kept out of core dumps.
#pragma once

namespace irsa::base {

// Returns the memory that this process has freed to the system. For use after work that needed far more memory than it
// keeps, such as parsing a large file: glibc by itself returns only free memory at the end of a heap, so one small
// allocation there can retain tens of megabytes. Takes milliseconds. Does nothing with other C libraries. May be called
// from any thread.
void ReturnFreedMemory();

// From now on this process leaves no core dump, in which its keys and tokens would be: neither as a file nor, where the
// system pipes dumps to a program (core(5)), by that.
void LeaveNoCoreDumps();

}  // namespace irsa::base
