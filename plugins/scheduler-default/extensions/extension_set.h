// All extensions of the scheduler: asks those of a profile at the same time, puts together what they say, and decides
// by their settings about those that say nothing. None of them is waited for longer than its timeout.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "extensions/extension.h"

namespace cleat::scheduling {

class ExtensionSet {
 public:
  ExtensionSet(Context& context, const ClusterState& state) : context_(context), state_(state) {}

  void add(std::unique_ptr<Extension> extension) { all_.push_back(std::move(extension)); }
  bool empty() const { return all_.empty(); }
  // Whether pods of the profile are anybody's business.
  bool isFor(const Profile& profile) const;
  void nodeChanged(NodeIndex node) {
    for (const auto& extension : all_) extension->nodeChanged(node);
  }

  struct Question : ExtensionQuestion {
    const Profile* profile = nullptr;
  };
  struct Answer {
    std::shared_ptr<ExtensionVerdict> verdict;
    std::optional<Status> failure;  // the pods cannot be placed now
  };
  // One for each question.
  Task<std::vector<Answer>> consult(std::vector<Question> questions);

  // Whether somebody has to be asked about a placement before it is bound, or told of it.
  bool minds(const Profile& profile) const { return isFor(profile); }
  // An error is why the pod may not be bound; nothing is held for it then.
  Task<std::vector<Result<void>>> reserve(const Profile& profile, std::vector<ExtensionPlacement> placements);
  Task<Result<void>> prepare(const Profile& profile, ExtensionPlacement placement);  // permit, preBind
  // Whether somebody is asked there.
  bool mayTakeTime(const Profile& profile, const PodClass& podClass) const;
  Task<void> unreserve(const Profile& profile, ExtensionPlacement placement);
  Task<void> bound(const Profile& profile, ExtensionPlacement placement);
  void stop() {
    for (const auto& extension : all_) extension->stop();
  }
  // Whether somebody has a say in which room is made for such pods.
  bool preempts(const Profile& profile, const PodClass& podClass) const;
  // What is left of the offers when those have been asked one after the other, each about what the one before left. An
  // error: no room is to be made now.
  Task<Result<std::vector<RoomOffer>>> agree(const Profile& profile, ClassRef podClass, Object<Pod> pod,
                                             std::vector<RoomOffer> offers);
  // Who binds the pod in the scheduler's place; null: nobody.
  static Task<Result<void>> bind(Extension& binder, ExtensionPlacement placement);
  Extension* binderOf(const Profile& profile, const PodClass& podClass) const;

 private:
  // Of one extension about all questions that concern it.
  struct Said {
    std::vector<size_t> places;
    Result<std::vector<ExtensionSaid>> said;
  };
  Task<Said> ask(Extension& extension, std::vector<Question> questions) const;
  std::vector<Extension*> of(const Profile& profile, const PodClass& podClass) const;
  static Task<Result<std::vector<RoomOffer>>> askForRoom(Extension& extension, Object<Pod> pod,
                                                         std::vector<RoomOffer> offers);
  // Whether the placement goes on after this; the error says whose it is.
  static Result<void> judged(Extension& extension, Result<void> said, std::string_view doing);

  Context& context_;
  const ClusterState& state_;
  std::vector<std::unique_ptr<Extension>> all_;
};

}  // namespace cleat::scheduling
