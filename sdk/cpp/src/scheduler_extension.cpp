#include <cleat/sdk/scheduler_extension.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace cleat {
namespace {

std::vector<Placement> placementsOf(role::PlacementsParams::Reader params, const AnyCall& call) {
  std::vector<Placement> placements;
  auto nodes = params.getNodes();
  for (unsigned i = 0; i < nodes.size() && i < call.objects().size(); ++i) {
    placements.push_back({call.object<core_v1::Pod>(i), str(nodes[i])});
  }
  return placements;
}

using Ask = std::function<Task<Result<void>>(const Placement& placement)>;

Task<Result<void>> askEach(std::vector<Placement> placements, Ask ask, Call<role::VerdictsResults>& call) {
  std::vector<std::string> refusals(placements.size());
  bool any = false;
  for (size_t i = 0; i < placements.size(); ++i) {
    const Result<void> may = co_await ask(placements[i]);
    if (may) continue;
    refusals[i] = may.error().message.empty() ? "it was refused" : may.error().message;
    any = true;
  }
  if (!any) co_return {};
  auto list = call.results().initRefusals(static_cast<unsigned>(refusals.size()));
  for (unsigned i = 0; i < refusals.size(); ++i) list.set(i, refusals[i]);
  co_return {};
}

// All are told, whatever one of them says.
Task<Result<void>> tellEach(std::vector<Placement> placements, Ask tell) {
  Result<void> all;
  for (const Placement& placement : placements) {
    Result<void> told = co_await tell(placement);
    if (!told && all) all = std::move(told);
  }
  co_return all;
}

template <class List, class Column>
void fillColumn(List list, const Column& column) {
  for (unsigned i = 0; i < list.size(); ++i) list.set(i, column[i]);
}

}  // namespace

PodGroup::PodGroup(Object<core_v1::Pod> pod, uint32_t pods, kj::ArrayPtr<const kj::byte> candidates,
                   std::shared_ptr<const Nodes> nodes)
    : pod_(std::move(pod)), pods_(pods), nodes_(std::move(nodes)), allowed_(candidates.begin(), candidates.end()) {}

void PodGroup::refuse(uint32_t node) {
  if (!isCandidate(node)) return;
  allowed_[node / 8] = static_cast<uint8_t>(allowed_[node / 8] & ~(1u << node % 8));
  refusesSome_ = true;
}

void PodGroup::score(uint32_t node, int64_t score) {
  if (node >= nodes_->size()) return;
  if (scores_.empty()) scores_.resize(nodes_->size(), 0);
  scores_[node] = static_cast<uint8_t>(std::clamp<int64_t>(score, 0, 100));
}

void PodGroup::room(uint32_t node, uint32_t pods) {
  if (node >= nodes_->size()) return;
  if (room_.empty()) room_.resize(nodes_->size(), UINT16_MAX);
  room_[node] = static_cast<uint16_t>(std::min<uint32_t>(pods, UINT16_MAX));
}

void PodGroup::worsens(uint32_t node, int64_t hundredths, int64_t steady) {
  if (node >= nodes_->size()) return;
  if (worse_.empty()) {
    worse_.resize(nodes_->size(), 0);
    steady_.resize(nodes_->size(), 0);
  }
  worse_[node] = static_cast<uint16_t>(std::clamp<int64_t>(hundredths, 0, UINT16_MAX));
  steady_[node] = static_cast<uint16_t>(std::clamp<int64_t>(steady, 0, UINT16_MAX));
}

void PodGroup::write(role::JudgedVerdict::Builder verdict) const {
  if (!refusal_.empty()) verdict.setRefusal(refusal_);
  if (!reason_.empty()) verdict.setReason(reason_);
  if (refusesSome_) verdict.setAllowed(kj::arrayPtr(allowed_.data(), allowed_.size()));
  if (!scores_.empty()) fillColumn(verdict.initScores(static_cast<unsigned>(scores_.size())), scores_);
  if (!room_.empty()) fillColumn(verdict.initRoom(static_cast<unsigned>(room_.size())), room_);
  if (!worse_.empty()) {
    fillColumn(verdict.initWorse(static_cast<unsigned>(worse_.size())), worse_);
    fillColumn(verdict.initWorseAfter(static_cast<unsigned>(steady_.size())), steady_);
  }
  const auto again = std::chrono::ceil<std::chrono::milliseconds>(again_).count();
  verdict.setAgainAfterMs(static_cast<uint32_t>(std::clamp<int64_t>(again, 0, UINT32_MAX)));
}

Task<Result<void>> SchedulerExtensionRole::judge(PodGroup&) { co_return {}; }
Task<Result<void>> SchedulerExtensionRole::reserve(const Placement&) { co_return {}; }
Task<Result<void>> SchedulerExtensionRole::unreserve(const Placement&) { co_return {}; }
Task<Result<void>> SchedulerExtensionRole::permit(const Placement&, Duration) { co_return {}; }
Task<Result<void>> SchedulerExtensionRole::preBind(const Placement&) { co_return {}; }
Task<Result<void>> SchedulerExtensionRole::postBind(const Placement&) { co_return {}; }

Task<Result<void>> SchedulerExtensionRole::describe(Call<role::ExtensionDescription>& call) {
  const ExtensionPoints said = points();
  auto results = call.results();
  results.setJudges(said.judges);
  results.setReserves(said.reserves);
  results.setPermits(said.permits);
  results.setPreBinds(said.preBinds);
  results.setPostBinds(said.postBinds);
  auto resources = results.initResources(static_cast<unsigned>(said.resources.size()));
  for (unsigned i = 0; i < said.resources.size(); ++i) resources.set(i, said.resources[i]);
  co_return {};
}

bool SchedulerExtensionRole::takeNodes(role::JudgeParams::Reader params, const AnyCall& call) {
  if (params.getBefore() != 0 && params.getBefore() != table_) return false;
  if (nodes_.use_count() > 1) nodes_ = std::make_shared<PodGroup::Nodes>(*nodes_);
  PodGroup::Nodes& nodes = *nodes_;
  std::vector<uint32_t> numbers;
  if (params.getBefore() == 0) nodes.clear();
  nodes.resize(params.getSize());
  for (const uint32_t node : params.getGone()) {
    if (node >= nodes.size()) continue;
    nodes[node] = {};
    numbers.push_back(node);
  }
  const auto changed = params.getChanged();
  const unsigned first = params.getGroups().size();
  for (unsigned i = 0; i < changed.size(); ++i) {
    if (changed[i] >= nodes.size()) continue;
    nodes[changed[i]] = call.object<core_v1::Node>(first + i);
    numbers.push_back(changed[i]);
  }
  if (params.getBefore() == 0) {
    numbers.resize(nodes.size());
    std::iota(numbers.begin(), numbers.end(), 0u);
  }
  table_ = params.getTable();
  if (!numbers.empty() || params.getBefore() == 0) nodesChanged(numbers);
  return true;
}

Task<Result<void>> SchedulerExtensionRole::judge(role::JudgeParams::Reader params, Call<role::JudgeResults>& call) {
  if (!takeNodes(params, call)) {
    call.results().setStale(true);
    co_return {};
  }
  auto groups = params.getGroups();
  std::vector<PodGroup> judged;
  judged.reserve(groups.size());
  for (unsigned i = 0; i < groups.size(); ++i) {
    judged.emplace_back(call.object<core_v1::Pod>(i), groups[i].getPods(), groups[i].getCandidates(), nodes_);
    const Result<void> done = co_await judge(judged.back());
    if (!done) co_return done;
  }
  auto verdicts = call.results().initGroups(groups.size());
  for (unsigned i = 0; i < groups.size(); ++i) judged[i].write(verdicts[i]);
  co_return {};
}

Task<Result<void>> SchedulerExtensionRole::reserve(Placements params, Verdicts& call) {
  Ask ask = [this](const Placement& placement) { return reserve(placement); };
  return askEach(placementsOf(params, call), std::move(ask), call);
}

Task<Result<void>> SchedulerExtensionRole::unreserve(Placements params, Call<void>& call) {
  Ask tell = [this](const Placement& placement) { return unreserve(placement); };
  return tellEach(placementsOf(params, call), std::move(tell));
}

Task<Result<void>> SchedulerExtensionRole::permit(Placements params, Verdicts& call) {
  const Duration limit = std::chrono::milliseconds(params.getTimeoutMs());
  Ask ask = [this, limit](const Placement& placement) { return permit(placement, limit); };
  return askEach(placementsOf(params, call), std::move(ask), call);
}

Task<Result<void>> SchedulerExtensionRole::preBind(Placements params, Verdicts& call) {
  Ask ask = [this](const Placement& placement) { return preBind(placement); };
  return askEach(placementsOf(params, call), std::move(ask), call);
}

Task<Result<void>> SchedulerExtensionRole::postBind(Placements params, Call<void>& call) {
  Ask tell = [this](const Placement& placement) { return postBind(placement); };
  return tellEach(placementsOf(params, call), std::move(tell));
}

}  // namespace cleat
