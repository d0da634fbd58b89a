// A container's log: a line with the query of who reads it, and the file.
#include <cleat/sdk/file.h>

#include "plugins/agent/server/log_reader.h"
#include "tests/fuzz/fuzz.h"

namespace {

std::string readLog(const std::string& path, const cleat::agent::LogOptions& options, size_t most) {
  cleat::agent::LogReader reader(path, options);
  std::string out;
  if (!reader.open()) return out;
  while (!reader.full()) {
    auto more = reader.read(out, most);
    if (!more || !*more) break;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string_view> lines = fuzz::linesOf(input, 2);
  auto options = agent::parseLogOptions(lines[0], WallTime(std::chrono::hours(500'000)));
  if (!options) return 0;
  // The reader refuses links, which is what a file in memory is known by.
  static const std::string path = [] {
    char name[] = "/tmp/cleat-fuzz-log-XXXXXX";
    close(mkstemp(name));
    static const std::string made = name;
    std::atexit([] { unlink(made.c_str()); });
    return made;
  }();
  fuzz::require(writeFile(path, lines[1]).has_value(), "cannot write", path);
  std::string whole = readLog(path, *options, SIZE_MAX);
  fuzz::require(!options->limitBytes || whole.size() <= *options->limitBytes, "a log is longer than its limit", input);
  fuzz::require(whole == readLog(path, *options, 1), "a log depends on how it was read", input);
  return 0;
}
