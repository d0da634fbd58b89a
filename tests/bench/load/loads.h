// The loads: each keeps its connections busy, and says how long each request took.
//
//   Taken taken = keepBusy(options, [](std::string& request) { request = …; return true; });
//   taken.print(json)
//
// The processor time of the client is among the figures: a load is about the server as long as that is well below one
// core.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/load/connection.h"

namespace cleat::bench {

using Clock = std::chrono::steady_clock;

struct LoadOptions {
  Server server;
  std::string authority;
  std::string path;
  std::string accept = "application/json";
  int connections = 16;
  double seconds = 5;
  // No more requests than these, and the time is no bound then; 0: as many as go into the time.
  std::uint64_t count = 0;
  // That something is forbidden is an answer, and no end of the load.
  bool refusals = false;
};

// What a load took. Times are milliseconds.
struct Taken {
  std::vector<double> times;  // of each request
  double first = 0;           // of the one that was answered first
  double seconds = 0;
  double clientSeconds = 0;  // of one core
  std::uint64_t bytes = 0;   // of bodies
  std::uint64_t refused = 0;

  void print(bool json);
};

// Prints what was measured, each as one word and a number: as a text for people, or as one JSON object for programs.
void printFigures(const std::vector<std::pair<std::string, double>>& figures, bool json);
double percentile(std::vector<double>& values, double part);
double millisecondsSince(Clock::time_point began);

// The text of a request. An empty body is none.
std::string requestText(const LoadOptions& options, std::string_view method, std::string_view path,
                        std::string_view contentType = {}, std::string_view body = {});

// Asks for the next request whenever a connection has its answer, until the time or the count is over or `next` says no
// more.
Taken keepBusy(const LoadOptions& options, const std::function<bool(std::string& request)>& next);

// Waits for what comes on connections.
class Readiness {
 public:
  Readiness();
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // A connection is known by the number that it is added with.
  void add(int descriptor, std::uint32_t number);
  // The numbers of those that something has come on; until the next call.
  const std::vector<std::uint32_t>& wait();

 private:
  int descriptor_;
  std::vector<std::uint32_t> numbers_;
};

// Creates objects with `size` bytes of content, named PREFIX-0000001 and so on; `path` is that of the collection.
Taken createObjects(const LoadOptions& options, const std::string& prefix, std::size_t size);
// One request again and again.
Taken readAgain(const LoadOptions& options);
// Asks for all of `asked` in turn, `rounds` times, and prints how long a round took from its first request to the next
// round's: a line is a path and, where the client has what is there, a space and its entity tag.
void learnAgain(const LoadOptions& options, std::string_view asked, int rounds, bool json);
// Applies the one body, or the two by turns.
Taken applyAgain(const LoadOptions& options, const std::vector<std::string>& bodies);
// Changes the object `name` of the collection `path`, which has `there` objects, `rounds` times while as many watch it
// as there are connections, and prints how long a change took until the last of them had it.
void watchChanges(const LoadOptions& options, const std::string& name, std::uint64_t there, int rounds, bool json);
// Creates objects in the collection `path` after a pattern in JSON, in which @N@ is the object's number, beginning with
// `from`, and @N%K@ what is left of it when divided by K.
Taken makeObjects(const LoadOptions& options, const std::string& pattern, std::uint64_t from);
// Watches the collection `path`, which may have selectors, from now on, says "watching", and counts the events of a
// type (ADDED, MODIFIED, DELETED) until there were `count`, or there was none for `silence` seconds, or none at all for
// `seconds`. Prints how many and, on the machine's monotonic clock, when the first and the last came.
void countEvents(const LoadOptions& options, const std::string& type, double silence, bool json);
// What the machine can do at best: syncs a second in `folder`, bytes a second in memory, through loopback, encrypted.
void printLimits(const std::string& folder, bool json);

}  // namespace cleat::bench
