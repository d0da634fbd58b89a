// One who changes an object, and the many who watch it.
#include <algorithm>
#include <stdexcept>

#include "tests/bench/load/loads.h"

namespace cleat::bench {
namespace {

class Crowd {
 public:
  Crowd(const LoadOptions& options, SSL_CTX* context) : seen_(static_cast<std::size_t>(options.connections)) {
    const std::string request = requestText(options, "GET", options.path + "?watch=true&timeoutSeconds=3600");
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      watchers_.push_back(std::make_unique<Connection>(context, options.server));
      watchers_[i]->answer().onBody = [this, i](std::string_view piece) { note(i, piece); };
      watchers_[i]->send(request);
      readiness_.add(watchers_[i]->descriptor(), static_cast<std::uint32_t>(i));
    }
  }

  // The one that makes the changes.
  void join(Connection& writer) { readiness_.add(writer.descriptor(), static_cast<std::uint32_t>(watchers_.size())); }

  // Until each has seen `events` of them and, where there is one that asked, it has its answer. The milliseconds since
  // `began` until the last one had it.
  double awaitEvents(std::uint64_t events, Clock::time_point began, Connection* writer) {
    events_ = events;
    missing_ = static_cast<std::size_t>(std::count_if(seen_.begin(), seen_.end(), [&](auto n) { return n < events; }));
    double last = 0;
    while (missing_ > 0 || (writer && !writer->answer().complete())) {
      std::size_t before = missing_;
      for (std::uint32_t number : readiness_.wait()) receive(number, writer);
      if (before > 0 && missing_ == 0) last = millisecondsSince(began);
    }
    return last;
  }

 private:
  void receive(std::uint32_t number, Connection* writer) {
    bool isWatcher = number < watchers_.size();
    if (!isWatcher && !writer) return;
    Connection& connection = isWatcher ? *watchers_[number] : *writer;
    connection.receive();
    const Answer& answer = connection.answer();
    if (answer.status() >= 300 || (isWatcher && answer.complete())) {
      throw std::runtime_error("the server answered " + std::to_string(answer.status()) + ": " + answer.refusal());
    }
  }

  // An event ends with a line's end, and has none in it.
  void note(std::size_t number, std::string_view piece) {
    bool had = seen_[number] >= events_;
    seen_[number] += static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    if (!had && seen_[number] >= events_) --missing_;
  }

  std::vector<std::unique_ptr<Connection>> watchers_;
  std::vector<std::uint64_t> seen_;
  std::uint64_t events_ = 0;
  std::size_t missing_ = 0;
  Readiness readiness_;
};

std::string objectOf(const std::string& name, int round) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("},"data":{"round":")" +
         std::to_string(round) + R"(","content":")" + std::string(1024, 'x') + R"("}})";
}

}  // namespace

void watchChanges(const LoadOptions& options, const std::string& name, std::uint64_t there, int rounds, bool json) {
  TlsContext context = clientContext(options.authority);
  Connection writer(context.get(), options.server);
  Crowd crowd(options, context.get());
  // Each is first told of what there is.
  crowd.awaitEvents(there, Clock::now(), nullptr);
  crowd.join(writer);
  std::vector<double> last;
  for (int round = 1; round <= rounds; ++round) {
    const std::string request =
        requestText(options, "PUT", options.path + "/" + name, "application/json", objectOf(name, round));
    auto began = Clock::now();
    writer.send(request);
    last.push_back(crowd.awaitEvents(there + static_cast<std::uint64_t>(round), began, &writer));
  }
  printFigures({{"watchers", options.connections},
                {"rounds", rounds},
                {"last_p50_ms", percentile(last, 0.5)},
                {"last_p90_ms", percentile(last, 0.9)},
                {"last_min_ms", percentile(last, 0)}},
               json);
}

}  // namespace cleat::bench
