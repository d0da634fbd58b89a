#include "metric_sources.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/percent.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::autoscaler {
namespace {

constexpr std::string_view kCustomGroup = "custom.metrics.k8s.io";
constexpr std::string_view kExternalApi = "external.metrics.k8s.io/v1beta1";
constexpr size_t kMostValues = 100'000;

std::unexpected<Status> unable(std::string_view what, std::string_view why) {
  return fail(Status::internal(concat("unable to ", what, ": ", why)));
}

std::string notServed(std::string_view what) {
  return concat("the server could not find the requested resource (get ", what, ")");
}

// What an error says of itself, or at least its code.
std::string messageIn(const HttpsAnswer& answer) {
  if (!answer.error.empty()) return answer.error;
  Result<JsonTree> tree = JsonTree::parse(answer.body);
  const auto message = tree ? tree->view().member("message") : std::nullopt;
  if (message && !message->text().empty()) return std::string(message->text());
  return concat("the server answered ", answer.status);
}

std::optional<int64_t> amountIn(JsonView value) {
  const std::string text = value.isText() ? std::string(value.text()) : jsonText(value);
  const auto quantity = Quantity::parse(text);
  if (!quantity) return std::nullopt;
  return quantity->milliValue();
}

std::optional<PodMetric> containersSum(metrics_v1beta1::PodMetrics::Reader pod, std::string_view resource) {
  PodMetric sum;
  for (auto container : pod.getContainers()) {
    const auto used = lookup(container.getUsage(), resource);
    if (!used) return std::nullopt;
    sum.value += Quantity::parse(*used).value_or(Quantity()).milliValue();
  }
  return sum;
}

}  // namespace

std::string escaped(std::string_view text) {
  // A dot means something where it stands alone.
  return percentEncoded(text, text == "." || text == ".." ? "-_~" : kUnreserved);
}

Result<PodMetrics> metricsIn(const std::vector<Object<metrics_v1beta1::PodMetrics>>& listed, std::string_view resource,
                             std::string_view container) {
  PodMetrics metrics;
  for (const auto& pod : listed) {
    std::optional<PodMetric> metric;
    if (container.empty()) {
      metric = containersSum(*pod, resource);
    } else {
      std::optional<metrics_v1beta1::ContainerMetrics::Reader> found;
      for (auto each : pod->getContainers()) {
        if (view(each.getName()) == container) found = each;
      }
      if (!found) {
        return fail(Status::internal(concat("failed to get container metrics: container ", container,
                                            " not present in metrics for pod ", pod.ns(), "/", pod.name())));
      }
      if (const auto used = lookup(found->getUsage(), resource)) {
        metric = PodMetric{.value = Quantity::parse(*used).value_or(Quantity()).milliValue()};
      }
    }
    if (!metric) continue;
    metric->at = parseTime(pod->getTimestamp()).value_or(WallTime{});
    metric->window = parseDuration(view(pod->getWindow())).value_or(Duration{});
    metrics[str(pod.name())] = *metric;
  }
  return metrics;
}

Result<std::vector<MetricValue>> readMetricValues(std::string_view json, WallTime now) {
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(json));
  const auto items = tree.view().member("items");
  if (!items || !items->isList()) return fail(Status::internal("the answer has no list of values"));
  std::vector<MetricValue> values;
  for (JsonView item : items->items()) {
    if (values.size() >= kMostValues) return fail(Status::internal("the answer has too many values"));
    MetricValue value{.at = now};
    const auto amount = item.member("value");
    const std::optional<int64_t> read = amount ? amountIn(*amount) : std::nullopt;
    if (!read) return fail(Status::internal("the answer has a value that is no quantity"));
    value.value = *read;
    if (const auto object = item.member("describedObject")) {
      if (const auto name = object->member("name")) value.object = name->text();
    }
    if (const auto at = item.member("timestamp")) value.at = parseTime(at->text()).value_or(now);
    for (const char* name : {"windowSeconds", "window"}) {
      const auto window = item.member(name);
      if (window) value.window = std::chrono::seconds(std::clamp<int64_t>(window->integer().value_or(0), 0, 86400));
    }
    values.push_back(std::move(value));
  }
  return values;
}

Task<Result<PodMetrics>> MetricSources::ofResource(std::string ns, std::string selector, std::string resource,
                                                   std::string container) {
  const std::string what = concat("get metrics for resource ", resource);
  const ListOptions options{.ns = ns, .labelSelector = selector};
  auto listed = co_await client_.list<metrics_v1beta1::PodMetrics>(options);
  if (!listed) {
    const std::string why = listed.error().is(404) ? notServed("pods.metrics.k8s.io") : listed.error().message;
    co_return unable(what, concat("unable to fetch metrics from resource metrics API: ", why));
  }
  if (listed->items.empty()) co_return unable(what, "no metrics returned from resource metrics API");
  Result<PodMetrics> metrics = metricsIn(listed->items, resource, container);
  if (!metrics) co_return unable(what, metrics.error().message);
  co_return std::move(*metrics);
}

Task<Result<std::vector<MetricValue>>> MetricSources::read(std::string target, std::string what) {
  HttpsAnswer answer = co_await get_(std::move(target));
  if (!answer.error.empty() || answer.status != 200) {
    co_return fail(Status::internal(answer.status == 404 ? notServed(what) : messageIn(answer)));
  }
  co_return readMetricValues(answer.body, context_.wallNow());
}

// "/apis/custom.metrics.k8s.io/VERSION", in the newest version that is served.
Task<Result<std::string>> MetricSources::customApi() {
  const std::string group = concat("/apis/", kCustomGroup);
  HttpsAnswer answer = co_await get_(group);
  if (answer.error.empty() && answer.status == 404) {
    co_return fail(Status::internal(concat("no custom metrics API (", kCustomGroup, ") registered")));
  }
  if (!answer.error.empty() || answer.status != 200) co_return fail(Status::internal(messageIn(answer)));
  for (std::string_view version : {"v1beta2", "v1beta1"}) {
    if (answer.body.find(concat('"', kCustomGroup, '/', version, '"')) != std::string::npos) {
      co_return concat(group, '/', version);
    }
  }
  co_return fail(Status::internal(concat("no custom metrics API (", kCustomGroup, ") registered")));
}

Task<Result<PodMetrics>> MetricSources::ofPods(std::string ns, std::string selector, std::string metric,
                                               std::string series) {
  const std::string what = concat("get metric ", metric);
  const std::string_view fetch = "unable to fetch metrics from custom metrics API: ";
  Result<std::string> api = co_await customApi();
  if (!api) co_return unable(what, concat(fetch, api.error().message));
  std::string target =
      concat(*api, "/namespaces/", escaped(ns), "/pods/*/", escaped(metric), "?labelSelector=", escaped(selector));
  if (!series.empty()) target += concat("&metricLabelSelector=", escaped(series));
  Result<std::vector<MetricValue>> values = co_await read(std::move(target), concat("pods.", kCustomGroup));
  if (!values) co_return unable(what, concat(fetch, values.error().message));
  if (values->empty()) co_return unable(what, "no metrics returned from custom metrics API");
  PodMetrics metrics;
  for (const MetricValue& value : *values) metrics[value.object] = {value.value, value.at, value.window};
  co_return metrics;
}

Task<Result<int64_t>> MetricSources::ofObject(ObjectOfMetric object, std::string metric, std::string series) {
  const std::string_view fetch = "unable to fetch metrics from custom metrics API: ";
  Result<std::string> api = co_await customApi();
  if (!api) co_return fail(Status::internal(concat(fetch, api.error().message)));
  std::string target = *api;
  if (object.group.empty() && object.resource == "namespaces") {
    target += concat("/namespaces/", escaped(object.name), "/metrics/", escaped(metric));
  } else {
    if (!object.ns.empty()) target += concat("/namespaces/", escaped(object.ns));
    target += concat('/', escaped(object.resource), object.group.empty() ? "" : ".", escaped(object.group), '/',
                     escaped(object.name), '/', escaped(metric));
  }
  if (!series.empty()) target += concat("?metricLabelSelector=", escaped(series));
  Result<std::vector<MetricValue>> values =
      co_await read(std::move(target), concat(object.resource, '.', kCustomGroup));
  if (!values) co_return fail(Status::internal(concat(fetch, values.error().message)));
  if (values->size() != 1) co_return fail(Status::internal("no metrics returned from custom metrics API"));
  co_return values->front().value;
}

Task<Result<int64_t>> MetricSources::external(std::string ns, std::string metric, std::string series) {
  std::string target = concat("/apis/", kExternalApi, "/namespaces/", escaped(ns), '/', escaped(metric));
  if (!series.empty()) target += concat("?labelSelector=", escaped(series));
  Result<std::vector<MetricValue>> values =
      co_await read(std::move(target), concat(metric, ".external.metrics.k8s.io"));
  if (!values) {
    co_return fail(
        Status::internal(concat("unable to fetch metrics from external metrics API: ", values.error().message)));
  }
  if (values->empty()) co_return fail(Status::internal("no metrics returned from external metrics API"));
  double sum = 0;
  for (const MetricValue& value : *values) sum += static_cast<double>(value.value);
  co_return static_cast<int64_t>(std::clamp(sum, -9e18, 9e18));
}

}  // namespace cleat::autoscaler
