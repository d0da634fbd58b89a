#include "metric_kinds.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/text.h>

namespace cleat::metrics {
namespace {

using kinds::Cells;
using metrics_v1beta1::NodeMetrics;
using metrics_v1beta1::PodMetrics;
using UsageBuilder = capnp::List<meta_v1::TextEntry>::Builder;

constexpr const char* kSchemaFile = "kinds/metrics_v1beta1.capnp";

std::string cpuText(uint64_t nano) { return Quantity::parse(concat(nano, "n")).value_or(Quantity()).text(); }
std::string memoryText(uint64_t bytes) {
  return Quantity::of(static_cast<int64_t>(bytes), Quantity::Format::binarySI).text();
}

void fillUsage(UsageBuilder usage, const Use& use) {
  usage[0].setKey("cpu");
  usage[0].setValue(cpuText(use.cpuNano));
  usage[1].setKey("memory");
  usage[1].setValue(memoryText(use.memoryBytes));
}

// The object is as old as the look at it, and has the labels of what it is about, so that selectors choose by them.
void fillMetadata(meta_v1::ObjectMeta::Builder meta, meta_v1::ObjectMeta::Reader of, WallTime now) {
  meta.setName(of.getName());
  if (of.getNamespace().size() > 0) meta.setNamespace(of.getNamespace());
  meta.setCreationTimestamp(formatTime(now));
  if (of.hasLabels()) meta.setLabels(of.getLabels());
}

void printNode(NodeMetrics::Reader node, Cells& cells) {
  cells.text(node.getMetadata().getName());
  cells.text(valueIn(node.getUsage(), "cpu"));
  cells.text(valueIn(node.getUsage(), "memory"));
  cells.text(node.getWindow());
}

void printPod(PodMetrics::Reader pod, Cells& cells) {
  Quantity cpu, memory;
  for (auto container : pod.getContainers()) {
    cpu += Quantity::parse(valueIn(container.getUsage(), "cpu")).value_or(Quantity());
    memory += Quantity::parse(valueIn(container.getUsage(), "memory")).value_or(Quantity());
  }
  cells.text(pod.getMetadata().getName());
  cells.text(cpu.text());
  cells.text(memory.text());
  cells.text(pod.getWindow());
}

std::vector<kinds::Column> columns() {
  return {kinds::nameColumn(),
          {"cpu", "string", "The processor time in use, as so many processors."},
          {"memory", "string", "The memory in use."},
          {"Window", "string", "How long the time was in which the processor was looked at."}};
}

}  // namespace

void addMetricKinds(kinds::KindTable& table) {
  table.add<NodeMetrics>({.structFile = kSchemaFile, .verbs = {"get", "list"}, .columns = columns(), .isVirtual = true},
                         {.row = printNode});
  table.add<PodMetrics>({.structFile = kSchemaFile, .verbs = {"get", "list"}, .columns = columns(), .isVirtual = true},
                        {.row = printPod});
}

Draft<NodeMetrics> metricsOf(const Object<core_v1::Node>& node, const Use& use, WallTime now) {
  Draft<NodeMetrics> made;
  fillMetadata(made->initMetadata(), node->getMetadata(), now);
  made->setTimestamp(formatTime(use.at));
  made->setWindow(formatDuration(use.window));
  fillUsage(made->initUsage(2), use);
  return made;
}

Draft<PodMetrics> metricsOf(const Object<core_v1::Pod>& pod, const PodUse& use, WallTime now) {
  Draft<PodMetrics> made;
  fillMetadata(made->initMetadata(), pod->getMetadata(), now);
  made->setTimestamp(formatTime(use.at));
  made->setWindow(formatDuration(use.window));
  auto containers = made->initContainers(use.containers.size());
  for (uint32_t i = 0; i < containers.size(); ++i) {
    containers[i].setName(use.containers[i].first);
    fillUsage(containers[i].initUsage(2), use.containers[i].second);
  }
  return made;
}

}  // namespace cleat::metrics
