#include "webhook-common/hook_conversion.h"

#include <cleat/sdk/text.h>

#include "webhook-common/conversion_review.h"

namespace cleat::webhook {

namespace {

// What a converter has at most, as Kubernetes has it, and what of the request's time is left for the webhook itself.
constexpr Duration kLongest = std::chrono::seconds(30);
constexpr Duration kLeftForHook = std::chrono::milliseconds(300);

}  // namespace

Task<Result<std::vector<AnyRef>>> HookConverter::convert(const policy::PolicyRequest& asked, std::string_view from,
                                                         std::string_view to, std::vector<AnyRef> objects,
                                                         Instant deadline) {
  auto by = asked.converting->getSpec().getConversion().getWebhook();
  Conversion conversion{str(asked.requestKind.group), str(asked.requestKind.kind), str(from), str(to)};
  conversion.objects = std::move(objects);
  conversion.reviewVersion = knownReviewVersion(by.getConversionReviewVersions());
  if (conversion.reviewVersion.empty()) co_return fail(conversionFailure(conversion, "is not known"));
  conversion.uid = newReviewUid(context_);
  CLEAT_CO_TRY(std::string text, conversionText(conversion));
  const Duration left = deadline - context_.now() - kLeftForHook;
  const Destination destination = Destination::of(by.getClientConfig());
  auto posting = caller_.post(destination, std::move(text), {.timeout = kLongest, .left = left});
  auto answer = co_await std::move(posting);
  if (!answer) co_return fail(conversionFailure(conversion, concat("failed: ", answer.error().message)));
  co_return readConversion(*answer, conversion);
}

Task<Result<policy::PolicyRequest>> HookConverter::shownAs(const policy::PolicyRequest& asked,
                                                           const policy::Equivalent& other, Instant deadline) {
  policy::PolicyRequest shown = asked.as(&other);
  std::vector<AnyRef> objects;
  if (asked.object) objects.push_back(asked.object);
  if (asked.old) objects.push_back(asked.old);
  if (objects.empty()) co_return shown;
  auto converting = convert(asked, asked.requestKind.version, other.version, std::move(objects), deadline);
  CLEAT_CO_TRY(std::vector<AnyRef> made, co_await std::move(converting));
  if (asked.object) shown.object = made.front();
  if (asked.old) shown.old = made.back();
  co_return shown;
}

Task<Result<AnyRef>> HookConverter::asRequested(const policy::PolicyRequest& asked, const policy::PolicyRequest& shown,
                                                AnyRef changed, Instant deadline) {
  std::vector<AnyRef> objects;
  objects.push_back(std::move(changed));
  auto converting = convert(asked, shown.kind.version, asked.requestKind.version, std::move(objects), deadline);
  CLEAT_CO_TRY(std::vector<AnyRef> made, co_await std::move(converting));
  co_return std::move(made.front());
}

}  // namespace cleat::webhook
