#include "node/usage.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <unistd.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>
#include <utility>

namespace cleat::agent {
namespace {

namespace json = boost::json;

std::string_view afterKey(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {};
}

std::vector<uint64_t> numbersIn(std::string_view text) {
  std::vector<uint64_t> numbers;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    if (*at == ' ') {
      ++at;
      continue;
    }
    uint64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    at = next;
  }
  return numbers;
}

uint64_t numberAfter(std::string_view text, std::string_view key) {
  const auto numbers = numbersIn(afterKey(text, key));
  return numbers.empty() ? 0 : numbers[0];
}

WallTime wallOf(int64_t nanoseconds) { return WallTime(Duration(nanoseconds)); }

std::string seconds(uint64_t nanoseconds) {
  std::string fraction = std::to_string(1'000'000'000 + nanoseconds % 1'000'000'000).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return concat(nanoseconds / 1'000'000'000, fraction.empty() ? "" : ".", fraction);
}

std::string milliseconds(WallTime at) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
}

// The text in which every name and text is safe: quotes, backslashes and line ends are escaped.
std::string label(std::string_view name, std::string_view value) {
  std::string out = concat(name, "=\"");
  for (char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

void begin(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += concat("# HELP ", name, " [STABLE] ", help, "\n# TYPE ", name, " ", type, "\n");
}

std::string podLabels(const ContainerUse& container) {
  return concat(label("namespace", container.ns), ",", label("pod", container.pod));
}

// What the containers of a pod, which stand side by side, use together.
std::vector<ContainerUse> podsOf(const std::vector<ContainerUse>& containers) {
  std::vector<ContainerUse> pods;
  for (const ContainerUse& container : containers) {
    if (pods.empty() || pods.back().podUid != container.podUid) {
      pods.push_back(container);
      continue;
    }
    Usage& sum = pods.back().use;
    sum.at = std::max(sum.at, container.use.at);
    sum.cpuNs += container.use.cpuNs;
    sum.memoryBytes += container.use.memoryBytes;
    sum.workingSetBytes += container.use.workingSetBytes;
    sum.rssBytes += container.use.rssBytes;
  }
  return pods;
}

json::object cpuJson(const std::string& what, const Usage& use, CpuRates& rates) {
  json::object cpu{{"time", formatTime(use.at)}};
  if (const auto rate = rates.rate(what, use)) cpu["usageNanoCores"] = *rate;
  cpu["usageCoreNanoSeconds"] = use.cpuNs;
  return cpu;
}

json::object memoryJson(const Usage& use) {
  return {{"time", formatTime(use.at)},
          {"usageBytes", use.memoryBytes},
          {"workingSetBytes", use.workingSetBytes},
          {"rssBytes", use.rssBytes}};
}

json::object containerJson(const ContainerUse& container, CpuRates& rates) {
  return {{"name", container.name},
          {"startTime", formatTime(container.startedAt)},
          {"cpu", cpuJson(concat("container/", container.podUid, "/", container.name), container.use, rates)},
          {"memory", memoryJson(container.use)},
          {"rootfs", json::object{{"time", formatTime(container.use.at)}, {"usedBytes", container.rootfsBytes}}}};
}

}  // namespace

Result<NodeUse> readMachineUse(WallTime now) {
  CLEAT_TRY(const std::string stat, readFile("/proc/stat"));
  CLEAT_TRY(const std::string memory, readFile("/proc/meminfo"));
  // user, nice, system, idle, iowait, irq, softirq, steal, in ticks; guests' time is in the first two.
  const auto ticks = numbersIn(afterKey(stat, "cpu "));
  if (ticks.size() < 8) return fail(Status::internal("/proc/stat does not say what the processors did"));
  const uint64_t busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
  const auto ticksPerSecond = static_cast<uint64_t>(std::max<long>(1, sysconf(_SC_CLK_TCK)));
  NodeUse use;
  use.use.at = now;
  use.use.cpuNs = busy * (1'000'000'000 / ticksPerSecond);
  const uint64_t total = numberAfter(memory, "MemTotal:"), unused = numberAfter(memory, "MemFree:");
  const uint64_t inUse = total - std::min(total, unused);
  use.memoryCapacityBytes = total * 1024;
  use.use.memoryBytes = inUse * 1024;
  use.use.workingSetBytes = (inUse - std::min(inUse, numberAfter(memory, "Inactive(file):"))) * 1024;
  use.use.rssBytes = numberAfter(memory, "AnonPages:") * 1024;
  use.bootedAt = wallOf(static_cast<int64_t>(numberAfter(stat, "btime")) * 1'000'000'000);
  return use;
}

std::vector<ContainerUse> containersIn(const RuntimePods& pods, role::StatsResults::Reader stats) {
  std::map<std::string_view, role::ContainerStats::Reader> byId;
  for (auto each : stats.getContainers()) byId.emplace(view(each.getContainerId()), each);
  std::vector<ContainerUse> found;
  for (const auto& [uid, pod] : pods) {
    const RuntimeSandbox* sandbox = pod->newestSandbox();
    if (sandbox == nullptr) continue;
    for (const RuntimeContainer& container : pod->containers) {
      const auto measured = byId.find(container.id);
      if (!container.running() || measured == byId.end()) continue;
      const role::ContainerStats::Reader said = measured->second;
      ContainerUse use{.ns = sandbox->podNamespace, .pod = sandbox->podName, .podUid = uid, .name = container.name};
      use.startedAt = container.startedAt;
      use.podStartedAt = sandbox->createdAt;
      use.rootfsBytes = said.getRootfsUsedBytes();
      use.use = {wallOf(said.getTimestampNs()), said.getCpuUsageNs(), said.getMemoryUsageBytes(),
                 said.getMemoryWorkingSetBytes(), said.getMemoryRssBytes()};
      found.push_back(std::move(use));
    }
  }
  std::ranges::sort(found, {}, [](const ContainerUse& use) { return std::tie(use.ns, use.pod, use.podUid, use.name); });
  return found;
}

std::string resourceMetrics(const NodeUse& node) {
  std::string out;
  const auto line = [&](std::string_view name, std::string_view labels, std::string_view value, WallTime at) {
    out += concat(name, labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", " ", value, " ", milliseconds(at),
                  "\n");
  };
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        const std::vector<ContainerUse>& all, bool named,
                        const std::function<std::string(const ContainerUse&)>& value) {
    begin(out, name, type, help);
    for (const ContainerUse& one : all) {
      line(name, concat(named ? label("container", one.name) + "," : "", podLabels(one)), value(one), one.use.at);
    }
  };
  const auto cpu = [](const ContainerUse& one) { return seconds(one.use.cpuNs); };
  const auto memory = [](const ContainerUse& one) { return std::to_string(one.use.workingSetBytes); };
  const auto start = [](const ContainerUse& one) {
    return seconds(static_cast<uint64_t>(one.startedAt.time_since_epoch().count()));
  };
  const std::vector<ContainerUse> pods = podsOf(node.containers);
  each("container_cpu_usage_seconds_total", "counter", "Processor time of the container in core-seconds",
       node.containers, true, cpu);
  each("container_memory_working_set_bytes", "gauge", "Working set of the container in bytes", node.containers, true,
       memory);
  each("container_start_time_seconds", "gauge", "When the container started, in seconds since the epoch",
       node.containers, true, start);
  begin(out, "node_cpu_usage_seconds_total", "counter", "Processor time of the node in core-seconds");
  line("node_cpu_usage_seconds_total", "", seconds(node.use.cpuNs), node.use.at);
  begin(out, "node_memory_working_set_bytes", "gauge", "Working set of the node in bytes");
  line("node_memory_working_set_bytes", "", std::to_string(node.use.workingSetBytes), node.use.at);
  each("pod_cpu_usage_seconds_total", "counter", "Processor time of the pod in core-seconds", pods, false, cpu);
  each("pod_memory_working_set_bytes", "gauge", "Working set of the pod in bytes", pods, false, memory);
  begin(out, "resource_scrape_error", "gauge", "1 if there was an error while getting container metrics, 0 otherwise");
  return out + "resource_scrape_error 0\n";
}

std::optional<uint64_t> CpuRates::rate(const std::string& what, const Usage& use) {
  const auto [entry, isNew] = looks_.try_emplace(what, Look{use.at, use.cpuNs});
  Look& last = entry->second;
  last.seen = true;
  if (isNew) return std::nullopt;
  // Another container under the same name begins anew.
  if (use.cpuNs < last.cpuNs) {
    last = {use.at, use.cpuNs};
    return std::nullopt;
  }
  const double passed = std::chrono::duration<double>(use.at - last.at).count();
  if (passed < 1) return last.rate;
  last.rate = static_cast<uint64_t>(static_cast<double>(use.cpuNs - last.cpuNs) / passed);
  last.at = use.at;
  last.cpuNs = use.cpuNs;
  return last.rate;
}

void CpuRates::forgetUnseen() {
  for (auto look = looks_.begin(); look != looks_.end();) {
    look = std::exchange(look->second.seen, false) ? std::next(look) : looks_.erase(look);
  }
}

std::string statsSummary(const NodeUse& node, CpuRates& rates) {
  json::object memory = memoryJson(node.use);
  memory["availableBytes"] = node.memoryCapacityBytes - std::min(node.memoryCapacityBytes, node.use.workingSetBytes);
  json::array pods;
  for (ContainerUse pod : podsOf(node.containers)) {
    json::array containers;
    for (const ContainerUse& container : node.containers) {
      if (container.podUid == pod.podUid) containers.push_back(containerJson(container, rates));
    }
    pods.push_back(json::object{{"podRef", json::object{{"name", pod.pod}, {"namespace", pod.ns}, {"uid", pod.podUid}}},
                                {"startTime", formatTime(pod.podStartedAt)},
                                {"containers", std::move(containers)},
                                {"cpu", cpuJson(concat("pod/", pod.podUid), pod.use, rates)},
                                {"memory", memoryJson(pod.use)}});
  }
  json::object whole{{"node", json::object{{"nodeName", node.node},
                                           {"startTime", formatTime(node.bootedAt)},
                                           {"cpu", cpuJson("node", node.use, rates)},
                                           {"memory", std::move(memory)}}},
                     {"pods", std::move(pods)}};
  rates.forgetUnseen();
  return json::serialize(whole);
}

}  // namespace cleat::agent
