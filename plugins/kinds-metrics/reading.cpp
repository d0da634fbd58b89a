#include "reading.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace cleat::metrics {
namespace {

constexpr size_t kMostContainers = 100'000;
constexpr double kMost = 9e18;  // of nanoseconds or bytes: what 63 bits hold

struct Line {
  std::string_view name;
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;
  std::optional<WallTime> at;
};

void skipSpace(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

// What stands in braces behind the name; false where it is not closed or not quoted.
bool readLabels(std::string_view& rest, Line& line) {
  rest.remove_prefix(1);
  for (;;) {
    while (rest.starts_with(' ') || rest.starts_with(',')) rest.remove_prefix(1);
    if (rest.starts_with('}')) break;
    const size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return false;
    const std::string key(rest.substr(0, equals));
    rest.remove_prefix(equals + 2);
    std::string value;
    while (!rest.empty() && rest.front() != '"') {
      if (rest.front() == '\\' && rest.size() > 1) {
        rest.remove_prefix(1);
        value += rest.front() == 'n' ? '\n' : rest.front();
      } else {
        value += rest.front();
      }
      rest.remove_prefix(1);
    }
    if (rest.empty()) return false;
    rest.remove_prefix(1);
    line.labels[key] = std::move(value);
  }
  rest.remove_prefix(1);
  return true;
}

std::optional<Line> readLine(std::string_view text) {
  Line line;
  const size_t end = std::min(text.find_first_of("{ \t"), text.size());
  line.name = text.substr(0, end);
  text.remove_prefix(end);
  if (text.starts_with('{') && !readLabels(text, line)) return std::nullopt;
  skipSpace(text);
  const auto [behind, error] = std::from_chars(text.data(), text.data() + text.size(), line.value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(behind - text.data()));
  skipSpace(text);
  int64_t milliseconds = 0;
  const auto [last, wrong] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (wrong == std::errc() && std::abs(milliseconds) < INT64_MAX / 1'000'000) {
    line.at = WallTime(std::chrono::milliseconds(milliseconds));
  }
  return line;
}

// None of what no machine can have.
std::optional<uint64_t> amount(double value, double scale) {
  const double scaled = value * scale;
  if (!std::isfinite(scaled) || scaled < 0 || scaled > kMost) return std::nullopt;
  return static_cast<uint64_t>(std::llround(scaled));
}

void putCpu(Point& point, const Line& line, WallTime now) {
  const auto nanoseconds = amount(line.value, 1e9);
  if (!nanoseconds) return;
  point.cpuNs = *nanoseconds;
  point.at = line.at.value_or(now);
  point.hasCpu = true;
}

void putMemory(Point& point, const Line& line) {
  const auto bytes = amount(line.value, 1);
  if (!bytes) return;
  point.memoryBytes = *bytes;
  point.hasMemory = true;
}

// The point of the container that the line is about; null where it does not say which.
Point* containerOf(NodeReading& reading, const Line& line, size_t& count) {
  const auto label = [&](std::string_view key) {
    const auto found = line.labels.find(key);
    return found == line.labels.end() ? std::string() : found->second;
  };
  const std::string container = label("container"), pod = label("pod"), ns = label("namespace");
  if (container.empty() || pod.empty() || ns.empty()) return nullptr;
  const auto [entry, isNew] = reading.pods[concat(ns, "/", pod)].try_emplace(container);
  if (isNew) ++count;
  return &entry->second;
}

}  // namespace

Result<NodeReading> readMetrics(std::string_view text, WallTime now) {
  NodeReading reading;
  size_t count = 0;
  while (!text.empty()) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    if (row.empty() || row.starts_with('#')) continue;
    const bool ofNode = row.starts_with("node_"), ofContainer = row.starts_with("container_");
    if (!ofNode && !ofContainer) continue;
    const std::optional<Line> line = readLine(row);
    if (!line) return fail(Status::internal(concat("this is no line of metrics: ", row.substr(0, 100))));
    if (line->name == "node_cpu_usage_seconds_total") putCpu(reading.node, *line, now);
    if (line->name == "node_memory_working_set_bytes") putMemory(reading.node, *line);
    if (!ofContainer) continue;
    Point* point = containerOf(reading, *line, count);
    if (count > kMostContainers) return fail(Status::internal(concat("more than ", kMostContainers, " containers")));
    if (point == nullptr) continue;
    if (line->name == "container_cpu_usage_seconds_total") putCpu(*point, *line, now);
    if (line->name == "container_memory_working_set_bytes") putMemory(*point, *line);
    if (line->name != "container_start_time_seconds") continue;
    if (const auto started = amount(line->value, 1e9)) point->startedAt = WallTime(Duration(*started));
  }
  if (!reading.node.isWhole()) return fail(Status::internal("nothing is said of the node's processor and memory"));
  for (auto& [name, containers] : reading.pods) {
    std::erase_if(containers, [](const auto& entry) { return !entry.second.isWhole(); });
  }
  std::erase_if(reading.pods, [](const auto& entry) { return entry.second.empty(); });
  return reading;
}

}  // namespace cleat::metrics
