#include "tests/bench/load/loads.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <numeric>
#include <stdexcept>

namespace cleat::bench {
namespace {

double processorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The connections of one load, and what each is waiting for.
class BusyConnections {
 public:
  BusyConnections(const LoadOptions& options, const std::function<bool(std::string&)>& next)
      : options_(options), next_(next), context_(clientContext(options.authority)), began_(options.connections) {
    for (int i = 0; i < options.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(context_.get(), options.server));
      readiness_.add(connections_.back()->descriptor(), static_cast<std::uint32_t>(i));
    }
  }

  Taken run() {
    double processor = processorSeconds();
    start_ = Clock::now();
    for (std::uint32_t i = 0; i < connections_.size(); ++i) ask(i);
    while (waiting_ > 0) {
      for (std::uint32_t number : readiness_.wait()) {
        connections_[number]->receive();
        if (connections_[number]->answer().complete()) take(number);
      }
    }
    taken_.seconds = millisecondsSince(start_) / 1000;
    taken_.clientSeconds = processorSeconds() - processor;
    return std::move(taken_);
  }

 private:
  bool isOver() const {
    return options_.count > 0 ? asked_ == options_.count : millisecondsSince(start_) >= options_.seconds * 1000;
  }

  void ask(std::uint32_t number) {
    if (isOver() || !next_(request_)) return;
    ++asked_;
    ++waiting_;
    began_[number] = Clock::now();
    connections_[number]->send(request_);
  }

  void take(std::uint32_t number) {
    // What a connection says unasked, a session ticket, finds nothing that waits.
    if (began_[number] == Clock::time_point{}) return;
    const Answer& answer = connections_[number]->answer();
    const bool refused = options_.refusals && answer.status() == 403;
    if (refused) ++taken_.refused;
    if (answer.status() >= 300 && answer.status() != 304 && !refused) {
      throw std::runtime_error("the server answered " + std::to_string(answer.status()) + ": " + answer.refusal());
    }
    taken_.times.push_back(millisecondsSince(began_[number]));
    if (taken_.times.size() == 1) taken_.first = taken_.times[0];
    taken_.bytes += answer.bodyBytes();
    began_[number] = {};
    --waiting_;
    ask(number);
  }

  const LoadOptions& options_;
  const std::function<bool(std::string&)>& next_;
  TlsContext context_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Clock::time_point> began_;
  Readiness readiness_;
  Clock::time_point start_;
  std::uint64_t asked_ = 0;
  int waiting_ = 0;
  std::string request_;
  Taken taken_;
};

}  // namespace

double millisecondsSince(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  auto place = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

void printFigures(const std::vector<std::pair<std::string, double>>& figures, bool json) {
  std::string line;
  for (const auto& [name, value] : figures) {
    std::array<char, 64> number{};
    std::snprintf(number.data(), number.size(), "%.*f", value < 100 ? 3 : 0, value);
    line += json ? "\"" + name + "\": " + number.data() + ", " : name + " " + number.data() + "  ";
  }
  line.resize(line.size() - 2);
  std::printf(json ? "{%s}\n" : "%s\n", line.c_str());
}

void Taken::print(bool json) {
  auto requests = static_cast<double>(times.size());
  printFigures({{"requests", requests},
                {"rate", requests / seconds},
                {"p50_ms", percentile(times, 0.5)},
                {"p99_ms", percentile(times, 0.99)},
                {"max_ms", percentile(times, 1)},
                {"first_ms", first},
                {"mb_per_second", static_cast<double>(bytes) / seconds / 1e6},
                {"refused", static_cast<double>(refused)},
                {"bytes_each", requests > 0 ? static_cast<double>(bytes) / requests : 0},
                {"client_cores", clientSeconds / seconds}},
               json);
}

std::string requestText(const LoadOptions& options, std::string_view method, std::string_view path,
                        std::string_view contentType, std::string_view body) {
  std::string text(method);
  text.append(" ").append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1:").append(std::to_string(options.server.port));
  text.append("\r\nAuthorization: Bearer ").append(options.server.token).append("\r\nAccept: ").append(options.accept);
  if (!body.empty()) {
    text.append("\r\nContent-Type: ").append(contentType).append("\r\nContent-Length: ");
    text.append(std::to_string(body.size()));
  }
  return text.append("\r\n\r\n").append(body);
}

Taken keepBusy(const LoadOptions& options, const std::function<bool(std::string& request)>& next) {
  return BusyConnections(options, next).run();
}

Taken createObjects(const LoadOptions& options, const std::string& prefix, std::size_t size) {
  std::string content(size, ' ');
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>('a' + i * i % 23);
  std::uint64_t number = 0;
  return keepBusy(options, [&](std::string& request) {
    std::string digits = std::to_string(++number);
    digits.insert(0, 7 - std::min<std::size_t>(digits.size(), 7), '0');
    request = requestText(options, "POST", options.path, "application/json",
                          R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + prefix + "-" + digits +
                              R"("},"data":{"content":")" + content + R"("}})");
    return true;
  });
}

Taken readAgain(const LoadOptions& options) {
  const std::string text = requestText(options, "GET", options.path);
  return keepBusy(options, [&](std::string& request) {
    request = text;
    return true;
  });
}

void learnAgain(const LoadOptions& options, std::string_view asked, int rounds, bool json) {
  std::vector<std::string> texts;
  while (!asked.empty()) {
    std::string_view line = asked.substr(0, asked.find('\n'));
    asked.remove_prefix(std::min(line.size() + 1, asked.size()));
    std::size_t space = line.find(' ');
    std::string text = requestText(options, "GET", line.substr(0, space));
    text.resize(text.size() - 2);
    text.append("Accept-Encoding: gzip\r\n");
    if (space != std::string_view::npos) text.append("If-None-Match: ").append(line.substr(space + 1)).append("\r\n");
    texts.push_back(text.append("\r\n"));
  }
  if (texts.empty()) throw std::runtime_error("there is nothing to ask for");
  LoadOptions all = options;
  all.count = texts.size() * static_cast<std::uint64_t>(rounds);
  std::size_t turn = 0;
  Clock::time_point began = Clock::now();
  std::vector<double> times;
  Taken taken = keepBusy(all, [&](std::string& request) {
    if (turn > 0 && turn % texts.size() == 0) {
      times.push_back(millisecondsSince(began));
      began = Clock::now();
    }
    request = texts[turn++ % texts.size()];
    return true;
  });
  if (times.empty()) times.push_back(taken.seconds * 1000);
  printFigures({{"requests", static_cast<double>(texts.size())},
                {"p50_ms", percentile(times, 0.5)},
                {"client_ms", taken.clientSeconds * 1000 / rounds}},
               json);
}

Taken applyAgain(const LoadOptions& options, const std::vector<std::string>& bodies) {
  std::vector<std::string> texts;
  texts.reserve(bodies.size());
  for (const std::string& body : bodies) {
    texts.push_back(requestText(options, "PATCH", options.path, "application/apply-patch+yaml", body));
  }
  std::size_t turn = 0;
  return keepBusy(options, [&](std::string& request) {
    request = texts[turn++ % texts.size()];
    return true;
  });
}

Readiness::Readiness() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) failSystem("making an epoll");
}

Readiness::~Readiness() { close(descriptor_); }

void Readiness::add(int descriptor, std::uint32_t number) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = number;
  if (epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) failSystem("watching a socket");
}

const std::vector<std::uint32_t>& Readiness::wait() {
  std::array<epoll_event, 256> events;
  int count = epoll_wait(descriptor_, events.data(), events.size(), 60'000);
  if (count < 0 && errno != EINTR) failSystem("waiting for answers");
  if (count == 0) throw std::runtime_error("nothing has come for a minute");
  numbers_.clear();
  for (int i = 0; i < count; ++i) numbers_.push_back(events[static_cast<std::size_t>(i)].data.u32);
  return numbers_;
}

}  // namespace cleat::bench
