#include "extensions/extension_set.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/when_all.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

// Whatever goes wrong with one of them is its failure, and nobody else's.
template <class T>
Task<Result<T>> guarded(Task<Result<T>> asked) {
  try {
    co_return co_await std::move(asked);
  } catch (...) {
    co_return fail(Status::internal("asking it threw an exception"));
  }
}

Task<std::vector<Result<void>>> guarded(Task<std::vector<Result<void>>> asked, size_t placements) {
  try {
    co_return co_await std::move(asked);
  } catch (...) {
    std::vector<Result<void>> all;
    for (size_t i = 0; i < placements; ++i) all.push_back(fail(Status::internal("asking it threw an exception")));
    co_return all;
  }
}

}  // namespace

bool ExtensionSet::isFor(const Profile& profile) const {
  if (!profile.has(Judge::extensions)) return false;
  return std::ranges::any_of(all_, [&](const auto& extension) { return extension->isFor(profile); });
}

std::vector<Extension*> ExtensionSet::of(const Profile& profile, const PodClass& podClass) const {
  std::vector<Extension*> found;
  if (!profile.has(Judge::extensions)) return found;
  for (const auto& extension : all_) {
    if (extension->isFor(profile) && extension->concerns(podClass)) found.push_back(extension.get());
  }
  return found;
}

Task<ExtensionSet::Said> ExtensionSet::ask(Extension& extension, std::vector<Question> questions) const {
  Said said;
  std::vector<ExtensionQuestion> own;
  for (size_t i = 0; i < questions.size(); ++i) {
    const bool concerned = extension.isFor(*questions[i].profile) && questions[i].profile->has(Judge::extensions) &&
                           extension.concerns(*questions[i].podClass);
    if (!concerned) continue;
    said.places.push_back(i);
    own.push_back(std::move(questions[i]));
  }
  if (own.empty()) co_return said;
  if (auto may = extension.mayBeAsked(); !may) {
    said.said = fail(may.error());
    co_return said;
  }
  auto judging = guarded(extension.judge(std::move(own)));
  said.said = co_await std::move(judging);
  if (said.said) {
    extension.answered();
  } else {
    extension.didNotAnswer(said.said.error());
  }
  co_return said;
}

Task<std::vector<ExtensionSet::Answer>> ExtensionSet::consult(std::vector<Question> questions) {
  const size_t nodes = state_.nodes().size();
  std::vector<Answer> answers(questions.size());
  for (Answer& answer : answers) answer.verdict = std::make_shared<ExtensionVerdict>(nodes);
  std::vector<Task<Said>> asked;
  for (const auto& extension : all_) asked.push_back(ask(*extension, questions));
  const std::vector<Said> all = co_await whenAll(std::move(asked));
  for (size_t i = 0; i < all.size(); ++i) {
    const Said& said = all[i];
    for (size_t j = 0; j < said.places.size(); ++j) {
      Answer& answer = answers[said.places[j]];
      if (said.said) {
        answer.verdict->add((*said.said)[j]);
      } else if (!all_[i]->settings().failsOpen && !answer.failure) {
        Status why = said.said.error();
        why.message = concat("running extension ", inQuotes(all_[i]->settings().name), ": ", why.message);
        answer.failure = std::move(why);
      }
    }
  }
  co_return answers;
}

Result<void> ExtensionSet::judged(Extension& extension, Result<void> said, std::string_view doing) {
  if (said) return said;
  Status why = said.error();
  if (!isRefusal(why)) {
    extension.didNotAnswer(why);
    if (extension.settings().failsOpen) return {};
  }
  why.message = concat("running ", doing, " extension ", inQuotes(extension.settings().name), ": ", why.message);
  return fail(std::move(why));
}

Task<std::vector<Result<void>>> ExtensionSet::reserve(const Profile& profile,
                                                      std::vector<ExtensionPlacement> placements) {
  std::vector<Result<void>> may(placements.size());
  for (const auto& extension : all_) {
    if (!profile.has(Judge::extensions) || !extension->isFor(profile) || !extension->reserves()) continue;
    std::vector<ExtensionPlacement> own;
    std::vector<size_t> places;
    for (size_t i = 0; i < placements.size(); ++i) {
      if (!may[i] || !extension->concerns(*placements[i].podClass)) continue;
      own.push_back(placements[i]);
      places.push_back(i);
    }
    if (own.empty()) continue;
    auto reserving = guarded(extension->reserve(std::move(own)), places.size());
    const std::vector<Result<void>> said = co_await std::move(reserving);
    for (size_t i = 0; i < places.size(); ++i) may[places[i]] = judged(*extension, said[i], "Reserve");
  }
  for (size_t i = 0; i < placements.size(); ++i) {
    if (!may[i]) co_await unreserve(profile, placements[i]);
  }
  co_return may;
}

Task<Result<void>> ExtensionSet::prepare(const Profile& profile, ExtensionPlacement placement) {
  for (Extension* extension : of(profile, *placement.podClass)) {
    auto permitting = guarded(extension->permit(placement));
    Result<void> said = co_await std::move(permitting);
    CLEAT_CO_TRY(judged(*extension, std::move(said), "Permit"));
  }
  for (Extension* extension : of(profile, *placement.podClass)) {
    auto preparing = guarded(extension->preBind(placement));
    Result<void> said = co_await std::move(preparing);
    CLEAT_CO_TRY(judged(*extension, std::move(said), "PreBind"));
  }
  co_return Result<void>();
}

bool ExtensionSet::mayTakeTime(const Profile& profile, const PodClass& podClass) const {
  return std::ranges::any_of(of(profile, podClass), [](const Extension* extension) { return extension->prepares(); });
}

Task<void> ExtensionSet::unreserve(const Profile& profile, ExtensionPlacement placement) {
  std::vector<Extension*> concerned = of(profile, *placement.podClass);
  for (Extension* extension : concerned) {
    std::vector<ExtensionPlacement> one;
    one.push_back(placement);
    co_await extension->unreserve(std::move(one));
  }
}

Task<void> ExtensionSet::bound(const Profile& profile, ExtensionPlacement placement) {
  std::vector<Extension*> concerned = of(profile, *placement.podClass);
  for (Extension* extension : concerned) co_await extension->postBind(placement);
}

Task<Result<void>> ExtensionSet::bind(Extension& binder, ExtensionPlacement placement) {
  return guarded(binder.bind(std::move(placement)));
}

bool ExtensionSet::preempts(const Profile& profile, const PodClass& podClass) const {
  return std::ranges::any_of(of(profile, podClass), [&](const Extension* one) { return one->preempts(podClass); });
}

// A node without victims is none: nobody would have to be asked about it.
Task<Result<std::vector<RoomOffer>>> ExtensionSet::askForRoom(Extension& extension, Object<Pod> pod,
                                                              std::vector<RoomOffer> offers) {
  CLEAT_CO_TRY(extension.mayBeAsked());
  auto asking = guarded(extension.preempt(std::move(pod), std::move(offers)));
  Result<std::vector<RoomOffer>> said = co_await std::move(asking);
  if (!said) {
    extension.didNotAnswer(said.error());
    co_return said;
  }
  extension.answered();
  const bool forgives = extension.settings().failsOpen;
  auto empty = [](const RoomOffer& offer) { return offer.victims.empty(); };
  const auto first = std::ranges::find_if(*said, empty);
  if (first != said->end() && !forgives) {
    co_return fail(Status::internal(concat("expected at least one victim pod on node ", inQuotes(first->node))));
  }
  std::erase_if(*said, empty);
  co_return said;
}

Task<Result<std::vector<RoomOffer>>> ExtensionSet::agree(const Profile& profile, ClassRef podClass, Object<Pod> pod,
                                                         std::vector<RoomOffer> offers) {
  for (Extension* extension : of(profile, *podClass)) {
    if (!extension->preempts(*podClass)) continue;
    auto asking = askForRoom(*extension, pod, offers);
    Result<std::vector<RoomOffer>> said = co_await std::move(asking);
    if (said) {
      offers = std::move(*said);
      if (offers.empty()) break;
    } else if (!extension->settings().failsOpen) {
      co_return said;
    }
  }
  co_return offers;
}

Extension* ExtensionSet::binderOf(const Profile& profile, const PodClass& podClass) const {
  for (Extension* extension : of(profile, podClass)) {
    if (extension->binds(podClass)) return extension;
  }
  return nullptr;
}

}  // namespace cleat::scheduling
