#include "extensions/plugin_extension.h"

#include <cleat/sdk/text.h>

namespace cleat::scheduling {
namespace {

constexpr uint8_t kMostScore = 100;

bool bitOf(kj::ArrayPtr<const kj::byte> bits, size_t at) { return (bits[at / 8] >> at % 8 & 1) != 0; }
bool bitOf(const std::vector<uint8_t>& bits, size_t at) {
  return at / 8 < bits.size() && (bits[at / 8] >> at % 8 & 1) != 0;
}

void fillPlacements(role::PlacementsParams::Builder params, const std::vector<ExtensionPlacement>& placements,
                    Duration limit) {
  auto nodes = params.initNodes(static_cast<unsigned>(placements.size()));
  for (unsigned i = 0; i < nodes.size(); ++i) nodes.set(i, placements[i].node);
  params.setTimeoutMs(static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()));
}

std::vector<AnyRef> podsOf(const std::vector<ExtensionPlacement>& placements) {
  std::vector<AnyRef> pods;
  for (const ExtensionPlacement& placement : placements) pods.push_back(placement.pod);
  return pods;
}

}  // namespace

// Numbers of tables are this scheduler's alone: another one may ask the same plugin.
PluginExtension::PluginExtension(Context& context, ExtensionSettings settings, const ClusterState& state)
    : Extension(context, std::move(settings)), state_(state), nextTable_(context.random64() >> 1 | 1) {}

Status PluginExtension::fault(std::string_view what) const {
  return Status::internal(concat("extension ", settings().name, " ", what));
}

bool PluginExtension::concerns(const PodClass& podClass) const {
  if (!points_ || points_->resources.empty()) return true;
  return std::ranges::any_of(podClass.requests, [&](const auto& request) {
    return request.second > 0 && points_->resources.contains(state_.classes().resources().text(request.first));
  });
}

Task<Result<void>> PluginExtension::describe() {
  CallOptions options;
  options.timeout = settings().timeout;
  CLEAT_CO_TRY(auto said, co_await fillers_.call(settings().name, role::schedulerExtension::describe, options));
  Points points{said->getJudges(),   said->getReserves(),  said->getPermits(),
                said->getPreBinds(), said->getPostBinds(), {}};
  for (auto resource : said->getResources()) points.resources.insert(str(resource));
  points_ = std::move(points);
  forgetTable();
  co_return Result<void>();
}

Task<Result<Answer<role::JudgeResults>>> PluginExtension::ask(const std::vector<ExtensionQuestion>& questions,
                                                              size_t nodes) {
  std::vector<NodeIndex> changed, gone;
  auto sort = [&](NodeIndex node) {
    if (node >= nodes) return;
    (state_.nodes().isPresent(node) ? changed : gone).push_back(node);
  };
  const uint64_t before = table_;
  if (before == 0) {
    for (NodeIndex node = 0; node < nodes; ++node) sort(node);
  } else {
    for (const NodeIndex node : changed_) sort(node);
  }
  if (before == 0 || !changed_.empty()) table_ = nextTable_++;
  changed_.clear();
  CallOptions options{.timeout = settings().timeout};
  for (const ExtensionQuestion& question : questions) options.objects.push_back(question.podClass->sample);
  for (const NodeIndex node : changed) options.objects.push_back(state_.nodes().row(node).node);
  auto fill = [&](role::JudgeParams::Builder params) {
    params.setTable(table_);
    params.setBefore(before);
    params.setSize(static_cast<uint32_t>(nodes));
    auto numbers = params.initChanged(static_cast<unsigned>(changed.size()));
    for (unsigned i = 0; i < numbers.size(); ++i) numbers.set(i, changed[i]);
    auto nobody = params.initGone(before == 0 ? 0 : static_cast<unsigned>(gone.size()));
    for (unsigned i = 0; i < nobody.size(); ++i) nobody.set(i, gone[i]);
    auto groups = params.initGroups(static_cast<unsigned>(questions.size()));
    for (unsigned i = 0; i < groups.size(); ++i) {
      groups[i].setPods(questions[i].pods);
      groups[i].setCandidates(kj::arrayPtr(questions[i].candidates.data(), questions[i].candidates.size()));
    }
  };
  return fillers_.call(settings().name, role::schedulerExtension::judge, fill, std::move(options));
}

Task<Result<std::vector<ExtensionSaid>>> PluginExtension::judge(std::vector<ExtensionQuestion> questions) {
  if (!points_) {
    CLEAT_CO_TRY(co_await describe());
  }
  std::vector<ExtensionSaid> all(questions.size());
  if (!points_->judges) co_return all;
  // Only now is it known whom it wants to hear of.
  std::vector<size_t> places;
  for (size_t i = 0; i < questions.size(); ++i) {
    if (!concerns(*questions[i].podClass)) continue;
    if (places.size() != i) questions[places.size()] = std::move(questions[i]);
    places.push_back(i);
  }
  questions.resize(places.size());
  if (questions.empty()) co_return all;
  const size_t nodes = state_.nodes().size();
  for (int tries = 0; tries < 2; ++tries) {
    auto answer = co_await ask(questions, nodes);
    if (!answer) {
      // It may be another one when it is back.
      points_.reset();
      forgetTable();
      co_return fail(answer.error());
    }
    if (!(*answer)->getStale()) {
      CLEAT_CO_TRY(auto said, read(**answer, questions, nodes));
      for (size_t i = 0; i < places.size(); ++i) all[places[i]] = std::move(said[i]);
      co_return all;
    }
    forgetTable();
  }
  co_return fail(fault("does not know the nodes that it was just told"));
}

PluginExtension::Said PluginExtension::read(role::JudgeResults::Reader results,
                                            const std::vector<ExtensionQuestion>& questions, size_t nodes) const {
  auto groups = results.getGroups();
  if (groups.size() != questions.size()) {
    return fail(
        fault(concat("was asked about ", questions.size(), " groups of pods and answered about ", groups.size())));
  }
  std::vector<ExtensionSaid> said(questions.size());
  for (unsigned i = 0; i < groups.size(); ++i) {
    auto group = groups[i];
    const auto allowed = group.getAllowed();
    auto scores = group.getScores();
    auto room = group.getRoom();
    auto worse = group.getWorse();
    auto worseAfter = group.getWorseAfter();
    const std::vector<uint8_t>& candidates = questions[i].candidates;
    const auto isColumn = [nodes](auto list) { return list.size() == 0 || list.size() == nodes; };
    const bool fits = (allowed.size() == 0 || allowed.size() == candidates.size()) && isColumn(scores) &&
                      isColumn(room) && isColumn(worse) && isColumn(worseAfter);
    if (!fits) {
      return fail(fault(concat("answered about other nodes than there are: ", nodes, " nodes, ", allowed.size() * 8,
                               " of them allowed or not, ", scores.size(), " scores, room for ", room.size(), ", ",
                               worse.size(), " scores that fall, ", worseAfter.size(), " of them later")));
    }
    said[i].refusal = str(group.getRefusal());
    if (allowed.size() > 0) {
      said[i].reasons.push_back(group.getReason().size() == 0 ? concat("node(s) were rejected by ", settings().name)
                                                              : concat("node(s) ", group.getReason()));
      said[i].refusedFor.resize(nodes, 0);
      for (size_t node = 0; node < nodes; ++node) {
        if (bitOf(candidates, node) && !bitOf(allowed, node)) said[i].refusedFor[node] = 1;
      }
    }
    for (const uint8_t score : scores) {
      if (score > kMostScore) return fail(fault(concat("gave a score of ", score, ", and 100 is the most")));
      said[i].scores.push_back(settings().weight * score);
    }
    for (const uint16_t pods : room) said[i].room.push_back(pods);
    for (const uint16_t hundredths : worse) said[i].worse.push_back(settings().weight * hundredths);
    for (const uint16_t pods : worseAfter) said[i].worseAfter.push_back(pods);
    said[i].againAfter = std::chrono::milliseconds(group.getAgainAfterMs());
  }
  return said;
}

Task<std::vector<Result<void>>> PluginExtension::verdicts(Verdicts method, std::vector<ExtensionPlacement> placements,
                                                          Duration limit) {
  std::vector<Result<void>> all(placements.size());
  CallOptions options{podsOf(placements), limit};
  auto fill = [&](role::PlacementsParams::Builder params) { fillPlacements(params, placements, limit); };
  auto answer = co_await fillers_.call(settings().name, method, fill, std::move(options));
  Status why;
  if (!answer) {
    why = answer.error();
    if (isRefusal(why)) why.code = 500;
  } else {
    auto refusals = (*answer)->getRefusals();
    if (refusals.size() == 0) co_return all;
    if (refusals.size() == all.size()) {
      for (unsigned i = 0; i < refusals.size(); ++i) {
        if (refusals[i].size() > 0) all[i] = fail(refusedBy(view(refusals[i])));
      }
      co_return all;
    }
    why = fault(concat("was asked about ", all.size(), " placements and answered about ", refusals.size()));
  }
  for (auto& one : all) one = fail(why);
  co_return all;
}

Task<void> PluginExtension::tell(Method<role::PlacementsParams, void> method,
                                 std::vector<ExtensionPlacement> placements) {
  CallOptions options{podsOf(placements), settings().timeout};
  auto fill = [&](role::PlacementsParams::Builder params) { fillPlacements(params, placements, Duration(0)); };
  const auto told = co_await fillers_.call(settings().name, method, fill, std::move(options));
  if (!told) context_.log.warn("extension ", settings().name, " could not be told: ", told.error().message);
}

Task<std::vector<Result<void>>> PluginExtension::reserve(std::vector<ExtensionPlacement> placements) {
  return verdicts(role::schedulerExtension::reserve, std::move(placements), settings().timeout);
}

Task<void> PluginExtension::unreserve(std::vector<ExtensionPlacement> placements) {
  if (!points_ || !points_->reserves) co_return;
  co_await tell(role::schedulerExtension::unreserve, std::move(placements));
}

Task<Result<void>> PluginExtension::permit(ExtensionPlacement placement) {
  if (!points_ || !points_->permits) co_return Result<void>();
  std::vector<ExtensionPlacement> one;
  one.push_back(std::move(placement));
  auto all = co_await verdicts(role::schedulerExtension::permit, std::move(one), settings().permitTimeout);
  co_return all.front();
}

Task<Result<void>> PluginExtension::preBind(ExtensionPlacement placement) {
  if (!points_ || !points_->preBinds) co_return Result<void>();
  std::vector<ExtensionPlacement> one;
  one.push_back(std::move(placement));
  auto all = co_await verdicts(role::schedulerExtension::preBind, std::move(one), settings().permitTimeout);
  co_return all.front();
}

Task<void> PluginExtension::postBind(ExtensionPlacement placement) {
  if (!points_ || !points_->postBinds) co_return;
  std::vector<ExtensionPlacement> one;
  one.push_back(std::move(placement));
  co_await tell(role::schedulerExtension::postBind, std::move(one));
}

}  // namespace cleat::scheduling
