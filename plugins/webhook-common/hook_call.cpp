#include "webhook-common/hook_call.h"

#include <capnp/message.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "policy-common/object_json.h"

namespace cleat::webhook {

namespace {

// What is left of a request's time after the last webhook.
constexpr Duration kReserve = std::chrono::milliseconds(300);

Status callFailure(const Hook& hook, std::string_view why) {
  const std::string message = concat("failed calling webhook ", inQuotes(hook.name), ": ", why);
  Status status = Status::internal(concat("Internal error occurred: ", message));
  status.details.causes.push_back({"", message, ""});
  return status;
}

Status conditionFailure(const policy::PolicyRequest& request, std::string_view why) {
  const std::string_view group = request.facts.group, name = request.facts.name;
  Status status = Status::forbidden(
      concat(request.facts.resource, group.empty() ? "" : ".", group, " ", inQuotes(name), " is forbidden: ", why));
  status.details.name = str(name);
  status.details.group = str(group);
  status.details.kind = str(request.facts.resource);
  return status;
}

}  // namespace

HookCalls::HookCalls(Context& context) : context_(context), caller_(context), surroundings_(context) {}

void HookCalls::start() {
  caller_.start();
  surroundings_.start();
}

Result<void> HookCalls::showObjects(HookedRequest& request) {
  if (!request.hasOldText) {
    const policy::PolicyRequest& asked = request.asked;
    request.texts.old.clear();
    CLEAT_TRY(policy::appendObjectJson(request.texts.old, asked.old, asked.kind, asked.isCustom));
    request.hasOldText = true;
  }
  if (!request.hasObjectText) {
    CLEAT_TRY(showObject(request));
    request.hasObjectText = true;
  }
  return {};
}

Result<void> HookCalls::showObject(HookedRequest& request) {
  const policy::PolicyRequest& asked = request.asked;
  request.texts.object.clear();
  if (asked.options.isAbsent()) {
    return policy::appendObjectJson(request.texts.object, asked.object, asked.kind, asked.isCustom);
  }
  CLEAT_TRY(const policy::Document options, policy::documentOf(asked.options));
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<open_v1::JsonValue>();
  policy::writeDocument(options, root);
  appendJson(request.texts.object, JsonView(root.asReader()));
  return {};
}

Task<Result<bool>> HookCalls::conditionsHold(const Hook& hook, HookedRequest& request) {
  static const std::vector<policy::PolicyVariable> kNoVariables;
  const policy::PolicyParams noParams;
  if (hook.conditions.empty()) co_return true;
  for (size_t round = 0; round < policy::AskedAuthorizer::kMostRounds; ++round) {
    std::string error;
    bool holds = true;
    {
      policy::PolicyRun run(kNoVariables, surroundings_.inputs(request.asked, noParams, AnyRef(), hook.spoken));
      for (const policy::PolicyProgram& condition : hook.conditions) {
        const cel::Value value = run.evaluate(condition);
        if (value.isError()) {
          error += concat(error.empty() ? "" : ", ", value.message());
        } else if (!value.isTrue()) {
          holds = false;
          break;
        }
      }
    }
    if (!request.asked.hasOpenQuestions()) {
      if (!holds || error.empty()) co_return holds;
      co_return fail(Status::internal(std::move(error)));
    }
    auto asking = request.asked.authorizer().ask(context_, request.asked.params.getUser());
    co_await std::move(asking);
  }
  co_return fail(Status::internal(std::string(policy::AskedAuthorizer::kTooManyRounds)));
}

Task<Result<ReviewAnswer>> HookCalls::review(const Hook& hook, HookedRequest& request, bool othersFollow) {
  const std::string uid = newReviewUid(context_);
  std::string body = reviewText(request.asked, request.texts, hook.reviewVersion, uid);
  const Duration left = request.deadline - context_.now() - kReserve;
  if (left <= Duration::zero()) co_return fail(Status::internal("failed to call webhook: context deadline exceeded"));
  auto posting = caller_.post(hook.destination, std::move(body), {hook.timeout, left, othersFollow});
  auto answered = co_await std::move(posting);
  if (!answered) co_return fail(Status::internal(concat("failed to call webhook: ", answered.error().message)));
  const ReviewExpected expected{hook.name, hook.reviewVersion, uid, hook.mutates};
  co_return readReview(*answered, expected);
}

Task<HookVerdict> HookCalls::ask(HookPtr hook, HookedRequest& request, bool othersFollow) {
  if (!request.asked.matches(*hook->matcher)) co_return HookVerdict();
  const policy::Equivalent* other = hook->matcher->knownAs(request.asked.facts);
  if (other == nullptr) {
    auto asking = askAbout(hook, request, othersFollow);
    co_return co_await std::move(asking);
  }
  HookedRequest shown(request.asked, request.deadline);
  if (request.asked.needsConversion(other)) {
    auto showing = converter_.shownAs(request.asked, *other, request.deadline);
    auto converted = co_await std::move(showing);
    if (!converted) {
      // Not the webhook's failure, which its failurePolicy would be about.
      HookVerdict failed;
      failed.refused = converted.error();
      co_return failed;
    }
    shown.asked = *std::move(converted);
  } else {
    shown.asked = request.asked.as(other);
  }
  auto asking = askAbout(hook, shown, othersFollow);
  HookVerdict verdict = co_await std::move(asking);
  verdict.shown = std::make_shared<const policy::PolicyRequest>(std::move(shown.asked));
  co_return verdict;
}

Task<Result<AnyRef>> HookCalls::asRequested(const HookedRequest& request, const policy::PolicyRequest& shown,
                                            AnyRef patched) {
  const policy::PolicyRequest& asked = request.asked;
  if (!asked.converting || shown.kind.version == asked.requestKind.version) {
    co_return asked.asRequested(patched, shown);
  }
  auto converting = converter_.asRequested(asked, shown, std::move(patched), request.deadline);
  co_return co_await std::move(converting);
}

Task<HookVerdict> HookCalls::askAbout(HookPtr hook, HookedRequest& request, bool othersFollow) {
  HookVerdict verdict;
  auto looking = conditionsHold(*hook, request);
  const Result<bool> holds = co_await std::move(looking);
  if (!holds) {
    if (!hook->failsOpen) verdict.refused = conditionFailure(request.asked, holds.error().message);
    co_return verdict;
  }
  if (!*holds) co_return verdict;
  verdict.asked = true;
  if (request.asked.params.getDryRun() && !hook->takesDryRuns) {
    verdict.refused =
        Status::badRequest(concat("admission webhook ", inQuotes(hook->name), " does not support dry run"));
    co_return verdict;
  }
  if (auto readable = showObjects(request); !readable) {
    if (hook->failsOpen) {
      verdict.failedOpen = true;
      context_.log.warn(
          concat("webhook ", inQuotes(hook->name), " is not asked, failing open: ", readable.error().message));
    } else {
      verdict.refused = readable.error();
    }
    co_return verdict;
  }
  const Instant begun = context_.now();
  auto reviewing = review(*hook, request, othersFollow);
  auto answer = co_await std::move(reviewing);
  const HookCounts::Asked counted{hook->name, hook->mutates, hook->failsOpen, request.asked.facts.operation};
  counts_.asked(counted, answer, context_.now() - begun);
  if (!answer) {
    if (hook->failsOpen) {
      verdict.failedOpen = true;
      context_.log.warn(
          concat("failed calling webhook ", inQuotes(hook->name), ", failing open: ", answer.error().message));
    } else {
      verdict.refused = callFailure(*hook, answer.error().message);
    }
    co_return verdict;
  }
  verdict.warnings = std::move(answer->warnings);
  for (auto& [key, value] : answer->annotations) {
    verdict.annotations.push_back({concat(hook->name, "/", key), std::move(value)});
  }
  if (!answer->allowed) {
    verdict.refused = std::move(answer->denial);
  } else {
    verdict.patch = std::move(answer->patch);
    verdict.patchJson = std::move(answer->patchJson);
  }
  co_return verdict;
}

}  // namespace cleat::webhook
