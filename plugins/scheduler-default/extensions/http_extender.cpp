#include "extensions/http_extender.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/when_all.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

constexpr int64_t kMostExtenderScore = 10, kMostNodeScore = 100;

std::vector<NodeIndex> numbersIn(const std::vector<uint8_t>& bits) {
  std::vector<NodeIndex> numbers;
  for (size_t node = 0; node < bits.size() * 8; ++node) {
    if ((bits[node / 8] >> node % 8 & 1) != 0) numbers.push_back(static_cast<NodeIndex>(node));
  }
  return numbers;
}

}  // namespace

HttpExtender::HttpExtender(Context& context, ExtenderSettings settings, const ClusterState& state)
    : Extension(context, settings.common), extender_(std::move(settings)), state_(state), client_(context) {}

bool HttpExtender::concerns(const PodClass& podClass) const {
  if (extender_.managedResources.empty()) return true;
  return std::ranges::any_of(podClass.requests, [&](const std::pair<uint32_t, int64_t>& request) {
    return extender_.managedResources.contains(state_.classes().resources().text(request.first));
  });
}

ExtenderNodes HttpExtender::named(const std::vector<NodeIndex>& nodes) {
  ExtenderNodes named{extender_.nodeCacheCapable, {}, {}};
  for (const NodeIndex node : nodes) {
    named.names.push_back(state_.nodes().row(node).name);
    if (named.byName) continue;
    std::string& text = texts_[node];
    if (text.empty()) text = objectJson(state_.nodes().row(node).node);
    named.objects.push_back(text);
  }
  return named;
}

Task<Result<std::string>> HttpExtender::post(std::string verb, std::string body) {
  webhook::HttpsRequest request;
  request.host = extender_.host;
  request.port = extender_.port;
  request.plain = !extender_.tls;
  request.serverName = extender_.serverName;
  request.authority = hostPort(extender_.host, extender_.port);
  request.target = concat(extender_.path, '/', verb);
  request.trust = extender_.authorities;
  request.trustsAnybody = extender_.trustsAnybody;
  request.certificate = extender_.certificate;
  request.key = extender_.key;
  request.body = std::move(body);
  const std::string url = concat(extender_.urlPrefix, '/', verb);
  auto posting = client_.post(std::move(request), settings().timeout);
  webhook::HttpsAnswer answer = co_await std::move(posting);
  if (!answer.error.empty()) {
    co_return fail(Status::unavailable(concat("Post ", inQuotes(url), ": ", answer.error)));
  }
  if (answer.status != 200) {
    co_return fail(
        Status::unavailable(concat("failed ", verb, " with extender at URL ", url, ", code ", answer.status)));
  }
  co_return std::move(answer.body);
}

Task<Result<std::vector<ExtensionSaid>>> HttpExtender::judge(std::vector<ExtensionQuestion> questions) {
  std::vector<Task<Result<ExtensionSaid>>> asked;
  for (ExtensionQuestion& question : questions) asked.push_back(judgeOne(std::move(question)));
  std::vector<Result<ExtensionSaid>> said = co_await whenAll(std::move(asked));
  std::vector<ExtensionSaid> all;
  for (Result<ExtensionSaid>& one : said) {
    if (!one) co_return fail(one.error());
    all.push_back(std::move(*one));
  }
  co_return all;
}

Task<Result<ExtensionSaid>> HttpExtender::judgeOne(ExtensionQuestion question) {
  ExtensionSaid said;
  const size_t nodes = state_.nodes().size();
  std::vector<NodeIndex> left = numbersIn(question.candidates);
  const std::string pod = objectJson(question.podClass->sample);
  if (!extender_.filterVerb.empty()) {
    std::map<std::string, NodeIndex, std::less<>> byName;
    for (const NodeIndex node : left) byName.emplace(state_.nodes().row(node).name, node);
    auto filtering = post(extender_.filterVerb, extenderArgs(pod, named(left)));
    CLEAT_CO_TRY(const std::string text, co_await std::move(filtering));
    CLEAT_CO_TRY(const ExtenderFilterResult result, readFilterResult(text, extender_.nodeCacheCapable));
    if (!result.error.empty()) co_return fail(Status::internal(result.error));
    said.refusedFor.resize(nodes, 0);
    auto refuse = [&](NodeIndex node, const std::string& why) {
      auto reason = std::ranges::find(said.reasons, why);
      if (reason == said.reasons.end()) reason = said.reasons.insert(reason, why);
      said.refusedFor[node] = static_cast<uint16_t>(1 + (reason - said.reasons.begin()));
    };
    std::vector<NodeIndex> kept;
    for (const std::string& name : result.nodes) {
      auto known = byName.find(name);
      if (known == byName.end()) {
        co_return fail(Status::internal(concat("extender ", extender_.urlPrefix, " claims a filtered node ",
                                               inQuotes(name), " which is not found in the input node list")));
      }
      kept.push_back(known->second);
    }
    std::ranges::sort(kept);
    for (const NodeIndex node : left) {
      if (std::ranges::binary_search(kept, node)) continue;
      const std::string& name = state_.nodes().row(node).name;
      auto why = result.failed.find(name);
      refuse(node,
             why == result.failed.end() || why->second.empty() ? "node(s) were rejected by an extender" : why->second);
    }
    left = std::move(kept);
  }
  if (extender_.prioritizeVerb.empty() || left.empty()) co_return said;
  auto prioritizing = post(extender_.prioritizeVerb, extenderArgs(pod, named(left)));
  const Result<std::string> text = co_await std::move(prioritizing);
  const auto priorities = text ? readPriorities(*text) : fail(text.error());
  // Others decide what is best then.
  if (!priorities) {
    context_.log.warn("extender ", extender_.urlPrefix, " gives no priorities: ", priorities.error().message);
    co_return said;
  }
  said.scores.resize(nodes, 0);
  for (const auto& [name, score] : *priorities) {
    const NodeIndex node = state_.nodes().find(name);
    if (node == kNoNode || node >= nodes) continue;
    const int64_t within = std::clamp<int64_t>(score, 0, kMostExtenderScore);
    said.scores[node] = within * settings().weight * (kMostNodeScore / kMostExtenderScore);
  }
  co_return said;
}

Task<Result<void>> HttpExtender::bind(ExtensionPlacement placement) {
  auto binding = post(extender_.bindVerb, extenderBindingArgs(placement.pod, placement.node));
  CLEAT_CO_TRY(const std::string text, co_await std::move(binding));
  CLEAT_CO_TRY(const std::string error, readBindingResult(text));
  if (!error.empty()) co_return fail(Status::internal(error));
  co_return Result<void>();
}

Task<Result<std::vector<RoomOffer>>> HttpExtender::preempt(Object<Pod> pod, std::vector<RoomOffer> offers) {
  std::string args = extenderPreemptionArgs(objectJson(pod), offers, extender_.nodeCacheCapable);
  auto asking = post(extender_.preemptVerb, std::move(args));
  CLEAT_CO_TRY(const std::string text, co_await std::move(asking));
  CLEAT_CO_TRY(const auto answer, readPreemptionResult(text));
  std::vector<RoomOffer> left;
  for (const ExtenderVictims& victims : answer) {
    const NodeIndex node = state_.nodes().findPresent(victims.node);
    if (node == kNoNode) {
      co_return fail(Status::internal(concat("nodeinfo not found for node name ", inQuotes(victims.node))));
    }
    RoomOffer offer{victims.node, {}, victims.violations};
    for (const std::string& uid : victims.uids) {
      CLEAT_CO_TRY(Object<Pod> victim, podOn(node, uid, offers));
      offer.victims.push_back(std::move(victim));
    }
    left.push_back(std::move(offer));
  }
  co_return left;
}

Result<Object<Pod>> HttpExtender::podOn(NodeIndex node, const std::string& uid,
                                        const std::vector<RoomOffer>& offers) const {
  const NodeRow& row = state_.nodes().row(node);
  if (auto offer = std::ranges::find(offers, row.name, &RoomOffer::node); offer != offers.end()) {
    auto victim = std::ranges::find(offer->victims, uid, &Object<Pod>::uid);
    if (victim != offer->victims.end()) return *victim;
  }
  if (const PlacedPod* placed = state_.placed(uid); placed != nullptr && placed->node == node) return placed->pod;
  return fail(Status::internal(concat("extender: ", extender_.urlPrefix, " claims to preempt pod (UID: &{", uid,
                                      "}) on node: ", row.name, ", but the pod is not found on that node")));
}

}  // namespace cleat::scheduling
