// Work that others do not depend on the success of: for the threads of a process, which an exception that leaves one of
// them would end.
#pragma once

#include <exception>
#include <new>
#include <string_view>

namespace irsa::base {

// Calls `work`. What it throws is handed to `on_exception` in words; what that throws in turn, for want of memory
// perhaps, is dropped.
template <typename Work, typename OnException>
void CallGuarded(const Work& work, const OnException& on_exception) noexcept {
  try {
    try {
      work();
    } catch (const std::bad_alloc&) {
      on_exception(std::string_view("out of memory"));
    } catch (const std::exception& error) {
      on_exception(std::string_view(error.what()));
    }
  } catch (...) {
  }
}

// Drops what it throws.
template <typename Work>
void CallGuarded(const Work& work) noexcept {
  CallGuarded(work, [](std::string_view) {});
}

}  // namespace irsa::base
