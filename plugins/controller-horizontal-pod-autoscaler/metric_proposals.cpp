#include "metric_proposals.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/selector_words.h>
#include <cleat/sdk/text.h>

namespace cleat::autoscaler {
namespace {

using autoscaling_v2::MetricIdentifier;
using autoscaling_v2::MetricSpec;
using autoscaling_v2::MetricStatus;
using autoscaling_v2::MetricTarget;
using autoscaling_v2::MetricValueStatus;

int64_t milli(capnp::Text::Reader text) { return Quantity::parseOrZero(text).milliValue(); }
std::string milliText(int64_t value) { return Quantity::ofMilli(value).text(); }

// The series that the metric's own selector chooses; empty: all of them.
Result<std::string> seriesOf(MetricIdentifier::Reader metric) {
  if (!metric.hasSelector()) return std::string();
  CLEAT_TRY(const LabelSelector selector, LabelSelector::compile(metric.getSelector()));
  return selector.text();
}

std::string shownSelector(MetricIdentifier::Reader metric) {
  return metric.hasSelector() ? selectorWords(metric.getSelector()) : "nil";
}

// What is told of a failure, by the type of its metric.
struct Words {
  const char* reason;
  std::string told;
};
Words wordsFor(MetricSpec::Reader spec) {
  const std::string_view type = view(spec.getType());
  if (type == "Resource") {
    return {"FailedGetResourceMetric",
            concat("failed to get ", view(spec.getResource().getName()), " resource metric value: ")};
  }
  if (type == "ContainerResource") {
    return {"FailedGetContainerResourceMetric",
            concat("failed to get ", view(spec.getContainerResource().getContainer()), " container metric value: ")};
  }
  if (type == "Pods") return {"FailedGetPodsMetric", "failed to get pods metric value: "};
  if (type == "Object") {
    const std::string_view name = view(spec.getObject().getMetric().getName());
    const bool perPod = !spec.getObject().getTarget().hasValue();
    return {"FailedGetObjectMetric", concat("failed to get object metric value: ",
                                            perPod ? concat("failed to get ", name, " object metric: ") : "")};
  }
  const std::string_view name = view(spec.getExternal().getMetric().getName());
  const bool perPod = spec.getExternal().getTarget().hasAverageValue();
  return {"FailedGetExternalMetric",
          concat("failed to get ", name, " external metric value: failed to get ",
                 perPod ? concat(name, " external metric") : concat("external metric ", name), ": ")};
}

template <class Source>
void copyMetric(MetricIdentifier::Builder to, Source from) {
  to.setName(from.getName());
  if (from.hasSelector()) to.setSelector(from.getSelector());
}

}  // namespace

Task<ProposalOrFailure> MetricProposals::of(Spec spec, const Scene& scene) {
  const std::string type = str(spec.getType());
  Result<MetricProposal> proposal = fail(Status::internal(concat("unknown metric source type \"", type, "\"")));
  if (type == "Resource" || type == "ContainerResource") {
    auto asked = byResource(spec, scene);
    proposal = co_await std::move(asked);
  } else if (type == "Pods") {
    auto asked = byPods(spec, scene);
    proposal = co_await std::move(asked);
  } else if (type == "Object") {
    auto asked = byObject(spec, scene);
    proposal = co_await std::move(asked);
  } else if (type == "External") {
    auto asked = byExternal(spec, scene);
    proposal = co_await std::move(asked);
  } else {
    const std::string why = proposal.error().message;
    MetricFailure failure{"InvalidMetricSourceType", concat("the HPA was unable to compute the replica count: ", why),
                          why, why};
    co_return std::unexpected(std::move(failure));
  }
  if (proposal) co_return std::move(*proposal);
  const std::string why = proposal.error().message;
  Words words = wordsFor(spec);
  MetricFailure failure{words.reason, concat("the HPA was unable to compute the replica count: ", why), why,
                        concat(words.told, why)};
  co_return std::unexpected(std::move(failure));
}

Task<Result<MetricProposal>> MetricProposals::byResource(Spec spec, const Scene& scene) {
  const bool ofContainer = view(spec.getType()) == "ContainerResource";
  const std::string resource = str(ofContainer ? spec.getContainerResource().getName() : spec.getResource().getName());
  const std::string container = ofContainer ? str(spec.getContainerResource().getContainer()) : std::string();
  const MetricTarget::Reader target =
      ofContainer ? spec.getContainerResource().getTarget() : spec.getResource().getTarget();
  const bool byAmount = target.hasAverageValue();
  if (!byAmount && !target.hasAverageUtilization()) {
    co_return fail(
        Status::internal("invalid resource metric source: neither an average utilization target nor an average value "
                         "(usage) target was set"));
  }
  const std::string prefix = concat("failed to get ", resource, byAmount ? " usage: " : " utilization: ");
  Result<PodMetrics> metrics = co_await sources_.ofResource(scene.ns, scene.selector, resource, container);
  if (!metrics) co_return fail(Status::internal(prefix + metrics.error().message));
  const UtilizationTarget utilization{resource, container, target.getAverageUtilization().getValue()};
  Result<Proposal> made = byAmount
                              ? byAverage(scene.pods, std::move(*metrics), resource, milli(target.getAverageValue()),
                                          scene.specReplicas, scene.tolerances, scene.rules)
                              : byUtilization(scene.pods, std::move(*metrics), utilization, scene.specReplicas,
                                              scene.tolerances, scene.rules);
  if (!made) co_return fail(Status::internal(prefix + made.error().message));
  MetricProposal proposal{made->replicas, {}, {}};
  const std::string_view kind = ofContainer ? " container resource" : " resource";
  proposal.name = concat(resource, kind, byAmount ? "" : " utilization (percentage of request)");
  proposal.fill = [=, found = *made](MetricStatus::Builder status) {
    MetricValueStatus::Builder current =
        ofContainer ? status.initContainerResource().initCurrent() : status.initResource().initCurrent();
    status.setType(ofContainer ? "ContainerResource" : "Resource");
    if (ofContainer) {
      status.getContainerResource().setName(resource);
      status.getContainerResource().setContainer(container);
    } else {
      status.getResource().setName(resource);
    }
    current.setAverageValue(milliText(found.average));
    if (!byAmount) current.initAverageUtilization().setValue(found.utilization);
  };
  co_return proposal;
}

Task<Result<MetricProposal>> MetricProposals::byPods(Spec spec, const Scene& scene) {
  const auto source = spec.getPods();
  const std::string metric = str(source.getMetric().getName());
  CLEAT_CO_TRY(std::string series, seriesOf(source.getMetric()));
  auto asked = sources_.ofPods(scene.ns, scene.selector, metric, series);
  CLEAT_CO_TRY(PodMetrics metrics, co_await std::move(asked));
  CLEAT_CO_TRY(const Proposal made,
               byAverage(scene.pods, std::move(metrics), "", milli(source.getTarget().getAverageValue()),
                         scene.specReplicas, scene.tolerances, scene.rules));
  MetricProposal proposal{made.replicas, concat("pods metric ", metric), {}};
  proposal.fill = [source, made](MetricStatus::Builder status) {
    status.setType("Pods");
    copyMetric(status.initPods().initMetric(), source.getMetric());
    status.getPods().initCurrent().setAverageValue(milliText(made.average));
  };
  co_return proposal;
}

Task<Result<MetricProposal>> MetricProposals::byObject(Spec spec, const Scene& scene) {
  const auto source = spec.getObject();
  const auto described = source.getDescribedObject();
  const std::string metric = str(source.getMetric().getName()), kind = str(described.getKind());
  CLEAT_CO_TRY(std::string series, seriesOf(source.getMetric()));
  const std::string group = groupIn(view(described.getApiVersion())).value_or("");
  CLEAT_CO_TRY(ServedKind served, co_await targets_.kindOf(group, kind));
  ObjectOfMetric object{served.resource, served.group, served.namespaced ? scene.ns : "", str(described.getName())};
  auto asked = sources_.ofObject(std::move(object), metric, series);
  Result<int64_t> value = co_await std::move(asked);
  if (!value) {
    co_return fail(Status::internal(concat("unable to get metric ", metric, " on ", kind, " ", scene.ns, "/",
                                           view(described.getName()), ": ", value.error().message)));
  }
  const MetricTarget::Reader target = source.getTarget();
  const bool perPod = !target.hasValue();
  Proposal made;
  if (perPod) {
    made = byValuePerPod(*value, milli(target.getAverageValue()), scene.statusReplicas, scene.tolerances);
  } else {
    CLEAT_CO_TRY(made, byValue(scene.pods, *value, milli(target.getValue()), scene.specReplicas, scene.tolerances));
  }
  MetricProposal proposal{made.replicas,
                          perPod ? concat("external metric ", metric, "(", shownSelector(source.getMetric()), ")")
                                 : concat(kind, " metric ", metric),
                          {}};
  proposal.fill = [source, made, perPod](MetricStatus::Builder status) {
    status.setType("Object");
    auto ofObject = status.initObject();
    ofObject.setDescribedObject(source.getDescribedObject());
    copyMetric(ofObject.initMetric(), source.getMetric());
    auto current = ofObject.initCurrent();
    perPod ? current.setAverageValue(milliText(made.average)) : current.setValue(milliText(made.average));
  };
  co_return proposal;
}

Task<Result<MetricProposal>> MetricProposals::byExternal(Spec spec, const Scene& scene) {
  const auto source = spec.getExternal();
  const MetricTarget::Reader target = source.getTarget();
  const std::string metric = str(source.getMetric().getName()), shown = shownSelector(source.getMetric());
  if (!target.hasValue() && !target.hasAverageValue()) {
    co_return fail(
        Status::internal("invalid external metric source: neither a value target nor an average value target was set"));
  }
  CLEAT_CO_TRY(std::string series, seriesOf(source.getMetric()));
  Result<int64_t> value = co_await sources_.external(scene.ns, metric, series);
  const bool perPod = target.hasAverageValue();
  Result<Proposal> made = fail(Status());
  if (!value) {
    made = fail(Status::internal(
        concat("unable to get external metric ", scene.ns, "/", metric, "/", shown, ": ", value.error().message)));
  } else if (perPod) {
    made = byValuePerPod(*value, milli(target.getAverageValue()), scene.statusReplicas, scene.tolerances);
  } else {
    made = byValue(scene.pods, *value, milli(target.getValue()), scene.specReplicas, scene.tolerances);
  }
  if (!made) co_return fail(made.error());
  MetricProposal proposal{made->replicas, concat("external metric ", metric, "(", shown, ")"), {}};
  proposal.fill = [source, found = *made, perPod](MetricStatus::Builder status) {
    status.setType("External");
    copyMetric(status.initExternal().initMetric(), source.getMetric());
    auto current = status.getExternal().initCurrent();
    perPod ? current.setAverageValue(milliText(found.average)) : current.setValue(milliText(found.average));
  };
  co_return proposal;
}

}  // namespace cleat::autoscaler
