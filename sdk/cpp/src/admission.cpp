#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/admission.h>
#include <cleat/sdk/lists.h>

#include <chrono>
#include <utility>

namespace cleat {

void AdmissionRequest::warn(const std::vector<std::string>& warnings) {
  auto results = call_.results();
  results.adoptWarnings(textList(orphanageOf(results), warnings));
}

void AdmissionRequest::annotate(const std::vector<std::pair<std::string, std::string>>& annotations) {
  auto list = call_.results().initAuditAnnotations(static_cast<uint32_t>(annotations.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(annotations[i].first);
    list[i].setValue(annotations[i].second);
  }
}

void AdmissionRequest::annotateInFull(const std::vector<AuditAnnotation>& annotations) {
  auto list = call_.results().initAuditAnnotations(static_cast<uint32_t>(annotations.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(annotations[i].key);
    list[i].setValue(annotations[i].value);
    list[i].setShowsBody(annotations[i].showsBody);
  }
}

void AdmissionRequest::keep(std::string_view what) {
  call_.results().setKeep(kj::ArrayPtr<const kj::byte>(reinterpret_cast<const kj::byte*>(what.data()), what.size()));
}

Status AdmissionRequest::forbidden(std::string_view why) const {
  // A create has its name in the object, or only what one is to be made of.
  std::string named = str(name());
  if (named.empty() && !call_.objects().empty()) {
    const AnyRef& object = call_.objects()[0];
    named = object.name().empty() ? str(object.meta().getGenerateName()) : str(object.name());
  }
  const std::string_view group = view(params_.getRef().getGroup());
  Status status =
      Status::forbidden(concat(resource(), group.empty() ? "" : ".", group, " \"", named, "\" is forbidden: ", why));
  status.details.group = str(group);
  status.details.kind = resource();
  status.details.name = std::move(named);
  return status;
}

Task<Result<void>> AdmissionRole::mutate(AdmissionRequest&) { co_return Result<void>(); }
Task<Result<void>> AdmissionRole::validate(AdmissionRequest&) { co_return Result<void>(); }
Task<Result<void>> AdmissionRole::withdraw(AdmissionRequest&) { co_return Result<void>(); }

namespace {

// How long to wait where the host could not be told what is wanted.
constexpr std::chrono::seconds kTellAgain{1};

void fillInterests(role::Interests::Builder interests, const std::vector<AdmissionInterest>& wanted) {
  auto rules = interests.initRules(static_cast<uint32_t>(wanted.size()));
  for (uint32_t i = 0; i < rules.size(); ++i) {
    rules[i].setGroup(wanted[i].group);
    rules[i].setResource(wanted[i].resource);
    auto operations = rules[i].initOperations(static_cast<uint32_t>(wanted[i].operations.size()));
    for (uint32_t j = 0; j < operations.size(); ++j) operations.set(j, wanted[i].operations[j]);
    rules[i].setMutates(wanted[i].mutates);
    rules[i].setValidates(wanted[i].validates);
    rules[i].setWithdraws(wanted[i].withdraws);
    rules[i].setWaits(wanted[i].waits);
    rules[i].adoptUserGroups(textList(orphanageOf(rules[i]), wanted[i].userGroups));
    rules[i].adoptFields(textList(orphanageOf(rules[i]), wanted[i].fields));
  }
}

}  // namespace

Task<Result<void>> AdmissionRole::interests(Call<role::Interests>& call) {
  fillInterests(call.results(), interests());
  co_return Result<void>();
}

void AdmissionRole::want(std::vector<AdmissionInterest> now) {
  wanted_ = std::move(now);
  if (telling_) return;
  telling_ = true;
  spawn(tellWanted());
}

// One after the other: what is said last has to be what is heard last.
Task<void> AdmissionRole::tellWanted() {
  while (wanted_) {
    const std::vector<AdmissionInterest> now = *std::exchange(wanted_, std::nullopt);
    auto telling = context_->call(wire::cluster::want, [&](wire::WantParams::Builder params) {
      fillInterests(params.initInterests().initAs<role::Interests>(), now);
    });
    Result<Answer<void>> told = co_await std::move(telling);
    if (told) continue;
    context_->log.warn("cannot tell the host what requests it wants to see: ", told.error());
    if (!wanted_) wanted_ = now;
    co_await context_->sleep(kTellAgain);
  }
  telling_ = false;
}

Task<Result<void>> AdmissionRole::mutate(Params params, Call<role::AdmissionResults>& call) {
  AdmissionRequest request(params, call);
  co_return co_await mutate(request);
}

Task<Result<void>> AdmissionRole::validate(Params params, Call<role::AdmissionResults>& call) {
  AdmissionRequest request(params, call);
  co_return co_await validate(request);
}

Task<Result<void>> AdmissionRole::withdraw(Params params, Call<role::AdmissionResults>& call) {
  AdmissionRequest request(params, call);
  co_return co_await withdraw(request);
}

}  // namespace cleat
