#include "cycle/class_view.h"

#include <algorithm>

#include "filters/node_filters.h"
#include "scores/storage_score.h"

namespace cleat::scheduling {

ClassView::ClassView(ClassRef podClass, ClusterState& state, const Profile& profile)
    : class_(std::move(podClass)), state_(state), profile_(profile), scores_(profile, state),
      neighbours_(*class_, state, profile) {
  state.prepareFor(*class_);
  auto affinity = class_->spec().getAffinity().getNodeAffinity();
  anyPreference_ = affinity.getPreferredDuringSchedulingIgnoredDuringExecution().size() > 0 &&
                   profile.weight(Judge::nodeAffinity) > 0;
}

void ClassView::lookAtClasses() {
  const bool wanted = state_.wantsDevices(*class_) && profile_.has(Judge::dynamicResources);
  if (wanted == (devices_ != nullptr)) return;
  devices_ = wanted ? std::make_unique<DeviceFit>(*class_, state_) : nullptr;
}

void ClassView::catchUp() {
  const Journal& journal = state_.journal();
  lookAtClasses();
  const Mark now{journal.end(),
                 state_.namespacesVersion(),
                 state_.services().version(),
                 class_->claims.empty() ? 0 : state_.volumes().version,
                 devices_ ? state_.devices().version() : 0,
                 mark_.verdict};
  if (begun_ && now == mark_) return;
  const uint64_t behind = now.journal - mark_.journal;
  const bool anew =
      !begun_ || !journal.has(mark_.journal) || behind > 4 * state_.nodes().size() + 64 || now.volumes != mark_.volumes;
  if (anew) {
    rebuild();
  } else {
    readJournal(mark_.journal);
    const bool others = now.services != mark_.services && neighbours_.readServices();
    if (others || now.namespaces != mark_.namespaces) neighbours_.rebuild();
  }
  readImages();
  if (devices_) devices_->catchUp();
  findObstacle();
  begun_ = true;
  mark_ = now;
}

void ClassView::findObstacle() {
  obstacle_.reset();
  if (profile_.has(Judge::nodeAffinity) && namesNoNode(*class_)) {
    obstacle_ = VolumeObstacle{Judge::nodeAffinity, "pod affinity terms conflict"};
  }
  if (!obstacle_) obstacle_ = volumeObstacle(*class_, state_, profile_);
  if (!obstacle_ && devices_ && !devices_->obstacle().empty()) {
    obstacle_ = VolumeObstacle{Judge::dynamicResources, devices_->obstacle()};
  }
  if (!obstacle_ && verdict_ && !verdict_->refusal().empty()) {
    obstacle_ = VolumeObstacle{Judge::extensions, verdict_->refusal()};
  }
}

void ClassView::setVerdict(std::shared_ptr<ExtensionVerdict> verdict) {
  if (!verdict && !verdict_) return;
  verdict_ = std::move(verdict);
  ++mark_.verdict;
  for (NodeIndex node = 0; node < fits_.size(); ++node) sumUp(node);
  findObstacle();
}

std::vector<uint8_t> ClassView::candidates() const {
  if (rejectsAll()) return {};
  std::vector<uint8_t> bits((itself_.size() + 7) / 8, 0);
  bool any = false;
  for (NodeIndex node = 0; node < itself_.size(); ++node) {
    if (itself_[node] != kYes) continue;
    bits[node / 8] = static_cast<uint8_t>(bits[node / 8] | 1u << node % 8);
    any = true;
  }
  return any ? bits : std::vector<uint8_t>();
}

// Whoever is asked when nobody else has anything against the node.
MaybeWhy ClassView::whyNotLast(NodeIndex node) {
  if (auto why = whyNotDevices(node)) return why;
  if (auto why = whyNotFeatures(node)) return why;
  return verdict_ ? verdict_->whyNot(node) : std::nullopt;
}

MaybeWhy ClassView::whyNotFeatures(NodeIndex node) const {
  if (class_->features == 0 || !profile_.has(Judge::nodeDeclaredFeatures)) return std::nullopt;
  if (declares(state_.nodes().row(node).node, class_->features)) return std::nullopt;
  return Why{Judge::nodeDeclaredFeatures, 0, false};
}

MaybeWhy ClassView::whyNotDevices(NodeIndex node) {
  if (!devices_) return std::nullopt;
  MaybeWhy why = devices_->whyNot(node);
  // An expression that fails on a device is nothing that another node would help.
  if (why && !obstacle_ && !devices_->obstacle().empty()) findObstacle();
  return why;
}

void ClassView::resize() {
  const size_t size = state_.nodes().size();
  if (itself_.size() == size) return;
  for (auto* column : {&itself_, &room_, &knowsWhy_, &fits_}) column->resize(size, kNo);
  whys_.resize(size);
  for (auto* column : {&base_, &sum_, &unwelcome_, &preferred_, &storage_}) column->resize(size, 0);
}

void ClassView::rebuild() {
  resize();
  images_.clear();
  imagesSeen_ = ~uint64_t(0);
  for (NodeIndex node = 0; node < itself_.size(); ++node) {
    lookAtNode(node);
    lookAtRoom(node);
  }
  neighbours_.rebuild();
}

void ClassView::readJournal(uint64_t from) {
  resize();
  const Journal& journal = state_.journal();
  bool shapes = false;
  for (uint64_t at = from; at < journal.end(); ++at) {
    const JournalEntry& entry = journal.at(at);
    if (entry.what == JournalEntry::What::shape) {
      shapes = true;
      lookAtNode(entry.node);
    } else if (entry.what == JournalEntry::What::node && devices_) {
      devices_->forget(entry.node);
    }
    lookAtRoom(entry.node);
  }
  if (shapes) return neighbours_.rebuild();
  for (uint64_t at = from; at < journal.end(); ++at) {
    const JournalEntry& entry = journal.at(at);
    if (entry.what == JournalEntry::What::pod) {
      neighbours_.apply(*entry.podClass, entry.node, entry.leaving, entry.sign);
    }
  }
}

void ClassView::lookAtNode(NodeIndex node) {
  const NodeTable& nodes = state_.nodes();
  if (devices_) devices_->forget(node);
  itself_[node] = kNo;
  knowsWhy_[node] = 0;
  unwelcomeNodes_ -= unwelcome_[node] != 0;
  unwelcome_[node] = preferred_[node] = 0;
  if (!nodes.isPresent(node)) return;
  const Object<Node>& object = nodes.row(node).node;
  if (auto why = whyNotNode(*class_, object, profile_)) {
    whys_[node] = *why;
    knowsWhy_[node] = 1;
    return;
  }
  std::vector<ClaimChoice> choices;
  if (!class_->claims.empty() && whyNotVolumes(*class_, node, state_, profile_, &choices)) return;
  itself_[node] = kYes;
  const int64_t weight = choices.empty() ? 0 : profile_.weight(Judge::volumeBinding);
  storage_[node] = weight == 0 ? 0 : weight * storageScore(choices, object, state_.volumes());
  unwelcome_[node] = unwelcomeTaints(*class_, object);
  unwelcomeNodes_ += unwelcome_[node] != 0;
  if (anyPreference_) preferred_[node] = preferredWeight(*class_, object);
}

void ClassView::lookAtRoom(NodeIndex node) {
  room_[node] = itself_[node] == kYes && hasRoom(node) ? kYes : kNo;
  sumUp(node);
}

bool ClassView::hasRoom(NodeIndex node) {
  if (auto why = whyNoRoom(state_.nodes(), *class_, node, profile_)) {
    whys_[node] = *why;
    knowsWhy_[node] = 1;
    return false;
  }
  knowsWhy_[node] = 0;
  base_[node] = profile_.weight(Judge::nodeResourcesFit) * scores_.fit(*class_, node) +
                profile_.weight(Judge::balancedAllocation) * scores_.balance(*class_, node) + storage_[node];
  return true;
}

void ClassView::sumUp(NodeIndex node) {
  fits_[node] = itself_[node] == kYes && room_[node] == kYes && !(verdict_ && verdict_->refuses(node)) ? kYes : kNo;
  sum_[node] = base_[node] + (verdict_ ? verdict_->score(node) : 0);
}

void ClassView::readImages() {
  const NodeTable& nodes = state_.nodes();
  if (imagesSeen_ == nodes.imagesVersion() && presentSeen_ == nodes.present() && images_.size() <= nodes.size()) return;
  imagesSeen_ = nodes.imagesVersion();
  presentSeen_ = nodes.present();
  images_.clear();
  if (profile_.weight(Judge::imageLocality) > 0) images_ = scores_.images(*class_);
}

// A pod that is to come to the node may change what its neighbours are: the node must do with it and without.
MaybeWhy ClassView::whyNotNeighbours(NodeIndex node) {
  MaybeWhy why = neighbours_.whyNot(node);
  if (why || state_.nodes().nominated()[node] == 0) return why;
  std::vector<const Nomination*> counted;
  for (const Nomination* each : state_.nodes().row(node).nominations) {
    if (each->podClass->priority >= class_->priority) counted.push_back(each);
  }
  for (const Nomination* each : counted) neighbours_.apply(*each->podClass, node, false, 1);
  why = neighbours_.whyNot(node);
  for (const Nomination* each : counted) neighbours_.apply(*each->podClass, node, false, -1);
  return why;
}

MaybeWhy ClassView::whyNot(NodeIndex node) {
  if (fitsByItself(node)) {
    if (class_->hasVolumes()) {
      if (auto why = whyVolumesInUse(*class_, node, state_, profile_)) return why;
    }
    if (auto why = whyNotNeighbours(node)) return why;
    return whyNotLast(node);
  }
  if (knowsWhy_[node] != 0) return whys_[node];
  const Room room(state_.nodes(), *class_, node);
  return whyNotWith(node, room, {});
}

MaybeWhy ClassView::whyNotWith(NodeIndex node, const Room& room, const std::vector<const PlacedPod*>& without) {
  const Object<Node>& object = state_.nodes().row(node).node;
  if (itself_[node] == kNo) {
    if (auto why = whyNotNode(*class_, object, profile_)) return why;
  }
  if (auto why = room.whyNot(profile_)) return why;
  if (class_->hasVolumes()) {
    if (auto why = whyVolumesInUse(*class_, node, state_, profile_, without)) return why;
    if (auto why = whyNotVolumes(*class_, node, state_, profile_)) return why;
  }
  if (auto why = whyNotNeighbours(node)) return why;
  return whyNotLast(node);
}

bool ClassView::isSimple() const {
  return !class_->hasVolumes() && !neighbours_.required() && !state_.hasNominations() && images_.empty() &&
         unwelcomeNodes_ == 0 && !anyPreference_ && neighbours_.preferredSpread().empty() &&
         neighbours_.weights().empty() && !rejectsAll() && !devices_ && class_->features == 0;
}

bool ClassView::rejectsAll() const { return obstacle_.has_value(); }

NodeIndex ClassView::best(NodeIndex last) {
  BestOption best(last);
  if (isSimple()) {
    for (NodeIndex node = 0; node < itself_.size(); ++node) {
      if (fitsByItself(node)) best.consider(node, sum_[node]);
    }
  } else {
    for (const Option& option : options()) best.consider(option.node, option.score);
  }
  return best.node();
}

Options ClassView::options() {
  Options options;
  if (rejectsAll()) return options;
  const bool looks = neighbours_.required();
  const bool nominated = state_.hasNominations();
  options.reserve(itself_.size());
  bool unwelcome = false;
  for (NodeIndex node = 0; node < itself_.size(); ++node) {
    if (!fitsByItself(node)) continue;
    // What others use of storage may be anywhere, so it is not kept.
    if (class_->hasVolumes() && whyVolumesInUse(*class_, node, state_, profile_)) continue;
    if ((looks && neighbours_.whyNot(node)) || (nominated && whyNotNeighbours(node))) continue;
    if ((devices_ && whyNotDevices(node)) || whyNotFeatures(node)) continue;
    options.push_back({node, sum_[node]});
    unwelcome = unwelcome || unwelcome_[node] != 0;
  }
  if (rejectsAll()) options.clear();
  if (options.empty()) return options;
  const int64_t taints = profile_.weight(Judge::taintToleration);
  if (unwelcome) {
    addInProportion(options, unwelcome_, true, taints);
  } else {
    for (Option& option : options) option.score += taints * kFull;
  }
  if (anyPreference_) addInProportion(options, preferred_, false, profile_.weight(Judge::nodeAffinity));
  if (devices_) addInProportion(options, devices_->ranks(), false, profile_.weight(Judge::dynamicResources));
  if (!images_.empty()) {
    for (Option& option : options) {
      if (option.node < images_.size()) option.score += profile_.weight(Judge::imageLocality) * images_[option.node];
    }
  }
  addSpreadScores(options, neighbours_, profile_.weight(Judge::podTopologySpread));
  addAffinityScores(options, neighbours_, profile_.weight(Judge::interPodAffinity));
  return options;
}

}  // namespace cleat::scheduling
