// One that watches, and counts; and objects made after a pattern.
#include <poll.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "tests/bench/load/loads.h"

namespace cleat::bench {
namespace {

constexpr std::string_view kType = R"({"type":")";
constexpr std::string_view kRevision = R"("resourceVersion":")";
// Of an event's line, in which its type and its object's version stand.
constexpr size_t kHeadBytes = 800;

double monotonicSeconds() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

std::string withQuery(const std::string& path, const std::string& query) {
  return path + (path.find('?') == std::string::npos ? "?" : "&") + query;
}

std::string revisionIn(const std::string& text) {
  const size_t at = text.find(kRevision);
  if (at == std::string::npos) return {};
  const size_t begin = at + kRevision.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

// Where a watch has to begin to be told of all that comes from now on.
std::string revisionNow(const LoadOptions& options, Connection& connection) {
  std::string body;
  connection.answer().onBody = [&body](std::string_view piece) { body += piece; };
  connection.send(requestText(options, "GET", withQuery(options.path, "limit=1")));
  while (!connection.answer().complete()) {
    pollfd wait{connection.descriptor(), POLLIN, 0};
    ::poll(&wait, 1, -1);
    connection.receive();
  }
  std::string revision = revisionIn(body);
  if (connection.answer().status() != 200 || revision.empty()) {
    throw std::runtime_error("no list: " + body.substr(0, 200));
  }
  return revision;
}

// Counts lines of a stream whose event is of the one type.
class EventCount {
 public:
  EventCount(std::string type, std::string since) : revision(std::move(since)), type_(std::move(type)) {}

  void take(std::string_view piece) {
    while (!piece.empty()) {
      const size_t end = piece.find('\n');
      const std::string_view part = piece.substr(0, end);
      if (head_.size() < kHeadBytes) head_ += part.substr(0, kHeadBytes - head_.size());
      if (end == std::string_view::npos) return;
      note();
      head_.clear();
      piece.remove_prefix(end + 1);
    }
  }
  std::string revision;  // of the last one that said
  std::uint64_t seen = 0;
  double firstAt = 0, lastAt = 0;

 private:
  void note() {
    if (head_.starts_with(R"({"type":"ERROR")")) throw std::runtime_error("the watch has ended with an error");
    if (std::string latest = revisionIn(head_); !latest.empty()) revision = std::move(latest);
    if (!head_.starts_with(kType) || !head_.substr(kType.size()).starts_with(type_ + "\"")) return;
    lastAt = monotonicSeconds();
    if (seen++ == 0) firstAt = lastAt;
  }
  const std::string type_;
  std::string head_;  // how the line begins
};

// `pattern` with @N@ for the number, and @N%K@ for what is left of it by K.
std::string filledIn(const std::string& pattern, std::uint64_t number) {
  std::string text;
  size_t from = 0;
  for (size_t at; (at = pattern.find("@N", from)) != std::string::npos;) {
    text.append(pattern, from, at - from);
    std::uint64_t value = number;
    at += 2;
    if (at < pattern.size() && pattern[at] == '%') {
      std::uint64_t divisor = 1;
      const char* end = std::from_chars(pattern.data() + at + 1, pattern.data() + pattern.size(), divisor).ptr;
      at = static_cast<size_t>(end - pattern.data());
      value %= std::max<std::uint64_t>(divisor, 1);
    }
    if (at >= pattern.size() || pattern[at] != '@') throw std::runtime_error("a pattern has @N@ and @N%K@ only");
    text += std::to_string(value);
    from = at + 1;
  }
  return text.append(pattern, from);
}

}  // namespace

Taken makeObjects(const LoadOptions& options, const std::string& pattern, std::uint64_t from) {
  std::uint64_t number = from;
  return keepBusy(options, [&](std::string& request) {
    request = requestText(options, "POST", options.path, "application/json", filledIn(pattern, number++));
    return true;
  });
}

void countEvents(const LoadOptions& options, const std::string& type, double silence, bool json) {
  TlsContext context = clientContext(options.authority);
  Connection connection(context.get(), options.server);
  EventCount count(type, revisionNow(options, connection));
  connection.answer().onBody = [&count](std::string_view piece) { count.take(piece); };
  auto watch = [&] {
    const std::string query = "watch=true&timeoutSeconds=3600&resourceVersion=" + count.revision;
    connection.send(requestText(options, "GET", withQuery(options.path, query)));
  };
  watch();
  std::printf("watching\n");
  std::fflush(stdout);
  const double began = monotonicSeconds();
  while (options.count == 0 || count.seen < options.count) {
    const double since = std::max(began, count.lastAt);
    const double left = (count.seen > 0 ? silence : options.seconds) - (monotonicSeconds() - since);
    if (left <= 0) break;
    pollfd wait{connection.descriptor(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(left * 1000) + 1) <= 0) continue;
    connection.receive();
    const Answer& answer = connection.answer();
    if (answer.status() >= 300) {
      throw std::runtime_error("the watch has ended: " + std::to_string(answer.status()) + " " + answer.refusal());
    }
    // A server that is in a hurry ends the watch of who reads too slowly, who goes on where it was.
    if (answer.complete()) watch();
  }
  const double took = count.lastAt - count.firstAt;
  printFigures({{"seen", static_cast<double>(count.seen)},
                {"began_ms", began * 1000},
                {"first_ms", count.firstAt * 1000},
                {"last_ms", count.lastAt * 1000},
                {"rate", took > 0 ? static_cast<double>(count.seen) / took : 0}},
               json);
}

}  // namespace cleat::bench
