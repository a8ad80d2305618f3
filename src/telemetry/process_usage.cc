#include "process_usage.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <sys/resource.h>

namespace irsa::telemetry {
namespace {

std::chrono::nanoseconds FromTimeval(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

size_t CountEntries(const char* directory) {
  std::error_code error;
  size_t count = 0;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    ++count;
  }
  return count;
}

// When the system started, in seconds since 1970.
int64_t BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string name; file >> name; file.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    int64_t seconds = 0;
    if (name == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

// Of /proc/self/stat, behind the program's name, which may hold spaces and brackets.
void ReadStat(ProcessUsage& usage) {
  std::string text;
  std::getline(std::ifstream("/proc/self/stat"), text);
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(text.substr(name_end + 1));
  const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  constexpr size_t kThreads = 17;  // fields 20, 22 and 23 of proc(5), which counts from 1; the first here is its third
  constexpr size_t kStart = 19;
  constexpr size_t kVirtual = 20;
  static const int64_t boot = BootTime();  // the same for as long as the process lives
  if (words.size() <= kVirtual || boot == 0) return;
  usage.threads = std::stoul(words[kThreads]);
  usage.virtual_bytes = std::stoul(words[kVirtual]);
  const double ticks = static_cast<double>(std::stoull(words[kStart]));
  const std::chrono::duration<double> since_boot(ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  usage.start = std::chrono::seconds(boot) + std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot);
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  ProcessUsage usage;
  size_t total_pages = 0;
  size_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> total_pages >> resident_pages) {
    usage.resident_bytes = resident_pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  }
  rusage times{};
  if (::getrusage(RUSAGE_SELF, &times) == 0) usage.cpu_time = FromTimeval(times.ru_utime) + FromTimeval(times.ru_stime);
  usage.open_descriptors = CountEntries("/proc/self/fd");
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_descriptors = limit.rlim_cur;
  if (::getrlimit(RLIMIT_AS, &limit) == 0) {
    usage.max_virtual_bytes = limit.rlim_cur == RLIM_INFINITY ? -1 : static_cast<double>(limit.rlim_cur);
  }
  ReadStat(usage);
  return usage;
}

}  // namespace irsa::telemetry
